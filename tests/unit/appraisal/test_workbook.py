"""The workbook: its formulas, worked out again here, give the figures that the program found.

The evaluator below knows nothing of the program: it reads the file as it is, and gives each formula the meaning that
spreadsheets give it, with numpy-financial for IRR and MIRR.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from xml.etree import ElementTree as ET

import numpy as np
import numpy_financial as npf
import pytest

from karvan.appraisal.accounts import Accounts, Item, appraise_accounts
from karvan.appraisal.discounting import Band, Discounting
from karvan.appraisal.workbook import workbook_bytes

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CELL = re.compile(r"(?:(?P<sheet>Inputs|Accounts|Result)!)?\$?(?P<column>[A-Z]{1,2})\$?(?P<row>\d+)")
RANGE = re.compile(
    rf"{CELL.pattern}:\$?(?P<last_column>[A-Z]{{1,2}})\$?(?P<last_row>\d+)".replace("?P<row>", "?P<first_row>")
)


class Book:
    """Cells of a workbook by sheet and place: numbers, formulas, and the values stored with them."""

    def __init__(self, data: bytes) -> None:
        self.formulas: dict[tuple[str, str], str] = {}
        self.stored: dict[tuple[str, str], float] = {}
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for number, sheet in enumerate(("Inputs", "Accounts", "Result"), start=1):
                root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - our own file
                for cell in root.iter(f"{SPACE}c"):
                    value, formula = cell.find(f"{SPACE}v"), cell.find(f"{SPACE}f")
                    if value is not None and value.text is not None and cell.get("t") != "s":
                        self.stored[sheet, cell.get("r")] = float(value.text)
                    if formula is not None:
                        self.formulas[sheet, cell.get("r")] = formula.text
        self.known: dict[tuple[str, str], float] = {}

    def value(self, sheet: str, place: str) -> float:
        key = (sheet, place)
        if key not in self.known:
            self.known[key] = (
                self.work_out(sheet, self.formulas[key]) if key in self.formulas else self.stored.get(key, 0.0)
            )
        return self.known[key]

    def work_out(self, sheet: str, formula: str) -> float:
        def cells(match: re.Match[str]) -> str:
            where = match["sheet"] or sheet
            assert match["column"] == match["last_column"]
            rows = range(int(match["first_row"]), int(match["last_row"]) + 1)
            return repr([self.value(where, f"{match['column']}{row}") for row in rows])

        def cell(match: re.Match[str]) -> str:
            return f"({self.value(match['sheet'] or sheet, match['column'] + match['row'])!r})"

        text = CELL.sub(cell, RANGE.sub(cells, formula))
        meaning = {
            "SUM": math.fsum,
            "SUMPRODUCT": lambda one, two: float(np.dot(one, two)),
            "IRR": newton,
            "MIRR": npf.mirr,
            "MIN": min,
            "MAX": max,
        }
        return float(eval(power(text), {"__builtins__": {}}, meaning))  # noqa: S307 - our own formulas


def power(text: str) -> str:
    """Python's power binds an exponent's minus as spreadsheets do when the exponent stands in parentheses."""
    return text.replace("^", "**")


def newton(flows: list[float], guess: float) -> float:
    """IRR as spreadsheets look for it: Newton's method from the guess."""
    rate, steps = guess, np.arange(len(flows))
    for _ in range(100):
        value = np.dot(flows, (1 + rate) ** -steps)
        slope = np.dot(flows, -steps * (1 + rate) ** -(steps + 1.0))
        rate -= value / slope
    return rate


def book_of(discounting: Discounting, *, net_twice: bool = False, base_year: int | None = None):
    benefits = (0.0, 2300.0, 0.0, 0.0, 0.0) if net_twice else (0.0, 0.0, 60.0, 70.0, 80.0)
    capital = (1000.0, 0.0, 1320.0, 0.0, 0.0) if net_twice else (100.0, 20.0, 0.0, 0.0, 0.0)
    items = [
        Item("benefit_time", "benefit", benefits),
        Item("cost_capital", "cost", capital, capital=True),
        Item("cost_upkeep", "cost", (0.0, 0.0, 0.0, 0.0, 0.0) if net_twice else (0.0, 0.0, 5.0, 5.0, 5.0)),
    ]
    found = appraise_accounts(Accounts.of(range(2026, 2031), items), discounting, base_year=base_year)
    return found, workbook_bytes(found)


BANDED = Discounting.of([Band(0, 0.09), Band(2, 0.05), Band(4, 0.02)], timing="mid")


@pytest.mark.parametrize(
    ("discounting", "net_twice", "base_year"),
    [
        (Discounting.at(0.1), False, None),
        (Discounting.at(0.07, timing="end"), False, 2024),
        (Discounting.at(0.07, timing="mid"), False, 2028),
        (BANDED, False, None),
        (BANDED, False, 2023),
        (Discounting.at(0.05), True, None),
    ],
)
def test_every_stored_value_is_what_its_formula_gives(discounting, net_twice, base_year):
    found, data = book_of(discounting, net_twice=net_twice, base_year=base_year)
    book = Book(data)
    assert len(book.formulas) > 50
    for (sheet, place), formula in book.formulas.items():
        if sheet == "Result" and place.startswith("D"):
            continue
        assert book.value(sheet, place) == pytest.approx(book.stored[sheet, place], rel=1e-9, abs=1e-9), (
            place,
            formula,
        )
    assert book.value("Result", "B4") == pytest.approx(found.enpv, rel=1e-12)


def test_differences_are_nothing():
    _, data = book_of(BANDED)
    book = Book(data)
    differences = [book.value(*key) for key in book.formulas if key[0] == "Result" and key[1].startswith("D")]
    assert len(differences) >= 7
    assert max(map(abs, differences)) < 1e-9


def test_an_input_changed_moves_the_result():
    """The formulas are live: at another rate in the cell of the rate they give what the program gives at that rate."""
    _, data = book_of(Discounting.at(0.1))
    book = Book(data)
    book.stored["Inputs", "B5"] = 0.04
    other, _ = book_of(Discounting.at(0.04))
    assert book.value("Result", "B4") == pytest.approx(other.enpv, rel=1e-12)


def test_the_same_result_gives_the_same_bytes():
    assert book_of(BANDED)[1] == book_of(BANDED)[1]
