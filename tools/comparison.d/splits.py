"""Keras' split of a seed as two folders of classes, so that both sides see exactly the same files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def export_split(images: Path, split: dict[str, list[str]], folder: Path) -> None:
    for part, names in split.items():
        for name in names:
            target = folder / part / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                place(images / name, target)


def place(source: Path, target: Path) -> None:
    """A hard link where the file system has them, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
