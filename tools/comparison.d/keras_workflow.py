"""Keras' documented transfer-learning workflow, in a process of its own so that its time and memory can be measured.

https://keras.io/guides/transfer_learning/: `image_dataset_from_directory`, `preprocess_input`, `base(training=False)`,
pooling, dropout, a dense layer, `fit`; then the last blocks unfrozen and `fit` again at a tenth of the learning rate.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

import setting


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    pictures = parser.add_mutually_exclusive_group(required=True)
    pictures.add_argument("--images", type=Path, help="a folder of classes, to be split")
    pictures.add_argument("--parts", type=Path, help="a folder with the folders train, validation and test")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--cache", action="store_true", help="dataset.cache() after decoding")
    parser.add_argument("--second-phase", action="store_true")
    parser.add_argument("--started", type=float, required=True, help="time.monotonic() before this process was started")
    parser.add_argument("--output", type=Path, required=True)
    return parser.parse_args()


def datasets(images: Path, seed: int) -> tuple[Any, Any]:
    return tuple(
        keras.utils.image_dataset_from_directory(
            images,
            validation_split=setting.VALIDATION_FRACTION,
            subset=subset,
            seed=seed,
            image_size=(setting.INPUT_SIZE, setting.INPUT_SIZE),
            batch_size=setting.BATCH_SIZE,
            verbose=False,
        )
        for subset in ("training", "validation")
    )


def parts(folder: Path, seed: int) -> tuple[Any, ...]:
    """Training, validation and test pictures that somebody else has split."""
    return tuple(
        keras.utils.image_dataset_from_directory(
            folder / part,
            shuffle=part == "train",
            seed=seed,
            image_size=(setting.INPUT_SIZE, setting.INPUT_SIZE),
            batch_size=setting.BATCH_SIZE,
            verbose=False,
        )
        for part in ("train", "validation", "test")
    )


def pretrained(weights: Path) -> keras.Model:
    """keras.applications' MobileNet without its top; the file has one, so it is loaded with and then cut."""
    shape = (setting.INPUT_SIZE, setting.INPUT_SIZE, 3)
    whole = keras.applications.MobileNet(input_shape=shape, alpha=setting.ALPHA, weights=None)
    whole.load_weights(weights)
    return keras.Model(whole.input, whole.get_layer("conv_pw_13_relu").output, name="mobilenet")


def with_head(base: keras.Model, classes: int) -> keras.Model:
    base.trainable = False
    pictures = keras.Input((setting.INPUT_SIZE, setting.INPUT_SIZE, 3))
    x = keras.applications.mobilenet.preprocess_input(pictures)
    x = base(x, training=False)  # batch normalisation stays on its moving statistics, whatever is unfrozen later
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(setting.DROPOUT)(x)
    return keras.Model(pictures, keras.layers.Dense(classes, activation="softmax")(x))


def fit(model: keras.Model, train: Any, validation: Any, epochs: int, rate: float) -> dict[str, float]:
    """Trains and returns the last epoch's metrics."""
    model.compile(keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(train, validation_data=validation, epochs=epochs, verbose=0).history
    return {name: float(values[-1]) for name, values in history.items()}


def unfreeze_after(base: keras.Model, last_frozen: str) -> None:
    base.trainable = True
    boundary = [layer.name for layer in base.layers].index(last_frozen)
    for layer in base.layers[: boundary + 1]:
        layer.trainable = False


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    options = arguments()
    keras.utils.set_random_seed(options.seed)
    test = None
    split: dict[str, list[str]] = {}
    if options.parts:
        train, validation, test = parts(options.parts, options.seed)
    else:
        train, validation = datasets(options.images, options.seed)
        split = {
            name: sorted(str(Path(path).relative_to(options.images)) for path in dataset.file_paths)
            for name, dataset in (("train", train), ("validation", validation))
        }
    classes = len(train.class_names)
    if options.cache:
        train, validation = train.cache(), validation.cache()
    base = pretrained(options.weights)
    model = with_head(base, classes)
    head = fit(model, train, validation, setting.HEAD_EPOCHS, setting.HEAD_LEARNING_RATE)
    model.save(options.output.with_suffix(".keras"))
    head |= {"seconds": time.monotonic() - options.started, "peak_megabytes": peak_megabytes()}
    results: dict[str, Any] = {"seed": options.seed, "cache": options.cache, "split": split, "head": head}
    if options.second_phase:
        start = time.monotonic()
        unfreeze_after(base, setting.FROZEN_THROUGH)
        second = fit(model, train, validation, setting.SECOND_EPOCHS, setting.SECOND_LEARNING_RATE)
        results["second"] = second | {"seconds": time.monotonic() - start, "peak_megabytes": peak_megabytes()}
        results["seconds"] = time.monotonic() - options.started
    if test is not None:
        _, results["test_accuracy"] = model.evaluate(test, verbose=0)
    options.output.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
