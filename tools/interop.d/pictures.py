"""Pictures that both sides read as files of exactly the model's input size, so that no resizing stands between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def pictures(count: int, height: int, width: int, channels: int, seed: int = 1) -> np.ndarray:
    """Waves and noise as bytes, [count, height, width, channels]; the same for the same arguments."""
    random = np.random.Generator(np.random.Philox(seed))
    rows = np.linspace(0, 1, height)[None, :, None, None]
    columns = np.linspace(0, 1, width)[None, None, :, None]
    waves = random.uniform(1, 6, size=(count, 1, 1, channels, 3))
    picture = 0.5 + 0.25 * np.sin(6 * rows * waves[..., 0] + waves[..., 2]) + 0.25 * np.sin(6 * columns * waves[..., 1])
    picture += random.normal(0, 0.08, size=(count, height, width, channels))
    return np.clip(np.round(picture * 255), 0, 255).astype(np.uint8)


def write_folder(folder: Path, images: np.ndarray) -> list[str]:
    """Writes PNG files into two class folders and returns the files' stems, in order."""
    names = [f"{index:04d}" for index in range(len(images))]
    for index, (name, image) in enumerate(zip(names, images, strict=True)):
        path = folder / ("even" if index % 2 == 0 else "odd") / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(path)
    return names


def write_flat(folder: Path, images: np.ndarray) -> list[Path]:
    """Writes PNG files without classes and returns their paths, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{index:04d}.png" for index in range(len(images))]
    for file, image in zip(files, images, strict=True):
        Image.fromarray(image).save(file)
    return files


def preprocessed(images: np.ndarray, kind: str) -> np.ndarray:
    """Bytes to a network's input as `keras.applications.imagenet_utils` does it."""
    x = images.astype(np.float32)
    match kind:
        case "none":
            return x
        case "unit":
            return x / np.float32(255)
        case "tf":
            return x / np.float32(127.5) - np.float32(1)
        case "caffe":
            return x[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)
        case "torch":
            mean, deviation = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
            return (x / np.float32(255) - mean) / deviation
    raise ValueError(f"no preprocessing is called {kind}")


def photographs(folder: Path, size: int = 224) -> np.ndarray:
    """The elephant and the cat, scaled to the network's input by Pillow: any scaling will do, both sides get the same."""
    files = [folder / "elephant.jpg", folder / "cat.jpeg"]
    return np.stack([np.asarray(Image.open(file).convert("RGB").resize((size, size))) for file in files])
