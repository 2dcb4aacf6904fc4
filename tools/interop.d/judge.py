"""The two libraries that know the right answer, behind the few calls we need of them.

Keras 3 on its NumPy backend judges what we write. tf_keras, which is Keras 2 continued, opens the older
files that Keras 3 refuses, and writes files as Keras 2 did. Both have the same `layers`, `models`, `Input`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np

from check import Skipped

Model = Any  # a Keras model of either library


def keras3() -> ModuleType:
    import keras

    return keras


def keras2() -> ModuleType:
    if importlib.util.find_spec("tf_keras") is None:
        raise Skipped("tf_keras is not in the light environment")
    import tf_keras

    return tf_keras


def flavours() -> list[tuple[str, ModuleType]]:
    """The libraries that are here, each with a word for the files it writes."""
    here = importlib.util.find_spec("tf_keras") is not None
    return [("Keras 3", keras3())] + ([("Keras 2", keras2())] if here else [])


def load(library: ModuleType, file: Path) -> Model:
    return library.models.load_model(file, compile=False)


def outputs(library: ModuleType, model: Model, layers: Sequence[str], x: np.ndarray) -> dict[str, np.ndarray]:
    """What the named layers of a flat model put out for `x`; a shared layer's last call counts."""
    part = library.Model(model.inputs, [model.get_layer(name).output for name in layers])
    values = part(x, training=False)
    return dict(zip(layers, map(np.asarray, values if isinstance(values, list | tuple) else [values]), strict=True))


def output(model: Model, x: np.ndarray) -> np.ndarray:
    return np.asarray(model(x, training=False))


def save_weights_alone(library: ModuleType, model: Model, file: Path) -> None:
    """Writes the layout of the files that keras.applications downloads."""
    if library.__name__ == "tf_keras":
        model.save_weights(file, save_format="h5")
        return
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(file, "w") as group:
        save_weights_to_hdf5_group(group, model)


def load_weights_alone(model: Model, file: Path) -> None:
    """Keras 3's topological loading of such a file."""
    model.load_weights(file)


def shake(model: Model, seed: int = 1) -> None:
    """Gives every weight a value that shows when it is misplaced: fresh biases are all 0 and variances all 1."""
    random = np.random.Generator(np.random.Philox(seed))
    for weight in model.weights:
        name = weight.name.split("/")[-1].removesuffix(":0")
        shape = tuple(weight.shape)
        match name:
            case "gamma" | "moving_variance":
                weight.assign(random.uniform(0.5, 1.5, shape).astype(np.float32))
            case "beta" | "moving_mean" | "bias" | "mean":
                weight.assign(random.normal(0, 0.1, shape).astype(np.float32))
            case "alpha":
                weight.assign(random.uniform(0, 0.5, shape).astype(np.float32))
    for layer in model.layers:
        # Normalization computes with a copy of its statistics, which it takes when they are loaded or adapted.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def settle(model: Model) -> None:
    """Makes what blocks add to the path around them small, as it is in a network that was trained.

    With weights of no meaning the numbers grow from block to block in the deepest networks, until gates saturate and one
    rounding of the weights changes the last layer by a fifth: nothing could be compared there."""
    for layer in model.layers:
        if layer.name.endswith("project_bn"):
            layer.gamma.assign(np.asarray(layer.gamma) * np.float32(0.2))
