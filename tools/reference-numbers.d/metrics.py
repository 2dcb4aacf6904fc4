"""What scikit-learn computes where this package computes the same, on random data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn import metrics

from writing import numbers, write

AVERAGES = ("macro", "micro", "weighted")


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def calibration_error(probabilities: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """Guo et al. 2017; scikit-learn has no such function."""
    confidence, named = probabilities.max(1), probabilities.argmax(1)
    error = 0.0
    for low, high in zip(np.linspace(0, 1, bins + 1)[:-1], np.linspace(0, 1, bins + 1)[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += abs((named == right)[inside].mean() - confidence[inside].mean()) * inside.mean()
    return error


def scores(right: np.ndarray, named: np.ndarray) -> dict[str, Any]:
    found = {}
    for average in AVERAGES:
        found[f"{average}_precision"] = metrics.precision_score(right, named, average=average, zero_division=0)
        found[f"{average}_recall"] = metrics.recall_score(right, named, average=average, zero_division=0)
        found[f"{average}_f1"] = metrics.f1_score(right, named, average=average, zero_division=0)
    found["per_class"] = [
        numbers(one(right, named, average=None, zero_division=0))
        for one in (metrics.precision_score, metrics.recall_score, metrics.f1_score)
    ]
    return found


def agreement(right: np.ndarray, named: np.ndarray, count: int) -> dict[str, Any]:
    return {
        "accuracy": metrics.accuracy_score(right, named),
        "balanced_accuracy": metrics.balanced_accuracy_score(right, named),
        "cohen_kappa": metrics.cohen_kappa_score(right, named),
        "matthews_correlation": metrics.matthews_corrcoef(right, named),
        "confusion_matrix": metrics.confusion_matrix(right, named, labels=range(count)).tolist(),
    }


def ranking(truth: np.ndarray, outputs: np.ndarray) -> dict[str, Any]:
    return {
        "roc_auc": metrics.roc_auc_score(truth, outputs, average="macro"),
        "average_precision": metrics.average_precision_score(truth, outputs, average="macro"),
        "roc_auc_per_class": numbers(metrics.roc_auc_score(truth, outputs, average=None)),
        "average_precision_per_class": numbers(metrics.average_precision_score(truth, outputs, average=None)),
    }


def classes(seed: int, samples: int, count: int, rounding: int | None) -> dict[str, Any]:
    """Classes of unequal size with probabilities that lean towards the right one; rounded, many of them are equal."""
    generator = random(seed)
    right = generator.choice(count, samples, p=np.arange(1, count + 1) / np.arange(1, count + 1).sum())
    logits = generator.normal(0, 1, (samples, count)) + 1.2 * np.eye(count)[right]
    outputs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    if rounding is not None:
        outputs = np.round(outputs, rounding)
    outputs = outputs.astype(np.float32)
    exact = outputs.astype(np.float64)
    named = exact.argmax(1)
    truth = np.eye(count)[right]
    # A class without samples has no curve; scikit-learn and this package then take means over different classes.
    curves = ranking(truth, exact) if truth.any(0).all() else {}
    return {
        "outputs": numbers(outputs),
        "classes": right.tolist(),
        "count": count,
        "values": scores(right, named)
        | agreement(right, named, count)
        | curves
        | {
            "log_loss": metrics.log_loss(
                right, np.clip(exact / exact.sum(1, keepdims=True), 1e-7, 1 - 1e-7), labels=range(count)
            )
            if rounding is None
            else None,
            "expected_calibration_error": calibration_error(exact, right),
            "top_k_categorical_accuracy": metrics.top_k_accuracy_score(right, exact, k=2, labels=range(count))
            if rounding is None
            else None,
        },
    }


def binary(seed: int, samples: int) -> dict[str, Any]:
    generator = random(seed)
    right = (generator.random(samples) < 0.3).astype(int)
    outputs = (1 / (1 + np.exp(-generator.normal(0, 1.5, samples) - 1.5 * (2 * right - 1)))).astype(np.float32)
    exact = outputs.astype(np.float64)
    named = (exact > 0.5).astype(int)
    return {
        "outputs": numbers(outputs),
        "classes": right.tolist(),
        "count": 2,
        "values": {
            "precision": metrics.precision_score(right, named),
            "recall": metrics.recall_score(right, named),
            "f1_score": metrics.f1_score(right, named),
            "roc_auc": metrics.roc_auc_score(right, exact),
            "average_precision": metrics.average_precision_score(right, exact),
            "log_loss": metrics.log_loss(right, exact),
            "expected_calibration_error": calibration_error(np.stack([1 - exact, exact], 1), right),
        }
        | agreement(right, named, 2),
    }


def labels(seed: int, samples: int, count: int) -> dict[str, Any]:
    generator = random(seed)
    truth = (generator.random((samples, count)) < np.linspace(0.1, 0.6, count)).astype(int)
    outputs = (1 / (1 + np.exp(-generator.normal(0, 1, (samples, count)) - 2 * truth + 1))).astype(np.float32)
    exact = outputs.astype(np.float64)
    named = (exact > 0.5).astype(int)
    return {
        "outputs": numbers(outputs),
        "targets": truth.ravel().tolist(),
        "count": count,
        "values": scores(truth, named)
        | ranking(truth, exact)
        | {
            "binary_accuracy": (truth == named).mean(),
            "log_loss": np.mean([metrics.log_loss(truth[:, i], exact[:, i]) for i in range(count)]),
        },
    }


def regression(seed: int, samples: int, units: int, offset: float) -> dict[str, Any]:
    generator = random(seed)
    targets = (generator.normal(0, 2, (samples, units)) + offset).astype(np.float32)
    outputs = (targets + generator.normal(0, 0.7, (samples, units))).astype(np.float32)
    wanted, found = targets.astype(np.float64), outputs.astype(np.float64)
    return {
        "outputs": numbers(outputs),
        "targets": numbers(targets),
        "units": units,
        "values": {
            "mean_squared_error": metrics.mean_squared_error(wanted, found),
            "root_mean_squared_error": np.sqrt(metrics.mean_squared_error(wanted, found)),
            "mean_absolute_error": metrics.mean_absolute_error(wanted, found),
            "r2_score": metrics.r2_score(wanted, found),
        },
    }


if __name__ == "__main__":
    content = {
        "made_by": f"scikit-learn {sklearn.__version__}, tools/reference-numbers",
        "classes": [classes(1, 90, 4, None), classes(2, 61, 3, 1), classes(3, 7, 5, None)],
        "binary": [binary(4, 83), binary(5, 12)],
        "labels": [labels(6, 70, 5)],
        "regression": [regression(7, 50, 1, 0), regression(8, 33, 3, 1000)],
    }
    write(content, Path(__file__).with_name("scikit-learn.json"))
