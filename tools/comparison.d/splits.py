"""Keras' split of a seed as two folders of classes, so that both sides see exactly the same files."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path


def three_parts(images: Path, seed: int, test: float, validation: float) -> dict[str, list[str]]:
    """The same share of every class to test on and to validate on, and the rest to train on."""
    generator = random.Random(seed)
    split: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    for folder in sorted(path for path in images.iterdir() if path.is_dir()):
        names = sorted(f"{folder.name}/{file.name}" for file in folder.iterdir())
        generator.shuffle(names)
        first, second = round(test * len(names)), round((test + validation) * len(names))
        split["test"] += names[:first]
        split["validation"] += names[first:second]
        split["train"] += names[second:]
    return split


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
