"""Every architecture of keras.applications, with weights of no meaning, in both directions: what `--all` adds.

One check for each: with its top and, on a picture of another shape, without; a file of Keras run here, and a file written
here loaded by Keras; other channels; the least size.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from applications import (
    CONVNEXTS, DENSENETS, EFFICIENTNETS, EFFICIENTNETS_V2, INCEPTIONS, MOBILENETS, MOBILENETS_V2, MOBILENETS_V3, NASNETS,
    RESNET50, RESNETS, RESNETS_V2, VGG16, VGG19, Network,
)
from case import TOLERANCE
from check import Check, Failed
from closeness import relative_difference
from judge import Model, keras3, load_weights_alone, output, outputs, save_weights_alone
from pictures import pictures, preprocessed, write_folder
from place import Place

ALL: list[Network] = [
    VGG16, VGG19, RESNET50, *RESNETS, *RESNETS_V2,
    *(network for network in (*MOBILENETS, *MOBILENETS_V2, *MOBILENETS_V3) if network.alpha == 1.0),
    *INCEPTIONS, *DENSENETS, *NASNETS, *EFFICIENTNETS, *EFFICIENTNETS_V2, *CONVNEXTS,
]  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What was seen of one architecture: the largest differences, relative to the largest magnitude of a layer."""

    name: str
    size: str
    parameters: int
    parameters_without_top: int
    multiply_adds: int
    read_top: float
    read_bare: float
    written_top: float
    written_bare: float


def facts(place: Place, network: Network, *options: str) -> dict[str, Any]:
    return place.tool.summary(Path(network.name), options)


def require_same_layers(place: Place, network: Network, model: Model, options: tuple[str, ...]) -> None:
    """The layers that own weights bear Keras' names, in Keras' order, with as many parameters each."""
    found: dict[str, int] = {}
    for layer in facts(place, network, *options)["layers"]:
        if layer["parameters"]:
            outermost = layer["name"].split("/")[0]
            found[outermost] = found.get(outermost, 0) + layer["parameters"]
    expected = [(layer.name, layer.count_params()) for layer in model.layers if layer.weights]
    # Keras numbers what it names itself through a whole process.
    same = [a[1] == b[1] and (a[0] == b[0] or is_automatic(b[0])) for a, b in zip(found.items(), expected)]
    if len(found) != len(expected) or not all(same):
        wrong = next((pair for pair, right in zip(zip(found.items(), expected), same) if not right), (len(found), len(expected)))
        raise Failed(f"{' '.join(options)}: layers with weights differ: {wrong[0]} here, {wrong[1]} in Keras")


def is_automatic(name: str) -> bool:
    base = name.rstrip("0123456789").rstrip("_")
    return base in ("conv2d", "batch_normalization", "normalization", "layer_normalization", "separable_conv2d")


def require_minimum(place: Place, library: ModuleType, network: Network) -> None:
    """A picture one row too small is refused on both sides."""
    least = next(row["minimum_extent"] for row in list_of(place) if row["name"] == network.name)
    here = place.tool.run("summary", network.name, "--no-top", "--input-size", least - 1, least)
    if here.status != 65 or str(least) not in here.messages:
        raise Failed(f"{least - 1}x{least} ends with {here.status}: {here.messages.strip()[:200]}")
    try:
        getattr(library.applications, network.name)(weights=None, include_top=False, input_shape=(least - 1, least, 3))
    except ValueError:
        return
    raise Failed(f"Keras takes {least - 1}x{least}, which is refused here")


def list_of(place: Place) -> list[dict[str, Any]]:
    return json.loads(place.tool.run("summary", "--list", "--json").succeeded().output)


def own_layers() -> dict[str, type]:
    """Layers of two applications that Keras does not register: its own whole-model files need them just so."""
    from keras.src.applications.convnext import LayerScale, StochasticDepth
    from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

    return {layer.__name__: layer for layer in (LayerScale, StochasticDepth, CustomScaleLayer)}


