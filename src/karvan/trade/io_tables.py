"""The tables of an economy with input-output links and tariffs, read from a folder.

=================  =======================================================================================================
trade.csv          exporter, importer, commodity, and `value` at the border (before tariffs; domestic sales on the diagonal) or
                   `share` of the importer's spending on the commodity, tariffs included; every pair has a row
spending.csv       country, commodity, value: spending, tariffs included; needed with shares of trade, else it follows
value_added.csv    country, commodity, and `share` of output or `value`
input_output.csv   country, input, commodity, and `share` of the commodity's output, `share_of_inputs` of all its inputs, or
                   `value`; without a column `country` it holds for all; without the file there are no inputs
final.csv          country, commodity, and `share` or `value` of final demand; else it is what inputs leave of spending
tariff.csv         exporter, importer, commodity, before, after: shares of the value at the border; pairs without a row have none
tau_hat.csv        exporter, importer, tau_hat, and commodity where it differs; pairs without a row do not change
elasticity.csv     commodity, theta
deficit.csv        country, deficit, and `after` where it changes; else it follows from trade
=================  =======================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from karvan.errors import InputError, Problem, RequestError
from karvan.trade.caliendo_parro import Economy
from karvan.trade.figures import LISTED, Figures
from karvan.trade.tables import check_least

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.trade.figures import Bools
    from karvan.trade.hat import Floats

#: Shares of one thing add up to one within this, what five printed decimals of some tens of shares leave; they are then made to.
SHARES_TOLERANCE = 1e-3
#: Deficits sum to zero to this share of the largest.
SUM_TOLERANCE = 1e-6
#: Final demand that is nothing but rounding, as a share of income.
NOTHING_LEFT = 1e-9
FILES = (
    "trade", "spending", "value_added", "input_output", "final", "tariff", "tau_hat", "elasticity", "deficit",
)  # fmt: skip
REQUIRED = ("trade", "value_added", "elasticity")


@dataclass(frozen=True, eq=False)
class IoQuestion:
    """An economy, and what changes in it.

    Attributes
    ----------
    countries, commodities
        Names, in alphabetical order.
    economy
        As it is.
    trade
        At the border, as the tables have it: by commodity, exporter and importer.
    tau_hat, tariff, deficit
        After the change.
    tau_file
        Name of the table of changes of trade costs, for messages.
    digests, notes
        SHA-256 of the tables; what was taken for granted.
    """

    countries: tuple[str, ...]
    commodities: tuple[str, ...]
    economy: Economy
    trade: Floats
    tau_hat: Floats
    tariff: Floats
    deficit: Floats
    tau_file: str
    digests: dict[str, str]
    notes: tuple[str, ...]


def read_io_question(
    tables: Mapping[str, pd.DataFrame] | Path | str, tau_hat: Path | str | pd.DataFrame | None = None
) -> IoQuestion:
    """Return a question from its tables: a folder, or tables by the names of their files without the ending.

    Raises
    ------
    InputError
        Something is wrong with them: every problem at once.
    RequestError
        There is no such folder.
    """
    problems: list[Problem] = []
    figures = _open(tables, tau_hat, problems)
    reader = _Reader(figures, problems)
    reader.read()
    if problems:
        raise InputError(sorted(set(problems)), what="The tables of the economy cannot be used")
    return reader.question()


def _open(
    tables: Mapping[str, pd.DataFrame] | Path | str, tau_hat: Path | str | pd.DataFrame | None, problems: list[Problem]
) -> dict[str, Figures]:
    if isinstance(tables, (str, Path)):
        folder = Path(tables)
        if not folder.is_dir():
            message = (
                f"{folder} is no folder. Name the folder that holds trade.csv, value_added.csv and elasticity.csv."
            )
            raise RequestError(message)
        found = {
            name: Figures.read(folder / f"{name}.csv", name, problems)
            for name in FILES
            if (folder / f"{name}.csv").is_file()
        }
    else:
        found = {name: Figures.read(table, name, problems) for name, table in tables.items() if name in FILES}
    if tau_hat is not None:
        found["tau_hat"] = Figures.read(tau_hat, "tau_hat", problems)
    problems += [
        Problem(f"{name}.csv", 0, "", "no such file", "a table", "Add the file.", "missing-file")
        for name in REQUIRED
        if name not in found
    ]
    return found


class _Reader:
    """The tables while they become arrays."""

    def __init__(self, figures: dict[str, Figures], problems: list[Problem]) -> None:
        self.figures, self.problems = figures, problems
        self.notes: list[str] = []
        self.axes: dict[str, tuple[str, ...]] = {}

    def read(self) -> None:
        """Read everything; what is wrong is noted."""
        trade = self.figures.get("trade")
        if trade is None or not trade.need("exporter", "importer", "commodity"):
            return
        countries = tuple(sorted({*self._words(trade, "exporter"), *self._words(trade, "importer")}))
        goods = tuple(sorted(set(self._words(trade, "commodity"))))
        self.axes = {
            "exporter": countries,
            "importer": countries,
            "country": countries,
            "commodity": goods,
            "input": goods,
        }
        pair = ("commodity", "exporter", "importer")
        self.kind_trade, self.trade = self.cube("trade", pair, ("value", "share"))
        _, self.tariff = self.cube("tariff", pair, ("before",), default=0.0)
        _, self.tariff_after = self.cube("tariff", pair, ("after",), default=0.0)
        some = pair if "tau_hat" in self.figures and self.figures["tau_hat"].has("commodity") else pair[1:]
        _, costs = self.cube("tau_hat", some, ("tau_hat",), default=1.0, positive=True)
        self.tau_hat = np.broadcast_to(costs, (len(goods), len(countries), len(countries))).copy()
        _, self.theta = self.cube("elasticity", ("commodity",), ("theta",), positive=True)
        self._check_theta()
        two = ("commodity", "country")
        self.kind_added, self.added = self.cube("value_added", two, ("share", "value"))
        _, self.given_spending = self.cube("spending", two, ("value",))
        self.kind_final, self.final = self.cube("final", two, ("share", "value"))
        links = self.figures.get("input_output")
        three = ("input", "commodity", "country") if links is None or links.has("country") else ("input", "commodity")
        self.kind_inputs, self.inputs = self.cube(
            "input_output", three, ("share", "share_of_inputs", "value"), default=0.0
        )
        if self.inputs.ndim == len(two):
            self.inputs = np.repeat(self.inputs[:, :, None], len(countries), axis=2)
        _, self.deficit = self.cube("deficit", ("country",), ("deficit",), signed=True)
        has_after = "deficit" in self.figures and self.figures["deficit"].has("after")
        self.deficit_after = self.cube("deficit", ("country",), ("after",), signed=True)[1] if has_after else None
        if self.kind_trade == "share" and "spending" not in self.figures:
            text = "Add the file: shares of trade need a level."
            self.problems.append(Problem("spending.csv", 0, "", "no such file", "a table", text, "missing-file"))
        self._check_deficits()

    @staticmethod
    def _words(figures: Figures, column: str) -> list[str]:
        return [word for word in figures.frame[column].astype("string").fillna("").str.strip() if word]

    def cube(
        self, name: str, axes: Sequence[str], columns: Sequence[str], *, default: float | None = None, positive: bool = False,
        signed: bool = False,
    ) -> tuple[str, Floats]:  # fmt: skip
        """Return which column was read, and the table as an array; a cell without a row has the default, or is a fault."""
        shape = tuple(len(self.axes[axis]) for axis in axes)
        table = self.figures.get(name)
        empty = np.full(shape, np.nan if default is None else default)
        if table is None:
            return "", empty
        column = next((column for column in columns if table.has(column)), columns[0])
        if not table.need(*axes, column):
            return column, empty
        kinds = {
            "exporter": "country",
            "importer": "country",
            "country": "country",
            "commodity": "commodity",
            "input": "commodity",
        }
        places = [table.places(axis, self.axes[axis], kinds[axis]) for axis in axes]
        cells = table.numbers(column, positive=positive, signed=signed, infinite=name == "tau_hat")
        first = table.once(places, [self.axes[axis] for axis in axes], "the row")
        there = np.zeros(shape, dtype=bool)
        index = tuple(place[first] for place in places)
        empty[index], there[index] = cells[first], True
        if default is None and not there.all():
            absent = np.argwhere(~there)
            shown = [
                "-".join(self.axes[axis][place] for axis, place in zip(axes, row, strict=True))
                for row in absent[:LISTED]
            ]
            listed = ", ".join(shown[:5]) + (", ..." if len(absent) > 5 else "")  # noqa: PLR2004 - enough to see which
            found = f"no row for {len(absent)} cells: {listed}"
            table.problem(0, column, found, "a row for each", "Add the rows, 0 where there is nothing.", "missing-row")
        return column, empty

    def _check_theta(self) -> None:
        table = self.figures.get("elasticity")
        if table is not None and not table.broken:
            # a cell that is none has been noted, and is not read again
            cells = pd.to_numeric(table.frame["theta"], errors="coerce").to_numpy(dtype=float)
            check_least(table, np.where(cells > 0, cells, np.nan))

    def _check_deficits(self) -> None:
        for column, values in (("deficit", self.deficit), ("after", self.deficit_after)):
            if "deficit" not in self.figures or values is None or np.isnan(values).any():
                continue
            if abs(float(values.sum())) > SUM_TOLERANCE * max(float(np.abs(values).max()), 1e-300):
                todo = "What one country borrows another lends: correct the figures."
                found = f"a sum of {values.sum():g}"
                self.figures["deficit"].problem(
                    0, column, found, "deficits that sum to zero", todo, "unbalanced-deficits"
                )

    def question(self) -> IoQuestion:
        """Return the question; shares that do not add up are faults."""
        spending, share = self._spending()
        net = share / (1 + self.tariff)
        trade = net * spending[:, None, :]
        output = trade.sum(axis=2)
        self._check_output(output)
        self._check_alone(net)
        added = self._added(output)
        inputs = self._inputs(added, output)
        labour = (added * output).sum(axis=0)
        for place in np.flatnonzero((labour <= 0) & (output.sum(axis=0) > 0)):
            found, todo = f"no value added in {self.axes['country'][place]}", "Correct its shares."
            self.figures["value_added"].problem(
                0, self.kind_added, found, "value added in every country", todo, "no-value-added"
            )
        imports, exports = trade.sum(axis=(0, 1)), output.sum(axis=0)
        deficit = self.deficit if "deficit" in self.figures else imports - exports
        revenue = (share * self.tariff / (1 + self.tariff) * spending[:, None, :]).sum(axis=(0, 1))
        final = self._final(spending - np.einsum("skn,kn->sn", inputs, output), labour + deficit + revenue)
        if self.problems:
            raise InputError(sorted(set(self.problems)), what="The tables of the economy cannot be used")
        economy = Economy(share, added, inputs, final, self.tariff, self.theta, labour, deficit)
        digests = {name: table.digest for name, table in self.figures.items()}
        after = deficit if self.deficit_after is None else self.deficit_after
        return IoQuestion(
            self.axes["country"], self.axes["commodity"], economy, trade, self.tau_hat, self.tariff_after, after,
            self.figures["tau_hat"].name if "tau_hat" in self.figures else "tau_hat.csv", digests, tuple(self.notes),
        )  # fmt: skip

    def _spending(self) -> tuple[Floats, Floats]:
        if self.kind_trade == "value":
            paid = self.trade * (1 + self.tariff)
            spending = paid.sum(axis=1)
            self._check_spending(spending)
            return spending, _over(paid, spending[:, None, :])
        total = self.trade.sum(axis=1)
        self._check_sums("trade", "share", total, self.given_spending > 0, ("commodity", "importer"))
        return self.given_spending, _over(self.trade, total[:, None, :])

    def _check_spending(self, spending: Floats) -> None:
        """Note spending that is not what trade in values makes it; it is given twice, and one of the two is wrong."""
        if "spending" not in self.figures:
            return
        wrong = np.abs(self.given_spending - spending) > SHARES_TOLERANCE * spending
        for row in np.argwhere(wrong)[:LISTED]:
            key = self._key(("commodity", "country"), row)
            found = f"{self.given_spending[tuple(row)]:.6g} for {key}"
            expected = f"{spending[tuple(row)]:.6g}, as trade and tariffs make it"
            todo = "Leave out the file, or give trade as shares."
            self.figures["spending"].problem(0, "value", found, expected, todo, "spending-off")

    def _key(self, axes: Sequence[str], row: Iterable[int]) -> str:
        return "-".join(self.axes[axis][place] for axis, place in zip(axes, row, strict=True))

    def _check_output(self, output: Floats) -> None:
        for place in np.flatnonzero(output.sum(axis=0) <= 0):
            todo = "Fill in its trade, or leave the country out."
            found = f"{self.axes['country'][place]}, which sells nothing"
            self.figures["trade"].problem(0, "", found, "output of every country", todo, "no-trade")

    def _added(self, output: Floats) -> Floats:
        """Return value added as a share of output, which is one at most."""
        added = self.added if self.kind_added == "share" else _over(self.added, output)
        for row in np.argwhere((output > 0) & (added > 1 + SHARES_TOLERANCE))[:LISTED]:
            key = self._key(("commodity", "country"), row)
            found, wanted = f"{added[tuple(row)]:.6g} of the output of {key}", "no more than all of it"
            self.figures["value_added"].problem(0, self.kind_added, found, wanted, "Correct it.", "shares-off")
        return np.minimum(added, 1.0)

    def _check_alone(self, net: Floats) -> None:
        """Note countries that trade with nobody: nothing ties their wages to those of others."""
        abroad = (net > 0).any(axis=0) & ~np.eye(net.shape[1], dtype=bool)
        for place in np.flatnonzero(~abroad.any(axis=0) & ~abroad.any(axis=1)):
            if len(abroad) > 1:
                todo = "Fill in its trade, or leave the country out."
                found = f"{self.axes['country'][place]}, which trades with nobody"
                self.figures["trade"].problem(0, "", found, "trade with at least one other country", todo, "no-trade")

    def _inputs(self, added: Floats, output: Floats) -> Floats:
        made = output > 0
        if self.kind_inputs == "share_of_inputs":
            total = self.inputs.sum(axis=0)
            self._check_sums("input_output", "share_of_inputs", total, made & (added < 1), ("commodity", "country"))
            return _over(self.inputs, total[None]) * (1 - added)[None]
        inputs = self.inputs if self.kind_inputs != "value" else _over(self.inputs, output[None])
        total = inputs.sum(axis=0) + added
        if "input_output" in self.figures:
            self._check_sums("input_output", self.kind_inputs, total, made, ("commodity", "country"))
        else:
            self._check_whole(total, made)
        # what the printed decimals leave goes to inputs, so that value added stays as given
        return _over(inputs, inputs.sum(axis=0)[None]) * (1 - added)[None]

    def _final(self, left: Floats, income: Floats) -> Floats:
        if "final" in self.figures:
            total = self.final.sum(axis=0)
            if self.kind_final == "share":
                self._check_sums("final", "share", total, np.ones(len(total), dtype=bool), ("country",))
            else:
                for place in np.flatnonzero(total <= 0):
                    found = f"nothing for {self.axes['country'][place]}"
                    todo = "Fill in what it spends, or leave out the file."
                    self.figures["final"].problem(
                        0, "value", found, "final demand in every country", todo, "no-final-demand"
                    )
            return _over(self.final, total[None])
        self._check_left(left, income)
        low = left < 0
        small = left < -NOTHING_LEFT * np.maximum(income, 0.0)
        if small.any():
            self.notes.append(
                f"{int(small.sum())} cells of final demand came out negative, to {(left / income).min():.2g} of income, and were "
                "set to zero"
            )
        positive = np.where(low, 0.0, left)
        return _over(positive, positive.sum(axis=0)[None])

    def _check_left(self, left: Floats, income: Floats) -> None:
        """Note countries whose inputs take all that they spend: nobody there is left to gain or lose."""
        linked = "input_output" in self.figures
        for place in np.flatnonzero((left <= NOTHING_LEFT * np.abs(income)).all(axis=0)):
            more = -float(left[:, place].sum())
            who = self.axes["country"][place]
            found = f"inputs of {who} that take all that it spends" if linked else f"{who}, which buys nothing"
            found += f", and {more:.6g} more" if more > 0 else ""
            todo = "Correct its trade, value added or inputs, or add final.csv."
            table = self.figures["input_output" if linked else "trade"]
            table.problem(0, "", found, "something left for final demand", todo, "no-final-demand")

    def _check_whole(self, total: Floats, made: Bools) -> None:
        """Note value added below output where there is no table of inputs: nothing says what the rest is."""
        for row in np.argwhere(made & (total < 1 - SHARES_TOLERANCE))[:LISTED]:
            found = f"{total[tuple(row)]:.6g} of the output of {self._key(('commodity', 'country'), row)}"
            expected = "all of it, since there is no input_output.csv"
            todo = "Correct it, or add input_output.csv."
            self.figures["value_added"].problem(0, self.kind_added, found, expected, todo, "shares-off")

    def _check_sums(self, name: str, column: str, total: Floats, used: Bools, axes: Sequence[str]) -> None:  # fmt: skip
        wrong = used & ~(np.abs(total - 1) <= SHARES_TOLERANCE)
        for row in np.argwhere(wrong)[:LISTED]:
            key, what = self._key(axes, row), ""
            if name == "input_output" and column != "share_of_inputs":
                what = "with value added "
            found, expected = f"a sum of {total[tuple(row)]:.6g} for {key}", f"shares that {what}add up to one"
            if column == "value":
                found = f"{total[tuple(row)]:.6g} of the output of {key}, with value added"
                expected = "values that with value added add up to all of it"
            self.figures[name].problem(0, column, found, expected, "Correct them.", "shares-off")


def _over(part: Floats, whole: Floats) -> Floats:
    found: Floats = np.divide(
        part, np.broadcast_to(whole, part.shape), out=np.zeros_like(part), where=np.broadcast_to(whole, part.shape) > 0
    )
    return found
