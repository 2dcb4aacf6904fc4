"""Whole training steps against Keras': the same model, pictures and order give the same losses and the same weights.

Keras 3 takes its steps on TensorFlow in a process of its own (`keras_steps.py`); here a recipe takes them.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from check import Check, Failed, Skipped
from closeness import relative_difference
from judge import keras3, load
from pictures import pictures, preprocessed, write_flat
from place import Place
from step_cases import CASES, CLASSES, PHASE, PICTURES, SEED, StepCase, snake

TOLERANCE = 1e-5


class Steps:
    """Pictures of three classes, each with a number, and what Keras made of them; made when first looked at."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def folder(self) -> Path:
        if importlib.util.find_spec("tensorflow") is None:
            raise Skipped("TensorFlow is not in the light environment")
        folder = self.place.folder("whole steps")
        images = pictures(PICTURES, 8, 8, 3, seed=4)
        classes = np.arange(PICTURES) // (PICTURES // CLASSES)
        numbers = (0.5 + images.mean(axis=(1, 2, 3)) / 128 + np.arange(PICTURES) % 5 / 4).astype(np.float32)
        rows = []
        # Sorted names, class by class: the order in which the recipe lists them is that of the arrays.
        for index, file in enumerate(write_flat(folder / "flat", images)):
            part = folder / "pictures" / f"class{classes[index]}"
            part.mkdir(parents=True, exist_ok=True)
            target = file.rename(part / file.name)
            rows.append(f"{target.relative_to(folder)},{numbers[index]!s}")
        (folder / "numbers.csv").write_text("\n".join(["file,number", *rows]) + "\n")
        np.savez(folder / "data.npz", x=preprocessed(images, "tf"), classes=classes, numbers=numbers)
        script = Path(__file__).with_name("keras_steps.py")
        environment = os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"}
        done = subprocess.run([sys.executable, script, folder], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"Keras ended with {done.returncode}: {done.stderr.strip().splitlines()[-1][:300]}")
        return folder

    def recipe(self, case: StepCase, model: Path, output: Path) -> dict[str, object]:
        kind, settings = case.optimizer
        optimizer = {"name": kind.lower(), **settings}
        if case.schedule:
            schedule, own = case.schedule
            optimizer["learning_rate"] = {"name": snake(schedule), **own}
        loss, own = case.loss
        data = {"train": str(self.folder / "pictures"), "batch_size": case.batch_size, "interpolation": "nearest"}
        if case.numbers:
            data |= {"train": str(self.folder / "numbers.csv"), "task": "regression"}
        recipe: dict[str, object] = {
            "seed": SEED, "model": {"file": str(model), "preprocessing": "tf"}, "data": data, "loss": {"name": snake(loss), **own},
            "phases": [{"name": PHASE, "epochs": case.epochs, "batch_norm": "train", "optimizer": optimizer}],
            "cache": False, "output": str(output),
        }
        if case.class_weight:
            recipe["class_weight"] = {f"class{index}": weight for index, weight in case.class_weight.items()}
        return recipe


def compare(steps: Steps, index: int) -> str:
    case = CASES[index]
    folder = steps.folder
    output = folder / f"here {index}"
    output.mkdir()
    (output / "recipe.json").write_text(json.dumps(steps.recipe(case, folder / f"{index}.keras", output)))
    steps.place.tool.run("train", output / "recipe.json", "--quiet").succeeded()
    found = load(keras3(), output / "model.h5").get_weights()
    with np.load(folder / f"{index}.npz") as keras:
        names = [str(name) for name in keras["names"]]
        expected = [keras[f"end{i}"] for i in range(len(names))]
        start = [keras[f"start{i}"] for i in range(len(names))]
        losses = keras["losses"]
    with (output / "history.csv").open() as file:
        here = np.array([float(row["loss"]) for row in csv.DictReader(file)])
    moved = min(float(np.abs(a - b).max()) for a, b in zip(expected, start, strict=True))
    if moved < 1e-4:
        raise Failed(f"the steps left a tensor where it was ({moved:.1e})")
    wrong = []
    apart = {name: relative_difference(a, b) for name, a, b in zip(names, found, expected, strict=True)}
    worst = max(apart, key=lambda name: apart[name])
    if apart[worst] > TOLERANCE:
        wrong.append(f"{worst} differs by {apart[worst]:.1e} relative after steps that moved each tensor by {moved:.1e} or more")
    far = float(np.max(np.abs(here - losses) / np.abs(losses)))
    if far > TOLERANCE:
        wrong.append(f"a loss differs by {far:.1e} relative")
    if wrong:
        raise Failed("; ".join(wrong))
    return f"weights within {apart[worst]:.1e}, losses within {far:.1e}"


def checks(place: Place) -> Iterator[Check]:
    steps = Steps(place)
    for index, case in enumerate(CASES):
        yield Check(f"whole steps, {case.name}", partial(compare, steps, index))