def differences(
    place: Place, library: ModuleType, network: Network, shape: tuple[int, int], top: bool, folder: Path
) -> tuple[float, float]:
    """Keras' file here, and a file from here in Keras."""
    model = network.build(library, top=top, shape=shape)
    height, width = shape
    options = (*network.named, "--input-size", str(height), str(width))
    file = folder / "keras.h5"
    save_weights_alone(library, model, file)
    images = pictures(2, height, width, 3)
    x = preprocessed(images, network.preprocessing)
    expected = outputs(library, model, (*network.layers, model.layers[-1].name), x)
    # Keras numbers what it names itself through a whole process; the last layer is the last here too.
    bare = () if top else ("--no-top",)
    last = facts(place, network, *bare, "--input-size", str(height), str(width))["layers"][-1]["name"]
    expected[last] = expected.pop(model.layers[-1].name)
    final = output(model, x)
    stems = write_folder(folder / "pictures", images)
    found = place.tool.features(
        file, folder / "pictures", list(expected), ("--preprocessing", network.preprocessing, *options)
    )
    read = max(
        relative_difference(np.stack([found[layer][stem] for stem in stems]), values) for layer, values in expected.items()
    )
    ours = folder / "ours.h5"
    if top:
        place.tool.run("convert", file, ours, *options).succeeded()
        file.unlink()
        del model
        gc.collect()
        again = library.models.load_model(ours, compile=False, custom_objects=own_layers())
    else:
        place.tool.run("convert", file, ours, *options, "--weights-only").succeeded()
        file.unlink()
        again = model
        for weight in again.weights:
            weight.assign(np.zeros(weight.shape, weight.dtype))
        load_weights_alone(again, ours)
    written = relative_difference(output(again, x), final)
    ours.unlink()
    return read, written


def examine(place: Place, network: Network, name: str) -> str:
    library = keras3()
    with place.passing_folder(name) as folder:
        try:
            require_minimum(place, library, network)
            four = network.build(library, top=False, shape=(network.size, network.size), channels=4, shakes=False)
            extent = str(network.size)
            require_same_layers(place, network, four, ("--no-top", "--channels", "4", "--input-size", extent, extent))
            del four
            square, odd = (network.size, network.size), (network.size + 11, network.size + 6)
            read_top, written_top = differences(place, library, network, square, True, folder)
            read_bare, written_bare = differences(place, library, network, odd, False, folder)
        finally:
            library.backend.clear_session()
            gc.collect()
    fact = next(row for row in list_of(place) if row["name"] == network.name)
    place.rows.append(
        Row(
            network.name, "×".join(map(str, fact["default_size"])), fact["parameters"], fact["parameters_without_top"],
            fact["multiply_adds"], read_top, read_bare, written_top, written_bare,
        )
    )  # fmt: skip
    worst = max(read_top, read_bare, written_top, written_bare)
    seen = f"read {read_top:.1e} and {read_bare:.1e} without top; written {written_top:.1e} and {written_bare:.1e}"
    if worst > TOLERANCE:
        raise Failed(f"differs: {seen}")
    return seen


def checks(place: Place) -> Iterator[Check]:
    if not place.is_complete:
        return
    for network in ALL:
        name = f"architecture, {network.name}, both ways"
        yield Check(name, partial(examine, place, network, name))


def figure(difference: float) -> str:
    return "equal" if difference == 0 else f"{difference:.0e}"


def markdown(rows: list[Row]) -> str:
    """The table of the README."""
    lines = [
        "| architecture | image | parameters | without top | multiply-adds | Keras → here, top / no top | here → Keras, top / no top |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.size} | {row.parameters:,} | {row.parameters_without_top:,} | {row.multiply_adds / 1e9:.2f} G "
            f"| {figure(row.read_top)} / {figure(row.read_bare)} | {figure(row.written_top)} / {figure(row.written_bare)} |"
        )
    return "\n".join(lines) + "\n"
