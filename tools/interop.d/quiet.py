"""Keras and TensorFlow say much on standard error that is no news here: that HDF5 is a legacy format, above all."""

from __future__ import annotations

import logging
import warnings


def silence() -> None:
    warnings.filterwarnings("ignore")
    for name in ("absl", "tensorflow", "jax"):
        logging.getLogger(name).setLevel(logging.ERROR)
