"""A small spreadsheet: it reads an .xlsx file as it is and works its formulas out, knowing nothing of the program that wrote it.

Formulas have the meaning that spreadsheets give them: a minus before a figure binds tighter than a power, IF works out one branch
only, text in a range is left out of sums and means, and IRR is looked for by Newton's method from the guess. A cell that depends
on itself is an error.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import numpy_financial as npf

if TYPE_CHECKING:
    from collections.abc import Callable

SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:E[+-]?\d+)?)|\"(?P<text>[^\"]*)\"|(?P<sheet>\w+)!|(?P<name>[A-Z]+)\(|"
    r"\$?(?P<column>[A-Z]{1,2})\$?(?P<row>\d+)|(?P<sign><=|>=|<>|[-+*/^(),:=<>]))"
)


def newton(flows: list[float], guess: float) -> float:
    """Return the rate of return of flows, from a guess."""
    rate, steps = guess, np.arange(len(flows))
    for _ in range(100):
        value = np.dot(flows, (1 + rate) ** -steps)
        slope = np.dot(flows, -steps * (1 + rate) ** -(steps + 1.0))
        rate -= value / slope
    return float(rate)


def figures(values: list[Any]) -> list[float]:
    return [value for value in values if not isinstance(value, str)]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SUM": lambda values: math.fsum(figures(values)),
    "SUMPRODUCT": lambda one, two: float(np.dot(one, two)),
    "SUMIF": lambda wanted, value, summed: math.fsum(
        one for key, one in zip(wanted, summed, strict=True) if key == value
    ),
    "AVERAGE": lambda values: math.fsum(figures(values)) / len(figures(values)),
    "IRR": newton,
    "MIRR": lambda flows, paid, earned: float(npf.mirr(flows, paid, earned)),
    "MIN": lambda *values: min(figures(values[0]) if isinstance(values[0], list) else values),
    "MAX": lambda *values: max(figures(values[0]) if isinstance(values[0], list) else values),
}


class Book:
    """Cells of a workbook by sheet and place: numbers, formulas, and the values stored with them."""

    def __init__(self, data: bytes) -> None:
        self.formulas: dict[tuple[str, str], str] = {}
        self.stored: dict[tuple[str, str], float | str] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.known: dict[tuple[str, str], float | str] = {}
        self.open: set[tuple[str, str]] = set()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - our own file
            self.sheets = [str(sheet.get("name")) for sheet in book.iter(f"{SPACE}sheet")]
            shared = ET.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - as above
            strings = ["".join(part.text or "" for part in item.iter(f"{SPACE}t")) for item in shared]
            for number, sheet in enumerate(self.sheets, start=1):
                root = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - as above
                for cell in root.iter(f"{SPACE}c"):
                    self._read(sheet, cell, strings)

    def _read(self, sheet: str, cell: ET.Element, strings: list[str]) -> None:
        key, value, formula = (sheet, str(cell.get("r"))), cell.find(f"{SPACE}v"), cell.find(f"{SPACE}f")
        text = "" if value is None or value.text is None else value.text
        if cell.get("t") == "s":
            self.texts[key] = strings[int(text)]
        elif formula is not None or text:
            self.stored[key] = text if cell.get("t") == "str" or not text else float(text)
        if formula is not None:
            self.formulas[key] = str(formula.text)

    def value(self, sheet: str, place: str) -> float | str:
        """Return the value of a cell, worked out anew where it has a formula; an empty one is nought."""
        key = (sheet, place)
        if key not in self.formulas:
            return self.stored.get(key, 0.0)
        if key not in self.known:
            assert key not in self.open, f"{sheet}!{place} depends on itself"
            self.open.add(key)
            self.known[key] = Formula(self, sheet, self.formulas[key]).value()
            self.open.remove(key)
        return self.known[key]

    def set(self, sheet: str, place: str, value: float) -> None:
        """Write another number into a cell that has one."""
        assert (sheet, place) in self.stored
        assert (sheet, place) not in self.formulas
        self.stored[sheet, place] = value
        self.known.clear()

    def beside(self, sheet: str, label: str) -> str:
        """Return the place right of the cell with a text."""
        place = next(where for (name, where), text in self.texts.items() if name == sheet and text == label)
        return f"B{place.removeprefix('A')}"


class Formula:
    """A formula, read from left to right; what is passed over is not worked out."""

    def __init__(self, book: Book, sheet: str, text: str) -> None:
        self.book, self.sheet, self.tokens, self.at, self.idle = book, sheet, self._tokens(text), 0, 0

    @staticmethod
    def _tokens(text: str) -> list[re.Match[str]]:
        found, at = [], 0
        while at < len(text):
            match = TOKEN.match(text, at)
            assert match is not None, f"{text[at:]!r} in {text}"
            found.append(match)
            at = match.end()
        return found

    def value(self) -> Any:
        """Return what it comes to."""
        found = self._compared()
        assert self.at == len(self.tokens)
        return found

    def _sign(self, *wanted: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at]["sign"] in wanted:
            self.at += 1
            return self.tokens[self.at - 1]["sign"]
        return None

    def _compared(self) -> Any:
        one = self._sum()
        sign = self._sign("=", "<", ">", "<=", ">=", "<>")
        if sign is None:
            return one
        two = self._sum()
        if self.idle:
            return False
        return {"=": one == two, "<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two, "<>": one != two}[
            sign
        ]

    def _sum(self) -> Any:
        found = self._product()
        while sign := self._sign("+", "-"):
            other = self._product()
            found = 0.0 if self.idle else found + other if sign == "+" else found - other
        return found

    def _product(self) -> Any:
        found = self._power()
        while sign := self._sign("*", "/"):
            other = self._power()
            found = 0.0 if self.idle else found * other if sign == "*" else found / other
        return found

    def _power(self) -> Any:
        found = self._figure()
        while self._sign("^"):
            other = self._figure()
            found = 0.0 if self.idle else found**other
        return found

    def _figure(self) -> Any:
        if self._sign("-"):
            return -self._figure()
        if self._sign("("):
            found = self._compared()
            assert self._sign(")")
            return found
        token = self.tokens[self.at]
        self.at += 1
        if token["number"] is not None:
            return float(token["number"])
        if token["text"] is not None:
            return token["text"]
        if token["name"] is not None:
            return self._call(token["name"])
        return self._cells(token)

    def _cells(self, token: re.Match[str]) -> Any:
        sheet = self.sheet
        if token["sheet"] is not None:
            sheet, token = token["sheet"], self.tokens[self.at]
            self.at += 1
            assert sheet in self.book.sheets
        if not self._sign(":"):
            return 0.0 if self.idle else self.book.value(sheet, f"{token['column']}{token['row']}")
        last = self.tokens[self.at]
        self.at += 1
        assert last["column"] == token["column"]
        rows = range(int(token["row"]), int(last["row"]) + 1)
        return [] if self.idle else [self.book.value(sheet, f"{token['column']}{row}") for row in rows]

    def _call(self, name: str) -> Any:
        if name == "IF":
            return self._either()
        given = [self._compared()]
        while self._sign(","):
            given.append(self._compared())
        assert self._sign(")")
        return 0.0 if self.idle else FUNCTIONS[name](*given)

    def _either(self) -> Any:
        holds = self._compared()
        found = []
        for wanted in (True, False):
            assert self._sign(",")
            passed = bool(holds) is not wanted
            self.idle += passed
            found.append(self._compared())
            self.idle -= passed
        assert self._sign(")")
        return found[0] if holds else found[1]
