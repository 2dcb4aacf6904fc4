"""Scaling to a model's input size as `image_dataset_from_directory` does it: bilinear, no antialiasing, no rounding."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from check import Check, Failed, Skipped
from closeness import largest_difference
from identity import decoded
from pictures import pictures, write_folder
from place import Place

SIZES = [((97, 61), (40, 56)), ((30, 41), (64, 96)), ((384, 512), (224, 224)), ((5, 7), (32, 32)), ((100, 100), (50, 50))]
TOLERANCE = 1e-2  # of 255 levels


def resized(place: Place, source: tuple[int, int], target: tuple[int, int]) -> str:
    try:
        import tensorflow as tf
    except ImportError:
        raise Skipped("TensorFlow is not in the light environment") from None
    images = pictures(2, *source, 3)
    folder = place.folder(f"resizing {source} {target}")
    write_folder(folder / "sources", images)
    files = sorted((folder / "sources").rglob("*.png"), key=lambda file: file.stem)
    expected = tf.image.resize(images.astype(np.float32), target, method="bilinear", antialias=False).numpy()
    difference = largest_difference(np.stack(decoded(place.tool, files, folder, *target)), expected)
    if difference > TOLERANCE:
        raise Failed(f"differs by {difference:.3f} levels")
    return f"within {difference:.1e} levels"


def checks(place: Place) -> Iterator[Check]:
    for source, target in SIZES:
        name = f"scaling, {source[0]}×{source[1]} to {target[0]}×{target[1]}"
        yield Check(name, partial(resized, place, source, target))
