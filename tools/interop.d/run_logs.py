"""What a run writes down while it goes on: TensorFlow's own reader of event files finds what history.csv says."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

from check import Check, Failed, Skipped
from pictures_of_classes import write_classes
from place import Place

TOLERANCE = 1e-6  # history.csv and the events both hold single precision


def recipe(folder: Path) -> Path:
    layers = [
        {"layer": "Conv2D", "filters": 4, "kernel_size": 3, "activation": "relu"},
        {"layer": "GlobalAveragePooling2D"},
        {"layer": "Dense", "units": "classes", "activation": "softmax"},
    ]
    phases = [{"name": name, "epochs": 2, "optimizer": "adam"} for name in ("first", "second")]
    text = {
        "model": {"layers": layers, "input_size": [16, 16], "preprocessing": "unit"},
        "data": {"train": "pictures", "validation": {"fraction": 0.25}, "batch_size": 8},
        "phases": phases,
        "logs": {"csv": "log.csv", "jsonl": "log.jsonl", "tensorboard": "events"},
        "output": "run",
    }
    path = folder / "recipe.json"
    path.write_text(json.dumps(text))
    return path


def events(folder: Path) -> dict[tuple[str, int], float]:
    from tensorflow.compat.v1.train import summary_iterator

    files = sorted(folder.glob("events.out.tfevents.*"))
    return {
        (value.tag, event.step): value.simple_value
        for file in files
        for event in summary_iterator(str(file))
        for value in event.summary.value
    }


def logged(place: Place) -> str:
    if importlib.util.find_spec("tensorflow") is None:
        raise Skipped("TensorFlow is not in the light environment")
    with place.passing_folder("logs") as folder:
        write_classes(folder / "pictures", 16)
        place.tool.run(recipe(folder), "--quiet").succeeded()
        run = folder / "run"
        table = (run / "history.csv").read_text()
        if (run / "log.csv").read_text() != table:
            raise Failed("log.csv is not history.csv")
        rows = list(csv.DictReader(table.splitlines()))
        objects = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        found = {part: events(run / "events" / part) for part in ("train", "validation")}
        expected = 0
        for step, (row, record) in enumerate(zip(rows, objects, strict=True)):
            for name in ("loss", "accuracy", "learning_rate", "val_loss", "val_accuracy"):
                part = "validation" if name.startswith("val_") else "train"
                seen = found[part].get(("epoch_" + name.removeprefix("val_"), step))
                for value in (seen, record[name]):
                    if value is None or abs(value - float(row[name])) > TOLERANCE * max(1.0, abs(value)):
                        raise Failed(f"{name} of epoch {step}: {value}, history.csv says {row[name]}")
                expected += 1
        if sum(map(len, found.values())) != expected:
            raise Failed(f"{found} holds more than {expected} numbers")
        return f"{expected} numbers of {len(rows)} epochs as TensorFlow reads them"


def checks(place: Place) -> Iterator[Check]:
    yield Check("logs, event files", lambda: logged(place))
