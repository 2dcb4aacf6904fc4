"""What both sides train: a small model by every optimizer, loss and schedule that Keras has, and what goes with them.

A recipe and Keras call the same settings by the same names, so each is written down once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PICTURES = 12
CLASSES = 3
STEPS = 10
SEED = 5  # of the recipes; the order of mini-batches follows from it
PHASE = "steps"  # the phase's name, which it follows from as well

Settings = dict[str, Any]
SGD = ("SGD", {"learning_rate": 0.05, "momentum": 0.9})


@dataclass(frozen=True)
class StepCase:
    name: str
    optimizer: tuple[str, Settings] = SGD  # Keras' class
    schedule: tuple[str, Settings] | None = None  # in the place of the learning rate
    loss: tuple[str, Settings] = ("CategoricalCrossentropy", {})
    activation: str = "softmax"
    numbers: bool = False  # targets are numbers, not classes
    sparse: bool = False  # Keras takes class indices
    class_weight: dict[int, float] | None = None
    batch_norm: bool = False
    l2: float = 0
    batch_size: int = PICTURES
    epochs: int = STEPS
    averaged: bool = field(default=False)  # the model gets the running average of its weights in the end


def snake(name: str) -> str:
    """`CosineDecay` as recipes call it: `cosine_decay`."""
    special = {"KLDivergence": "kl_divergence", "LogCosh": "log_cosh"}
    return special.get(name) or "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


OPTIMIZERS: list[tuple[str, str, Settings]] = [
    ("sgd", "SGD", {"learning_rate": 0.1}),
    ("momentum", "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("nesterov", "SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("adam", "Adam", {"learning_rate": 0.01}),
    ("amsgrad", "Adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("adamw", "AdamW", {"learning_rate": 0.01, "weight_decay": 0.02}),
    ("nadam", "Nadam", {"learning_rate": 0.01}),
    ("adamax", "Adamax", {"learning_rate": 0.01}),
    ("rmsprop", "RMSprop", {"learning_rate": 0.005}),
    ("rmsprop, centered, momentum", "RMSprop", {"learning_rate": 0.005, "momentum": 0.5, "centered": True}),
    ("adagrad", "Adagrad", {"learning_rate": 0.05}),
    ("adadelta", "Adadelta", {"learning_rate": 1.0}),
    # Its first step forgets the weights; with a small rate what is left of the difference of two roots in single precision,
    # in Keras, would be all that is compared.
    ("ftrl", "Ftrl", {"learning_rate": 0.5, "l1_regularization_strength": 0.001}),
    ("lion", "Lion", {"learning_rate": 0.002}),
    ("lamb", "Lamb", {"learning_rate": 0.01}),
    ("adafactor", "Adafactor", {"learning_rate": 0.3}),
]

AROUND: list[StepCase] = [
    StepCase("clipnorm", ("SGD", {"learning_rate": 0.2, "clipnorm": 0.05})),
    StepCase("global_clipnorm", ("SGD", {"learning_rate": 0.2, "global_clipnorm": 0.1})),
    StepCase("clipvalue", ("SGD", {"learning_rate": 0.2, "clipvalue": 0.02})),
    StepCase("weight_decay", ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.1})),
    StepCase("gradient_accumulation_steps", ("Adam", {"learning_rate": 0.02, "gradient_accumulation_steps": 3})),
    StepCase("use_ema", ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8}), averaged=True),
    StepCase("kernel_regularizer", l2=0.02),
    StepCase("class_weight", class_weight={0: 2.0, 1: 0.5, 2: 1.25}),
    StepCase("batch normalisation", batch_norm=True),
    StepCase("mini-batches of 5, the last of 2", batch_size=5, epochs=4),
    StepCase("mini-batches of 5, adam", ("Adam", {"learning_rate": 0.01}), batch_size=5, epochs=4),
]

LOSSES: list[StepCase] = [
    StepCase("categorical_crossentropy"),
    StepCase("label_smoothing", loss=("CategoricalCrossentropy", {"label_smoothing": 0.1})),
    StepCase("categorical from_logits", loss=("CategoricalCrossentropy", {"from_logits": True}), activation="linear"),
    StepCase("sparse_categorical_crossentropy", loss=("SparseCategoricalCrossentropy", {}), sparse=True),
    StepCase("binary_crossentropy", loss=("BinaryCrossentropy", {}), activation="sigmoid"),
    StepCase("binary from_logits", loss=("BinaryCrossentropy", {"from_logits": True}), activation="linear"),
    StepCase("categorical_focal_crossentropy", loss=("CategoricalFocalCrossentropy", {"gamma": 1.5})),
    StepCase("binary_focal_crossentropy", loss=("BinaryFocalCrossentropy", {"gamma": 1.5}), activation="sigmoid"),
    StepCase("kl_divergence", loss=("KLDivergence", {})),
    StepCase("categorical_hinge", loss=("CategoricalHinge", {}), activation="linear"),
    StepCase("hinge", loss=("Hinge", {}), activation="tanh"),
    StepCase("squared_hinge", loss=("SquaredHinge", {}), activation="tanh"),
    StepCase("cosine_similarity", loss=("CosineSimilarity", {}), activation="linear"),
    StepCase("mean_squared_error", loss=("MeanSquaredError", {}), activation="linear", numbers=True),
    StepCase("mean_absolute_error", loss=("MeanAbsoluteError", {}), activation="linear", numbers=True),
    StepCase(
        "mean_absolute_percentage_error", ("SGD", {"learning_rate": 0.001}),
        loss=("MeanAbsolutePercentageError", {}), activation="linear", numbers=True,
    ),
    StepCase("mean_squared_logarithmic_error", loss=("MeanSquaredLogarithmicError", {}), activation="softplus", numbers=True),
    StepCase("huber", loss=("Huber", {"delta": 0.5}), activation="linear", numbers=True),
    StepCase("log_cosh", loss=("LogCosh", {}), activation="linear", numbers=True),
    StepCase("poisson", loss=("Poisson", {}), activation="softplus", numbers=True),
]

SCHEDULES: list[tuple[str, str, Settings]] = [
    ("cosine_decay", "CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 8, "alpha": 0.1}),
    (
        "cosine_decay with warm-up", "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 6, "warmup_target": 0.1, "warmup_steps": 3},
    ),
    (
        "cosine_decay_restarts", "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.8, "alpha": 0.05},
    ),
    ("exponential_decay", "ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    (
        "exponential_decay in steps", "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5, "staircase": True},
    ),
    ("inverse_time_decay", "InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}),
    ("piecewise_constant_decay", "PiecewiseConstantDecay", {"boundaries": [2, 6], "values": [0.1, 0.03, 0.01]}),
    (
        "polynomial_decay", "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 8, "end_learning_rate": 0.01, "power": 2.0},
    ),
    (
        "polynomial_decay with cycles", "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 4, "end_learning_rate": 0.01, "cycle": True},
    ),
]

CASES: list[StepCase] = (
    [StepCase(f"optimizer {name}", (kind, settings)) for name, kind, settings in OPTIMIZERS]
    + AROUND
    + [StepCase(**{**case.__dict__, "name": f"loss {case.name}"}) for case in LOSSES]
    + [StepCase(f"schedule {name}", ("SGD", {"momentum": 0.9}), (kind, settings)) for name, kind, settings in SCHEDULES]
)
