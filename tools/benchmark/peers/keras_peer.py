"""Keras on TensorFlow: compiled functions, with and without XLA."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"

import keras
import tensorflow as tf

import setting
from serve import Contender, Request, serve

FOLDER, THREADS = Path(sys.argv[1]), int(sys.argv[2])
models: dict[tuple[str, str], Any] = {}


def model(name: str, precision: str) -> Any:
    """Weights stay float32; with `mixed_bfloat16` layers compute in bfloat16."""
    if (name, precision) not in models:
        keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
        made = getattr(keras.applications, name)(weights=None)
        made.load_weights(FOLDER / f"{name}.h5")
        models[name, precision] = made
    return models[name, precision]


def prepare(request: Request) -> Contender:
    pictures = setting.pictures(FOLDER, request["batch"])
    xla = request["variant"] == "XLA"
    if request["task"] == "inference":
        found = model(request["model"], request["precision"])
        function = tf.function(lambda x: found(x, training=False), jit_compile=xla)
        x = tf.constant(pictures)
        return Contender(lambda: function(x).numpy(), lambda y: y[0].astype(float).tolist())
    found = model(request["model"], request["precision"])
    found.compile(
        keras.optimizers.SGD(setting.LEARNING_RATE, momentum=setting.MOMENTUM),
        loss="sparse_categorical_crossentropy",
        jit_compile=xla,
    )
    found.make_train_function()  # what `fit` runs for each batch
    batches = iter(tf.data.Dataset.from_tensors((pictures, setting.labels(request["batch"]))).repeat())
    return Contender(lambda: float(found.train_function(batches)["loss"]), lambda loss: [loss])


tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(THREADS)
serve({"keras": keras.__version__, "tensorflow": tf.__version__}, prepare)
