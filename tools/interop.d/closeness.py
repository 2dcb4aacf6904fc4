"""How far two arrays are apart."""

from __future__ import annotations

import numpy as np

from check import Failed


def relative_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest absolute difference, as a part of the largest expected magnitude."""
    if found.shape != expected.shape:
        raise Failed(f"shape {found.shape}, expected {expected.shape}")
    if not np.isfinite(found).all():
        raise Failed("values that are not finite")
    scale = float(np.abs(expected).max()) or 1.0
    return float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()) / scale


def largest_difference(found: np.ndarray, expected: np.ndarray) -> float:
    if found.shape != expected.shape:
        raise Failed(f"shape {found.shape}, expected {expected.shape}")
    return float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).max())


def require_close(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], tolerance: float) -> str:
    """Compares layer by layer; names every layer that is too far off, the worst first."""
    differences: dict[str, float] = {}
    wrong: list[str] = []
    for name, values in expected.items():
        try:
            differences[name] = relative_difference(found[name], values)
        except Failed as reason:
            wrong.append(f"{name}: {reason}")
    far = sorted(((d, n) for n, d in differences.items() if d > tolerance), reverse=True)
    wrong += [f"{name}: differs by {difference:.1e} relative" for difference, name in far]
    if wrong:
        more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
        raise Failed(f"{len(wrong)} of {len(expected)} layers wrong: {'; '.join(wrong[:4])}{more}")
    return f"{len(expected)} layers within {max(differences.values()):.1e}"
