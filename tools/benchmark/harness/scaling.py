"""The section `scaling`: how the cost of a run grows as its work doubles four times."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from finetuning import WEIGHTS
from session import Row, Session, say
from splits import place


@dataclass(frozen=True)
class Work:
    pictures: int = 128
    epochs: int = 10
    classes: int = 4
    size: int = 128


AXES: dict[str, list[Work]] = {
    "pictures": [Work(pictures=n) for n in (64, 128, 256, 512, 1024)],
    "epochs": [Work(epochs=n) for n in (10, 20, 40, 80, 160)],
    "classes": [Work(classes=n) for n in (2, 4, 8, 16, 32)],
    "size": [Work(size=n) for n in (64, 90, 128, 181, 256)],  # the area doubles
}


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    """Cold runs of a head; the axes in turn, so that a noisy minute meets all of them."""
    works = list(dict.fromkeys(work for axis in AXES.values() for work in axis))
    samples: dict[Work, list[tuple[float, float]]] = {work: [] for work in works}
    folders = {work: pictures(session, work) for work in works}
    deadline = time.monotonic() + session.seconds
    rounds = 0
    while rounds == 0 or (not session.quick and rounds < 5 and time.monotonic() < deadline):
        say(f"scaling: round {rounds + 1}")
        for work in works:
            samples[work].append(run(session, work, folders[work]))
        rounds += 1
    return [
        {
            "axis": axis,
            "amounts": [getattr(work, axis) for work in works],
            "seconds": [median(s for s, _ in samples[work]) for work in works],
            "peak_megabytes": [median(m for _, m in samples[work]) for work in works],
        }
        for axis, works in AXES.items()
    ]


def pictures(session: Session, work: Work) -> Path:
    """A folder of `classes` classes with as many pictures as asked for; where there are too few they come again."""
    folder = session.work / f"scaling/{work.pictures}-{work.classes}"
    files = sorted((session.data / "images/trashnet").rglob("*.jpg"))
    for index in range(work.pictures):
        target = folder / f"class{index % work.classes:02}/{index:05}.jpg"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            place(files[index * 7 % len(files)], target)
    return folder


def run(session: Session, work: Work, images: Path) -> tuple[float, float]:
    output = session.work / "scaling/run"
    recipe: dict[str, Any] = {
        "seed": 1,
        "model": {
            "architecture": "MobileNet",
            "alpha": 0.25,
            "input_size": [work.size, work.size],
            "weights": str((session.data / WEIGHTS).resolve()),
            "head": [{"layer": "GlobalAveragePooling2D"}, {"layer": "Dense", "units": "classes", "activation": "softmax"}],
        },
        "data": {"train": str(images), "batch_size": 32},
        "phases": [{"name": "head", "train": ["head/*"], "epochs": work.epochs, "optimizer": {"name": "adam"}}],
        "output": str(output),
    }
    file = session.work / "scaling/recipe.json"
    file.write_text(json.dumps(recipe))
    cache = session.work / "scaling/cache"
    shutil.rmtree(cache, ignore_errors=True)
    cache.mkdir()
    with (session.work / "scaling.log").open("ab") as log:
        start = time.monotonic()
        command = [str(session.tool), "train", str(file), "--quiet"]
        process = subprocess.Popen(command, env=os.environ | {"XDG_CACHE_HOME": str(cache)}, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{work} ended with {process.returncode}; see scaling.log")
    return seconds, usage.ru_maxrss / 1024
