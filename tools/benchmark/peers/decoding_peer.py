"""JPEG files decoded and resized to 224²: torchvision, tf.data and Pillow, each on all threads.

All with the slow, exact inverse transform and smooth upsampling of colours, as our exact mode. Variants that are `reduced`
decode no more than is needed, as our scaled mode: an eighth, a quarter or half of the size where that is no less than 224².
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from serve import Contender, Request, serve

SIDE, FOLDER, THREADS = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
SIZE = 224
files = sorted(str(path) for path in FOLDER.rglob("*.jpg"))


def torchvision_contender(antialias: bool, _: bool) -> Contender:
    import no_cuda  # noqa: F401
    import torch
    from torchvision.io import ImageReadMode, decode_jpeg, read_file
    from torchvision.transforms.v2 import functional

    torch.set_num_threads(1)  # pictures are shared out, not rows of a picture

    def load(path: str) -> Any:
        picture = decode_jpeg(read_file(path), ImageReadMode.RGB)
        return functional.resize(picture, [SIZE, SIZE], antialias=antialias)

    threads = ThreadPoolExecutor(THREADS)
    return Contender(lambda: list(threads.map(load, files)), None)


def pillow_contender(_: bool, reduced: bool) -> Contender:
    import numpy as np
    from PIL import Image

    def load(path: str) -> Any:
        with Image.open(path) as picture:
            if reduced:
                picture.draft("RGB", (SIZE, SIZE))
            if picture.mode != "RGB":  # else convert would copy it
                picture = picture.convert("RGB")
            return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR))

    threads = ThreadPoolExecutor(THREADS)
    return Contender(lambda: list(threads.map(load, files)), None)


def tensorflow_contender(antialias: bool, reduced: bool) -> Contender:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf

    ratio = least_reduction() if reduced else 1

    def load(path: Any) -> Any:
        picture = tf.io.decode_jpeg(
            tf.io.read_file(path), 3, ratio=ratio, dct_method="INTEGER_ACCURATE", fancy_upscaling=True
        )
        return tf.image.resize(picture, [SIZE, SIZE], "bilinear", antialias=antialias)

    dataset = tf.data.Dataset.from_tensor_slices(files).map(load, num_parallel_calls=THREADS, deterministic=False).batch(32)

    def run() -> None:
        for _ in dataset:
            pass

    return Contender(run, None)


def least_reduction() -> int:
    """How often the target fits into the first picture: 1, 2, 4 or 8. All have one size."""
    from PIL import Image

    with Image.open(files[0]) as picture:
        return max(ratio for ratio in (1, 2, 4, 8) if min(picture.size) >= ratio * SIZE)


def prepare(request: Request) -> Contender:
    make = {"torchvision": torchvision_contender, "tf.data": tensorflow_contender, "Pillow": pillow_contender}[SIDE]
    words = request["variant"].split(", ")
    return make("antialiased" in words, "reduced" in words)


serve({}, prepare)
