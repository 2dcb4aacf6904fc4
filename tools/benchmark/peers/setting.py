"""What all sides are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

MODELS = ["VGG16", "ResNet50", "MobileNetV2"]
SIZE = 224
CLASSES = 1000
BATCH = 16
LEARNING_RATE, MOMENTUM = 1e-3, 0.9
SEED = 1


def pictures(folder: Path, batch: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """`[batch, 224, 224, 3]`: what preprocessing makes of photographs has about this distribution."""
    whole = np.fromfile(folder / "pictures.f32", np.float32).reshape(BATCH, SIZE, SIZE, 3)
    return np.ascontiguousarray(whole[:batch])


def labels(batch: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(batch, dtype=np.int64) * 61 % CLASSES
