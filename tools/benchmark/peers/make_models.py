"""Writes the networks with random weights, the same for everybody: NAME.h5 for Keras, PyTorch and us, NAME.onnx for the others."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import onnx

import setting
from onnx_graph import onnx_model


def randomized(model: keras.Model, random: np.random.Generator) -> keras.Model:
    """Kernels after He et al. 2015, and statistics as training leaves them: no activation vanishes, none explodes."""
    for layer in model.layers:
        weights = [randomized_weight(layer, variable, random) for variable in layer.weights]
        layer.set_weights(weights)
    return model


def randomized_weight(layer: keras.layers.Layer, variable: keras.Variable, random: np.random.Generator) -> np.ndarray:
    shape = tuple(variable.shape)
    match variable.name:
        case "gamma":
            # A block that adds to its input should add little, or sixteen of them overflow.
            return random.uniform(0.2, 0.4, shape) if adds_to_shortcut(layer) else random.uniform(0.8, 1.2, shape)
        case "beta" | "moving_mean":
            return random.normal(0, 0.1, shape)
        case "moving_variance":
            return random.uniform(0.8, 1.2, shape)
        case "bias":
            return np.zeros(shape)
    # A depthwise kernel sees one channel.
    fan_in = np.prod(shape[:2]) if isinstance(layer, keras.layers.DepthwiseConv2D) else np.prod(shape[:-1])
    # Small before the softmax, or one class takes it all.
    return random.normal(0, 0.01 if layer.name == "predictions" else np.sqrt(2 / fan_in), shape)


def adds_to_shortcut(layer: keras.layers.Layer) -> bool:
    return layer.name.endswith(("_3_bn", "_project_BN"))


def main() -> None:
    folder = Path(sys.argv[1])
    random = np.random.default_rng(setting.SEED)
    shape = (setting.BATCH, setting.SIZE, setting.SIZE, 3)
    random.standard_normal(shape, np.float32).tofile(folder / "pictures.f32")
    for name in setting.MODELS:
        keras.backend.clear_session()
        model = randomized(getattr(keras.applications, name)(weights=None), random)
        model.save(folder / f"{name}.h5")
        onnx.save(onnx_model(model), folder / f"{name}.onnx")
    (folder / "complete").touch()


if __name__ == "__main__":
    main()
