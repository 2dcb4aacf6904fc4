"""`tools/compare-with-keras` comes here with the environment made."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import recipe_side
from keras_side import KerasSide
from our_side import OurSide
from recipe_side import RecipeComparison
from report import comparison, markdown
from setting import SEEDS
from splits import export_split

NO_INPUT, NO_TOOL = 66, 69  # sysexits


def arguments() -> argparse.Namespace:
    data = Path(os.environ["FINETUNE_DATA"]).resolve()
    parser = argparse.ArgumentParser(prog="tools/compare-with-keras")
    parser.add_argument("--images", type=Path, default=data / "images/trashnet")
    parser.add_argument("--weights", type=Path, default=data / "weights/mobilenet_v1_0.25_224/mobilenet_v1_0.25_224.h5")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--output", type=Path, default=Path(".build-python/comparison"))
    parser.add_argument("--keras-results", type=Path, help="kept results of Keras, else OUTPUT/keras.json")
    parser.add_argument("--recipe", type=Path, help="compare this recipe on pictures that neither side has seen, and nothing else")
    parser.add_argument("--keras-only", action="store_true", help="measure Keras and stop")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    tool = Path(os.environ["FINETUNE"]).resolve()
    for path in (options.images, options.weights):
        if not path.exists():
            print(f"tools/compare-with-keras: {path} is absent", file=sys.stderr)
            return NO_INPUT
    if not options.keras_only and not tool.is_file():
        print(f"tools/compare-with-keras: {tool} is absent: swift build -c release, or set FINETUNE", file=sys.stderr)
        return NO_TOOL
    output = options.output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    if options.recipe:
        return compare_recipe(options, tool, output)
    keras = KerasSide(options.images.resolve(), options.weights.resolve(), options.keras_results or output / "keras.json", output)
    theirs = keras.results(options.seeds)
    if options.keras_only:
        return 0
    ours = []
    for seed in options.seeds:
        split = output / f"split-{seed}"
        export_split(keras.images, theirs["seeds"][str(seed)]["split"], split)
        ours.append(OurSide(tool, keras.weights, output).results(seed, split))
    found = comparison(options.seeds, theirs, ours, versions(tool))
    (output / "comparison.json").write_text(json.dumps(found, indent=2) + "\n")
    (output / "comparison.md").write_text(markdown(found))
    print(markdown(found))
    print(f"written: {output / 'comparison.md'}, {output / 'comparison.json'}")
    return 0 if all(found["met"].values()) else 1


def compare_recipe(options: argparse.Namespace, tool: Path, output: Path) -> int:
    compare = RecipeComparison(tool, options.recipe, options.images.resolve(), options.weights.resolve(), output)
    found = recipe_side.summary(compare(options.seeds)) | {"versions": versions(tool)}
    (output / "recipe.json").write_text(json.dumps(found, indent=2) + "\n")
    (output / "recipe.md").write_text(recipe_side.markdown(found))
    print(recipe_side.markdown(found))
    print(f"written: {output / 'recipe.md'}, {output / 'recipe.json'}")
    return 0 if all(found["met"].values()) else 1


def versions(tool: Path) -> dict[str, str]:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return {"keras": version("keras"), "tensorflow-cpu": version("tensorflow-cpu"), "finetune": said or "unknown"}


if __name__ == "__main__":
    sys.exit(main())
