"""Curves as SVG: lines over epochs, each named at its end."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from running import Run, finetune, result

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 40, 46
COLOURS = ("#1f5fa8", "#c8502d", "#2f8f4e", "#8a4fb0", "#b8860b", "#4a4a4a", "#d0508f")


@dataclass(frozen=True)
class Curves:
    """What columns of runs do from epoch to epoch."""

    name: str
    title: str
    lines: tuple[tuple[str, Run, str], ...]  # label, run, column
    bounds: tuple[float, float]


@dataclass(frozen=True)
class Sheet:
    """A layer's feature maps of a picture, as a run's model sees it."""

    name: str
    run: Run
    layer: str
    picture: str

    def write(self, path: Path) -> None:
        result(self.run)
        finetune("maps", self.run.folder / "model.h5", self.picture, "--layer", self.layer, "--output", path, "--quiet")


def svg(curves: Curves) -> str:
    low, high = curves.bounds
    series = [(label, [float(row[column]) for row in result(run)[0]]) for label, run, column in curves.lines]
    count = max(len(values) for _, values in series)

    def x(epoch: int) -> float:
        return LEFT + (epoch - 1) / max(1, count - 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return TOP + (high - min(max(value, low), high)) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def text(words: str, at: float, down: float, anchor: str = "start", colour: str = "#3c3c3c", size: int = 13) -> str:
        return f'<text x="{at:.1f}" y="{down:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(words)}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/>',
        text(curves.title, LEFT, 24, size=16),
    ]
    for step in range(5):
        level = low + (high - low) * step / 4
        parts.append(f'<line x1="{LEFT}" y1="{y(level):.1f}" x2="{WIDTH - RIGHT}" y2="{y(level):.1f}" stroke="#e1e1e1"/>')
        parts.append(text(f"{level:.2f}", LEFT - 8, y(level) + 4, "end"))
    for epoch in sorted({1, *range(5, count + 1, 5)} if count <= 30 else {1, *range(10, count + 1, 10)}):
        parts.append(text(str(epoch), x(epoch), HEIGHT - BOTTOM + 18, "middle"))
    parts.append(text("epoch", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "middle"))
    ends = spread([y(values[-1]) for _, values in series])
    for (label, values), colour, end in zip(series, COLOURS, ends, strict=False):
        points = " ".join(f"{x(index + 1):.1f},{y(value):.1f}" for index, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"/>')
        parts.append(text(label, WIDTH - RIGHT + 8, end + 4, colour=colour))
    return "\n".join([*parts, "</svg>"]) + "\n"


def spread(places: list[float], gap: float = 16) -> list[float]:
    """The same places, far enough from each other to write there."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, index in zip(order, order[1:]):
        moved[index] = max(moved[index], moved[before] + gap)
    return moved
