"""A recipe beside Keras' documented workflow: the same five splits, scored on a test part that neither side has seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import setting
from keras_side import WORKFLOW
from report import machine
from splits import export_split, three_parts

Results = dict[str, Any]


@dataclass(frozen=True)
class RecipeComparison:
    tool: Path
    recipe: Path
    images: Path
    weights: Path
    work: Path

    def __call__(self, seeds: list[int]) -> Results:
        for seed in seeds:
            names = three_parts(self.images, seed, setting.TEST_FRACTION, setting.RECIPE_VALIDATION_FRACTION)
            export_split(self.images, names, self.split(seed))
        first = seeds[0]
        cache = self.keras(first, True)["seconds"] < self.keras(first, False)["seconds"]
        pairs = [{"seed": seed, "keras": self.keras(seed, cache), "finetune": self.finetune(seed)} for seed in seeds]
        return {"machine": machine(), "recipe": self.recipe.name, "keras_dataset_cache": cache, "pairs": pairs}

    def split(self, seed: int) -> Path:
        return self.work / f"parts-{seed}"

    def keras(self, seed: int, cache: bool) -> Results:
        """Measured once, then kept: with `dataset.cache()` or without it."""
        output = self.work / f"guide-{seed}-{'cached' if cache else 'plain'}.json"
        if not output.exists():
            print(f"Keras, seed {seed}, {'with' if cache else 'without'} dataset.cache() …", file=sys.stderr, flush=True)
            command = [sys.executable, WORKFLOW, "--parts", self.split(seed), "--weights", self.weights, "--seed", seed]
            command += ["--second-phase", *(["--cache"] if cache else []), "--output", output, "--started", time.monotonic()]
            subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        return json.loads(output.read_text())

    def finetune(self, seed: int) -> Results:
        print(f"finetune, seed {seed} …", file=sys.stderr, flush=True)
        split, output = self.split(seed), self.work / f"recipe-run-{seed}"
        settings = {
            "seed": seed, "model.weights": self.weights, "data.train": split / "train",
            "data.validation": split / "validation", "output": output,
        }  # fmt: skip
        changes = [argument for key, value in settings.items() for argument in ("--set", f"{key}={value}")]
        with tempfile.TemporaryDirectory() as cache:
            start = time.monotonic()
            command = [self.tool, "train", self.recipe, "--quiet", *changes]
            subprocess.run(command, check=True, env=os.environ | {"XDG_CACHE_HOME": cache})
            seconds = time.monotonic() - start
        scored = subprocess.run(
            [self.tool, "evaluate", output / "model.h5", split / "test", "--json"], check=True, capture_output=True, text=True
        )
        metrics = json.loads((output / "metrics.json").read_text())
        return {
            "seconds": seconds, "test_accuracy": json.loads(scored.stdout)["accuracy"], "val_accuracy": metrics["val_accuracy"],
        }  # fmt: skip


def summary(found: Results) -> Results:
    gains = [pair["finetune"]["test_accuracy"] - pair["keras"]["test_accuracy"] for pair in found["pairs"]]
    sides = {
        side: {key: mean(pair[side][key] for pair in found["pairs"]) for key in ("test_accuracy", "seconds")}
        for side in ("keras", "finetune")
    }
    error = stdev(gains) / sqrt(len(gains)) if len(gains) > 1 else float("nan")
    return {
        **found, "mean": sides, "gain": mean(gains), "standard_error": error,
        "met": {
            "gain": mean(gains) >= setting.ACCURACY_GAIN,
            "time": sides["finetune"]["seconds"] < sides["keras"]["seconds"],
        },
    }  # fmt: skip


def markdown(found: Results) -> str:
    lines = [
        f"{found['recipe']}, {len(found['pairs'])} splits; {found['machine']}",
        "",
        "| split | Keras' guide, test accuracy | FineTune, test accuracy | Keras, seconds | FineTune, seconds |",
        "|---|---|---|---|---|",
    ]
    for pair in found["pairs"]:
        k, f = pair["keras"], pair["finetune"]
        lines.append(
            f"| {pair['seed']} | {k['test_accuracy']:.3f} | {f['test_accuracy']:.3f} | {k['seconds']:.1f} | {f['seconds']:.1f} |"
        )
    k, f = found["mean"]["keras"], found["mean"]["finetune"]
    lines.append(f"| mean | {k['test_accuracy']:.3f} | {f['test_accuracy']:.3f} | {k['seconds']:.1f} | {f['seconds']:.1f} |")
    lines += ["", f"Paired difference: {100 * found['gain']:+.1f} points, standard error {100 * found['standard_error']:.1f}."]
    return "\n".join(lines) + "\n"
