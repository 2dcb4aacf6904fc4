"""The section `kernels`: the share of the processor's peak that each shape of layer reaches."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from session import Row, Session


def measure(session: Session, versions: dict[str, str]) -> list[Row]:
    seconds = 0.02 if session.quick else min(0.3, session.seconds / 800)
    command: list[str | Path] = [session.programs / "benchmark-kernels", "--threads", str(session.threads), "--seconds", f"{seconds:.3f}"]
    found: list[Row] = []
    for title, switch in (("the direct product", "0"), ("Winograd's algorithm where it is faster", "1")):
        environment = os.environ | {"FINETUNE_WINOGRAD": switch}
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, env=environment)
        found += [{"said": f"**{title}**"}, *rows(done.stdout)]
    return found


def rows(text: str) -> list[Row]:
    """Lines of a name and cells, two spaces or more between them; the first two lines say what it is about."""
    found: list[Row] = []
    for line in text.splitlines():
        name, cells = line[:28].strip(), re.split(r"\s{2,}", line[28:].strip())
        if line.startswith("clock") or "threads, batch" in line:
            found.append({"said": line})
        elif name == "GB/s" or not name:
            found.append({"columns": cells, "unit": name or "GFLOP/s"})
        else:
            found.append({"name": name, "cells": cells})
    return found
