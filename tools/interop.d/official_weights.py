"""The published weights that the tool names, against those that Keras' own functions would load."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from check import Check, Failed
from place import Place


def checks(place: Place) -> Iterator[Check]:
    def run() -> str:
        # In a process of its own: Keras' modules are changed there.
        asked = subprocess.run(
            [sys.executable, Path(__file__).with_name("published_by_keras.py")], check=True, capture_output=True, text=True
        )
        expected = {tuple(row) for row in json.loads(asked.stdout)}
        listed = subprocess.run([place.tool.path, "weights", "--json"], check=True, capture_output=True, text=True)
        keys = ("architecture", "include_top", "alpha", "size", "file", "address", "checksum")
        found = {tuple(row[key] for key in keys) for row in json.loads(listed.stdout)}
        if found != expected:
            raise Failed(f"only the tool has {list(found - expected)[:3]}, only Keras has {list(expected - found)[:3]}")
        return f"{len(found)} files"

    yield Check("official weights are Keras'", run)
