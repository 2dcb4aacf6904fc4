"""Files of reference numbers."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np


def numbers(values: Any) -> list[float]:
    """All numbers in order, each as the shortest decimal that reads back as the same float32 or float64."""
    array = np.asarray(values)
    if array.dtype == np.float32:
        return [float(str(value)) for value in array.ravel()]
    return [float(value) for value in array.ravel()]


def write(content: dict[str, Any], file: Path) -> None:
    """Writes a file, or with --check compares it with what is there."""
    if "--check" not in sys.argv:
        lines = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items())
        file.write_text("{\n" + lines + "\n}\n")
        print(f"{file}: written")
        return
    difference = first_difference(json.loads(file.read_text()), json.loads(json.dumps(content)), "")
    if difference:
        sys.exit(f"{file}: {difference}")
    print(f"{file}: the same")


def first_difference(there: Any, made: Any, path: str) -> str | None:
    if path == ".made_by":
        return None
    if isinstance(there, dict) and isinstance(made, dict) and there.keys() == made.keys():
        found = (first_difference(there[key], made[key], f"{path}.{key}") for key in there)
    elif isinstance(there, list) and isinstance(made, list) and len(there) == len(made):
        found = (first_difference(a, b, f"{path}[{index}]") for index, (a, b) in enumerate(zip(there, made)))
    elif isinstance(there, float | int) and isinstance(made, float | int):
        return None if math.isclose(there, made, rel_tol=1e-6, abs_tol=1e-9) else f"{path}: {there}, now {made}"
    else:
        return None if there == made else f"{path}: {there}, now {made}"
    return next((difference for difference in found if difference), None)
