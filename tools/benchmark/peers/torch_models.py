"""torchvision's networks, made the same as Keras' to the multiply-add, with the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import no_cuda  # noqa: F401
import torch
import torchvision
from torch import nn


def network(folder: Path, name: str) -> nn.Module:
    made: nn.Module = getattr(torchvision.models, name.lower().replace("net", "net_") if name == "MobileNetV2" else name.lower())(
        weights=None
    )
    for path, layer in list(made.named_modules()):
        if isinstance(layer, nn.Dropout):  # Keras' networks have none
            made.set_submodule(path, nn.Identity())
    if name == "ResNet50":
        stride_first(made)
    with h5py.File(folder / f"{name}.h5") as file:
        kernels, normalizations = stored(file["model_weights"])
    ours = [layer for layer in made.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    if name == "ResNet50":
        kernels, normalizations = in_torch_order(kernels), in_torch_order(normalizations)
    with torch.no_grad():
        for layer, (path, weights) in zip(ours, kernels, strict=True):
            assign(layer, path, weights)
        for layer, (_, weights) in zip(
            [layer for layer in made.modules() if isinstance(layer, nn.BatchNorm2d)], normalizations, strict=True
        ):
            layer.weight.copy_(weights["gamma"])
            layer.bias.copy_(weights["beta"])
            layer.running_mean.copy_(weights["moving_mean"])
            layer.running_var.copy_(weights["moving_variance"])
            layer.eps = 1.001e-5 if name == "ResNet50" else 1e-3
    return made


def stride_first(resnet: nn.Module) -> None:
    """Keras' ResNet50 has the stride in a block's first convolution, as the paper; torchvision's has it in the second."""
    for layer in resnet.modules():
        if isinstance(layer, torchvision.models.resnet.Bottleneck):
            layer.conv1.stride, layer.conv2.stride = layer.conv2.stride, (1, 1)


def stored(group: Any) -> tuple[list[Any], list[Any]]:
    """Layers with kernels and layers of normalisation, in the model's order."""
    layers = []
    for name in group.attrs["layer_names"]:
        layer = group[name]
        weights = {path.split("/")[-1].split(":")[0]: torch.from_numpy(layer[path][()]) for path in layer.attrs["weight_names"]}
        layers.append((name, weights))
    return [x for x in layers if "kernel" in x[1]], [x for x in layers if "gamma" in x[1]]


def in_torch_order(layers: list[Any]) -> list[Any]:
    """In a residual block torchvision's shortcut comes last; Keras calls it 0."""

    def key(entry: tuple[int, Any]) -> tuple[Any, ...]:
        position, (name, _) = entry
        parts = name.split("_")
        if len(parts) < 4:
            return (0 if parts[0] == "conv1" else 9, 0, position)
        return (int(parts[0][4:]), int(parts[1][5:]), int(parts[2]) or 4)

    return [layer for _, layer in sorted(enumerate(layers), key=key)]


def assign(layer: nn.Conv2d | nn.Linear, name: str, weights: dict[str, torch.Tensor]) -> None:
    kernel = weights["kernel"]
    if isinstance(layer, nn.Linear):
        if name == "fc1":  # Keras flattens channels last
            kernel = kernel.reshape(7, 7, 512, -1).permute(2, 0, 1, 3).reshape(kernel.shape)
        layer.weight.copy_(kernel.T)
    else:
        layer.weight.copy_(kernel.permute(2, 3, 0, 1) if layer.groups > 1 else kernel.permute(3, 2, 0, 1))
    if layer.bias is not None:  # a convolution before batch normalisation has none in torchvision, and zeros in the file
        layer.bias.copy_(weights["bias"])
