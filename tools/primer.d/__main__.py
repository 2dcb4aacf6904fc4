"""`tools/primer` comes here."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from experiments import BLOCKS, FIGURES, SHEETS
from figures import svg
from running import ROOT, render_pictures

CATALOG = ROOT / "Sources" / "FineTune" / "FineTune.docc"
BLOCK = re.compile(r"(<!-- primer: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.S)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
TOLERANCE = 0.15  # of a number, or absolutely: what other processors' rounding may come to in training
EPOCHS = 5  # by how many an epoch may be another


def differs(old: str, new: str) -> bool:
    """Whether two texts differ by more than their numbers may."""
    if NUMBER.sub("#", old) != NUMBER.sub("#", new):
        return True
    for a, b in zip(NUMBER.findall(old), NUMBER.findall(new), strict=True):
        least = EPOCHS if a.isdigit() and b.isdigit() else 0
        if abs(float(a) - float(b)) > max(least, TOLERANCE * max(1.0, abs(float(a)), abs(float(b)))):
            return True
    return False


def articles(check: bool) -> list[str]:
    """Fills the places in the articles; names those where what stands there is another thing."""
    texts = {block.name: block.markdown() for block in BLOCKS}
    wrong, shown = [], set()
    for path in sorted(CATALOG.rglob("*.md")):
        text = path.read_text()
        for match in BLOCK.finditer(text):
            if match["name"] not in texts:
                raise SystemExit(f"tools/primer: {path.name}: nothing is called {match['name']}")
            shown.add(match["name"])
        filled = BLOCK.sub(lambda match: match[1] + texts[match["name"]] + "\n" + match[3], text)
        if differs(text, filled):
            wrong.append(path.name)
        if not check:
            path.write_text(filled)
    if unused := texts.keys() - shown:
        raise SystemExit(f"tools/primer: no article shows {', '.join(sorted(unused))}")
    return wrong


def figures(check: bool) -> list[str]:
    folder = CATALOG / "Resources"
    wrong = []
    for curves in FIGURES:
        path = folder / f"{curves.name}.svg"
        drawn = svg(curves)
        # Places of lines follow the numbers, which the tables check; what is written must be the same.
        words = re.compile(r">([^<>]+)</text>")
        if not path.exists() or words.findall(path.read_text()) != words.findall(drawn):
            wrong.append(path.name)
        if not check:
            path.write_text(drawn)
    with tempfile.TemporaryDirectory() as scratch:
        for sheet in SHEETS:
            path = folder / f"{sheet.name}.png"
            target = Path(scratch) / path.name if check else path
            sheet.write(target)
            if not path.exists() or path.stat().st_size < target.stat().st_size // 2:
                wrong.append(path.name)
    return wrong


def main() -> int:
    if sys.argv[1:] not in ([], ["--check"]):
        print("usage: tools/primer [--check]", file=sys.stderr)
        return 64
    check = bool(sys.argv[1:])
    render_pictures()
    wrong = articles(check) + figures(check)
    if check and wrong:
        print(f"tools/primer: not what the recipes give: {', '.join(wrong)}; tools/primer writes them anew", file=sys.stderr)
        return 1
    print("the primer says what its recipes do" if check else f"written: {CATALOG}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
