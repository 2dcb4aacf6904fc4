"""A way to see the tool's own pixels: a model that hands its input through, and `features` of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from judge import keras3
from tool import Tool


def identity_model(folder: Path, height: int, width: int, channels: int = 3) -> Path:
    file = folder / f"identity_{height}x{width}x{channels}.h5"
    if not file.exists():
        k = keras3()
        k.Sequential([k.Input((height, width, channels)), k.layers.Activation("linear", name="pixels")]).save(file)
    return file


def decoded(tool: Tool, files: Sequence[Path], folder: Path, height: int, width: int) -> list[np.ndarray]:
    """The tool's pixels of these pictures, scaled to the given size where they have another."""
    model = identity_model(folder, height, width)
    pictures = folder / f"pictures_{height}x{width}"
    for side in ("a", "b"):  # a labelled folder has at least two classes; only the first is looked at
        (pictures / side).mkdir(parents=True, exist_ok=True)
        for index, file in enumerate(files):
            copy = pictures / side / f"{side}{index:04d}{file.suffix}"
            copy.write_bytes(file.read_bytes())
    found = tool.features(model, pictures, ["pixels"], ("--preprocessing", "none"))["pixels"]
    return [np.asarray(found[f"a{index:04d}"]) for index in range(len(files))]
