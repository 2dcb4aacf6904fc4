"""Runs cases in a process that may crash and hang, and goes on after the case that did."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections import Counter
from pathlib import Path


class Watched:
    def __init__(self, program: Path, file: Path, copy: Path, reading: str, patience: float) -> None:
        self.command = [str(program), "cases", str(file), "--copy", str(copy), "--reading", reading]
        self.patience = patience
        self.loaded = self.refused = self.peak = 0
        self.slowest = 0.0
        self.failures: list[str] = []
        self.deaths: Counter[str] = Counter()

    def run(self, first: int, count: int) -> None:
        end = first + count
        while first < end:
            first = self.run_until_failure(first, end - first)

    def run_until_failure(self, first: int, count: int) -> int:
        """The seed to go on with."""
        command = [*self.command, "--first", str(first), "--count", str(count)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        case, began = first, time.monotonic()
        for line in self.lines(process):
            if line is None:
                process.kill()
                process.wait()
                self.fail(case, f"hangs for more than {self.patience:.0f} s")
                return case + 1
            kind, _, rest = line.partition(" ")
            if kind == "case":
                case, began = int(rest), time.monotonic()
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            if kind == "loaded":
                self.loaded += 1
            elif kind == "refused":
                self.refused += 1
                for words in ("makes libhdf5 crash", "keeps libhdf5", "makes libhdf5 take"):
                    if words in rest:
                        self.deaths[f"the file {words}"] += 1
            elif kind == "peak":
                self.peak = max(self.peak, *map(int, rest.split()))
                process.wait()
                return first + count
            else:
                self.fail(case, line)
        status = process.wait()
        messages = process.stderr.read().decode(errors="replace").strip().splitlines()
        self.fail(case, f"ends with status {status}: {messages[0] if messages else 'nothing said'}")
        return case + 1

    def lines(self, process: subprocess.Popen[bytes]):
        """The lines of the output; None where none came in time."""
        selector = selectors.DefaultSelector()
        selector.register(process.stdout, selectors.EVENT_READ)
        rest = b""
        while True:
            if not selector.select(self.patience):
                yield None
                return
            part = os.read(process.stdout.fileno(), 1 << 16)
            if not part:
                return
            *whole, rest = (rest + part).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)

    def fail(self, case: int, words: str) -> None:
        command = " ".join([*self.command, "--first", str(case), "--count", "1"])
        self.failures.append(f"case {case} {words}\n    {command}")
