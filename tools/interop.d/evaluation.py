"""MLPerf Tiny's ResNet8 on the 10,000 test pictures of CIFAR-10: the tool's accuracy and loss, and Keras'."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from check import Check, Failed
from judge import keras2, load
from place import Place

MODEL, PICTURES = "models/mlperf_tiny/pretrainedResnet.h5", "images/cifar10.tar.gz"
ACCURACY_TOLERANCE, LOSS_TOLERANCE = 0.003, 0.01


def unpacked(place: Place) -> Path:
    folder = place.folder("cifar10")
    with tarfile.open(place.real(PICTURES)) as archive:
        members = [member for member in archive if "/test/" in f"/{member.name}"]
        archive.extractall(folder, members, filter="data")
    return next(path for path in sorted(folder.rglob("test")) if path.is_dir())


def keras_results(place: Place, folder: Path) -> tuple[float, float]:
    """Accuracy and mean cross-entropy, pixels 0–255 without scaling, classes in the order of their names."""
    model = load(keras2(), place.real(MODEL))
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    files = [(file, index) for index, path in enumerate(classes) for file in sorted(path.iterdir())]
    x = np.stack([np.asarray(Image.open(file).convert("RGB")) for file, _ in files]).astype(np.float32)
    labels = np.array([index for _, index in files])
    y = model.predict(x, batch_size=256, verbose=0)
    loss = -np.log(np.maximum(y[np.arange(len(labels)), labels], 1e-7)).mean()
    return float((y.argmax(1) == labels).mean()), float(loss)


def evaluated(place: Place) -> str:
    folder = unpacked(place)
    accuracy, loss = keras_results(place, folder)
    found = place.tool.evaluate(place.real(MODEL), folder, ("--preprocessing", "none"))
    seen = f"accuracy {found['accuracy']:.4f} (Keras {accuracy:.4f}), loss {found['loss']:.4f} (Keras {loss:.4f})"
    if found["images"] != 10_000:
        raise Failed(f"{found['images']} pictures, expected 10,000")
    if abs(found["accuracy"] - accuracy) > ACCURACY_TOLERANCE or abs(found["loss"] - loss) > LOSS_TOLERANCE:
        raise Failed(seen)
    return seen


def checks(place: Place) -> Iterator[Check]:
    yield Check("evaluate, ResNet8 on CIFAR-10", lambda: evaluated(place))
