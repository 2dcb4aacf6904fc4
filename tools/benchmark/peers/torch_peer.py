"""PyTorch: channels last, eager and compiled."""

from __future__ import annotations

import copy
import os
import sys
from pathlib import Path
from typing import Any

FOLDER, THREADS = Path(sys.argv[1]), int(sys.argv[2])
os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(FOLDER / "inductor")  # a second run compiles nothing
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"  # no processes that wait for work
os.environ["TORCHINDUCTOR_FREEZING"] = "1"  # folds weights, as PyTorch's guide for inference on CPUs does
os.environ["OMP_NUM_THREADS"] = str(THREADS)

import no_cuda  # noqa: F401
import torch
import torchvision
from torch import nn
from torch_models import network

import setting
from serve import Contender, Request, serve

networks: dict[str, nn.Module] = {}


def kept(name: str) -> nn.Module:
    if name not in networks:
        networks[name] = network(FOLDER, name).to(memory_format=torch.channels_last)
    return networks[name]


def prepare(request: Request) -> Contender:
    torch._dynamo.reset()
    pictures = torch.from_numpy(setting.pictures(FOLDER, request["batch"])).permute(0, 3, 1, 2)  # channels last in memory
    return (inference if request["task"] == "inference" else training)(request, pictures)


def inference(request: Request, pictures: torch.Tensor) -> Contender:
    model = kept(request["model"]).eval()
    halves = request["precision"] == "bfloat16"
    if halves:
        model, pictures = copy.deepcopy(model).to(torch.bfloat16), pictures.to(torch.bfloat16)
    call = torch.compile(model) if request["variant"] == "compiled" else model

    def run() -> torch.Tensor:
        with torch.inference_mode() if request["variant"] == "eager" else torch.no_grad():
            return call(pictures)

    return Contender(run, lambda y: torch.softmax(y[0].float(), 0).tolist())


def training(request: Request, pictures: torch.Tensor) -> Contender:
    model = kept(request["model"]).train()
    labels = torch.from_numpy(setting.labels(request["batch"]))
    optimizer = torch.optim.SGD(model.parameters(), setting.LEARNING_RATE, setting.MOMENTUM, fused=True)
    loss_of = nn.CrossEntropyLoss()

    halves = request["precision"] == "bfloat16"

    def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=halves):
            return loss_of(model(x), y)

    call: Any = torch.compile(loss) if request["variant"] == "compiled" else loss

    def run() -> float:
        optimizer.zero_grad(set_to_none=True)
        value = call(pictures, labels)
        value.backward()
        optimizer.step()
        return float(value.detach())

    return Contender(run, lambda value: [value])


torch.set_num_threads(THREADS)
torch.manual_seed(setting.SEED)
serve({"torch": torch.__version__, "torchvision": torchvision.__version__}, prepare)
