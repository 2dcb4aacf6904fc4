"""Strange and broken pictures: PNG exactly as PngSuite's reference, JPEG within 4 levels of Pillow, or a clear error."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from check import Check, Failed
from identity import decoded
from judge import keras3
from place import Place

PNG_FOLDER, PNG_REFERENCES = "hostile/pngsuite/png", "hostile/pngsuite/json"
JPEG_FOLDER, EXIF_FOLDER = "hostile/jpeg/reftest/images", "hostile/exif_orientation"
JPEG_LEVELS = 4
REFUSALS = (65, 66)  # sysexits: bad data, no input
LOSSLESS = b"\xff\xc3"  # the frame marker of lossless JPEG, which libjpeg-turbo knows only from version 3 on


def pillow_pixels(file: Path) -> np.ndarray | None:
    """Upright RGB as Pillow decodes it, or None where it cannot."""
    try:
        with Image.open(file) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB")).astype(np.int32)
    except (OSError, SyntaxError, ValueError):
        return None


def png_reference(file: Path, references: Path) -> np.ndarray | None:
    """The suite's own RGBA values without alpha, 16-bit values by their high byte; None for a corrupt file."""
    reference = references / f"{file.stem}.json"
    if file.stem.startswith("x") or not reference.exists():
        return None
    values = np.array(json.loads(reference.read_text()))
    with Image.open(file) as image:
        width, height = image.size
    pixels = values.reshape(height, width, 4)[:, :, :3]
    return pixels >> 8 if values.max() > 255 else pixels


def compare(place: Place, name: str, files: list[Path], reference: Callable[[Path], np.ndarray | None], levels: int) -> str:
    """Decodes files of equal size together, as a model has one input size, and compares each with its reference."""
    groups: dict[tuple[int, int], list[tuple[Path, np.ndarray]]] = defaultdict(list)
    without = []
    for file in files:
        pixels = reference(file)
        if pixels is None:
            without.append(file)
        else:
            groups[pixels.shape[:2]].append((file, pixels))
    wrong: list[str] = []
    worst = 0
    for (height, width), group in sorted(groups.items()):
        try:
            found = decoded(place.tool, [file for file, _ in group], place.folder(name), height, width)
        except Failed as reason:
            wrong += single_failures(place, name, group, reason)
            continue
        for (file, expected), pixels in zip(group, found, strict=True):
            difference = int(np.ceil(np.abs(pixels - expected).max()))
            worst = max(worst, difference)
            if difference > levels:
                wrong.append(f"{file.name} by {difference} levels")
    wrong += [problem for file in without if (problem := unclear_refusal(place, name, file))]
    if wrong:
        raise Failed(f"{len(wrong)} of {len(files)}: {', '.join(wrong[:12])}")
    return f"{len(files) - len(without)} within {worst} levels, {len(without)} without a reference refused or read"


def single_failures(place: Place, name: str, group: list[tuple[Path, np.ndarray]], reason: Failed) -> list[str]:
    """One unreadable picture can end a run of few pictures: finds which, and lets pass what libjpeg may refuse."""
    refused = [file for file, _ in group if refusal(place, name, file) is not None]
    unexpected = [file for file in refused if LOSSLESS not in file.read_bytes()]
    problems = [f"{file.name} refused" for file in unexpected]
    return problems if refused else [f"{', '.join(file.name for file, _ in group[:3])}: {reason}"]


def refusal(place: Place, name: str, file: Path) -> str | None:
    """What the tool says when it cannot read a picture; None where it can. A crash is a failure."""
    outcome = place.tool.run("predict", two_classes(place.folder(name)), file, "--preprocessing", "none", "--json")
    if outcome.crashed:
        raise Failed(f"{file.name}: ended with {outcome.status}")
    return None if outcome.status == 0 else f"{outcome.status} {outcome.messages}"


def unclear_refusal(place: Place, name: str, file: Path) -> str | None:
    said = refusal(place, name, file)
    if said is None:
        return None
    if not said.startswith(tuple(map(str, REFUSALS))) or file.name not in said:
        return f"{file.name} refused unclearly: {said.strip()[:120]}"
    return None


def two_classes(folder: Path) -> Path:
    file = folder / "two_classes.h5"
    if not file.exists():
        k = keras3()
        layers = [k.layers.GlobalAveragePooling2D(name="pool"), k.layers.Dense(2, activation="softmax", name="classes")]
        k.Sequential([k.Input((8, 8, 3)), *layers]).save(file)
    return file


def png(place: Place) -> str:
    files = sorted(place.real(PNG_FOLDER).glob("*.png"))
    return compare(place, "png", files, lambda file: png_reference(file, place.real(PNG_REFERENCES)), levels=0)


def jpeg(place: Place) -> str:
    return compare(place, "jpeg", sorted(place.real(JPEG_FOLDER).rglob("*.jpg")), pillow_pixels, JPEG_LEVELS)


def orientation(place: Place) -> str:
    return compare(place, "exif", sorted(place.real(EXIF_FOLDER).glob("*.jpg")), pillow_pixels, JPEG_LEVELS)


def checks(place: Place) -> Iterator[Check]:
    for name, check in [("PngSuite", png), ("JPEG conformance", jpeg), ("EXIF orientation", orientation)]:
        yield Check(f"pictures, {name}", partial(check, place))
