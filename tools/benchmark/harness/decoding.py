"""The section `decoding`: photographs from the page cache to pictures of 224²."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median
from typing import Any

from contest import OURS, Entry, contest, is_hopeless, prepare
from session import PEERS, Row, Session, say
from splits import place
from worker import Worker

COUNT = 192
VARIANTS = {"torchvision": ["bilinear", "antialiased"], "tf.data": ["bilinear"], "Pillow": ["antialiased"]}
MODES = ["exact", "scaled"]


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    folder = session.work / "decoding"
    pictures = sorted((session.data / "images/trashnet").rglob("*.jpg"))
    for path in pictures[:: max(1, len(pictures) // COUNT)][:COUNT]:
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            place(path, target)
    count = len(list(folder.rglob("*.jpg")))
    ours: dict[str, list[float]] = {mode: [] for mode in MODES}
    failures: dict[str, str] = {}
    log = session.work / "decoding.log"
    workers = {
        side: Worker(side, [sys.executable, PEERS / "decoding_peer.py", side, folder, str(session.threads)], log)
        for side in VARIANTS
    }
    probe = session.worker("probe")
    try:
        entries = [
            Entry(side, variant, workers[side], {"task": "decoding", "model": "", "batch": count, "precision": "", "variant": variant})
            for side, variants in VARIANTS.items()
            for variant in variants
        ]
        prepare(entries)
        rounds = 2 if session.quick else max(3, int(session.seconds / 8))
        for _ in range(rounds):
            say("decoding: a round")
            for mode in MODES:
                run(session, folder, mode, ours, failures)
            contest([e for e in entries if not is_hopeless(e, entries)], probe, 0, 0.5, least_rounds=1)
    finally:
        for worker in [*workers.values(), probe]:
            worker.close()
    contenders: list[dict[str, Any]] = [entry.result(None) for entry in entries]
    for mode, samples in ours.items():
        found: dict[str, Any] = {"side": OURS, "variant": mode, "failure": failures.get(mode)}
        if samples:
            found |= {"seconds": median(samples), "samples": samples}
        contenders.append(found)
    return [{"task": "decoding", "pictures": count, "contenders": contenders}]


def run(session: Session, folder: Any, mode: str, ours: dict[str, list[float]], failures: dict[str, str]) -> None:
    if mode in failures:
        return
    command = [session.programs / "benchmark-images", folder, "--mode", mode, "--threads", str(session.threads), "--rounds", "3"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        failures[mode] = done.stderr.strip().splitlines()[-1][:200] if done.stderr.strip() else f"exit {done.returncode}"
        return
    found = json.loads(done.stdout)
    ours[mode].append(found["images"] / found["images_per_second"])
