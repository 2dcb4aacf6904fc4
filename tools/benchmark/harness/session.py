"""What all sections share: where things are, how long they may take, and the processes of a contest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contest import OURS
from worker import PeerFailed, Worker

TOOLS = Path(__file__).resolve().parents[2]
PEERS, COMPARISON = TOOLS / "benchmark/peers", TOOLS / "comparison.d"
sys.path.append(str(COMPARISON))  # tools/compare-with-keras' recipe is used here too


@dataclass
class Session:
    work: Path  # models, logs, what runs write
    programs: Path  # benchmark-models and the others
    tool: Path  # finetune
    data: Path  # pictures and weights
    threads: int
    seconds: float  # for the section that runs
    quick: bool
    all_variants: bool
    models: list[str]
    peers: list[str]

    @property
    def folder(self) -> Path:
        return self.work / "models"

    def make_models(self) -> None:
        if not (self.folder / "complete").exists():
            say("making networks with random weights (once)")
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.work / "make_models.log").open("w") as log:
                subprocess.run([sys.executable, PEERS / "make_models.py", self.folder], check=True, stdout=log, stderr=log)

    def worker(self, side: str) -> Worker:
        if side in (OURS, "probe"):
            command: list[str | Path] = [self.programs / "benchmark-models", self.folder, str(self.threads)]
        else:
            command = [sys.executable, PEERS / f"{side}_peer.py", self.folder, str(self.threads)]
        return Worker(side, command, self.work / f"{side}.log")

    @contextmanager
    def workers(self, sides: list[str]) -> Iterator[dict[str, Worker]]:
        """Started together, so that slow imports overlap; a process that does not come is left out, and said."""
        started = {side: self.worker(side) for side in sides}
        try:
            yield started
        finally:
            for worker in started.values():
                worker.close()


def greet(workers: dict[str, Worker], versions: dict[str, str]) -> dict[str, str]:
    """Collects versions; gives the failures by side."""
    failures: dict[str, str] = {}
    for side, worker in workers.items():
        try:
            versions |= worker.ask({"do": "hello"}, 180)["versions"]
        except PeerFailed as failure:
            failures[side] = str(failure)
    return failures


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


Row = dict[str, Any]
