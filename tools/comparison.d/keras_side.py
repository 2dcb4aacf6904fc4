"""Keras' results: measured once, kept in a file, used again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORKFLOW = Path(__file__).parent / "keras_workflow.py"


@dataclass(frozen=True)
class KerasSide:
    images: Path
    weights: Path
    store: Path  # what was measured so far
    work: Path

    def results(self, seeds: list[int]) -> dict[str, Any]:
        """Every seed with its split; the first also decides whether `dataset.cache()` is the faster way."""
        stored = json.loads(self.store.read_text()) if self.store.exists() else {"seeds": {}}
        if "cached_is_faster" not in stored:
            plain, cached = (self.run(seeds[0], cache, second_phase=False) for cache in (False, True))
            stored["uncached_head_seconds"] = plain["head"]["seconds"]
            stored["cached_head_seconds"] = cached["head"]["seconds"]
            stored["cached_is_faster"] = cached["head"]["seconds"] < plain["head"]["seconds"]
            self.keep(stored)
        for seed in seeds:
            if str(seed) not in stored["seeds"]:
                stored["seeds"][str(seed)] = self.run(seed, stored["cached_is_faster"], second_phase=True)
                self.keep(stored)
        return stored

    def run(self, seed: int, cache: bool, second_phase: bool) -> dict[str, Any]:
        print(f"Keras, seed {seed}, {'with' if cache else 'without'} dataset.cache() …", file=sys.stderr, flush=True)
        output = self.work / f"keras-{seed}.json"
        flags = [*(["--cache"] if cache else []), *(["--second-phase"] if second_phase else [])]
        command = [sys.executable, WORKFLOW, "--images", self.images, "--weights", self.weights, "--seed", seed, *flags]
        command += ["--output", output, "--started", time.monotonic()]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
        return json.loads(output.read_text())

    def keep(self, results: dict[str, Any]) -> None:
        self.store.write_text(json.dumps(results, indent=2))
