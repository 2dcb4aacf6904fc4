"""The section `fine-tuning`: a new head on MobileNet 0.25 for TrashNet, from the start of the process to the written model.

The same splits, epochs and settings as tools/compare-with-keras, which also looks at accuracy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from contest import OURS
from session import COMPARISON, PEERS, Row, Session, say

import our_side
from splits import export_split

SEED = 1
OTHER_RATE = 3e-3
WEIGHTS = "weights/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224.h5"


class Runs:
    """The commands that are compared; each gives seconds and megabytes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.folder = session.work / "fine-tuning"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.images = session.data / "images/trashnet"
        self.weights = (session.data / WEIGHTS).resolve()
        self.split = self.folder / "split"
        self.cache = self.folder / "cache"

    def keras(self, script: Path, *flags: str) -> dict[str, float]:
        output = self.folder / f"{script.stem}.json"
        command: list[Any] = [sys.executable, script, "--images", self.images, "--weights", self.weights, "--seed", SEED]
        command += ["--output", output, "--started", time.monotonic(), *flags]
        self.checked(list(map(str, command)), {})
        found = json.loads(output.read_text())
        if not self.split.exists():
            export_split(self.images, found["split"], self.split)
        return {"seconds": found["head"]["seconds"], "peak_megabytes": found["head"]["peak_megabytes"]}

    def ours(self, rate: float | None = None, *, cold: bool = False) -> dict[str, float]:
        recipe = our_side.recipe(SEED, self.weights, self.split, self.folder / "run", second_phase=False)
        if rate:
            recipe["phases"][0]["optimizer"]["learning_rate"] = rate
        file = self.folder / "recipe.json"
        file.write_text(json.dumps(recipe))
        if cold:
            shutil.rmtree(self.cache, ignore_errors=True)
        self.cache.mkdir(exist_ok=True)
        start = time.monotonic()
        memory = self.checked([str(self.session.tool), "train", str(file), "--quiet"], {"XDG_CACHE_HOME": str(self.cache)})
        return {"seconds": time.monotonic() - start, "peak_megabytes": memory}

    def checked(self, command: list[str], environment: dict[str, str]) -> float:
        """Runs a command to its end; gives the most memory that it held, in MB."""
        with (self.session.work / "fine-tuning.log").open("ab") as log:
            process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log, cwd=COMPARISON)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(command)[:200]} ended with {process.returncode}; see fine-tuning.log")
        return usage.ru_maxrss / 1024


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    runs = Runs(session)
    for path in runs.images.rglob("*"):  # from here on pictures come from the page cache for everybody
        if path.is_file():
            path.read_bytes()
    ours: dict[str, Callable[[], dict[str, float]]] = {
        "cold": lambda: runs.ours(cold=True),
        "again": lambda: runs.ours(),
        "other learning rate": lambda: runs.ours(OTHER_RATE),
    }
    workflow, by_hand = COMPARISON / "keras_workflow.py", PEERS / "keras_features.py"
    keras: dict[str, Callable[[], dict[str, float]]] = {
        "features by hand": lambda: runs.keras(by_hand),
        "documented, dataset.cache()": lambda: runs.keras(workflow, "--cache"),
        "documented": lambda: runs.keras(workflow),
    }
    samples: dict[tuple[str, str], list[dict[str, float]]] = {}
    failures: dict[tuple[str, str], str] = {}

    def run(side: str, variant: str, body: Callable[[], dict[str, float]]) -> None:
        try:
            samples.setdefault((side, variant), []).append(body())
        except (RuntimeError, OSError) as error:
            failures[side, variant] = str(error)
            say(str(error))

    deadline = time.monotonic() + session.seconds
    order = list(keras)
    while True:
        for variant in order:
            say(f"fine-tuning: Keras, {variant}")
            run("keras", variant, keras[variant])
            for name, body in ours.items():
                run(OURS, name, body)
        documented = [v for v in order if v.startswith("documented") and ("keras", v) in samples]
        if len(documented) > 1:  # the slower way has had its turn
            order.remove(max(documented, key=lambda v: samples["keras", v][0]["seconds"]))
        if session.quick or time.monotonic() > deadline or not order:
            break
    contenders = []
    for side, variant in dict.fromkeys([*samples, *failures]):
        found: dict[str, Any] = {"side": side, "variant": variant, "failure": failures.get((side, variant))}
        if own := samples.get((side, variant)):
            found["samples"] = [sample["seconds"] for sample in own]
            found["seconds"] = median(found["samples"])
            found["peak_megabytes"] = median(sample["peak_megabytes"] for sample in own)
        contenders.append(found)
    return [{"task": "fine-tuning", "contenders": contenders}]
