"""Tables of what runs came to, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from running import Run, finetune, result


@dataclass(frozen=True)
class Results:
    """Losses and accuracies, a row for each run: in training those of the last epoch, in validation those of the model kept."""

    name: str
    heading: str
    runs: tuple[Run, ...]

    def markdown(self) -> str:
        lines = [
            f"| {self.heading} | recipe and setting | training loss | accuracy | validation loss | accuracy |",
            "|---|---|---|---|---|---|",
        ]
        for run in self.runs:
            history, metrics = result(run)
            found = (history[-1]["loss"], history[-1]["accuracy"], metrics["val_loss"], metrics["val_accuracy"])
            numbers = [f"{float(number):.2f}" for number in found]
            settings = run.shown or " ".join(f"`--set '{setting}'`" for setting in run.settings)
            said = f"`{run.recipe}.json` {settings}".rstrip()
            lines.append(" | ".join([f"| {run.label}", said, *numbers]) + " |")
        return "\n".join(lines)


@dataclass(frozen=True)
class Gradients:
    """How long the gradient of each layer's kernel is, a column for each run."""

    name: str
    runs: tuple[Run, ...]

    def markdown(self) -> str:
        found = [kernels(run) for run in self.runs]
        lines = ["| layer | " + " | ".join(run.label for run in self.runs) + " |", "|---" * (len(self.runs) + 1) + "|"]
        for layer in found[0]:
            lines.append(f"| `{layer}` | " + " | ".join(f"{column[layer]:.0e}" for column in found) + " |")
        return "\n".join(lines)


def kernels(run: Run) -> dict[str, float]:
    return {entry["path"].split("/")[0]: entry["gradient"] for entry in diagnosis(run)["kernels"]}


def diagnosis(run: Run) -> dict[str, Any]:
    return result(run)[1]["diagnosis"][0]


@dataclass(frozen=True)
class Said:
    """What the tool itself says of a run's curves and gradients."""

    name: str
    run: Run

    def markdown(self) -> str:
        said = diagnosis(self.run)
        lines = [f"> {said['curve']}: {said['curve_explanation']}."]
        if said["gradients"] != "healthy":
            lines.insert(0, f"> {said['gradients']}: {said['gradients_explanation']}.\n>")
        return "\n".join(lines)


@dataclass(frozen=True)
class Arithmetic:
    """How each output size of a run's model follows from its input."""

    name: str
    run: Run

    def markdown(self) -> str:
        result(self.run)
        return "```\n" + finetune("summary", self.run.folder / "model.h5", "--explain", "--quiet").rstrip() + "\n```"
