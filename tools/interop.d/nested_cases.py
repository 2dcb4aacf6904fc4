"""Models inside models, saved in three states of freezing.

A legacy file lists a layer's weights with the trainable ones first; for a nested model that order depends on what was
frozen when the file was written. Here all tensors that could change places have equal shapes, so that a reader which
goes by position gets wrong numbers and no error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

from case import Case, case_check
from check import Check, Failed
from judge import Model, flavours, output, shake
from pictures import pictures, preprocessed
from place import Place

Freezing = Callable[[Model], None]


def freeze_nothing(base: Model) -> None:
    base.trainable = True


def freeze_base(base: Model) -> None:
    base.trainable = False


def freeze_first(base: Model) -> None:
    base.get_layer("c1").trainable = False


STATES: dict[str, Freezing] = {"all trainable": freeze_nothing, "base frozen": freeze_base, "one layer frozen": freeze_first}


def base_layers(k: ModuleType) -> list[object]:
    layers = k.layers
    built: list[object] = []
    for index in (1, 2, 3):
        built += [layers.Conv2D(3, 3, padding="same", name=f"c{index}"), layers.BatchNormalization(name=f"b{index}")]
    return built


def sequential(k: ModuleType, freeze: Freezing) -> Model:
    layers = k.layers
    base = k.Sequential([k.Input((9, 8, 3)), *base_layers(k)], name="base")
    freeze(base)
    head = k.Sequential([layers.Dense(5, activation="relu", name="d1"), layers.Dense(4, name="d2")], name="head")
    return k.Sequential([k.Input((9, 8, 3)), base, layers.GlobalAveragePooling2D(name="pool"), head], name="whole")


def functional(k: ModuleType, freeze: Freezing) -> Model:
    """A functional model around a functional model that is called twice, with a residual connection inside."""
    layers = k.layers
    inner = k.Input((9, 8, 3), name="inner_input")
    x = inner
    for layer in base_layers(k):
        x = layer(x)
    base = k.Model(inner, layers.Add(name="residual")([x, inner]), name="base")
    freeze(base)
    outer = k.Input((9, 8, 3), name="outer_input")
    x = base(base(outer))
    x = layers.GlobalMaxPooling2D(name="pool")(x)
    return k.Model(outer, layers.Dense(4, name="d2")(x), name="whole")


BUILDERS = {"Sequential": (sequential, "head/d2"), "Functional": (functional, "d2")}


def make(k: ModuleType, kind: str, state: str, folder: Path) -> Case:
    build, last = BUILDERS[kind]
    k.utils.set_random_seed(7)
    model = build(k, STATES[state])
    shake(model)
    model.save(folder / "model.h5")
    images = pictures(3, 9, 8, 3)
    return Case(folder / "model.h5", images, "tf", {last: output(model, preprocessed(images, "tf"))})


def long_names(k: ModuleType, folder: Path) -> Case:
    """So many and so long weight names that Keras splits the attribute that lists them (64,512 bytes)."""
    k.utils.set_random_seed(9)
    name = "a_layer_whose_name_is_much_longer_than_anybody_would_like_to_type_it_" * 2
    inner = [k.layers.Conv2D(3, 1, name=f"{name}{index}") for index in range(220)]
    for layer in inner:
        layer.kernel_initializer = k.initializers.Orthogonal(seed=len(layer.name))
    base = k.Sequential([k.Input((6, 5, 3)), *inner], name="base")
    model = k.Sequential([k.Input((6, 5, 3)), base, k.layers.GlobalAveragePooling2D(name="pool")], name="whole")
    model.save(folder / "model.h5")
    images = pictures(2, 6, 5, 3)
    return Case(folder / "model.h5", images, "tf", {"pool": output(model, preprocessed(images, "tf"))})


def several_ends(k: ModuleType, place: Place, folder: Path) -> str:
    """Two inputs and two outputs: pictures cannot feed it, but its summary must count it right."""
    layers = k.layers
    a, b = k.Input((8, 8, 3), name="a"), k.Input((8, 8, 1), name="b")
    merged = layers.Concatenate(name="merged")([layers.Conv2D(4, 3, name="ca")(a), layers.Conv2D(4, 3, name="cb")(b)])
    pooled = layers.GlobalAveragePooling2D(name="pool")(merged)
    model = k.Model([a, b], [layers.Dense(2, name="out_1")(pooled), layers.Dense(3, name="out_2")(pooled)])
    model.save(folder / "model.h5")
    found = place.tool.summary(folder / "model.h5")["parameters"]
    if found != model.count_params():
        raise Failed(f"{found} parameters, expected {model.count_params()}")
    return f"{found} parameters"


def checks(place: Place) -> Iterator[Check]:
    for flavour, library in flavours():
        for kind in BUILDERS:
            for state in STATES:
                yield case_check(f"{flavour} file, nested {kind}, {state}", place, partial(make, library, kind, state))
        yield case_check(f"{flavour} file, long weight names", place, partial(long_names, library))
        name = f"{flavour} file, two inputs and two outputs"
        yield Check(name, partial(several_ends, library, place, place.folder(name)))
