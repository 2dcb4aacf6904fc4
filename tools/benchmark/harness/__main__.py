"""`tools/benchmark/run` comes here with the environment made and the programs built."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import decoding
import finetuning
import kernels
import networks
import scaling
import startup
from machine import machine
from report import markdown
from session import Row, Session, say

Section = Callable[[Session, dict[str, str]], list[Row]]
# name: what measures it, and its share of the time
SECTIONS: dict[str, tuple[Section, float]] = {
    "kernels": (kernels.measure, 1),
    "inference": (lambda session, versions: networks.measure("inference", session, versions), 5),
    "training": (lambda session, versions: networks.measure("training", session, versions), 5),
    "fine-tuning": (finetuning.measure, 3),
    "decoding": (decoding.measure, 0.7),
    "start-up": (startup.measure, 0.7),
    "scaling": (scaling.measure, 1),
}
SETUP_SHARE = 0.45  # of the time goes into imports and compilation


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/benchmark/run")
    names = ",".join(SECTIONS)
    parser.add_argument("--only", default=names, help=f"sections, with commas between: {names}")
    parser.add_argument("--models", default="VGG16,ResNet50,MobileNetV2", help="of inference and training")
    parser.add_argument("--peers", default="openvino,onnxruntime,keras,torch", help="of inference and training")
    parser.add_argument("--minutes", type=float, default=20, help="about how long all sections together may take")
    parser.add_argument("--quick", action="store_true", help="the fewest repetitions: shows that everything works")
    parser.add_argument("--all-variants", action="store_true", help="also settings of peers that were slower everywhere")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--output", type=Path, default=Path(".build-python/benchmark"), help="benchmark.json and benchmark.md")
    parser.add_argument("--report", action="store_true", help="measure nothing, write benchmark.md from benchmark.json")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    chosen = options.only.split(",")
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        print(f"tools/benchmark/run: no section {unknown[0]!r}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 64
    options.output.mkdir(parents=True, exist_ok=True)
    file = options.output.resolve() / "benchmark.json"
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"versions": {}, "sections": {}}
    if not options.report:
        shares = sum(SECTIONS[name][1] for name in chosen)
        for name in chosen:
            seconds = options.minutes * 60 * (1 - SETUP_SHARE) * SECTIONS[name][1] / shares
            results["sections"][name] = section(name, session(options, seconds), results["versions"])
            results["machine"] = machine()
            file.write_text(json.dumps(results, indent=1))
    text = markdown(results)
    file.with_suffix(".md").write_text(text)
    print(text)
    say(f"written: {file} and {file.with_suffix('.md')}")
    return 1 if any("failure" in found for found in results["sections"].values()) else 0


def session(options: argparse.Namespace, seconds: float) -> Session:
    return Session(
        work=options.output.resolve(),
        programs=Path(os.environ["BENCHMARK_PROGRAMS"]),
        tool=Path(os.environ["FINETUNE"]),
        data=Path(os.environ["FINETUNE_DATA"]),
        threads=options.threads,
        seconds=seconds,
        quick=options.quick,
        all_variants=options.all_variants,
        models=options.models.split(","),
        peers=options.peers.split(","),
    )


def section(name: str, session: Session, versions: dict[str, str]) -> dict[str, Any]:
    """A section that fails is reported; the others go on."""
    start = time.monotonic()
    found: dict[str, Any] = {"when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "load": os.getloadavg()[0]}
    try:
        found["rows"] = SECTIONS[name][0](session, versions)
    except Exception as error:
        traceback.print_exc()
        found |= {"rows": [], "failure": f"{type(error).__name__}: {error}"}
    return found | {"seconds": time.monotonic() - start}


if __name__ == "__main__":
    sys.exit(main())
