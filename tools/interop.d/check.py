"""One check: a name, and something to do that says what it saw or raises."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass


class Failed(Exception):
    """What was compared does not agree; the message says by how much."""


class Skipped(Exception):
    """Something the check needs is absent; the message says what."""


@dataclass(frozen=True)
class Check:
    """`run` returns a few words about what was seen, such as the largest difference.

    `write_reference`, where there is one, leaves on disk what `run` would compare with.
    """

    name: str
    run: Callable[[], str]
    write_reference: Callable[[], str] | None = None


@dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def count(self, name: str, action: Callable[[], str]) -> None:
        """Does one thing and prints its line; whatever goes wrong inside stays inside."""
        start = time.monotonic()
        try:
            seen = action()
            verdict, self.passed = "pass", self.passed + 1
        except Skipped as reason:
            seen = str(reason)
            verdict, self.skipped = "skip", self.skipped + 1
        except Failed as reason:
            seen = str(reason)
            verdict, self.failed = "FAIL", self.failed + 1
        except Exception as error:  # a check that breaks is a check that failed
            seen = f"{type(error).__name__}: {first_line(error)} ({place(error)})"
            verdict, self.failed = "FAIL", self.failed + 1
        print(f"{verdict}  {name}: {seen} [{time.monotonic() - start:.1f} s]", flush=True)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:300]


def place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
