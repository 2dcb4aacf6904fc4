"""ONNX Runtime: one session on all threads, and one single-threaded session per core."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

import setting
from serve import Contender, Request, serve

FOLDER, THREADS = Path(sys.argv[1]), int(sys.argv[2])


def session(name: str, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(FOLDER / f"{name}.onnx", options, providers=["CPUExecutionProvider"])


def prepare(request: Request) -> Contender:
    if request["precision"] != "float32":
        raise ValueError("ONNX Runtime has no bfloat16 on this kind of processor")
    kind, _, size = request["variant"].partition(" ")
    count = request["batch"]
    pictures = np.ascontiguousarray(setting.pictures(FOLDER, count).transpose(0, 3, 1, 2))
    if kind != "sessions":
        whole = session(request["model"], THREADS)
        return Contender(lambda: whole.run(None, {"pictures": pictures})[0], first)
    batch = int(size)
    parts = [pictures[i : i + batch] for i in range(0, count, batch)]
    sessions = [session(request["model"], 1) for _ in range(THREADS)]
    threads = ThreadPoolExecutor(THREADS)

    def work(worker: int) -> list[Any]:
        return [sessions[worker].run(None, {"pictures": part})[0] for part in parts[worker::THREADS]]

    return Contender(lambda: list(threads.map(work, range(THREADS)))[0][0], first)


def first(output: Any) -> list[float]:
    return output[0].astype(float).tolist()


serve({"onnxruntime": onnxruntime.__version__}, prepare)
