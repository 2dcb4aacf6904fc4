"""Turns a file of weights alone into one as Keras 1 named things, like the VGG16 and ResNet50 files still downloaded."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

# Keras 1 called the variance "std"; it is the variance all the same.
NAMES = {
    "kernel": "W",
    "bias": "b",
    "gamma": "gamma",
    "beta": "beta",
    "moving_mean": "running_mean",
    "moving_variance": "running_std",
}


def rename_as_keras1(file: Path) -> None:
    with h5py.File(file, "r+") as root:
        for attribute in ("keras_version", "backend"):
            if attribute in root.attrs:
                del root.attrs[attribute]
        for layer in root.attrs["layer_names"]:
            rename_group(root[layer.decode() if isinstance(layer, bytes) else layer])


def rename_group(group: h5py.Group) -> None:
    old = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]]
    values = [group[name][()] for name in old]
    layer = group.name.strip("/")
    new = [f"{layer}_{NAMES[name.split('/')[-1].removesuffix(':0')]}_1:0" for name in old]
    for member in list(group):
        del group[member]
    for name, value in zip(new, values, strict=True):
        group[name] = value
    group.attrs["weight_names"] = np.array([name.encode() for name in new], dtype="S") if new else np.zeros(0)
