"""As a program: Keras 3 on TensorFlow takes the steps of all cases in a folder, and leaves what it began and ended with."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from step_cases import CASES, CLASSES, PHASE, PICTURES, SEED, StepCase

MASK = (1 << 64) - 1


def mixed(value: int) -> int:
    """SplitMix64's finaliser, as `RandomKey` has it."""
    z = (value + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def folded(key: int, part: int | str) -> int:
    if isinstance(part, str):
        code = 0xCBF29CE484222325
        for byte in part.encode():
            code = ((code ^ byte) * 0x00000100000001B3) & MASK
        part = code
    return mixed(key ^ mixed((part + 0x9E3779B97F4A7C15) & MASK))


def bits(key: int, counter: int) -> tuple[int, int]:
    """The first two numbers of Philox 4x32-10."""
    c = [counter & 0xFFFFFFFF, counter >> 32, 0, 0]
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k1, p0 & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c[0], c[1]


def order(epoch: int) -> list[int]:
    """The order in which an epoch of the recipe sees the pictures."""
    key = folded(folded(folded(mixed(SEED), PHASE), "shuffle"), epoch)
    places = list(range(PICTURES))
    for last in range(PICTURES - 1, 0, -1):
        high, low = bits(key, last)
        other = (((high << 32) | low) * (last + 1)) >> 64
        places[last], places[other] = places[other], places[last]
    return places


def build(k: ModuleType, case: StepCase) -> Any:
    k.utils.set_random_seed(11)
    layers = k.layers
    regularizer = {"kernel_regularizer": k.regularizers.L2(case.l2)} if case.l2 else {}
    # Smooth activations: where ReLU gets a number that rounding alone tells from 0, one side passes a gradient and the other
    # does not, and after ten steps of AdamW that is half a percent of a weight.
    model = k.Sequential([k.Input((8, 8, 3)), layers.Conv2D(6, 3, activation="swish", name="c1", **regularizer)], name="small")
    if case.batch_norm:
        model.add(layers.BatchNormalization(momentum=0.8, name="norm"))
    model.add(layers.Conv2D(5, 3, strides=2, activation="tanh", name="c2", **regularizer))
    model.add(layers.GlobalAveragePooling2D(name="pool"))
    model.add(layers.Dense(1 if case.numbers else CLASSES, activation=case.activation, name="classes", **regularizer))
    kind, settings = case.optimizer
    if case.schedule:
        schedule, own = case.schedule
        settings = {**settings, "learning_rate": getattr(k.optimizers.schedules, schedule)(**own)}
    loss, own = case.loss
    # Eagerly: to trace a function for every case would take longer than its steps.
    model.compile(getattr(k.optimizers, kind)(**settings), getattr(k.losses, loss)(**own), run_eagerly=True)
    return model


def take_steps(model: Any, case: StepCase, x: np.ndarray, classes: np.ndarray, numbers: np.ndarray) -> list[float]:
    """The mean loss of each epoch, over its samples."""
    if case.numbers:
        y: np.ndarray = numbers[:, None]
    else:
        y = classes[:, None] if case.sparse else np.eye(CLASSES, dtype=np.float32)[classes]
    losses = []
    for epoch in range(case.epochs):
        places, total = order(epoch), 0.0
        for start in range(0, PICTURES, case.batch_size):
            batch = places[start : start + case.batch_size]
            model.reset_metrics()
            found = model.train_on_batch(x[batch], y[batch], class_weight=case.class_weight, return_dict=True)
            total += float(found["loss"]) * len(batch)
        losses.append(total / PICTURES)
    if case.averaged:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    return losses


def main() -> None:
    import keras

    folder = Path(sys.argv[1])
    with np.load(folder / "data.npz") as data:
        x, classes, numbers = data["x"], data["classes"], data["numbers"]
    for index, case in enumerate(CASES):
        model = build(keras, case)
        model.save(folder / f"{index}.keras")
        start = model.get_weights()
        losses = take_steps(model, case, x, classes, numbers)
        names = [variable.path for variable in model.weights]
        np.savez(
            folder / f"{index}.npz", losses=np.array(losses), names=np.array(names),
            **{f"start{i}": value for i, value in enumerate(start)},
            **{f"end{i}": value for i, value in enumerate(model.get_weights())},
        )


if __name__ == "__main__":
    main()
