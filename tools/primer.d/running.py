"""Runs of recipes, each once, and what they wrote."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "runs" / "learning"


@dataclass(frozen=True)
class Run:
    """A recipe with settings; `label` is what tables and figures call it."""

    label: str
    recipe: str
    settings: tuple[str, ...] = field(default=())
    shown: str = ""  # how tables say the settings, where that is shorter

    @property
    def folder(self) -> Path:
        name = re.sub(r"[^A-Za-z0-9.=]+", "-", "-".join((self.recipe, *self.settings))).strip("-")
        return RUNS / "runs" / name[:200]


def finetune(*arguments: object) -> str:
    done = subprocess.run([os.environ["FINETUNE"], *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        raise SystemExit(f"tools/primer: {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def result(run: Run) -> tuple[list[dict[str, str]], dict[str, Any]]:
    """The history, epoch by epoch, and the metrics."""
    return results(run.folder, run.recipe, run.settings)


@cache
def results(folder: Path, recipe: str, settings: tuple[str, ...]) -> tuple[list[dict[str, str]], dict[str, Any]]:
    changes = [word for setting in settings for word in ("--set", setting)]
    finetune(ROOT / "recipes" / f"{recipe}.json", *changes, "--output", folder, "--no-cache", "--quiet")
    with open(folder / "history.csv", newline="") as file:
        history = list(csv.DictReader(file))
    return history, json.loads((folder / "metrics.json").read_text())


def render_pictures() -> None:
    parts = {
        "demo-images": ["--test", "runs/demo-test-images"],
        "learning/few": ["--count", "30"],
        "learning/pictures": ["--count", "4", "--size", "64"],
    }
    for folder, options in parts.items():
        subprocess.run([os.environ["DEMO_IMAGES"], f"runs/{folder}", *options], cwd=ROOT, check=True, capture_output=True)
