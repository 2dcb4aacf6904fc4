"""This tool's results: the head alone, timed from process start to the written model; then both phases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import setting


def recipe(seed: int, weights: Path, split: Path, output: Path, second_phase: bool) -> dict[str, Any]:
    head = {"name": "head", "train": ["head/*"], "epochs": setting.HEAD_EPOCHS, "optimizer": adam(setting.HEAD_LEARNING_RATE)}
    second = {
        "name": "last blocks",
        "freeze_through": setting.FROZEN_THROUGH,
        "batch_norm": "affine",
        "epochs": setting.SECOND_EPOCHS,
        "optimizer": adam(setting.SECOND_LEARNING_RATE),
    }
    return {
        "seed": seed,
        "model": {
            "architecture": "MobileNet",
            "alpha": setting.ALPHA,
            "input_size": [setting.INPUT_SIZE, setting.INPUT_SIZE],
            "weights": str(weights),
            "head": [
                {"layer": "GlobalAveragePooling2D"},
                {"layer": "Dropout", "rate": setting.DROPOUT},
                {"layer": "Dense", "units": "classes", "activation": "softmax"},
            ],
        },
        "data": {
            "train": str(split / "train"),
            "validation": str(split / "validation"),
            "batch_size": setting.BATCH_SIZE,
        },
        "phases": [head, second] if second_phase else [head],
        "output": str(output),
    }


def adam(learning_rate: float) -> dict[str, Any]:
    return {"name": "adam", "learning_rate": learning_rate}


@dataclass(frozen=True)
class OurSide:
    tool: Path
    weights: Path
    work: Path

    def results(self, seed: int, split: Path) -> dict[str, Any]:
        head = self.run(seed, split, second_phase=False)
        both = self.run(seed, split, second_phase=True)
        accuracies = [phase["val_accuracy"] for phase in both["metrics"]["phases"]]
        if len(accuracies) != 2:
            raise RuntimeError(f"two phases were asked for, {len(accuracies)} ran")
        return {
            "seed": seed,
            "head": {"seconds": head["seconds"], "peak_megabytes": head["peak_megabytes"], "val_accuracy": accuracies[0]},
            "second": {
                "seconds": both["metrics"]["phases"][1]["seconds"],
                "peak_megabytes": both["peak_megabytes"],
                "val_accuracy": accuracies[1],
            },
        }

    def run(self, seed: int, split: Path, second_phase: bool) -> dict[str, Any]:
        """One run with nothing cached from earlier ones; time and memory of the whole process."""
        phases = "both phases" if second_phase else "head"
        print(f"finetune, seed {seed}, {phases} …", file=sys.stderr, flush=True)
        output = self.work / f"run-{seed}-{'both' if second_phase else 'head'}"
        file = self.work / f"{output.name}.json"
        file.write_text(json.dumps(recipe(seed, self.weights, split, output, second_phase), indent=2))
        with tempfile.TemporaryDirectory() as cache:
            start = time.monotonic()
            process = subprocess.Popen([self.tool, "train", file, "--quiet"], env=os.environ | {"XDG_CACHE_HOME": cache})
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - start
        if status != 0:
            raise RuntimeError(f"{self.tool} train {file} ended with {os.waitstatus_to_exitcode(status)}")
        if not (output / "model.h5").is_file():
            raise RuntimeError(f"{output / 'model.h5'} was not written")
        metrics = json.loads((output / "metrics.json").read_text())
        return {"seconds": seconds, "peak_megabytes": usage.ru_maxrss / 1024, "metrics": metrics}
