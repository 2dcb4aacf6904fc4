"""What Keras computes where this package computes the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from writing import numbers, write

STEPS = 10


def random(seed: int, *shape: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed)).normal(0, 1, shape).astype(np.float32)


# --- optimisers: ten steps of `optimizer.apply` on a kernel [3, 4] and a bias [4]

COMMON: list[dict[str, Any]] = [
    {"weight_decay": 0.05},
    {"clipnorm": 0.7},
    {"clipvalue": 0.3},
    {"global_clipnorm": 0.9},
    {"gradient_accumulation_steps": 3},
    {"use_ema": True, "ema_momentum": 0.8},
    {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 4},
    {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2},
    {"gradient_accumulation_steps": 2, "clipnorm": 0.5, "weight_decay": 0.1},
]

OPTIMIZERS: list[tuple[str, list[dict[str, Any]]]] = [
    ("SGD", [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, *COMMON]),
    ("Adam", [{}, {"amsgrad": True}, {"beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}, *COMMON]),
    ("AdamW", [{}, {"weight_decay": 0.2, "amsgrad": True}]),
    ("Nadam", [{}, {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-4}]),
    ("Adamax", [{}, {"beta_1": 0.8, "beta_2": 0.9}]),
    ("RMSprop", [{}, {"momentum": 0.9}, {"centered": True}, {"momentum": 0.8, "centered": True, "rho": 0.7}]),
    ("Adagrad", [{}, {"initial_accumulator_value": 0.5, "epsilon": 1e-3}]),
    ("Adadelta", [{}, {"rho": 0.8, "epsilon": 1e-4}]),
    ("Adafactor", [{}, {"beta_2_decay": -0.6, "epsilon_2": 0.05, "clip_threshold": 0.5, "weight_decay": 0.1}]),
    ("Lion", [{}, {"beta_1": 0.7, "beta_2": 0.8, "weight_decay": 0.1}]),
    ("Lamb", [{}, {"beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}]),
    (
        "Ftrl",
        [
            {},
            {"l1_regularization_strength": 0.02, "l2_regularization_strength": 0.05, "beta": 0.1},
            {"learning_rate_power": -0.7, "l2_shrinkage_regularization_strength": 0.1},
        ],
    ),
]
RATES = {"Adadelta": 0.5, "Adafactor": 0.5, "SGD": 0.1, "Ftrl": 0.1, "Adagrad": 0.1}


def optimizer_case(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    rate = RATES.get(kind, 0.01)
    optimizer = getattr(keras.optimizers, kind)(rate, **settings)
    shapes = [(3, 4), (4,)]
    variables = [keras.Variable(random(index, *shape)) for index, shape in enumerate(shapes)]
    optimizer.build(variables)
    steps = []
    for step in range(STEPS):
        optimizer.apply([random(100 + 10 * step + index, *shape) for index, shape in enumerate(shapes)], variables)
        steps.append([numbers(np.asarray(variable)) for variable in variables])
    case = {"config": {"name": kind.lower(), "learning_rate": rate, **settings}, "steps": steps}
    if settings.get("use_ema"):
        optimizer.finalize_variable_values(variables)
        case["final"] = [numbers(np.asarray(variable)) for variable in variables]
    return case


def optimizers() -> dict[str, Any]:
    shapes = [(3, 4), (4,)]
    return {
        "weights": [numbers(random(index, *shape)) for index, shape in enumerate(shapes)],
        "gradients": [
            [numbers(random(100 + 10 * step + index, *shape)) for index, shape in enumerate(shapes)]
            for step in range(STEPS)
        ],
        "cases": [optimizer_case(kind, settings) for kind, all_settings in OPTIMIZERS for settings in all_settings],
    }


# --- schedules

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.8, "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [3, 10, 11], "values": [0.1, 0.05, 0.02, 0.001]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 12}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "end_learning_rate": 0.01, "power": 2.5}),
    (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 5, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    ),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "alpha": 0.05}),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 10, "warmup_target": 0.1, "warmup_steps": 4, "alpha": 0.1},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.7}),
]


def schedules() -> list[dict[str, Any]]:
    cases = []
    for kind, settings in SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, kind)(**settings)
        rates = [float(schedule(np.float32(step))) for step in range(26)]
        cases.append({"config": {"class_name": kind, "config": settings}, "rates": rates})
    return cases


# --- ReduceLROnPlateau: the rate after each epoch of a script

PLATEAUS: list[dict[str, Any]] = [
    {"patience": 2, "factor": 0.5},
    {"patience": 1, "factor": 0.1, "min_lr": 0.02},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 1, "factor": 0.5, "min_delta": 0.3},
    {"patience": 2, "factor": 0.5, "mode": "max"},
]
SCRIPT = [5.0, 4.0, 4.2, 4.1, 3.9, 3.95, 3.95, 3.95, 3.95, 3.0, 3.1, 3.2, 3.3, 3.4, 3.5]


def plateaus() -> dict[str, Any]:
    cases = []
    for settings in PLATEAUS:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        callback = keras.callbacks.ReduceLROnPlateau("val_loss", **{"mode": "min", **settings})
        callback.set_model(model)
        callback.on_train_begin()
        rates = []
        for epoch, value in enumerate(SCRIPT):
            callback.on_epoch_end(epoch, {"val_loss": value})
            rates.append(float(np.asarray(model.optimizer.learning_rate)))
        cases.append({"config": {"mode": "min", **settings}, "rates": rates})
    return {"values": SCRIPT, "cases": cases}


# --- losses: each sample's value, and the mean with weights

Y = random(7, 5, 4)
T = random(8, 5, 4)
CLASSES = [2, 0, 1, 3, 2]
ONE_HOT = np.eye(4, dtype=np.float32)[CLASSES]
LABELS = (random(9, 5, 4) > 0).astype(np.float32)
PROBABILITIES = np.exp(Y) / np.exp(Y).sum(-1, keepdims=True)
SIGMOID = 1 / (1 + np.exp(-Y))
WEIGHTS = np.array([1, 0.5, 2, 0, 3], np.float32)

LOSSES: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray]] = [
    ("CategoricalCrossentropy", {}, PROBABILITIES, ONE_HOT),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, Y, ONE_HOT),
    ("BinaryCrossentropy", {}, SIGMOID, LABELS),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, SIGMOID, LABELS),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}, Y, LABELS),
    ("CategoricalFocalCrossentropy", {}, PROBABILITIES, ONE_HOT),
    (
        "CategoricalFocalCrossentropy",
        {"alpha": 0.6, "gamma": 1.5, "label_smoothing": 0.1, "from_logits": True},
        Y,
        ONE_HOT,
    ),
    ("BinaryFocalCrossentropy", {}, SIGMOID, LABELS),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3, "gamma": 1.0}, SIGMOID, LABELS),
    ("BinaryFocalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, Y, LABELS),
    ("MeanSquaredError", {}, Y, T),
    ("MeanAbsoluteError", {}, Y, T),
    ("MeanAbsolutePercentageError", {}, Y, T),
    ("MeanSquaredLogarithmicError", {}, np.abs(Y), np.abs(T)),
    ("Huber", {}, Y, T),
    ("Huber", {"delta": 0.4}, Y, T),
    ("LogCosh", {}, Y, T),
    ("Hinge", {}, Y, LABELS),
    ("SquaredHinge", {}, Y, LABELS),
    ("Hinge", {}, Y, 2 * LABELS - 1),
    ("CategoricalHinge", {}, Y, ONE_HOT),
    ("KLDivergence", {}, PROBABILITIES, np.abs(T) / np.abs(T).sum(-1, keepdims=True)),
    ("Poisson", {}, np.abs(Y), np.abs(T)),
    ("CosineSimilarity", {}, Y, T),
]


def snake(kind: str) -> str:
    if kind == "KLDivergence":
        return "kl_divergence"
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in kind).strip("_")


def losses() -> dict[str, Any]:
    cases = []
    for kind, settings, outputs, targets in LOSSES:
        one = getattr(keras.losses, kind)
        outputs, targets = outputs.astype(np.float32), targets.astype(np.float32)
        cases.append(
            {
                "config": {"name": snake(kind), **settings},
                "outputs": numbers(outputs),
                "targets": numbers(targets),
                "classes": CLASSES if targets is not None and np.array_equal(targets, ONE_HOT) else None,
                "samples": numbers(one(reduction="none", **settings)(targets, outputs)),
                "mean": float(one(**settings)(targets, outputs)),
                "weighted": float(one(**settings)(targets, outputs, sample_weight=WEIGHTS)),
            }
        )
    return {"weights": numbers(WEIGHTS), "shape": [5, 4], "cases": cases}


# --- constraints

CONSTRAINTS: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("MaxNorm", {"max_value": 1.5}, (3, 4)),
    ("MaxNorm", {"max_value": 2.0, "axis": [0, 1, 2]}, (3, 2, 3, 4)),
    ("NonNeg", {}, (3, 4)),
    ("UnitNorm", {"axis": 0}, (3, 4)),
    ("UnitNorm", {"axis": [1, 3]}, (3, 2, 3, 4)),
    ("MinMaxNorm", {"min_value": 1.0, "max_value": 1.6, "rate": 0.7}, (3, 4)),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 1.0, "axis": -1}, (5, 1)),
]


def constraints() -> list[dict[str, Any]]:
    return [
        {
            "config": {"class_name": kind, "config": settings},
            "shape": list(shape),
            "before": numbers(random(20 + index, *shape)),
            "after": numbers(getattr(keras.constraints, kind)(**settings)(random(20 + index, *shape))),
        }
        for index, (kind, settings, shape) in enumerate(CONSTRAINTS)
    ]


SECTIONS: Sequence[tuple[str, Callable[[], Any]]] = [
    ("optimizers", optimizers),
    ("schedules", schedules),
    ("plateaus", plateaus),
    ("losses", losses),
    ("constraints", constraints),
]

if __name__ == "__main__":
    made = {"made_by": f"Keras {keras.__version__} on its NumPy backend, tools/reference-numbers"}
    write(made | {name: make() for name, make in SECTIONS}, Path(__file__).with_name("keras.json"))
