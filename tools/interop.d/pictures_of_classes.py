"""A small labelled folder: three classes that differ in colour, so that a few epochs teach something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pictures import pictures

TINTS = {"blue": (0.3, 0.4, 1.0), "green": (0.3, 1.0, 0.4), "red": (1.0, 0.3, 0.3)}
COUNT = 16  # of each class


def write_classes(folder: Path, size: int) -> None:
    for seed, (name, tint) in enumerate(TINTS.items()):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index, image in enumerate(pictures(COUNT, size, size, 3, seed)):
            Image.fromarray((image * np.array(tint)).astype(np.uint8)).save(folder / name / f"{index:02d}.png")
