"""MobileNet 0.25 with its published weights, as files for `predict` of each side: WEIGHTS FOLDER."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import onnx

from onnx_graph import onnx_model

weights, folder = Path(sys.argv[1]), Path(sys.argv[2])
model = keras.applications.MobileNet(alpha=0.25, weights=None)
model.load_weights(weights)
model.save(folder / "mobilenet.h5")
model.save(folder / "mobilenet.keras")
onnx.save(onnx_model(model), folder / "mobilenet.onnx")
