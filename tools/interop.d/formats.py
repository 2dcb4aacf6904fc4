"""All formats of Keras, both ways: what Keras writes is read here, what is written here is read by Keras, bit for bit."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np

from applications import MOBILENETS, VGG16, Network
from case import Case, case_check
from check import Check, Failed
from judge import Model, flavours, keras2, keras3, load, load_weights_alone, output, outputs, save_weights_alone, shake
from keras1_names import rename_as_keras1
from nested_cases import BUILDERS, STATES
from pictures import pictures, preprocessed
from place import Place

SHARD_GIGABYTES = 300_000 / 2**30  # so small that a MobileNet fills several


def save(library: ModuleType, model: Model, file: Path) -> None:
    """Whole, or its weights alone, as Keras understands the name."""
    if file.name.endswith(".weights.json"):
        model.save_weights(file, max_shard_size=SHARD_GIGABYTES)
    elif file.name.endswith(".weights.h5"):
        model.save_weights(file)
    elif file.name.endswith(".legacy.h5"):
        save_weights_alone(library, model, file)
    else:
        model.save(file)


def nested(library: ModuleType, kind: str, state: str, folder: Path) -> Case:
    """A `.keras` archive of a model inside a model, with some of it frozen."""
    build, last = BUILDERS[kind]
    library.utils.set_random_seed(7)
    model = build(library, STATES[state])
    shake(model)
    save(library, model, folder / "model.keras")
    images = pictures(3, 9, 8, 3)
    return Case(folder / "model.keras", images, "tf", {last: output(model, preprocessed(images, "tf"))})


def architecture(library: ModuleType, network: Network, name: str, top: bool, folder: Path) -> Case:
    """An architecture by name, with a file of its weights alone, or as a whole."""
    model = network.build(library, top)
    save(library, model, folder / name)
    images = pictures(2, network.size, network.size, 3)
    layers = (*network.layers, model.layers[-1].name) if top else network.layers
    expected = outputs(library, model, layers, preprocessed(images, network.preprocessing))
    return Case(folder / name, images, network.preprocessing, expected, () if name.endswith(".keras") else network.options)


def early_form(network: Network, folder: Path) -> Case:
    """Weights as tf.keras 2.12 and 2.13 wrote them: another name for the group, and none for the layers."""
    case = architecture(keras3(), network, "model.weights.h5", False, folder)
    with h5py.File(case.file, "r+") as file:
        file.move("layers", "_layer_checkpoint_dependencies")
        for layer in file["_layer_checkpoint_dependencies"].values():
            del layer["vars"].attrs["name"]
    return case


def same_weights(found: Model, expected: Model) -> str:
    if len(found.weights) != len(expected.weights):
        raise Failed(f"{len(found.weights)} weights, expected {len(expected.weights)}")
    pairs = zip(found.get_weights(), expected.get_weights(), strict=True)
    wrong = [index for index, (a, b) in enumerate(pairs) if a.tobytes() != np.asarray(b, a.dtype).tobytes()]
    if wrong:
        raise Failed(f"{len(wrong)} weights differ, the first is {expected.weights[wrong[0]].path}")
    return f"{len(found.weights)} weights bit-equal"


WRITTEN = {"keras": "w.keras", "h5": "w.h5", "weights.h5": "w.weights.h5", "weights.json": "w.weights.json", "h5-weights": "v.h5"}


def around(place: Place, source: str, target: str) -> str:
    """Keras, here, Keras: a nested model with all that may change places, half of it frozen."""
    with place.passing_folder(f"around {source} {target}") as folder:
        k = keras3()
        k.utils.set_random_seed(5)
        model = BUILDERS["Functional"][0](k, STATES["one layer frozen"])
        shake(model)
        model.save(folder / source)
        written = folder / WRITTEN[target]
        place.tool.run("convert", folder / source, written, "--format", target).succeeded()
        if target in ("keras", "h5"):
            again = load(k, written)
            wrong = [a.name for a, b in zip(again.layers, model.layers, strict=True) if a.trainable != b.trainable]
            if wrong:
                raise Failed(f"trainable differs: {', '.join(wrong)}")
        else:
            again = k.models.clone_model(model)
            load_weights_alone(again, written)
        return same_weights(again, model)


def back(place: Place, first: str) -> str:
    """Here, Keras, here: what is written here and saved again by Keras comes back the same."""
    with place.passing_folder(f"back {first}") as folder:
        k = keras3()
        model = MOBILENETS[0].build(k, top=True)
        model.save(folder / "start.h5")
        place.tool.run("convert", folder / "start.h5", folder / f"ours.{first}").succeeded()
        load(k, folder / f"ours.{first}").save(folder / "theirs.keras")
        place.tool.run("convert", folder / "theirs.keras", folder / "end.h5").succeeded()
        return same_weights(load(k, folder / "end.h5"), model)


def both_keras(place: Place) -> str:
    """One whole-model file of this tool, made from an archive, opens in Keras 2 and in Keras 3."""
    with place.passing_folder("both Keras") as folder:
        case = nested(keras3(), "Functional", "base frozen", folder)
        place.tool.run("convert", case.file, folder / "both.h5").succeeded()
        x = preprocessed(case.images, "tf")
        expected = next(iter(case.expected.values()))
        apart = [float(np.abs(output(load(k, folder / "both.h5"), x) - expected).max()) for k in (keras3(), keras2())]
        if max(apart) > 1e-5:
            raise Failed(f"Keras 3 differs by {apart[0]:.1e}, Keras 2 by {apart[1]:.1e}")
        return f"within {max(apart):.1e}"


def swapped_branches(place: Place) -> str:
    """Keras loads two branches that change places into each other without a word; here the names in the file decide."""
    with place.passing_folder("swapped branches") as folder:
        k = keras3()

        def fork(first: str, second: str) -> Model:
            inputs = k.Input((4, 4, 3), name="in")
            flat = k.layers.Flatten(name="flat")(inputs)
            parts = {name: k.layers.Dense(2, name=name)(flat) for name in ("p", "q")}
            return k.Model(inputs, k.layers.Concatenate(name="both")([parts[first], parts[second]]))

        original, other = fork("p", "q"), fork("q", "p")
        original.save(folder / "model.keras")
        other.save(folder / "other.keras")
        with zipfile.ZipFile(folder / "model.keras") as ours, zipfile.ZipFile(folder / "other.keras") as theirs:
            with zipfile.ZipFile(folder / "mixed.keras", "w", zipfile.ZIP_DEFLATED) as mixed:
                mixed.writestr("metadata.json", ours.read("metadata.json"))
                mixed.writestr("config.json", theirs.read("config.json"))
                mixed.writestr("model.weights.h5", ours.read("model.weights.h5"))
        place.tool.run("convert", folder / "mixed.keras", folder / "read.h5").succeeded()
        found = load(k, folder / "read.h5")
        for name in ("p", "q"):
            if not np.array_equal(found.get_layer(name).get_weights()[0], original.get_layer(name).get_weights()[0]):
                raise Failed(f"branch {name} has the other's weights")
        theirs_too = load(k, folder / "mixed.keras").get_layer("p").get_weights()[0]
        mistaken = not np.array_equal(theirs_too, original.get_layer("p").get_weights()[0])
        return f"told apart by name{'; Keras 3 takes one for the other' if mistaken else ''}"


def inspected(place: Place, library: ModuleType) -> str:
    """`inspect` names format, version, layers and tensors of a file."""
    with place.passing_folder(f"inspected {library.__name__}") as folder:
        model = BUILDERS["Functional"][0](library, STATES["base frozen"])
        model.save(folder / "model.keras")
        found = json.loads(place.tool.run("inspect", folder / "model.keras", "--json").succeeded().output)
        numbers = sum(int(np.prod(tensor["shape"])) for tensor in found["tensors"])
        if numbers != model.count_params():
            raise Failed(f"{numbers} numbers, expected {model.count_params()}")
        if found["keras_version"] != library.__version__:
            raise Failed(f"version {found['keras_version']}, expected {library.__version__}")
        lines = place.tool.run("inspect", folder / "model.keras").succeeded().output.splitlines()
        if max(map(len, lines[1:])) > 80:
            raise Failed("a line of more than 80 columns")
        return f"{found['format']}, {len(found['tensors'])} tensors, {len(lines)} lines"


def bfloat16(place: Place) -> str:
    """Weights that Keras keeps in bfloat16, which HDF5 does not know."""
    with place.passing_folder("bfloat16") as folder:
        k = keras3()
        model = k.Sequential([k.Input((3,)), k.layers.Dense(4, name="d")], name="m")
        shake(model)
        model.save(folder / "plain.keras")
        twin = k.Sequential([k.Input((3,)), k.layers.Dense(4, name="d", dtype="bfloat16")], name="m")
        twin.set_weights(model.get_weights())
        twin.save_weights(folder / "model.weights.h5")
        with zipfile.ZipFile(folder / "plain.keras") as plain, zipfile.ZipFile(folder / "half.keras", "w") as half:
            for name in ("metadata.json", "config.json"):
                half.writestr(name, plain.read(name))
            half.write(folder / "model.weights.h5", "model.weights.h5")
        place.tool.run("convert", folder / "half.keras", folder / "read.keras").succeeded()
        found = load(k, folder / "read.keras").get_weights()
        expected = [np.asarray(w, np.float32) for w in twin.get_weights()]
        if not all(map(np.array_equal, found, expected)):
            raise Failed("numbers differ")
        return f"{len(found)} tensors exact"


def channels_first(place: Place, order: str) -> str:
    """A model whose images lie channel by channel becomes one with the channels last, which computes the same."""
    with place.passing_folder(f"channels first {order}") as folder:
        k = keras3()
        layers = k.layers
        first = {"data_format": "channels_first"}
        inputs = k.Input((3, 9, 8), name="in")
        a = layers.Conv2D(4, 3, padding="same", activation="relu", name="a", **first)(inputs)
        b = layers.SeparableConv2D(2, 3, padding="same", name="b", **first)(inputs)
        x = layers.BatchNormalization(axis=1, name="norm")(layers.Concatenate(axis=1, name="both")([a, b]))
        x = layers.ZeroPadding2D(((0, 1), (1, 0)), name="pad", **first)(layers.MaxPooling2D(2, name="pool", **first)(x))
        x = layers.Flatten(name="flat", data_format=order)(x)
        model = k.Model(inputs, layers.Dense(5, name="dense")(x), name="m")
        shake(model)
        model.save(folder / "first.keras")
        place.tool.run("convert", folder / "first.keras", folder / "last.keras").succeeded()
        x = preprocessed(pictures(3, 9, 8, 3), "tf")
        apart = np.abs(output(load(k, folder / "last.keras"), x) - output(model, x.transpose(0, 3, 1, 2))).max()
        if apart > 1e-5:
            raise Failed(f"differs by {apart:.1e}")
        return f"within {apart:.1e}"


def theano(network: Network, folder: Path) -> Case:
    """Weights as Keras 1 wrote them for Theano: other names, kernels [out, in, height, width] and turned."""
    case = architecture(keras3(), network, "model.legacy.h5", False, folder)
    rename_as_keras1(case.file)
    with h5py.File(case.file, "r+") as root:
        kernels: list[str] = []
        root.visititems(lambda name, item: kernels.append(name) if getattr(item, "ndim", 0) == 4 else None)
        for name in kernels:
            values = root[name][()]
            del root[name]
            root[name] = values[::-1, ::-1].transpose(3, 2, 0, 1)
    return case


def checks(place: Place) -> Iterator[Check]:
    network = MOBILENETS[0]
    for flavour, library in flavours():
        for kind in BUILDERS:
            for state in STATES:
                make = partial(nested, library, kind, state)
                yield case_check(f"{flavour} archive, nested {kind}, {state}", place, make)
        yield case_check(f"{flavour} archive, {network.title}", place, partial(architecture, library, network, "m.keras", True))
        make = partial(architecture, library, network, "m.weights.h5", False)
        yield case_check(f"{flavour} .weights.h5, {network.title}", place, make)
        yield Check(f"{flavour} archive, inspected", partial(inspected, place, library))
    make = partial(architecture, keras3(), network, "m.weights.json", False)
    yield case_check(f"Keras 3 .weights.json, {network.title}", place, make)
    yield case_check(f"tf.keras 2.13 .weights.h5, {network.title}", place, partial(early_form, network))
    for source in ("model.keras", "model.h5"):
        for target in WRITTEN:
            yield Check(f"Keras 3 {source}, here, Keras 3 {target}", partial(around, place, source, target))
    for first in ("keras", "h5"):
        yield Check(f"here .{first}, Keras 3, here, {network.title}", partial(back, place, first))
    yield Check("an archive as .h5 for Keras 2 and Keras 3", partial(both_keras, place))
    yield Check("an archive whose branches changed places", partial(swapped_branches, place))
    for order in ("channels_first", "channels_last"):
        yield Check(f"channels first, flattened as {order}", partial(channels_first, place, order))
    yield case_check("Keras 1 weights for Theano, VGG16", place, partial(theano, VGG16))
    yield Check("an archive with weights in bfloat16", partial(bfloat16, place))
