"""Contenders take turns; what the machine can do is measured before every turn."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from load import QUIET, Patience, Watch
from worker import PeerFailed, Worker

OURS = "FineTune"
PREPARATION_LIMIT, TURN_LIMIT = 420.0, 120.0  # seconds
HOPELESS = 1.25  # a variant that is so many times slower than the best of its own side gets no more turns


@dataclass
class Entry:
    """One variant of one side."""

    side: str
    variant: str
    worker: Worker
    request: dict[str, Any]
    samples: list[float] = field(default_factory=list)  # seconds of one repetition, the median of a turn
    peaks: list[float] = field(default_factory=list)  # GFLOP/s right before, in the entry's own precision
    peaks_of_floats: list[float] = field(default_factory=list)
    pings: list[float] = field(default_factory=list)  # ns right before
    others: list[float] = field(default_factory=list)  # processors that other programs kept busy meanwhile
    works: list[float] = field(default_factory=list)  # seconds of processor time for one repetition
    output: list[float] | None = None
    megabytes: float | None = None
    preparation: float | None = None
    failure: str | None = None

    @property
    def id(self) -> str:
        return "/".join(str(self.request[key]) for key in ("task", "model", "batch", "precision", "variant"))

    @property
    def seconds(self) -> float | None:
        return median(self.samples) if self.samples else None

    def ask(self, do: str, limit: float, **more: Any) -> dict[str, Any]:
        return self.worker.ask(self.request | {"do": do, "id": self.id} | more, limit)

    def prepare(self) -> None:
        try:
            answer = self.ask("prepare", PREPARATION_LIMIT)
        except PeerFailed as failure:
            self.failure = str(failure)
            return
        self.output, self.megabytes = answer.get("output"), answer["peak_megabytes"]
        self.preparation = answer["preparation_seconds"]

    def turn(self, probe: Worker, seconds: float, patience: Patience) -> None:
        """One sample. A turn that other programs disturbed is repeated, as long as there is patience left."""
        try:
            while True:
                patience.wait_for_quiet()
                found = probe.ask({"do": "probe"}, TURN_LIMIT)
                watch = Watch(self.worker.process.pid)
                times = self.ask("time", TURN_LIMIT, seconds=seconds)["seconds"]
                others, processors = watch.others(), watch.processors()
                if others < QUIET or patience.left <= 0:
                    break
                patience.left -= time.monotonic() - watch.start
        except PeerFailed as failure:
            self.failure = str(failure)
            return
        self.samples.append(median(times))
        self.others.append(others)
        self.works.append(processors * median(times))
        # Where the processor has no instruction for bfloat16 numbers they are multiplied as floats.
        halves = self.request["precision"] == "bfloat16" and found["bfloat16_gflops"]
        self.peaks.append(found["bfloat16_gflops"] if halves else found["peak_gflops"])
        self.peaks_of_floats.append(found["peak_gflops"])
        self.pings.append(found["ping_pong_ns"] or float("nan"))

    def drop(self) -> None:
        try:
            self.ask("drop", TURN_LIMIT)
        except PeerFailed as failure:
            self.failure = self.failure or str(failure)

    def result(self, work: float | None) -> dict[str, Any]:
        """`work` in GFLOP of one repetition."""
        found: dict[str, Any] = {"side": self.side, "variant": self.variant, "failure": self.failure}
        if self.seconds is not None:
            found |= {
                "seconds": self.seconds,
                "samples": self.samples,
                "peak_gflops": median(self.peaks),
                "peak_gflops_float32": median(self.peaks_of_floats),
                "peaks": self.peaks,
                "ping_pongs": self.pings,
                "others": self.others,
                "processor_seconds": median(self.works),
                "ping_pong_ns": median(self.pings),
                "peak_megabytes": self.megabytes,
                "preparation_seconds": self.preparation,
            }
            if work:
                shares = [work / seconds / peak for seconds, peak in zip(self.samples, self.peaks, strict=True)]
                found["share_of_peak"] = median(shares)
        return found


def prepare(entries: list[Entry]) -> None:
    """Every process prepares its own entries one after the other, two processes at a time."""
    workers = {id(entry.worker): [e for e in entries if e.worker is entry.worker] for entry in entries}
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda own: [entry.prepare() for entry in own], workers.values()))


def contest(entries: list[Entry], probe: Worker, budget: float, turn: float, least_rounds: int) -> None:
    """Rounds of turns in random order until `budget` seconds are over, but `least_rounds` in any case.

    As long again may go into waiting for other programs.
    """
    order = random.Random(1)
    patience = Patience(max(budget, 30))
    deadline = time.monotonic() + budget
    rounds = 0
    while rounds < least_rounds or time.monotonic() < deadline:
        running = [entry for entry in entries if not entry.failure and not is_hopeless(entry, entries)]
        if not running:
            return
        for entry in order.sample(running, len(running)):
            entry.turn(probe, turn, patience)
        rounds += 1


def is_hopeless(entry: Entry, entries: list[Entry]) -> bool:
    if entry.side == OURS or not entry.samples:
        return False
    best = min(min(e.samples) for e in entries if e.side == entry.side and e.samples)
    return min(entry.samples) > HOPELESS * best
