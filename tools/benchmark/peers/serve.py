"""What every peer's process does: prepare a contender, then time it whenever it is its turn.

One JSON object a line comes in, one goes out. While others have their turn the whole process is stopped by a signal, so a
framework's threads that spin for work cost nobody else anything.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Request = dict[str, Any]


@dataclass
class Contender:
    run: Callable[[], Any]
    output: Callable[[Any], list[float]] | None = None  # of the first picture, from what `run` gave
    note: str = ""


class Server:
    def __init__(self, versions: dict[str, str], prepare: Callable[[Request], Contender]) -> None:
        self.versions = versions
        self.prepare = prepare
        self.contenders: dict[str, Contender] = {}

    def answer(self, request: Request) -> dict[str, Any]:
        match request["do"]:
            case "hello":
                return {"versions": self.versions}
            case "prepare":
                return self.prepared(request)
            case "time":
                return {"seconds": times(self.contenders[request["id"]].run, request["seconds"])}
            case "drop":
                self.contenders.pop(request["id"], None)
                return {}
        raise ValueError(f"nothing is called {request['do']!r}")

    def prepared(self, request: Request) -> dict[str, Any]:
        forget_peak_memory()
        start = time.perf_counter()
        contender = self.prepare(request)
        first = contender.run()
        seconds = time.perf_counter() - start
        contender.run()
        self.contenders[request["id"]] = contender
        found = {"preparation_seconds": seconds, "peak_megabytes": peak_megabytes(), "note": contender.note}
        if contender.output:
            found["output"] = contender.output(first)
        return found


def times(run: Callable[[], Any], seconds: float) -> list[float]:
    """Repetitions for about `seconds`; what runs shorter than that is warmed up once."""
    found: list[float] = []
    begin = time.perf_counter()
    run()
    warm_up = time.perf_counter() - begin
    if warm_up >= seconds:
        return [warm_up]
    begin = time.perf_counter()
    while not found or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return found


def serve(versions: dict[str, str], prepare: Callable[[Request], Contender]) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever the frameworks print goes where errors go
    server = Server(versions, prepare)
    for line in sys.stdin:
        try:
            answer = {"ok": True} | server.answer(json.loads(line))
        except Exception as error:  # one contender that fails is reported and does not end the others
            traceback.print_exc()
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}".splitlines()[0][:300]}
        answers.write(json.dumps(answer) + "\n")


def peak_megabytes() -> float:
    for line in status():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return float("nan")


def forget_peak_memory() -> None:
    """The peak of memory counts from here on, where the system can do that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def status() -> list[str]:
    path = Path("/proc/self/status")
    return path.read_text().splitlines() if path.exists() else []
