"""Files that this tool writes: Keras opens them, finds the right names and flags in them, and predicts the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np

from applications import MOBILENETS, MOBILENETS_V2, RESNET50, VGG16, Network
from check import Check, Failed
from judge import Model, keras2, keras3, load, load_weights_alone, output, save_weights_alone
from pictures import pictures, preprocessed, write_flat
from pictures_of_classes import write_classes
from place import Place
from real_models import SQUEEZENET

TOLERANCE = 1e-5
FROZEN_THROUGH = "conv_pw_11_relu"
EPOCHS = 2

HEAD: list[dict[str, Any]] = [
    {"layer": "GlobalAveragePooling2D"},
    {"layer": "Dropout", "rate": 0.2},
    {"layer": "Dense", "units": "classes", "activation": "softmax"},
]
HEAD_PHASE: dict[str, Any] = {
    "name": "head",
    "train": ["head/*"],
    "epochs": EPOCHS,
    "optimizer": {"name": "adam", "learning_rate": 0.001},
}
SECOND_PHASE: dict[str, Any] = HEAD_PHASE | {"name": "last blocks", "freeze_through": FROZEN_THROUGH, "batch_norm": "affine"}
del SECOND_PHASE["train"]


@dataclass
class Run:
    """One fine-tuning by the tool, made when first looked at."""

    place: Place
    name: str
    model: Callable[[], dict[str, Any]]  # the recipe's
    size: int
    preprocessing: str
    phases: list[dict[str, Any]] = field(default_factory=lambda: [HEAD_PHASE])

    @cached_property
    def folder(self) -> Path:
        folder = self.place.folder(f"written {self.name}")
        write_classes(folder / "pictures", self.size)
        recipe = {
            "seed": 7,
            "model": self.model(),
            "data": {"train": str(folder / "pictures"), "validation": {"fraction": 0.25}, "batch_size": 8},
            "phases": self.phases,
            "output": str(folder / "run"),
        }
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=2))
        self.place.tool.run("train", folder / "recipe.json", "--quiet").succeeded()
        return folder

    @property
    def file(self) -> Path:
        return self.folder / "run" / "model.h5"

    @cached_property
    def metrics(self) -> dict[str, Any]:
        return json.loads((self.folder / "run" / "metrics.json").read_text())

    def predictions(self) -> tuple[np.ndarray, np.ndarray]:
        """Pictures that it was not trained on, and the tool's probabilities, classes in the order of their names."""
        images = pictures(4, self.size, self.size, 3, seed=99)
        files = write_flat(self.folder / "unseen", images)
        results = {Path(r["file"]).stem: r["predictions"] for r in self.place.tool.predict(self.file, files, ("--top", "1000"))}
        rows = [sorted(results[file.stem], key=lambda entry: entry["label"]) for file in files]
        return images, np.array([[entry["probability"] for entry in row] for row in rows])


def architecture(place: Place, network: Network) -> dict[str, Any]:
    """The recipe's model: an architecture, with weights that Keras 3 wrote."""
    k = keras3()
    file = place.folder(f"written weights {network.title}") / "weights.h5"
    save_weights_alone(k, network.build(k, top=False), file)
    alpha = {} if network.alpha is None else {"alpha": network.alpha}
    size = [network.size, network.size]
    return {"architecture": network.name, **alpha, "input_size": size, "weights": str(file), "head": HEAD}


def squeezenet(place: Place) -> dict[str, Any]:
    weights = str(place.real(SQUEEZENET))
    return {"architecture": "SqueezeNet", "input_size": [96, 96], "weights": weights, "head": HEAD}


def from_layers() -> dict[str, Any]:
    """Nothing pretrained: a model that the recipe spells out."""
    convolution = {"layer": "Conv2D", "filters": 8, "kernel_size": 3, "padding": "same"}
    layers = [
        {"layer": "Rescaling", "scale": 1 / 127.5, "offset": -1},
        convolution,
        {"layer": "BatchNormalization"},
        {"layer": "ReLU"},
        {"layer": "MaxPooling2D", "pool_size": 2},
        convolution | {"layer": "SeparableConv2D", "activation": "swish"},
    ]
    return {"layers": layers + HEAD, "input_size": [32, 32], "channels": 3, "preprocessing": "none", "weights": None}


def nested_file(place: Place) -> dict[str, Any]:
    """A whole model whose backbone is a model of its own, as Teachable Machine and many guides build it."""
    k = keras3()
    k.utils.set_random_seed(13)
    layers = k.layers
    inner = [layers.Conv2D(8, 3, strides=2, name="c1"), layers.BatchNormalization(name="b1"), layers.ReLU(name="r1")]
    base = k.Sequential([k.Input((32, 32, 3)), *inner], name="base")
    end = [layers.GlobalAveragePooling2D(name="pool"), layers.Dense(3, activation="softmax", name="classes")]
    file = place.folder("written weights nested") / "model.h5"
    k.Sequential([k.Input((32, 32, 3)), base, *end], name="whole").save(file)
    return {"file": str(file), "preprocessing": "tf"}


def same_predictions(run: Run, judge: Callable[[], ModuleType]) -> str:
    images, found = run.predictions()
    model = load(judge(), run.file)
    expected = output(model, preprocessed(images, run.preprocessing))
    if found.shape != expected.shape:
        raise Failed(f"{found.shape} probabilities, expected {expected.shape}")
    difference = float(np.abs(found - expected).max())
    if difference > TOLERANCE:
        raise Failed(f"differs by {difference:.1e}")
    return f"{model.count_params()} parameters, within {difference:.1e}"


