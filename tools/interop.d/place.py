"""Where a run of the checks works: the tool, the data, and a folder to write in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from check import Skipped
from tool import Tool


@dataclass(frozen=True)
class Place:
    tool: Tool
    data: Path
    work: Path
    keep: bool = False  # what checks leave behind
    is_complete: bool = False  # whether every architecture is checked, not one of each family
    rows: list[Any] = field(default_factory=list)  # what was seen of each of them

    def folder(self, name: str) -> Path:
        """A folder of this name to write in, made if need be."""
        path = self.work / re.sub(r"[^A-Za-z0-9._-]+", "_", name)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @contextmanager
    def passing_folder(self, name: str) -> Iterator[Path]:
        """A folder that goes again after the check: the models together would fill a gigabyte."""
        path = self.folder(name)
        try:
            yield path
        finally:
            if not self.keep:
                shutil.rmtree(path)

    def real(self, name: str) -> Path:
        """A file or folder of the real data; the check is skipped where it is absent."""
        path = self.data / name
        if not path.exists():
            raise Skipped(f"{path} is absent (FINETUNE_DATA names the folder of real data)")
        return path
