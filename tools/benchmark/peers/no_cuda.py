"""Lets torchvision's wheel, which wants CUDA's half of PyTorch, be imported beside a PyTorch without it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import torch

if torch.version.cuda is None:
    # torchvision describes these two of its operators, which are in the half that is missing, as it is imported.
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    for library in (Path(torch.__file__).parents[1] / "torchvision.libs").glob("lib*_cuda.so"):
        ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)
