"""Every rule of every schema, broken in every row of the textbook case, one at a time: one fault gives one problem.

What each fault should say stands here, in words of its own; nothing of the checker is asked for it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

Lines = list[list[str]]

SCHEMA_FOLDER = resources.files("karvan.case") / "schema"
TABLES = sorted(path.name.removesuffix(".csv") for path in SCHEMA_FOLDER.iterdir())
#: Nothing in any table is called so, and no name is near it.
NOWHERE = "zzz9"

#: Per type: texts that do not fit, what is expected instead, and the way on. ``{column}`` is the column's name.
BAD_TEXTS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "number": (
        ("many", "1,000", "1_000", "12 km", "nan", "inf", "1e400", "0x10", "\N{FULLWIDTH DIGIT FIVE}"),
        "a number",
        "Write {column} as a plain number, remarks in note.",
    ),
    "int": (("many", "1.5", "1_520", "nan"), "a whole number", "Write {column} as a plain number, remarks in note."),
    "year": (("2026.5", "MMXXVI"), "a whole number", "Write {column} as a plain number, remarks in note."),
    "bool": (("yes", "1", "True"), "true or false", "Write true or false."),
    "date": (
        ("1 June 2025", "2025/06/01", "2025-6-1", "25-06-01", "2025-06-01T00:00"),
        "a date YYYY, YYYY-MM or YYYY-MM-DD",
        "Write the date as far as it is known.",
    ),
    "id": (
        ("two words", "-dash", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "a/b", "a;b"),
        "a name of letters, digits, _ . -",
        "Rename it, here and wherever it is used.",
    ),
    "currency": (("euro", "eur", "EU", "E1R"), "three capital letters", "Write the ISO 4217 code."),
    "country": (("Alba", "aaa", "AA", "A1A"), "three capital letters", "Write the ISO 3166 alpha-3 code."),
}
#: Dates that look right and are none.
NO_DAYS = ("2025-02-29", "2025-13", "2025-00", "2025-06-31", "0000")


@dataclass(frozen=True)
class Rule:
    """A row of a schema file."""

    field: str
    type: str
    unit: str
    required: bool
    minimum: str
    maximum: str
    references: str


def rules_of(table: str) -> list[Rule]:
    text = (SCHEMA_FOLDER / f"{table}.csv").read_text(encoding="utf-8")
    return [
        Rule(
            row["field"], row["type"], row["unit"], row["required"] == "yes", row["min"], row["max"], row["references"]
        )
        for row in csv.DictReader(text.splitlines())
    ]


def file_of(table: str) -> str:
    return table.replace("programme_", "programme/") + ".csv"


def columns() -> Iterator[tuple[str, Rule]]:
    for table in TABLES:
        for rule in rules_of(table):
            yield table, rule


ALL_COLUMNS = list(columns())


@pytest.fixture
def two_rows(files):
    """The textbook case with at least two rows in every table."""
    files.add("programme/body.csv", like="jwg", body_id="jec", name="Joint economic commission", kind="commission")
    for table in TABLES:
        assert len(files.read(file_of(table))) > 2, f"give {table} a second row here"
    assert files.problems() == []
    return files


def break_cells(files, table: str, column: str, texts: list[tuple[str, str]]) -> list[str]:
    """Put a text into the column of a row, until every row and every text had its turn; return what else came of it."""
    file = file_of(table)
    lines = files.read(file)
    place = lines[0].index(column)
    wrong = []
    for turn in range(max(len(lines) - 1, len(texts))):
        number = turn % (len(lines) - 1) + 1
        text, what = texts[turn % len(texts)]
        cells = list(lines[number])
        cells[place] = text
        files.write(file, [*lines[:number], cells, *lines[number + 1 :]])
        expected = [f"{file}, line {number + 1}, {column}: {what}"]
        found = files.problems()
        if found != expected:
            wrong.append(f"{text!r} in line {number + 1} gave {found}, not {expected}")
    files.write(file, lines)
    return wrong


def bad_texts(rule: Rule) -> list[tuple[str, str]]:
    """Return texts that the column cannot hold, with what the problem says after its place."""
    texts = []
    if rule.type in BAD_TEXTS:
        bad, expected, todo = BAD_TEXTS[rule.type]
        texts += [(text, f"found {text!r}; expected {expected}. {todo.format(column=rule.field)}") for text in bad]
    if rule.type == "date":
        texts += [(text, f"found {text!r}; expected a date of the calendar. Check month and day.") for text in NO_DAYS]
    if rule.type.startswith("enum:"):
        choices = rule.type.removeprefix("enum:").split("|")
        one_of = f"expected one of {', '.join(choices)}"
        texts.append((NOWHERE, f"found {NOWHERE!r}; {one_of}. Write one of them."))
        texts += [(f"{name}x", f"found '{name}x'; {one_of}. Write {name}.") for name in choices]
    least = "more than" if rule.minimum.startswith(">") else "at least"
    for bound, word, step in ((rule.minimum.removeprefix(">"), least, -1), (rule.maximum, "at most", 1)):
        if bound:
            text = str(int(bound) + step) if bound.lstrip("-").isdigit() else str(float(bound) + step)
            texts.append((text, f"found {text!r}; expected {word} {bound}. Check the unit ({rule.unit or 'none'})."))
    return texts


def params(chosen: list[tuple[str, Rule]]) -> list:
    return [pytest.param(table, rule, id=f"{table}.{rule.field}") for table, rule in chosen]


REQUIRED = params([(table, rule) for table, rule in ALL_COLUMNS if rule.required])
TYPED = params([(table, rule) for table, rule in ALL_COLUMNS if bad_texts(rule)])
LISTS = params([(table, rule) for table, rule in ALL_COLUMNS if rule.type == "list"])
REFERENCES = params([(table, rule) for table, rule in ALL_COLUMNS if rule.references])


def test_the_generator_knows_every_type():
    plain = {"text", "list"}
    types = {rule.type for _, rule in ALL_COLUMNS if not rule.type.startswith("enum:")}
    assert types == set(BAD_TEXTS) | plain


@pytest.mark.parametrize(("table", "rule"), REQUIRED)
def test_a_blank_required_cell(two_rows, table, rule):
    blank = f"found a blank cell; expected a value. Fill in {rule.field}."
    texts = [("", blank), ("  ", blank)]
    if rule.type == "list":
        texts.append((";", f"found ';'; expected a value. Fill in {rule.field}."))
    assert break_cells(two_rows, table, rule.field, texts) == []


@pytest.mark.parametrize(("table", "rule"), TYPED)
def test_a_cell_of_another_type_or_out_of_bounds(two_rows, table, rule):
    assert break_cells(two_rows, table, rule.field, bad_texts(rule)) == []


@pytest.mark.parametrize(("table", "rule"), LISTS)
def test_a_list_that_repeats_a_name(two_rows, table, rule):
    repeats = "found 'one;two;one'; expected each name once. Remove the repeated name."
    assert break_cells(two_rows, table, rule.field, [("one;two;one", repeats)]) == []


@pytest.mark.parametrize(("table", "rule"), REFERENCES)
def test_a_reference_to_nothing(two_rows, table, rule):
    target, key = rule.references.split(".")
    known = [cells[two_rows.read(file_of(target))[0].index(key)] for cells in two_rows.read(file_of(target))[1:]]
    expected = f"expected a {key} of {file_of(target)}"
    texts = [(NOWHERE, f"found {NOWHERE!r}; {expected}. Add it to {file_of(target)}, or mend the name.")]
    if rule.type == "list":
        both = f"{known[0]};{NOWHERE}"
        texts.append((both, f"found {NOWHERE!r}; {expected}. Add it to {file_of(target)}, or mend the name."))
    longest = max(known, key=len)
    texts.append((f"{longest}_x", f"found '{longest}_x'; {expected}. Did you mean {longest}?"))
    assert break_cells(two_rows, table, rule.field, texts) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_key_a_second_time(two_rows, table):
    file = file_of(table)
    lines = two_rows.read(file)
    key = lines[0][0]
    for number in range(1, len(lines)):
        two_rows.write(file, [*lines, lines[number]])
        again = f"{file}, line {len(lines) + 1}, {key}: found {lines[number][0]!r} a second time"
        first = f"expected one row (the first is line {number + 1}). Remove or rename one of the two."
        assert two_rows.problems() == [f"{again}; {first}"]


@pytest.mark.parametrize("table", TABLES)
def test_a_row_renamed_to_the_key_of_another(two_rows, table):
    """The name that the row had is missing now; only the name that it has is told."""
    file = file_of(table)
    lines = two_rows.read(file)
    key = lines[0][0]
    for number in range(2, len(lines)):
        two_rows.write(file, [*lines[:number], [lines[1][0], *lines[number][1:]], *lines[number + 1 :]])
        again = f"{file}, line {number + 1}, {key}: found {lines[1][0]!r} a second time"
        assert two_rows.problems() == [
            f"{again}; expected one row (the first is line 2). Remove or rename one of the two."
        ]


@pytest.mark.parametrize(("table", "rule"), REQUIRED)
def test_a_missing_column(two_rows, table, rule):
    file = file_of(table)
    two_rows.drop_column(file, rule.field)
    assert two_rows.problems() == [
        f"{file}, line 1, {rule.field}: found no such column; expected the column. Add the column."
    ]


@pytest.mark.parametrize(("table", "rule"), params(ALL_COLUMNS))
def test_a_misspelt_column(two_rows, table, rule):
    """The one problem is the spelling; nothing is said about the cells that nobody can find."""
    file, misspelt = file_of(table), f"{rule.field}_"
    two_rows.rename_column(file, rule.field, misspelt)
    assert two_rows.problems() == [
        f"{file}, line 1, {misspelt}: found an unknown column; expected a column of the schema. Rename it to {rule.field}."
    ]


@pytest.mark.parametrize("table", TABLES)
def test_an_unknown_column(two_rows, table):
    file = file_of(table)
    header, *rows = two_rows.read(file)
    two_rows.write(file, [[*header, NOWHERE], *([*cells, "1"] for cells in rows)])
    assert two_rows.problems() == [
        (
            f"{file}, line 1, {NOWHERE}: found an unknown column; expected a column of the schema. "
            "Remove it, or put its text into note."
        )
    ]


@pytest.mark.parametrize("table", TABLES)
def test_a_column_twice(two_rows, table):
    file = file_of(table)
    header, *rows = two_rows.read(file)
    two_rows.write(file, [[*header, header[0]], *([*cells, cells[0]] for cells in rows)])
    assert two_rows.problems() == [f"{file}, line 1, {header[0]}: found the column 2 times; expected once. Remove one."]


@pytest.mark.parametrize("change", [-1, 1], ids=["too few", "too many"])
@pytest.mark.parametrize("table", TABLES)
def test_another_number_of_cells(two_rows, table, change):
    file = file_of(table)
    lines = two_rows.read(file)
    count = len(lines[0])
    for number in range(1, len(lines)):
        cells = lines[number][:-1] if change < 0 else [*lines[number], "more"]
        two_rows.write(file, [*lines[:number], cells, *lines[number + 1 :]])
        assert two_rows.problems() == [
            (
                f"{file}, line {number + 1}: found {count + change} cells; expected {count} cells. "
                "Quote cells that contain commas."
            )
        ]
