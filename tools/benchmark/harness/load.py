"""What other programs take of the processors while a contender has its turn. Zero where the system does not tell."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

QUIET = 0.15  # of one processor: more than this disturbs whoever waits for its slowest thread
TICK = os.sysconf("SC_CLK_TCK")


def busy() -> float:
    """Seconds that all processors together have worked since the system's start, for anybody."""
    path = Path("/proc/stat")
    if not path.exists():
        return 0
    user, nice, system, _, _, interrupts, soft, stolen = map(int, path.read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / TICK


def used(process: int) -> float:
    """Seconds that a process has worked."""
    path = Path(f"/proc/{process}/stat")
    if not path.exists():
        return 0
    fields = path.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@dataclass
class Watch:
    """Begins with its making."""

    process: int
    start: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=busy)
    used: float = -1

    def __post_init__(self) -> None:
        self.used = used(self.process)

    def others(self) -> float:
        """The processors that all but the process have kept busy so far: 0.5 is half of one."""
        seconds = max(1e-9, time.monotonic() - self.start)
        return max(0.0, (busy() - self.busy) - (used(self.process) - self.used)) / seconds

    def processors(self) -> float:
        """The processors that the process itself has kept busy so far."""
        return (used(self.process) - self.used) / max(1e-9, time.monotonic() - self.start)


@dataclass
class Patience:
    """How long a contest may wait for others to finish, in seconds."""

    left: float

    def wait_for_quiet(self) -> None:
        while self.left > 0:
            watch = Watch(os.getpid())
            time.sleep(0.3)
            self.left -= 0.3
            if watch.others() < QUIET:
                return
