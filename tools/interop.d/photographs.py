"""What the tool says of whole photographs, its own decoding and scaling included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from check import Check, Failed
from place import Place
from real_models import MOBILENET

# MobileNet 0.25 through Keras: bilinear scaling, x / 127.5 - 1.
PROBABILITIES = {
    "elephant.jpg": {"African elephant": 0.844, "tusker": 0.135, "Indian elephant": 0.015},
    "cat.jpeg": {"tabby": 0.519, "Egyptian cat": 0.357, "tiger cat": 0.122},
}
TOLERANCE = 0.005


def labels(place: Place) -> Path:
    """Keras' labels: the published list begins with a background that the network does not have."""
    lines = (place.real("weights/imagenet/imagenet_labellist.txt")).read_text().splitlines()[1:]
    file = place.folder("photographs") / "labels.txt"
    file.write_text("\n".join(lines) + "\n")
    return file


def predicted(place: Place, name: str) -> str:
    options = ("--preprocessing", "tf", "--labels", str(labels(place)), "--top", "5")
    (result,) = place.tool.predict(place.real(MOBILENET), [place.real("weights/imagenet") / name], options)
    found = {entry["label"].split(",")[0]: entry["probability"] for entry in result["predictions"]}
    worst = 0.0
    for label, expected in PROBABILITIES[name].items():
        if label not in found:
            raise Failed(f"{label} is not among {', '.join(found)}")
        worst = max(worst, abs(found[label] - expected))
    if worst > TOLERANCE:
        raise Failed(f"off by {worst:.4f}: {found}")
    return f"within {worst:.4f}"


def checks(place: Place) -> Iterator[Check]:
    for name in PROBABILITIES:
        yield Check(f"photograph, {name}", partial(predicted, place, name))
