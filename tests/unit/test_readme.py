"""The README shows what the program prints today, and pictures that it draws today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from karvan.cli import main

ROOT = Path(__file__).resolve().parents[2]


def printed(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert left.value.code == 0
    return capsys.readouterr().out


def shown():
    return re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)


def lines(text):
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_summary_of_make_run(capsys, tmp_path):
    out = printed(capsys, "plan", "pakistan_azerbaijan", "--until", "routes", "--out", str(tmp_path / "run"))
    assert lines(shown()[0]) == lines(out)


def test_the_answer_to_the_first_example(capsys):
    out = lines(printed(capsys, "routes", "karachi_port", "baku", "-k", "3", "--case", "pakistan_azerbaijan"))
    block = lines(shown()[1])
    assert block == out[: len(block)]


def test_the_pictures_are_linked_and_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\((docs/pictures/[^)]+)\)", text):
        assert (ROOT / name).is_file()
    assert "docs/pictures/karachi-baku.svg" in text
