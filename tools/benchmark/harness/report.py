"""The results as tables."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from contest import OURS

Found = dict[str, Any]
NAMES = {"openvino": "OpenVINO", "onnxruntime": "ONNX Runtime", "keras": "Keras", "torch": "PyTorch", OURS: OURS}
PEERS = ["openvino", "onnxruntime", "keras", "torch"]

# What is asked of this package: the least ratio to the best peer, for VGG16, ResNet50 and MobileNetV2.
GOALS = {
    ("inference", 16, "float32"): (2.0, 1.1, 1.05),
    ("inference", 16, "bfloat16"): (1.2, 0.9, 0.85),
    ("inference", 1, "float32"): (1.0, 1.0, 1.0),
    ("training", 16, "float32"): (2.0, 1.4, 1.5),
}
# Of the largest probability: who differs more from Keras computes something else, which is said.
OUTPUT_TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}
ORDER = ["VGG16", "ResNet50", "MobileNetV2"]


def markdown(results: Found) -> str:
    lines = [
        f"{results.get('machine', '')}; " + ", ".join(f"{name} {version}" for name, version in results["versions"].items()) + ".",
        "Medians of interleaved runs; the best setting of each side counts.",
    ]
    for name in TITLES:
        if (section := results["sections"].get(name)) is None:
            continue
        lines += ["", f"### {TITLES[name]}", ""]
        if "failure" in section:
            lines += [f"failed: {section['failure']}", ""]
        if section["rows"]:
            lines += TABLES[name](section["rows"])
        load = f"{section['load']:.1f} other programs wanted the processors at its start"
        lines.append("")
        lines.append(f"Measured {section['when']} UTC in {section['seconds'] / 60:.1f} minutes; {load}.")
    return "\n".join(lines) + "\n"


def networks(rows: list[Found]) -> list[str]:
    lines: list[str] = []
    for key in dict.fromkeys((row["task"], row["batch"], row["precision"]) for row in rows):
        task, batch, precision = key
        own = [row for row in rows if (row["task"], row["batch"], row["precision"]) == key]
        sides = [side for side in PEERS if any(c["side"] == side for row in own for c in row["contenders"])]
        what = "milliseconds for one picture" if batch == 1 else "pictures a second"
        lines += [f"**{task}, batch {batch}, {precision}**: {what}", ""]
        lines.append("| | " + " | ".join(NAMES[side] for side in [OURS, *sides]) + " | to the best peer | asked | of the peak | memory |")
        lines.append("|---" * (len(sides) + 6) + "|")
        lines += [network(row, sides, GOALS.get(key)) for row in own]
        lines += ["", *notes(own), ""]
    return lines


def network(row: Found, sides: list[str], goals: tuple[float, ...] | None) -> str:
    bests = {side: best(row, side) for side in [OURS, *sides]}
    batch = row["batch"]

    def speed(found: Found) -> str:
        if batch == 1:
            return f"{1e3 * found['seconds']:.2f}"
        return number(batch / found["seconds"]) + f" ({found['variant']})"

    cells = [speed(found) if found else "–" for found in bests.values()]
    ours, peers = bests[OURS], [found for side, found in bests.items() if side != OURS and found]
    fastest = min((found["seconds"] for found in peers), default=None)
    ratio = fastest / ours["seconds"] if ours and fastest else None
    goal = f"{goals[ORDER.index(row['model'])]} ×" if goals and row["model"] in ORDER else ""
    share = f"{100 * ours['share_of_peak']:.0f} %" if ours else "–"
    memories = [found["peak_megabytes"] for found in peers if found["peak_megabytes"]]
    memory = f"{ours['peak_megabytes']:.0f} of {min(memories):.0f} MB" if ours and memories else "–"
    return f"| {row['model']} | " + " | ".join([*cells, f"{ratio:.2f} ×" if ratio else "–", goal, share, memory]) + " |"


def notes(rows: list[Found]) -> list[str]:
    """The machine beside the samples, what failed, and whose outputs differ."""
    found = [c for row in rows for c in row["contenders"] if c.get("seconds")]
    lines = []
    if found:
        precisions = ["float32"] if rows[0]["precision"] == "float32" else [rows[0]["precision"], "float32"]
        peaks = [
            f"{median(own):.0f} GFLOP/s ({min(own):.0f}–{max(own):.0f}) in {precision}"
            for precision, key in zip(precisions, ["peak_gflops", "peak_gflops_float32"], strict=False)
            if (own := [c[key] for c in found if key in c])
        ]
        pings = [ping for c in found for ping in c.get("ping_pongs", [c["ping_pong_ns"]]) if ping == ping]  # not where a thread stayed away
        core = f"; core to core {median(pings):.0f} ns ({min(pings):.0f}–{max(pings):.0f})" if pings else ""
        lines.append(f"Peak beside the samples {', '.join(peaks)}{core}.")
        others = [share for c in found for share in c.get("others", [])]
        if others:
            lines.append(f"Other programs kept {median(others):.2f} of a processor busy meanwhile (at most {max(others):.2f}).")
    for row in rows:
        lines += processor_time(row)
        for c in row["contenders"]:
            if c["failure"]:
                lines.append(f"{row['model']}: {NAMES[c['side']]} ({c['variant']}) failed: {c['failure']}.")
            difference, bound = c.get("difference"), OUTPUT_TOLERANCE[row["precision"]]
            if row["task"] == "inference" and difference is not None and not difference <= bound:
                lines.append(f"{row['model']}: the output of {NAMES[c['side']]} ({c['variant']}) is {difference:.1e} away from Keras'.")
    return lines


def processor_time(row: Found) -> list[str]:
    """What a picture takes of a processor, which other programs hardly change; threads that spin while they wait count."""
    found = [c for c in row["contenders"] if c.get("processor_seconds") and not c["failure"]]
    ours = [c for c in found if c["side"] == OURS]
    peer = min((c for c in found if c["side"] != OURS), key=lambda c: c["processor_seconds"], default=None)
    if not ours or peer is None:
        return []
    own, other = (1e3 * c["processor_seconds"] / row["batch"] for c in (ours[0], peer))
    name = f"{NAMES[peer['side']]} ({peer['variant']})"
    return [f"{row['model']}: {own:.2f} ms of processor time a picture, {name} {other:.2f} ms: {other / own:.2f} ×."]


def best(row: Found, side: str) -> Found | None:
    own = [c for c in row["contenders"] if c["side"] == side and c.get("seconds") and not c["failure"]]
    return min(own, key=lambda c: c["seconds"], default=None)


def number(x: float) -> str:
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}"


def commands(rows: list[Found]) -> list[str]:
    """Whole programs: seconds, and how often ours fits into each."""
    lines: list[str] = []
    for row in rows:
        ours = [c for c in row["contenders"] if c["side"] == OURS]
        per_picture = row.get("pictures")
        unit = "pictures/s" if per_picture else "seconds"
        name = row.get("name", "")
        if lines:
            lines.append("")
        lines += [f"| {name} | {unit} | memory | " + " | ".join(f"FineTune, {c['variant']}" for c in ours) + " |"]
        lines.append("|---" * (3 + len(ours)) + "|")
        for c in sorted(row["contenders"], key=lambda c: c["side"] == OURS):
            name = f"{NAMES.get(c['side'], c['side'])}, {c['variant']}"
            if c.get("seconds") is None:
                lines.append(f"| {name} | failed: {c['failure']} |" + " |" * (1 + len(ours)))
                continue
            amount = number(per_picture / c["seconds"]) if per_picture else f"{c['seconds']:.3f}"
            memory = f"{c['peak_megabytes']:.0f} MB" if c.get("peak_megabytes") else ""
            ratios = [f"{c['seconds'] / o['seconds']:.2f} ×" if o.get("seconds") else "" for o in ours]
            lines.append(f"| {name} | {amount} | {memory} | " + " | ".join(ratios) + " |")
    return lines


def scaling(rows: list[Found]) -> list[str]:
    lines = ["| | amounts | seconds | MB | last doubling |", "|---|---|---|---|---|"]
    for row in rows:
        seconds, amounts = row["seconds"], " → ".join(str(x) for x in row["amounts"])
        times = " → ".join(f"{x:.2f}" for x in seconds)
        memory = " → ".join(f"{x:.0f}" for x in row["peak_megabytes"])
        lines.append(f"| {row['axis']} | {amounts} | {times} | {memory} | {seconds[-1] / seconds[-2]:.2f} × |")
    return lines


def kernels(rows: list[Found]) -> list[str]:
    lines: list[str] = []
    for row in rows:
        if "said" in row:
            lines += [row["said"], ""]
        elif "columns" in row:
            lines += ["", f"| {row['unit']} | " + " | ".join(row["columns"]) + " |", "|---" * (len(row["columns"]) + 1) + "|"]
        else:
            missing = [""] * (4 - len(row["cells"])) if row["name"].startswith("median") else []
            lines.append(f"| {row['name']} | " + " | ".join([*missing, *row["cells"]]) + " |")
    return lines


TITLES = {
    "kernels": "Kernels",
    "inference": "Inference",
    "training": "Training step",
    "fine-tuning": "Fine-tuning a head, from the start of the process to the written model",
    "decoding": "Decoding and resizing photographs to 224²",
    "start-up": "One picture, from the start of the process to its end",
    "scaling": "Cost as the work doubles",
}
TABLES: dict[str, Callable[[list[Found]], list[str]]] = {
    "kernels": kernels,
    "inference": networks,
    "training": networks,
    "fine-tuning": commands,
    "decoding": commands,
    "start-up": commands,
    "scaling": scaling,
}
