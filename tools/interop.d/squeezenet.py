"""SqueezeNet 1.1 (https://github.com/forresti/SqueezeNet, v1.1) in Keras, as the authors of the weight file built it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from judge import Model

FIRES = [f"fire{number}" for number in range(2, 10)]
WIDTHS = [(16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256)]
POOL_AFTER = {"fire3": "pool3", "fire5": "pool5"}


def squeezenet(k: ModuleType, size: int) -> Model:
    """Without a top. Keras 3 refuses `/` in names; tf_keras takes it."""
    layers = k.layers
    image = k.Input((size, size, 3))
    x = layers.Conv2D(64, 3, strides=2, name="conv1")(image)
    x = layers.Activation("relu", name="relu_conv1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(x)
    for name, (squeezed, expanded) in zip(FIRES, WIDTHS, strict=True):
        x = fire(k, x, name, squeezed, expanded)
        if name in POOL_AFTER:
            x = layers.MaxPooling2D(3, 2, name=POOL_AFTER[name])(x)
    return k.Model(image, x)


def fire(k: ModuleType, x: Any, name: str, squeezed: int, expanded: int) -> Any:
    layers = k.layers
    x = layers.Conv2D(squeezed, 1, name=f"{name}/squeeze1x1")(x)
    x = layers.Activation("relu", name=f"{name}/relu_squeeze1x1")(x)
    left = layers.Conv2D(expanded, 1, name=f"{name}/expand1x1")(x)
    left = layers.Activation("relu", name=f"{name}/relu_expand1x1")(left)
    right = layers.Conv2D(expanded, 3, padding="same", name=f"{name}/expand3x3")(x)
    right = layers.Activation("relu", name=f"{name}/relu_expand3x3")(right)
    return layers.Concatenate(name=f"{name}/concat")([left, right])
