"""The section `start-up`: one picture classified with MobileNet 0.25, from the start of the process to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from contest import OURS
from finetuning import WEIGHTS
from session import PEERS, Row, Session


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    folder = session.work / "start-up"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "mobilenet.onnx").exists():
        command = [sys.executable, PEERS / "make_mobilenet.py", session.data / WEIGHTS, folder]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
    picture = sorted((session.data / "images/trashnet").rglob("*.jpg"))[0]
    tool: list[str | Path] = [session.tool, "predict", folder / "mobilenet.h5", picture, "--preprocessing", "tf", "--quiet"]
    python = [sys.executable, "-B"]
    commands: dict[tuple[str, str], tuple[list[str | Path], int]] = {
        (OURS, "predict"): (tool, 3),
        ("onnxruntime", "Python"): ([*python, PEERS / "predict_onnxruntime.py", folder / "mobilenet.onnx", picture], 2),
        ("keras", "Python"): ([*python, PEERS / "predict_keras.py", folder / "mobilenet.keras", picture], 1),
    }
    samples: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in commands}
    failures: dict[tuple[str, str], str] = {}
    deadline = time.monotonic() + session.seconds
    while not all(samples[key] or key in failures for key in commands) or (
        not session.quick and time.monotonic() < deadline and len(samples[OURS, "predict"]) < 60
    ):
        for key, (command, repetitions) in commands.items():
            for _ in range(repetitions if key not in failures else 0):
                try:
                    samples[key].append(timed(command, session.work / "start-up.log"))
                except RuntimeError as error:
                    failures[key] = str(error)
    contenders: list[dict[str, Any]] = []
    for (side, variant), own in samples.items():
        found: dict[str, Any] = {"side": side, "variant": variant, "failure": failures.get((side, variant))}
        if own:
            found |= {"seconds": median(s for s, _ in own), "samples": [s for s, _ in own]}
            found["peak_megabytes"] = median(m for _, m in own)
        contenders.append(found)
    return [{"task": "start-up", "contenders": contenders}]


def timed(command: list[str | Path], log: Path) -> tuple[float, float]:
    """Seconds and megabytes of a process."""
    with log.open("ab") as errors:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"ended with {process.returncode}: {log.read_text(errors='replace').strip().splitlines()[-1:]}")
    return seconds, usage.ru_maxrss / 1024
