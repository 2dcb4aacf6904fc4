"""A small model that Keras trains. As a program: Keras 3 on TensorFlow begins or continues trainings in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

BEFORE = 4  # steps before a file is written
NEXT = 3  # steps after it

# Keras' class, and settings by the names that recipes have as well.
OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd momentum": ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    "adam": ("Adam", {"learning_rate": 0.01}),
    "adamw": ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.02}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.005, "momentum": 0.5}),
    "adagrad": ("Adagrad", {"learning_rate": 0.05}),
    "nadam": ("Nadam", {"learning_rate": 0.01}),
    "adamax": ("Adamax", {"learning_rate": 0.01}),
    "adadelta": ("Adadelta", {"learning_rate": 1.0}),
    "ftrl": ("Ftrl", {"learning_rate": 0.05}),
    "lion": ("Lion", {"learning_rate": 0.002}),
    "lamb": ("Lamb", {"learning_rate": 0.01}),
    "adafactor": ("Adafactor", {"learning_rate": 0.05}),
    "amsgrad": ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
}


def build(k: ModuleType, name: str) -> Any:
    k.utils.set_random_seed(11)
    layers = k.layers
    chain = [layers.Conv2D(6, 3, activation="relu", name="c1"), layers.Conv2D(5, 3, strides=2, activation="tanh", name="c2")]
    end = [layers.GlobalAveragePooling2D(name="pool"), layers.Dense(3, activation="softmax", name="classes")]
    model = k.Sequential([k.Input((8, 8, 3)), *chain, *end], name="small")
    kind, settings = OPTIMIZERS[name]
    model.compile(getattr(k.optimizers, kind)(**settings), "categorical_crossentropy")
    return model


def train(model: Any, x: np.ndarray, y: np.ndarray, steps: int) -> None:
    for _ in range(steps):
        model.train_on_batch(x, y)


def begin(k: ModuleType, folder: Path, name: str, x: np.ndarray, y: np.ndarray) -> None:
    model = build(k, name)
    (folder / name).mkdir(exist_ok=True)
    model.save(folder / name / "start.keras")
    train(model, x, y, BEFORE)
    model.save(folder / name / "begun.keras")
    train(model, x, y, NEXT)
    np.savez(folder / name / "continued.npz", *model.get_weights())


def go_on(k: ModuleType, folder: Path, name: str, x: np.ndarray, y: np.ndarray) -> None:
    """What was begun elsewhere is loaded with its optimizer, which must have been restored."""
    model = k.models.load_model(folder / name / "ours.keras")
    if int(model.optimizer.iterations) != BEFORE:
        raise SystemExit(f"{name}: the optimizer has {int(model.optimizer.iterations)} steps, expected {BEFORE}")
    train(model, x, y, NEXT)
    np.savez(folder / name / "ours.npz", *model.get_weights())


def main() -> None:
    import keras

    task, folder, *names = sys.argv[1:]
    with np.load(Path(folder) / "data.npz") as data:
        x, y = data["x"], data["y"]
    for name in names:
        (begin if task == "begin" else go_on)(keras, Path(folder), name, x, y)


if __name__ == "__main__":
    main()
