"""OpenVINO: for latency, and for throughput with one stream per core."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov

import setting
from serve import Contender, Request, serve

FOLDER, THREADS = Path(sys.argv[1]), int(sys.argv[2])
core = ov.Core()


def prepare(request: Request) -> Contender:
    kind, _, size = request["variant"].partition(" ")
    count = request["batch"]
    batch = int(size) if size else count  # pictures in one request
    network = core.read_model(FOLDER / f"{request['model']}.onnx")
    network.reshape([batch, 3, setting.SIZE, setting.SIZE])
    options: dict[str, Any] = {"INFERENCE_NUM_THREADS": THREADS}
    options["INFERENCE_PRECISION_HINT"] = "bf16" if request["precision"] == "bfloat16" else "f32"
    if kind == "streams":
        options |= {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": THREADS}
    else:
        options |= {"PERFORMANCE_HINT": "LATENCY"}
    compiled = core.compile_model(network, "CPU", options)
    pictures = np.ascontiguousarray(setting.pictures(FOLDER, count).transpose(0, 3, 1, 2))
    parts = [np.ascontiguousarray(pictures[i : i + batch]) for i in range(0, count, batch)]
    if kind != "streams":
        one = compiled.create_infer_request()
        return Contender(lambda: one.infer([parts[0]], share_inputs=True)[0], first)
    queue = ov.AsyncInferQueue(compiled, THREADS)
    results: list[Any] = [None] * len(parts)
    queue.set_callback(lambda done, index: results.__setitem__(index, done.get_output_tensor(0).data.copy()))

    def run() -> Any:
        for index, part in enumerate(parts):
            queue.start_async([part], index, share_inputs=True)
        queue.wait_all()
        return results[0]

    return Contender(run, first)


def first(output: Any) -> list[float]:
    return output[0].astype(float).tolist()


serve({"openvino": ov.__version__}, prepare)
