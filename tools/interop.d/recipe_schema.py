"""The JSON Schema of recipes under a validator of its own: it takes every recipe of this repository and refuses misspelt ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from check import Check, Failed
from place import Place

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
SCHEMA = RECIPES / "recipe.schema.json"


def recipes() -> list[Path]:
    return sorted(path for path in RECIPES.rglob("*.json") if path != SCHEMA)


def keys(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all keys, but those below Keras' own `config`, which its classes check."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if "class_name" not in value:
                yield (*path, key)
                yield from keys(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from keys(inner, (*path, index))


def changed(recipe: Any, path: tuple[Any, ...], key: str | None = None, value: Any = None) -> Any:
    """The recipe with one key spelt differently, or with another value."""
    recipe = copy.deepcopy(recipe)
    place = recipe
    for part in path[:-1]:
        place = place[part]
    if key is None:
        place[path[-1]] = value
    else:
        place[key] = place.pop(path[-1])
    return recipe


def takes_all(place: Place) -> str:
    printed = place.tool.run("schema").succeeded().output
    if printed != SCHEMA.read_text():
        raise Failed("recipe.schema.json is not what the decoder says: finetune schema > recipes/recipe.schema.json")
    schema = json.loads(printed)
    Draft7Validator.check_schema(schema)
    validator = Draft7Validator(schema)
    for path in recipes():
        for error in validator.iter_errors(json.loads(path.read_text())):
            raise Failed(f"{path.name}: {error.json_path}: {error.message[:200]}")
    return f"{len(recipes())} recipes"


def refuses_mistakes(place: Place) -> str:
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    count = 0
    for path in recipes():
        recipe = json.loads(path.read_text())
        for key in keys(recipe):
            wrong = changed(recipe, key, key=key[-1] + "x")
            if key[-1] != "description" and "known_as" not in key and "class_weight" not in key and "layer_rates" not in key:
                count += 1
                if validator.is_valid(wrong):
                    raise Failed(f"{path.name}: {key} may be misspelt")
            count += 1
            if validator.is_valid(changed(recipe, key, value={"qzqz": {}})):
                raise Failed(f"{path.name}: {key} may be anything")
    return f"{count} mistakes, each refused"


def agrees(place: Place) -> str:
    """What the tool says of numbers and words near the edges is what the schema says."""
    recipe = {
        "model": {"file": "model.h5"},
        "data": {"train": "pictures", "batch_size": 8, "unreadable_limit": 0.1, "interpolation": "nearest"},
        "l2": 0.1,
        "loss": {"name": "huber", "delta": 1.5},
        "phases": [{"epochs": 1, "layer_decay": 0.5, "optimizer": {"name": "adam", "beta_1": 0.9, "clipnorm": 1}}],
        "early_stopping": {"patience": 1, "mode": "min"},
        "cache": {"precision": "float32", "limit_gb": 1},
    }
    values = [-1, -0.5, 0, 0.5, 0.999, 1, 1.5, 2, 1e7, True, "nearest", "min", "x", [1], None]
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    count = 0
    with place.passing_folder("schema") as folder:
        file = folder / "recipe.json"
        for key in keys(recipe):
            if isinstance(recipe_value(recipe, key), dict | list) or key[-1] in ("file", "train", "name", "batch_size", "epochs"):
                continue
            for value in values:
                wrong = changed(recipe, key, value=value)
                file.write_text(json.dumps(wrong))
                said = place.tool.run("plan", file).messages
                # A recipe that can be read is refused for its pictures alone, which are not there.
                lines = [line for line in said.strip().splitlines() if not line.startswith("warning:")]
                reads = all("data.train:" in line for line in lines)
                count += 1
                if reads != validator.is_valid(wrong) and not lenient(value):
                    raise Failed(f"{key} = {value!r}: the schema says {not reads}, the tool: {said.strip()[:200]}")
    return f"{count} values, on which both agree"


def lenient(value: Any) -> bool:
    """Spellings of Keras' files that are read and not recommended: [1] for 1, 1 for true."""
    return isinstance(value, list)


def recipe_value(recipe: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        recipe = recipe[part]
    return recipe


def checks(place: Place) -> Iterator[Check]:
    yield Check("schema, every recipe of the repository", lambda: takes_all(place))
    yield Check("schema, misspelt recipes", lambda: refuses_mistakes(place))
    yield Check("schema, beside the tool", lambda: agrees(place))
