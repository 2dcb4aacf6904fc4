"""The command-line tool as a function: arguments in, what it wrote out."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from check import Failed

TIME_LIMIT = 240  # seconds; a tool that hangs must not hang the checks


@dataclass(frozen=True)
class Outcome:
    status: int
    output: str
    messages: str

    @property
    def crashed(self) -> bool:
        """Killed by a signal, or the way a shell reports that."""
        return self.status < 0 or self.status >= 128

    def succeeded(self) -> "Outcome":
        if self.status != 0:
            last = " / ".join(self.messages.strip().splitlines()[-3:])[:400]
            raise Failed(f"the tool ended with {self.status}: {last}")
        return self


@dataclass(frozen=True)
class Tool:
    path: Path

    def run(self, *arguments: object) -> Outcome:
        command = [str(self.path), *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, check=False)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"no end within {TIME_LIMIT} s: {' '.join(command)}") from late
        return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def summary(self, model: Path, options: Sequence[str] = ()) -> dict[str, Any]:
        return json.loads(self.run("summary", model, "--json", *options).succeeded().output)

    def predict(self, model: Path, images: Sequence[Path], options: Sequence[str] = ()) -> list[dict[str, Any]]:
        return json.loads(self.run("predict", model, *images, "--json", *options).succeeded().output)

    def evaluate(self, model: Path, images: Path, options: Sequence[str] = ()) -> dict[str, Any]:
        return json.loads(self.run("evaluate", model, images, "--json", *options).succeeded().output)

    def features(
        self, model: Path, images: Path, layers: Sequence[str], options: Sequence[str] = ()
    ) -> dict[str, Mapping[str, np.ndarray]]:
        """What each layer puts out for each picture, as {layer: {picture's file name without its ending: values}}."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "features.h5"
            chosen = [word for layer in layers for word in ("--layer", layer)]
            self.run("features", model, images, *chosen, "--output", file, "--pool", "none", *options).succeeded()
            with h5py.File(file) as stored:
                names = [Path(text(path)).stem for path in stored["paths"][()]]
                return {layer: dict(zip(names, stored["features"][dataset(layer)][()], strict=True)) for layer in layers}


def dataset(layer: str) -> str:
    """The name of a layer's dataset: its path, where a `/` would make a group."""
    return layer.replace("/", "_")


def text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
