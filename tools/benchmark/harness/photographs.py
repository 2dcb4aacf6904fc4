"""The photographs that are decoded: TrashNet's as they are, and as large as those of a camera."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from session import Session, say
from splits import place

COUNT = 192
LARGE_COUNT = 24
LARGE, TILE = (4000, 3000), (500, 375)


@dataclass
class Photographs:
    heading: str
    folder: Path
    count: int
    reduces: bool  # whether 224² is less than half of them, so that decoders that can do so decode less


def sets(session: Session) -> list[Photographs]:
    files = sorted((session.data / "images/trashnet").rglob("*.jpg"))
    return [
        small(files, session.work / "decoding"),
        large(files, session.work / "decoding-large"),
    ]


def small(files: list[Path], folder: Path) -> Photographs:
    for path in files[:: max(1, len(files) // COUNT)][:COUNT]:
        target = folder / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            place(path, target)
    count = len(list(folder.rglob("*.jpg")))
    return Photographs("photographs of 512x384", folder, count, reduces=False)


def large(files: list[Path], folder: Path) -> Photographs:
    """Every pixel of a mosaic has the detail of a photograph, where an enlarged picture would be smooth."""
    if not (folder / f"{LARGE_COUNT - 1:02}.jpg").exists():
        say("decoding: making large photographs (once)")
        # In a process of its own: the memory of this one counts as that of whatever it starts.
        maker = multiprocessing.get_context("fork").Process(target=make_mosaics, args=(files, folder))
        maker.start()
        maker.join()
        if maker.exitcode != 0:
            raise RuntimeError(f"the large photographs could not be made: exit {maker.exitcode}")
    megabytes = sum(path.stat().st_size for path in folder.glob("*.jpg")) / LARGE_COUNT / 1e6
    tiles = (LARGE[0] // TILE[0]) * (LARGE[1] // TILE[1])
    heading = f"{LARGE[0]}x{LARGE[1]}, mosaics of {tiles} photographs, {megabytes:.1f} MB each (quality 90, 4:2:0)"
    return Photographs(heading, folder, LARGE_COUNT, reduces=True)


def make_mosaics(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    across, down = LARGE[0] // TILE[0], LARGE[1] // TILE[1]
    for number in range(LARGE_COUNT):
        target = folder / f"{number:02}.jpg"
        if target.exists():
            continue
        mosaic = Image.new("RGB", LARGE)
        for tile in range(across * down):
            # A step that shares no factor with their number goes through all of them.
            with Image.open(files[(number * across * down + tile) * 7 % len(files)]) as picture:
                part = picture.convert("RGB").resize(TILE, Image.Resampling.LANCZOS)
            mosaic.paste(part, (tile % across * TILE[0], tile // across * TILE[1]))
        half = target.with_suffix(".part")
        mosaic.save(half, "JPEG", quality=90, subsampling="4:2:0")
        half.rename(target)
