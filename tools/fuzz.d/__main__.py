"""`tools/fuzz` comes here with the program built: runs the cases, watches them and counts."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from watch import Watched

MEMORY = 2 << 30
PATIENCE = 10.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools/fuzz", description="Loads damaged files and counts what becomes of them.")
    parser.add_argument("program", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", type=Path, help="whole files to damage; default: one of each format")
    parser.add_argument("--cases", type=int, default=2000, help="how many of each")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--reading", choices=["guarded", "in-process", "library"], default="guarded")
    parser.add_argument("--cost", action="store_true", help="measure what the process of its own costs; damage nothing")
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        if options.cost:
            return subprocess.run([options.program, "cost", folder]).returncode
        files = options.files
        if not files:
            names = subprocess.run([options.program, "seeds", folder], check=True, capture_output=True, text=True).stdout
            files = [Path(folder) / name for name in names.split()]
        for file in files:
            start = time.monotonic()
            watched = Watched(options.program, file, Path(folder) / ("damaged" + file.suffix), options.reading, PATIENCE)
            watched.run(options.first, options.cases)
            if watched.peak > MEMORY:
                watched.failures.append(f"took {watched.peak >> 20} MiB")
            print(
                f"{file.name:20} {options.cases} cases: {watched.loaded} loaded, {watched.refused} refused, "
                f"{len(watched.failures)} failures; slowest {watched.slowest:.2f} s, "
                f"peak {watched.peak >> 20} MiB, {time.monotonic() - start:.0f} s"
                + "".join(f"\n  of the refused, {count} because {why}" for why, count in watched.deaths.items()),
                flush=True,
            )
            for failure in watched.failures:
                print(f"  {failure}", flush=True)
            failures += len(watched.failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
