"""Draw the rooms of ARCHITECTURE.md from the contracts in .importlinter, each with the first sentence of its docstring."""

from __future__ import annotations

import ast
import re
import textwrap
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- rooms: written by tools/architecture.py -->", "<!-- end of rooms -->"
WIDTH = 100


def layers(contracts: Path = ROOT / ".importlinter") -> list[list[str]]:
    """Return the rooms, top layer first; rooms of one layer know nothing of each other."""
    parser = ConfigParser()
    parser.read(contracts, encoding="utf-8")
    lines = parser["importlinter:contract:layers"]["layers"].split("\n")
    return [[name.strip() for name in re.split(r"[|:]", line)] for line in lines if line.strip()]


def what_for(room: str) -> str:
    """Return the first sentence of a room's docstring."""
    source = ROOT / "src" / "karvan"
    path = source / f"{room}.py" if (source / f"{room}.py").is_file() else source / room / "__init__.py"
    text = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").replace("``", "")
    return re.split(r"(?<=\.)\s", " ".join(text.split("\n\n", maxsplit=1)[0].split()), maxsplit=1)[0]


def picture() -> str:
    """Return the picture of the rooms as a block of Markdown."""
    stack = layers()
    margin = max(len(room) for layer in stack for room in layer) + 2
    lines: list[str] = []
    for number, layer in enumerate(stack):
        lines += ["  |"] if number else []
        for room in layer:
            text = textwrap.wrap(what_for(room), WIDTH - margin)
            lines.append(f"{room:<{margin}}{text[0]}")
            lines += [f"{'  |':<{margin}}{line}" for line in text[1:]]
    return "\n".join([BEGIN, "```text", *lines, "```", END])


def main() -> None:
    """Write the picture into ARCHITECTURE.md."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(before + picture() + after, encoding="utf-8")


if __name__ == "__main__":
    main()
