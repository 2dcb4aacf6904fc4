"""The section `decoding`: photographs from the page cache to pictures of 224²."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from contest import OURS, Entry, contest, is_hopeless, prepare
from photographs import Photographs, sets
from session import PEERS, Row, Session, say
from worker import Worker

VARIANTS = {"torchvision": ["bilinear", "antialiased"], "tf.data": ["bilinear"], "Pillow": ["antialiased"]}
# Decoders that can give no more than is needed: tf.io.decode_jpeg's ratio, Pillow's draft. Compared by themselves.
REDUCED = {"tf.data": ["bilinear, reduced"], "Pillow": ["antialiased, reduced"]}
MODES = ["exact", "scaled"]


@dataclass
class Ours:
    samples: dict[str, list[float]] = field(default_factory=lambda: {mode: [] for mode in MODES})
    failures: dict[str, str] = field(default_factory=dict)

    def turn(self, session: Session, photographs: Photographs, mode: str) -> None:
        if mode in self.failures:
            return
        program = session.programs / "benchmark-images"
        command = [program, photographs.folder, "--mode", mode, "--threads", str(session.threads), "--rounds", "3"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()
            self.failures[mode] = words[-1][:200] if words else f"exit {done.returncode}"
            return
        found = json.loads(done.stdout)
        self.samples[mode].append(found["images"] / found["images_per_second"])

    def results(self) -> list[dict[str, Any]]:
        contenders: list[dict[str, Any]] = []
        for mode, samples in self.samples.items():
            found: dict[str, Any] = {"side": OURS, "variant": mode, "failure": self.failures.get(mode)}
            contenders.append(found | ({"seconds": median(samples), "samples": samples} if samples else {}))
        return contenders


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    found = sets(session)
    return [row(session, photographs, session.seconds / len(found)) for photographs in found]


def row(session: Session, photographs: Photographs, seconds: float) -> Row:
    say(f"decoding: {photographs.heading}")
    log = session.work / "decoding.log"
    workers = {
        side: Worker(side, [sys.executable, PEERS / "decoding_peer.py", side, photographs.folder, str(session.threads)], log)
        for side in VARIANTS
    }
    probe = session.worker("probe")
    ours = Ours()

    def entries(variants: dict[str, list[str]]) -> list[Entry]:
        return [
            Entry(side, variant, workers[side], request(variant, photographs.count))
            for side, own in variants.items()
            for variant in own
        ]

    contests = [entries(VARIANTS), entries(REDUCED) if photographs.reduces else []]
    try:
        prepare([entry for group in contests for entry in group])
        rounds = 2 if session.quick else max(3, int(seconds / 8))
        for _ in range(rounds):
            say("decoding: a round")
            for mode in MODES:
                ours.turn(session, photographs, mode)
            for group in contests:
                contest([e for e in group if not is_hopeless(e, group)], probe, 0, 0.5, least_rounds=1)
    finally:
        for worker in [*workers.values(), probe]:
            worker.close()
    contenders = [entry.result(None) for group in contests for entry in group] + ours.results()
    return {"task": "decoding", "name": photographs.heading, "pictures": photographs.count, "contenders": contenders}


def request(variant: str, count: int) -> dict[str, Any]:
    return {"task": "decoding", "model": "", "batch": count, "precision": "", "variant": variant}
