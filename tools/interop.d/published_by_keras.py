"""Prints, as JSON, which files `keras.applications` asks `get_file` for: options, name, address, checksum.

The functions run with stand-ins for all layers, so that naming 40 networks takes a moment and no memory.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings

import keras
from keras.src.applications import imagenet_utils
from keras.src.utils import file_utils


class Found(Exception):
    pass


class StandIn:
    """For layers, tensors and numbers: whatever is done with it gives another."""

    def __call__(self, *_: object, **__: object) -> StandIn:
        return StandIn()

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn()

    def __getitem__(self, _: object) -> int:
        return 8

    def __iter__(self):
        return iter((StandIn(), StandIn()))


for operation in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv"):
    setattr(StandIn, f"__{operation}__", lambda _, __: StandIn())


def get_file(fname: str, origin: str, cache_subdir: str, file_hash: str | None = None) -> str:
    if cache_subdir != "models":
        raise ValueError(f"{fname} goes to {cache_subdir}")
    raise Found(fname, origin, file_hash)


def prepare(names: list[str]) -> None:
    file_utils.get_file = get_file
    imagenet_utils.correct_pad = lambda *_, **__: ((0, 0), (0, 0))
    for name in names:
        module = sys.modules[getattr(keras.applications, name).__module__]
        for member, value in list(vars(module).items()):
            is_own_layer = inspect.isclass(value) and issubclass(value, keras.Layer) and value.__module__ == module.__name__
            if is_own_layer or member in ("layers", "Functional", "Sequential", "ops", "operation_utils"):
                setattr(module, member, StandIn())


def options(name: str) -> list[dict]:
    if name == "MobileNet":
        return [{"alpha": a, "input_shape": (s, s, 3)} for a in (0.25, 0.5, 0.75, 1.0) for s in (128, 160, 192, 224)]
    if name == "MobileNetV2":
        alphas, sizes = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4), (96, 128, 160, 192, 224)
        return [{"alpha": a, "input_shape": (s, s, 3)} for a in alphas for s in sizes]
    if name.startswith("MobileNetV3"):
        return [{"alpha": 0.75}, {"alpha": 1.0}, {"alpha": 1.0, "minimalistic": True}]
    return [{}]


def our_terms(name: str, include_top: bool, choice: dict) -> tuple:
    """The options as `finetune weights --json` names them."""
    size = choice.get("input_shape", (224 if name.startswith("MobileNetV3") else None,))[0]
    return name + ("Minimalistic" if choice.get("minimalistic") else ""), include_top, choice.get("alpha"), size


def main() -> None:
    names = [name for name in dir(keras.applications) if name[0].isupper()]
    prepare(names)
    warnings.simplefilter("ignore")
    rows = []
    for name in names:
        for include_top in (True, False):
            for choice in options(name):
                try:
                    getattr(keras.applications, name)(weights="imagenet", include_top=include_top, **choice)
                except Found as found:
                    rows.append([*our_terms(name, include_top, choice), *found.args])
                else:
                    raise RuntimeError(f"{name} asks for no file")
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
