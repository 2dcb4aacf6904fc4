"""The head recipe with features cached by hand: the frozen part once, with `predict`, then `fit` on what it gave.

Takes the arguments of tools/comparison.d/keras_workflow.py and writes the same kind of result.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

# Before this folder, which has a `setting` of its own.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "comparison.d"))

import keras_workflow as workflow  # chooses Keras' backend, so first
import keras
import numpy as np
import setting
import tensorflow as tf


def main() -> None:
    options = workflow.arguments()
    keras.utils.set_random_seed(options.seed)
    base = workflow.pretrained(options.weights)
    train, validation = workflow.datasets(options.images, options.seed)
    split = {
        name: sorted(str(Path(path).relative_to(options.images)) for path in dataset.file_paths)
        for name, dataset in (("train", train), ("validation", validation))
    }
    names = train.class_names
    model = workflow.with_head(base, len(names))
    pooled = next(layer for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    frozen = keras.Model(model.input, pooled.output)
    head = keras.Sequential([keras.Input(pooled.output.shape[1:]), *model.layers[-2:]])
    # Every picture once, in a known order: a training set comes in a new order at every pass.
    whole = keras.utils.image_dataset_from_directory(
        options.images, shuffle=False, image_size=(setting.INPUT_SIZE, setting.INPUT_SIZE), batch_size=setting.BATCH_SIZE,
        verbose=False,
    )  # fmt: skip
    features = frozen.predict(whole.map(lambda pictures, _: pictures).prefetch(tf.data.AUTOTUNE), verbose=0)
    files = [Path(path).relative_to(options.images) for path in whole.file_paths]
    labels = np.array([names.index(file.parts[0]) for file in files])
    chosen = np.isin([str(file) for file in files], split["train"])

    def batches(which: np.ndarray) -> tf.data.Dataset:
        samples = tf.data.Dataset.from_tensor_slices((features[which], labels[which]))
        return samples.shuffle(len(labels)).batch(setting.BATCH_SIZE).prefetch(tf.data.AUTOTUNE)

    found = workflow.fit(head, batches(chosen), batches(~chosen), setting.HEAD_EPOCHS, setting.HEAD_LEARNING_RATE)
    model.save(options.output.with_suffix(".keras"))  # has the trained head: a whole model from pixels to classes
    found |= {"seconds": time.monotonic() - options.started, "peak_megabytes": workflow.peak_megabytes()}
    options.output.write_text(json.dumps({"seed": options.seed, "split": split, "head": found}, indent=2))


if __name__ == "__main__":
    main()