def same_after_reloading(run: Run) -> str:
    copy = run.folder / "again.h5"
    run.place.tool.run("convert", run.file, copy).succeeded()
    before, after = tensors(run.file), tensors(copy)
    if before.keys() != after.keys():
        raise Failed(f"tensors differ: {sorted(before.keys() ^ after.keys())[:4]}")
    changed = [name for name in before if before[name].tobytes() != after[name].tobytes()]
    if changed:
        raise Failed(f"{len(changed)} tensors changed: {', '.join(changed[:4])}")
    return f"{len(before)} tensors bit-equal"


def tensors(file: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(file) as root:
        weights = root["model_weights"] if "model_weights" in root else root

        def keep(name: str, item: object) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]

        weights.visititems(keep)
    return found


def backbone(network: Network) -> Model:
    k = keras3()
    return network.build(k, top=False)


def names_and_flags(run: Run, network: Network) -> str:
    """Keras' names throughout; what was frozen is `trainable: false`, what was trained is not."""
    model, original = load(keras3(), run.file), backbone(network)
    weighted = [layer.name for layer in original.layers if layer.weights]
    found = [layer.name for layer in model.layers if layer.weights]
    if found[: len(weighted)] != weighted:
        raise Failed(f"layers {[n for n, w in zip(found, weighted, strict=False) if n != w][:4]} are not Keras'")
    boundary = [layer.name for layer in original.layers].index(FROZEN_THROUGH)
    frozen = {layer.name for layer in original.layers[: boundary + 1]}
    convolutions = [layer for layer in model.layers if "Conv2D" in type(layer).__name__]
    wrong = [layer.name for layer in convolutions if layer.trainable == (layer.name in frozen)]
    if wrong:
        raise Failed(f"trainable flag wrong: {', '.join(wrong[:6])}")
    return f"{len(found)} layers with weights, {len([c for c in convolutions if c.name in frozen])} convolutions frozen"


def frozen_unchanged(run: Run, network: Network) -> str:
    """Byte for byte what Keras had written; and what was trained did move."""
    model, original = load(keras3(), run.file), backbone(network)
    boundary = [layer.name for layer in original.layers].index(FROZEN_THROUGH)
    moved, count = [], 0
    for layer in filter(lambda layer: layer.weights, original.layers[: boundary + 1]):
        for old, new in zip(layer.get_weights(), model.get_layer(layer.name).get_weights(), strict=True):
            count += 1
            if old.tobytes() != new.tobytes():
                moved.append(layer.name)
    if moved:
        raise Failed(f"moved: {', '.join(moved[:6])}")
    last = "conv_pw_13"
    if np.array_equal(original.get_layer(last).get_weights()[0], model.get_layer(last).get_weights()[0]):
        raise Failed(f"{last} did not move")
    said = run.metrics["frozen"]
    if said != {"tensors": count, "unchanged": True}:
        raise Failed(f"metrics.json says {said}, expected {count} tensors unchanged")
    return f"{count} tensors unchanged"


def weights_alone(run: Run, network: Network) -> str:
    """The run's weights in a file without a model, loaded by Keras into the same architecture."""
    file = run.folder / "weights.h5"
    run.place.tool.run("convert", run.file, file, "--weights-only").succeeded()
    k = keras3()
    whole = load(k, run.file)
    twin = k.models.clone_model(whole)
    load_weights_alone(twin, file)
    unequal = [w.path for w, v in zip(twin.weights, whole.weights, strict=True) if not np.array_equal(w, v)]
    if unequal:
        raise Failed(f"{len(unequal)} weights differ: {', '.join(unequal[:4])}")
    return f"{len(twin.weights)} weights equal"


def checks(place: Place) -> Iterator[Check]:
    mobilenet = MOBILENETS[0]
    two_phases = Run(
        place, "two phases", partial(architecture, place, mobilenet), mobilenet.size, "tf", [HEAD_PHASE, SECOND_PHASE]
    )
    yield Check("written here, MobileNet, names and flags", partial(names_and_flags, two_phases, mobilenet))
    yield Check("written here, MobileNet, frozen tensors", partial(frozen_unchanged, two_phases, mobilenet))
    yield Check("written here, MobileNet, weights alone", partial(weights_alone, two_phases, mobilenet))
    runs = [two_phases]
    for network in (MOBILENETS_V2[0], VGG16, RESNET50):
        runs.append(Run(place, network.title, partial(architecture, place, network), network.size, network.preprocessing))
    runs.append(Run(place, "SqueezeNet", partial(squeezenet, place), 96, "caffe"))
    everything = HEAD_PHASE | {"name": "all", "train": ["**"]}
    runs.append(Run(place, "a model of the recipe's own", from_layers, 32, "none", [everything]))
    runs.append(Run(place, "a nested model", partial(nested_file, place), 32, "tf", [everything]))
    for run in runs:
        yield Check(f"written here, {run.name}, in Keras 3", partial(same_predictions, run, keras3))
        yield Check(f"written here, {run.name}, in Keras 2", partial(same_predictions, run, keras2))
        yield Check(f"written here, {run.name}, reloaded here", partial(same_after_reloading, run))
