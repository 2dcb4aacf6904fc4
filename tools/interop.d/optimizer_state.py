"""Training that goes on: begun in Keras and continued here, begun here and continued in Keras, step for step.

Keras 3 trains on TensorFlow in a process of its own (`keras_training.py`), because these checks use its NumPy backend, which
cannot train; tf_keras trains right here. One step sees all pictures, so that their order does not matter.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from check import Check, Failed, Skipped
from judge import keras2, keras3, load
from keras_training import BEFORE, NEXT, OPTIMIZERS, build, train
from pictures import pictures, preprocessed, write_flat
from place import Place

TOLERANCE = 1e-5
CLASSES = 3
PICTURES = 12
FAST = ("sgd momentum", "adam")


class Training:
    """Pictures of three classes, and what Keras 3 makes of them with every optimizer; made when first looked at."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.names = list(OPTIMIZERS) if place.is_complete else list(FAST)

    @cached_property
    def folder(self) -> Path:
        folder = self.place.folder("optimizer state")
        images = pictures(PICTURES, 8, 8, 3, seed=4)
        for index, image in enumerate(images):
            part = folder / "pictures" / f"class{index % CLASSES}"
            part.mkdir(parents=True, exist_ok=True)
            write_flat(folder / "flat", image[None])[0].rename(part / f"{index:02d}.png")
        np.savez(folder / "data.npz", x=preprocessed(images, "tf"), y=np.eye(CLASSES, dtype=np.float32)[np.arange(PICTURES) % CLASSES])
        self.keras("begin", folder)
        return folder

    def keras(self, task: str, folder: Path) -> None:
        """Lets Keras 3 on TensorFlow begin all trainings, or continue those that were begun here."""
        if importlib.util.find_spec("tensorflow") is None:
            raise Skipped("TensorFlow is not in the light environment")
        script = Path(__file__).with_name("keras_training.py")
        environment = os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run(
            [sys.executable, script, task, folder, *self.names], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"Keras ended with {done.returncode}: {done.stderr.strip().splitlines()[-1][:300]}")

    def run(self, name: str, file: Path, epochs: int, output: Path, goes_on: bool) -> Path:
        """Trains here with an optimizer; gives the whole model with the optimizer's state."""
        kind, settings = OPTIMIZERS[name]
        phase: dict[str, Any] = {
            "train": ["**"], "epochs": epochs, "batch_norm": "train", "optimizer": {"name": kind.lower(), **settings},
            "continue_optimizer": goes_on,
        }
        recipe = {
            "model": {"file": str(file), "preprocessing": "tf"}, "save_optimizer": True, "phases": [phase],
            "data": {"train": str(self.folder / "pictures"), "batch_size": PICTURES, "interpolation": "nearest"},
            "output": str(output),
        }
        output.mkdir(parents=True, exist_ok=True)
        (output / "recipe.json").write_text(json.dumps(recipe))
        self.place.tool.run("train", output / "recipe.json", "--quiet").succeeded()
        return output / "model.h5"


def difference(found: list[np.ndarray], expected: list[np.ndarray], start: list[np.ndarray]) -> str:
    """Compares weights, and makes sure that they moved."""
    apart = max(float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True))
    moved = max(float(np.abs(a - b).max()) for a, b in zip(expected, start, strict=True))
    if moved < 1e-4:
        raise Failed(f"the steps moved nothing ({moved:.1e})")
    if apart > TOLERANCE:
        raise Failed(f"differs by {apart:.1e} after steps that moved weights by {moved:.1e}")
    return f"{NEXT} steps within {apart:.1e}; they moved weights by {moved:.1e}"


def weights(file: Path) -> list[np.ndarray]:
    return load(keras3(), file).get_weights()


def saved(file: Path) -> list[np.ndarray]:
    with np.load(file) as arrays:
        return [arrays[key] for key in arrays.files]


def begun_in_keras(training: Training, name: str) -> str:
    folder = training.folder / name
    end = training.run(name, folder / "begun.keras", NEXT, folder / "continued here", goes_on=True)
    return difference(weights(end), saved(folder / "continued.npz"), weights(folder / "begun.keras"))


def begun_here(training: Training) -> str:
    seen = []
    for name in training.names:
        folder = training.folder / name
        begun = training.run(name, folder / "start.keras", BEFORE, folder / "begun here", goes_on=False)
        training.place.tool.run("convert", begun, folder / "ours.keras").succeeded()
    training.keras("continue", training.folder)
    for name in training.names:
        folder = training.folder / name
        end = training.run(name, folder / "begun here" / "model.h5", NEXT, folder / "went on here", goes_on=True)
        seen.append(f"{name}: {difference(weights(end), saved(folder / 'ours.npz'), weights(folder / 'ours.keras'))}")
    return "; ".join(seen)


def with_keras2(training: Training, name: str, ending: str) -> str:
    """tf_keras begins and goes on; here the same is taken up, and what was begun here is taken up by tf_keras."""
    k = keras2()
    if not hasattr(k.optimizers, OPTIMIZERS[name][0]):
        raise Skipped(f"tf_keras has no {OPTIMIZERS[name][0]}")
    if name == "nadam":
        raise Skipped("tf_keras' Nadam moves otherwise than Keras 3's from the second step on, loaded or not")
    folder = training.folder / f"Keras 2 {name} {ending}"
    folder.mkdir()
    with np.load(training.folder / "data.npz") as data:
        x, y = data["x"], data["y"]
    model = build(k, name)
    train(model, x, y, BEFORE)
    model.save(folder / f"begun.{ending}")
    start = model.get_weights()
    train(model, x, y, NEXT)
    end = training.run(name, folder / f"begun.{ending}", NEXT, folder / "here", goes_on=True)
    first = difference(weights(end), model.get_weights(), start)
    if ending == "h5":
        begun = training.run(name, training.folder / name / "start.keras", BEFORE, folder / "begun here", goes_on=False)
        again = k.models.load_model(begun)
        start = again.get_weights()
        train(again, x, y, NEXT)
        end = training.run(name, begun, NEXT, folder / "went on here", goes_on=True)
        return f"{first}; back: {difference(weights(end), again.get_weights(), start)}"
    return first


def checks(place: Place) -> Iterator[Check]:
    training = Training(place)
    for name in training.names:
        yield Check(f"optimizer state of {name}, from Keras 3", partial(begun_in_keras, training, name))
    yield Check("optimizer state of all, to Keras 3", partial(begun_here, training))
    for name in training.names:
        for ending in ("h5", "keras"):
            yield Check(f"optimizer state of {name}, Keras 2 .{ending}", partial(with_keras2, training, name, ending))
