"""A process that times contenders when told to, and is stopped when it is not its turn."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from pathlib import Path
from typing import Any


class PeerFailed(Exception):
    """What a report says of a contender that could not run."""


class Worker:
    def __init__(self, name: str, command: list[str | Path], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
            )
        self.is_stopped = False
        self.buffer = b""

    def ask(self, question: dict[str, Any], limit: float) -> dict[str, Any]:
        """Wakes the process up, asks, waits for the answer, and stops the process again."""
        self.signal(signal.SIGCONT)
        try:
            assert self.process.stdin
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
            answer = json.loads(self.line(limit))
        except (BrokenPipeError, json.JSONDecodeError) as error:
            raise PeerFailed(f"{self.name} ended: {self.last_words()}") from error
        finally:
            self.signal(signal.SIGSTOP)
        if not answer.pop("ok"):
            raise PeerFailed(answer["error"])
        return answer

    def line(self, limit: float) -> bytes:
        assert self.process.stdout
        descriptor = self.process.stdout.fileno()
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                if not selector.select(max(0, deadline - time.monotonic())):
                    self.close()
                    raise PeerFailed(f"{self.name} gave no answer in {limit:.0f} s")
                found = os.read(descriptor, 1 << 16)
                if not found:
                    raise PeerFailed(f"{self.name} ended: {self.last_words()}")
                self.buffer += found
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def signal(self, number: signal.Signals) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "without a word"

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
