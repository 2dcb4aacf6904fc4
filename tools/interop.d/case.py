"""A model that Keras wrote, pictures, and what Keras makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from check import Check
from closeness import require_close
from pictures import preprocessed, write_folder
from place import Place
from tool import Tool, dataset

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Case:
    file: Path
    images: np.ndarray
    preprocessing: str
    expected: dict[str, np.ndarray]  # by layer path
    options: tuple[str, ...] = field(default=())  # --architecture and the like, for a file of weights alone


def case_check(name: str, place: Place, make: Callable[[Path], Case]) -> Check:
    """A check that makes its case (with a model file in its own folder) only when it runs."""

    def run() -> str:
        with place.passing_folder(name) as folder:
            return compare(place.tool, make(folder), folder)

    def leave() -> str:
        return write_reference(make(place.folder(name)), place.folder(name))

    return Check(name, run, write_reference=leave)


def compare(tool: Tool, case: Case, folder: Path) -> str:
    """Lets the tool compute the same layers from the same pictures and compares."""
    names = write_folder(folder / "pictures", case.images)
    options = ("--preprocessing", case.preprocessing, *case.options)
    found = tool.features(case.file, folder / "pictures", list(case.expected), options)
    ordered = {layer: np.stack([values[name] for name in names]) for layer, values in found.items()}
    return require_close(ordered, case.expected, TOLERANCE)


def write_reference(case: Case, folder: Path) -> str:
    """Leaves the case on disk for other programs: pictures, the network's input, and each layer's output."""
    write_folder(folder / "pictures", case.images)
    with h5py.File(folder / "expected.h5", "w") as file:
        file["input"] = preprocessed(case.images, case.preprocessing)
        file.attrs["model"] = str(case.file)
        file.attrs["preprocessing"] = case.preprocessing
        file.attrs["options"] = " ".join(case.options)
        for layer, values in case.expected.items():
            file[f"outputs/{dataset(layer)}"] = values
            file[f"outputs/{dataset(layer)}"].attrs["layer"] = layer
    return f"{len(case.expected)} layers written to {folder / 'expected.h5'}"
