"""The named checks of parameters."""

from __future__ import annotations

import math
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from karvan.case.cells import number_text
from karvan.case.parameter_bounds import PARAMETER_BOUNDS, bounds_of
from karvan.case.rules import Context, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from karvan.errors import Problem

#: A name that no part of the package reads, and that is so like one that is read, is most likely a slip.
LIKE = 0.93


@rule("parameter-bounds")
def _within(context: Context) -> Iterator[Problem]:
    for row in context.rows("parameter"):
        bounds = bounds_of(row.values["parameter_id"])
        for column in ("value", "low", "high") if bounds is not None else ():
            value = row.values[column]
            if bounds is not None and not math.isnan(value) and not bounds.hold(value):
                yield context.problem(
                    "parameter", row, column, f"{number_text(value)} for {row.values['parameter_id']}", bounds.text,
                    "Correct the number.", name="parameter-bounds",
                )  # fmt: skip


@rule("parameter-name")
def _named(context: Context) -> Iterator[Problem]:
    for row in context.rows("parameter"):
        name = row.values["parameter_id"]
        if bounds_of(name) is not None:
            continue
        near = max(PARAMETER_BOUNDS, key=lambda known: SequenceMatcher(None, name, known).ratio())
        if "*" not in near and SequenceMatcher(None, name, near).ratio() >= LIKE:
            yield context.problem(
                "parameter", row, "parameter_id", repr(name), "a name that is read, or one less like it",
                f"Did you mean {near}?", name="parameter-name",
            )  # fmt: skip
