"""The sections `inference` and `training`: whole networks on batches of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from contest import OURS, Entry, contest, prepare
from session import Row, Session, greet, say

# Multiply-adds of one picture of 224², forward; backward costs twice as much again.
MULTIPLY_ADDS = {"VGG16": 15.470e9, "ResNet50": 3.858e9, "MobileNetV2": 0.3008e9}
BATCH = 16

# side: variants, the faster ones first. Those of `SLOW` were never the best on any machine tried; `--all-variants` asks anew.
INFERENCE = {
    OURS: ["compiled"],
    "openvino": ["latency", "streams 1", "streams 4", "streams 8"],
    "onnxruntime": ["one session", "sessions 1", "sessions 8"],
    "keras": ["graph", "XLA"],
    "torch": ["compiled", "eager"],
}
ONE_PICTURE = {
    OURS: ["compiled"],
    "openvino": ["latency"],
    "onnxruntime": ["one session"],
    "keras": ["graph", "XLA"],
    "torch": ["compiled", "eager"],
}
TRAINING = {OURS: ["step"], "keras": ["graph", "XLA"], "torch": ["eager", "compiled"]}
SLOW = {("keras", "XLA")}
BFLOAT16 = {side: variants for side, variants in INFERENCE.items() if side != "onnxruntime"}
TASKS = {
    "inference": [
        ("float32", BATCH, INFERENCE),
        ("bfloat16", BATCH, BFLOAT16),
        ("float32", 1, ONE_PICTURE),
    ],
    # Weights, their gradients and the optimizer stay float32 on all sides.
    "training": [("float32", BATCH, TRAINING), ("bfloat16", BATCH, TRAINING)],
}


def measure(task: str, session: Session, versions: dict[str, str]) -> list[Row]:
    session.make_models()
    tasks = [
        (precision, batch, {side: variants[side] for side in variants if side in (OURS, *session.peers)})
        for precision, batch, variants in TASKS[task]
    ]
    rows: list[Row] = []
    for name in session.models:
        sides = list(dict.fromkeys(side for _, _, variants in tasks for side in variants))
        with session.workers([*sides, "probe"]) as workers:
            probe = workers["probe"]
            failures = greet(workers, versions)
            share = session.seconds / len(session.models) / len(tasks)
            for precision, batch, variants in tasks:
                say(f"{task}: {name}, batch {batch}, {precision}")
                entries = [
                    Entry(side, variant, workers[side], request(task, name, batch, precision, variant), failure=failures.get(side))
                    for side in variants
                    for variant in variants[side]
                    if session.all_variants or (side, variant) not in SLOW
                ]
                prepare([entry for entry in entries if not entry.failure])
                contest(entries, probe, 0 if session.quick else share, turn(task, session), least_rounds=2 if session.quick else 3)
                rows.append(row(task, name, batch, precision, entries))
                for entry in entries:
                    if not entry.failure:
                        entry.drop()
    return rows


def request(task: str, model: str, batch: int, precision: str, variant: str) -> dict[str, Any]:
    return {"task": task, "model": model, "batch": batch, "precision": precision, "variant": variant}


def turn(task: str, session: Session) -> float:
    return 0.2 if session.quick else 1.0 if task == "training" else 0.5


def row(task: str, model: str, batch: int, precision: str, entries: list[Entry]) -> Row:
    work = 2e-9 * MULTIPLY_ADDS[model] * batch * (3 if task == "training" else 1)
    return {
        "task": task,
        "model": model,
        "batch": batch,
        "precision": precision,
        "contenders": [entry.result(work) | {"difference": difference(entry, entries)} for entry in entries],
    }


def difference(entry: Entry, entries: list[Entry]) -> float | None:
    """The largest difference of the output from Keras', or where it is away from the first, in units of the largest number."""
    others = [e for e in entries if e.output and not e.failure]
    reference = next((e for e in others if e.side == "keras"), others[0] if others else None)
    if entry.failure or not entry.output or reference is None or reference.output is None:
        return None
    a, b = np.array(entry.output), np.array(reference.output)
    return float(np.abs(a - b).max() / np.abs(b).max())
