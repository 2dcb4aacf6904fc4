"""`tools/interop` comes here with the environment made."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import applications
import architectures
import evaluation
import formats
import hostile_images
import layer_cases
import nested_cases
import official_weights
import optimizer_state
import photographs
import real_models
import recipe_schema
import resizing
import run_logs
import stored_forms
import whole_steps
import written_files
from check import Check, Skipped, Tally
from judge import keras2, keras3
from place import Place
from quiet import silence
from tool import Tool

SECTIONS = [
    layer_cases,
    nested_cases,
    stored_forms,
    applications,
    real_models,
    photographs,
    resizing,
    hostile_images,
    evaluation,
    run_logs,
    recipe_schema,
    written_files,
    architectures,
    formats,
    optimizer_state,
    whole_steps,
    official_weights,
]
NO_TOOL = 69  # sysexits: unavailable


def judges() -> Iterator[Check]:
    yield Check("Keras 3 is here", lambda: f"{keras3().__version__} on {keras3().backend.backend()}")
    yield Check("Keras 2 is here", lambda: f"tf_keras {keras2().__version__}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/interop", description="Checks against real Keras, in both directions.")
    parser.add_argument("--only", metavar="GLOB", default="*", help="the checks whose names match")
    parser.add_argument("--all", action="store_true", help="all architectures of all families, and not one of each")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write what was seen of the architectures as a table")
    parser.add_argument("--list", action="store_true", help="name the checks and do nothing")
    parser.add_argument("--references", metavar="DIR", type=Path, help="write models and expected outputs; check nothing")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="work in this folder and leave everything there")
    return parser.parse_args()


def chosen(place: Place, glob: str) -> Iterator[Check]:
    yield from judges()
    for section in SECTIONS:
        yield from (check for check in section.checks(place) if fnmatch(check.name.lower(), glob.lower()))


def main() -> int:
    options = arguments()
    silence()
    tool = Tool(Path(os.environ["FINETUNE"]).resolve())
    data = Path(os.environ["FINETUNE_DATA"]).resolve()
    if options.references is None and not options.list and not tool.path.is_file():
        print(f"tools/interop: {tool.path} is absent: swift build -c release, or set FINETUNE", file=sys.stderr)
        return NO_TOOL
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="interop-") as scratch:
        kept = options.references or options.keep
        place = Place(tool, data, work=(kept or Path(scratch)).resolve(), keep=kept is not None, is_complete=options.all)
        for check in chosen(place, options.only):
            if options.list:
                print(check.name)
            elif options.references is None:
                tally.count(check.name, check.run)
            elif check.write_reference is not None:
                tally.count(check.name, check.write_reference)
    if options.markdown is not None:
        options.markdown.write_text(architectures.markdown(place.rows))
    if not options.list:
        print(tally)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
