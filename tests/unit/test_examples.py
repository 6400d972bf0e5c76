"""What a newcomer reads is true: examples run, commands run, and the pages on commands name what is there."""

from __future__ import annotations

import json
import re
import runpy
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from karvan.cli import app, main

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name; a group stands for itself only where it answers by itself."""
    for name, command in group.commands.items():
        if not hasattr(command, "commands"):
            yield before + name, command
            continue
        if command.invoke_without_command:
            yield before + name, command
        yield from commands(command, f"{before}{name} ")


COMMANDS = dict(commands(typer.main.get_command(app)))
#: What `karvan portfolio select` chooses from.
OPTIONS = "group,option,cost,value\nrail,single,3,5\nroad,one,2,2\n"
#: What `karvan trade` asks of.
TRADE = "exporter,importer,value,home\nA,A,90,1\nA,B,10,0\nB,A,9,0\nB,B,80,1\n"
TAU = "exporter,importer,tau_hat\nA,B,0.9\n"
#: What `karvan appraisal accounts` is asked about.
FLOWS = "year,benefit,cost\n2026,0,100\n2027,60,5\n2028,70,5\n"
#: What `karvan portfolio design` chooses from: two links that stand, and a shorter one.
DESIGN = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 3
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 2
<NUMBER OF NEW LINKS> 1
<END OF METADATA>
1 3 5 1 2 0.15 4 0 0 1 0 ;
3 2 5 1 2 0.15 4 0 0 1 0 ;
1 2 5 1 1 0.15 4 0 0 1 7 ;
"""
TRIPS = "<NUMBER OF ZONES> 2\n<END OF METADATA>\nOrigin 1\n2 : 9;\n"

JSON = {
    "plan": "plan textbook --until trade --out run --json",
    "check": "check broken --json",
    "case": "case --case textbook --json",
    "case demand": "case demand --case textbook --by pair --json",
    "case validate": "case validate --case textbook --json",
    "network": "network --case textbook --json",
    "flows": "flows --case textbook --json",
    "routes": "routes a_city c_city --case textbook --scenario open,ab_shut --json",
    "trade": "trade --project N1 --case textbook --json",
    "trade potential": "trade potential --case textbook --target-musd 40 --json",
    "trade counterfactual": "trade counterfactual --trade trade.csv --tau tau.csv --pairs --json",
    "trade estimate": "trade estimate --data trade.csv --value value --regressors home --json",
    "programme": "programme --case textbook --json",
    "appraisal projects": "appraisal N2 N5 --case textbook --json",
    "appraisal accounts": "appraisal accounts --flows flows.csv --rule-set adb_2017 --json",
    "appraisal rules": "appraisal rules --json",
    "portfolio": "portfolio --case textbook --budget 320 --project N2,N3 --later 0 --json",
    "portfolio design": "portfolio design --net design.tntp --trips trips.tntp --budget-share 1 --json",
    "portfolio select": "portfolio select --options options.csv --budget 4 --json",
}


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def shown_commands(page: Path) -> list[str]:
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    return [line.removeprefix("$ karvan ") for line in lines if line.startswith("$ karvan ")]


def run(command: str) -> int:
    try:
        main(shlex.split(command))
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def section(name: str) -> str:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    return re.split(r"^## ", text.split(f"\n## {name}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_is_short(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(script.read_text(encoding="utf-8").splitlines()) < 40
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_python_on_a_page_runs_in_order(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = "\n".join(blocks(ROOT / name, "python"))
    assert source
    exec(compile(source, name, "exec"), {})  # noqa: S102 - our own page
    assert capsys.readouterr().out


@pytest.mark.parametrize("page", [page for page in PAGES if shown_commands(page)], ids=lambda path: path.stem)
def test_commands_on_a_page_run_in_order(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed = [command for command in shown_commands(page) if run(command) != 0]
    assert not failed


def test_every_command_has_its_section() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert all(f"\n## {name}\n" in text for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_page_names_the_options_that_a_command_has(name: str) -> None:
    options = {opt for param in COMMANDS[name].params for opt in param.opts if opt.startswith("-")}
    rows = [row.split("|")[1] for row in section(name).splitlines() if row.startswith("| `-")]
    shown = {part for row in rows for part in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", row)}
    assert shown == options - {"--help", "-h"}


@pytest.mark.parametrize("name", sorted(JSON))
def test_the_page_names_every_field_of_json(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new broken")
    (tmp_path / "broken" / "node.csv").unlink()
    (tmp_path / "options.csv").write_text(OPTIONS, encoding="utf-8")
    (tmp_path / "design.tntp").write_text(DESIGN, encoding="utf-8")
    (tmp_path / "trips.tntp").write_text(TRIPS, encoding="utf-8")
    (tmp_path / "trade.csv").write_text(TRADE, encoding="utf-8")
    (tmp_path / "tau.csv").write_text(TAU, encoding="utf-8")
    (tmp_path / "flows.csv").write_text(FLOWS, encoding="utf-8")
    capsys.readouterr()
    run(JSON[name])
    answer = json.loads(capsys.readouterr().out)
    text = section(name)
    assert not [key for key in fields(answer) if f"`{key}`" not in text]
    head = section("JSON")
    assert all(f"`meta.{key}`" in head for key in answer["meta"])


def fields(value: object) -> Iterator[str]:
    """Yield the keys of an answer at any depth, each once, those of its provenance apart."""
    seen: dict[str, None] = {}
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            own = {key: item for key, item in part.items() if key != "meta"}
            seen |= dict.fromkeys(own)
            waiting += own.values()
        elif isinstance(part, list):
            waiting += part
    yield from seen
