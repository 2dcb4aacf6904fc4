"""The comparison in numbers and in a table."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import mean
from typing import Any

import setting

Results = dict[str, Any]


def machine() -> str:
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return f"{models[0] if models else platform.processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"


def comparison(seeds: list[int], keras: Results, ours: list[Results], versions: dict[str, str]) -> Results:
    theirs = [keras["seeds"][str(seed)] for seed in seeds]
    sides = {"keras": summary(theirs), "finetune": summary(ours)}
    distance = {
        phase: sides["finetune"][phase]["val_accuracy"] - sides["keras"][phase]["val_accuracy"] for phase in ("head", "second")
    }
    ratio = sides["keras"]["head"]["seconds"] / sides["finetune"]["head"]["seconds"]
    return {
        "machine": machine(),
        "versions": versions,
        "seeds": seeds,
        "keras_dataset_cache": keras["cached_is_faster"],
        "keras_head_seconds_first_seed": {"cached": keras["cached_head_seconds"], "uncached": keras["uncached_head_seconds"]},
        "mean": sides,
        "accuracy_distance": distance,
        "head_speed_ratio": ratio,
        "met": {
            "head_accuracy": abs(distance["head"]) <= setting.ACCURACY_DISTANCE,
            "second_accuracy": abs(distance["second"]) <= setting.ACCURACY_DISTANCE,
            "head_speed": ratio >= setting.SPEED_RATIO,
        },
        "each": {"keras": [without_split(result) for result in theirs], "finetune": ours},
    }


def summary(results: list[Results]) -> Results:
    fields = ("val_accuracy", "seconds", "peak_megabytes")
    return {phase: {field: mean(r[phase][field] for r in results) for field in fields} for phase in ("head", "second")}


def without_split(result: Results) -> Results:
    return {name: value for name, value in result.items() if name != "split"}


def markdown(found: Results) -> str:
    lines = [
        f"MobileNet {setting.ALPHA}, {len(found['seeds'])} seeds; {found['machine']}; "
        + ", ".join(f"{name} {version}" for name, version in found["versions"].items()),
        "",
        "| mean | Keras | FineTune | |",
        "|---|---|---|---|",
    ]
    for phase, title in (("head", "head"), ("second", "last blocks")):
        k, f = found["mean"]["keras"][phase], found["mean"]["finetune"][phase]
        distance = f"{found['accuracy_distance'][phase]:+.3f}"
        lines.append(f"| {title}: validation accuracy | {k['val_accuracy']:.3f} | {f['val_accuracy']:.3f} | {distance} |")
        ratio = f"{k['seconds'] / f['seconds']:.1f} ×"
        lines.append(f"| {title}: seconds | {k['seconds']:.1f} | {f['seconds']:.1f} | {ratio} |")
        lines.append(f"| {title}: peak memory, MB | {k['peak_megabytes']:.0f} | {f['peak_megabytes']:.0f} | |")
    lines += ["", "| seed | Keras head | FineTune head | Keras last blocks | FineTune last blocks |", "|---|---|---|---|---|"]
    for theirs, ours in zip(found["each"]["keras"], found["each"]["finetune"], strict=True):
        values = [side[phase]["val_accuracy"] for phase in ("head", "second") for side in (theirs, ours)]
        lines.append(f"| {ours['seed']} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    cache = "with" if found["keras_dataset_cache"] else "without"
    lines += [
        "",
        f"Keras {cache} `dataset.cache()`, the faster way here. Head: from process start to the written model. "
        "Last blocks: the ten epochs alone. Accuracy: after the last epoch.",
    ]
    return "\n".join(lines) + "\n"
