"""The tables of a counterfactual, checked in full: trade, changes of trade costs, elasticities, deficits.

================  ==========================================================================================================
trade             exporter, importer, value, and commodity where there are several; domestic sales on the diagonal
trade costs       exporter, importer, tau_hat, and commodity where the change differs; a pair without a row does not change
elasticities      commodity, theta
deficits          country, deficit: spending less income after the change, in the unit of trade; they sum to zero
================  ==========================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from karvan.errors import InputError, Problem
from karvan.trade.figures import LARGEST, LISTED, Figures
from karvan.trade.hat import pull_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.trade.figures import Bools
    from karvan.trade.hat import Floats

Table = pd.DataFrame | Path | str
Missing = Literal["error", "zero"]

#: Name of the commodity where a table of trade has no such column.
ALL_GOODS = "all"
#: Sums of a table of figures with a few decimals agree to this share of the world's trade.
SUM_TOLERANCE = 1e-9
#: Least elasticity of trade: powers of one over a smaller one cannot be told from rounding.
LEAST_THETA = 1e-6


@dataclass(frozen=True, eq=False)
class Question:
    """What a counterfactual is computed from, all of it sound.

    Attributes
    ----------
    countries, commodities
        Names, in alphabetical order.
    value, tau_hat
        Trade before the change and the change of trade costs, by commodity, exporter and importer.
    theta
        Elasticity of trade, per commodity.
    new_deficit
        Deficits after the change; None where they follow from trade.
    digests
        SHA-256 of the tables, by what they are.
    notes
        What was taken for granted.
    """

    countries: tuple[str, ...]
    commodities: tuple[str, ...]
    value: Floats
    tau_hat: Floats
    theta: Floats
    new_deficit: Floats | None
    digests: dict[str, str]
    notes: tuple[str, ...]


def read_question(
    trade: Table,
    tau_hat: Table,
    theta: float | Mapping[str, float] | Table,
    *,
    deficits: str = "additive",
    new_deficits: Table | None = None,
    missing: Missing = "error",
) -> Question:
    """Return a question from its tables.

    Parameters
    ----------
    trade, tau_hat, theta, new_deficits
        Tables, or files of them; the elasticity may be one number for all, or a number per commodity.
    deficits
        ``additive``, ``multiplicative`` or ``balanced``, as in :func:`karvan.counterfactual`.
    missing
        Whether a pair that has no row in the table of trade is an error, or zero.

    Raises
    ------
    InputError
        Something is wrong with them: every problem at once.
    RequestError
        A file cannot be read.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    figures = {"trade": Figures.read(trade, "trade", problems), "tau_hat": Figures.read(tau_hat, "tau_hat", problems)}
    if new_deficits is not None:
        figures["deficits"] = Figures.read(new_deficits, "deficits", problems)
    countries, commodities = _names(figures["trade"])
    value, known = _trade(figures["trade"], countries, commodities, missing, notes)
    costs = _tau_hat(figures["tau_hat"], countries, commodities, notes)
    elasticity = _theta(theta, commodities, problems, figures)
    deficit = _deficits(figures["deficits"], countries) if new_deficits is not None else None
    if value is not None:
        _check_countries(figures["trade"].name, value, known, countries, problems)
    if value is not None and costs is not None and not problems:
        own = value.sum(axis=(0, 1)) - value.sum(axis=(0, 2))
        after: Floats | None = own if deficit is None else deficit
        if deficits != "additive":
            even = deficits == "balanced" or np.abs(own).max() <= SUM_TOLERANCE * value.sum()
            # with multiplicative deficits, who can pay for what depends on the wages that are sought
            after = np.zeros_like(own) if even else None
        check_shock(figures["tau_hat"].name, value, costs, elasticity, after, countries, commodities, problems)
        if deficits == "balanced" and not problems:
            problems += one_way(figures["trade"].name, "value", value, np.zeros(len(countries)), countries)
    if problems or value is None or costs is None:
        raise InputError(sorted(set(problems)), what="The tables of trade cannot be used")
    digests = {name: table.digest for name, table in figures.items()}
    return Question(countries, commodities, value, costs, elasticity, deficit, digests, tuple(notes))


def _names(trade: Figures) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not trade.need("exporter", "importer", "value"):
        return (), ()
    ends = [
        set(trade.frame[column].astype("string").fillna("").str.strip()) - {""} for column in ("exporter", "importer")
    ]
    for column, only in (("exporter", ends[0] - ends[1]), ("importer", ends[1] - ends[0])):
        other = "importer" if column == "exporter" else "exporter"
        for name in sorted(only)[:LISTED]:
            todo = f"Add its rows as {other}, or remove it."
            trade.problem(
                0,
                column,
                f"{name!r}, which is no {other}",
                "the same countries on both sides",
                todo,
                "one-sided-country",
            )
    if not trade.has("commodity"):
        return tuple(sorted(ends[0] | ends[1])), (ALL_GOODS,)
    goods = set(trade.frame["commodity"].astype("string").fillna("").str.strip()) - {""}
    return tuple(sorted(ends[0] | ends[1])), tuple(sorted(goods))


def _trade(
    trade: Figures, countries: Sequence[str], commodities: Sequence[str], missing: Missing, notes: list[str]
) -> tuple[Floats | None, Bools]:
    """Return trade as an array, and which cells of it are known."""
    if trade.broken or not countries or not commodities:
        return None, np.zeros(0, dtype=bool)
    exporter = trade.places("exporter", countries, "country")
    importer = trade.places("importer", countries, "country")
    goods = trade.places("commodity", commodities, "commodity") if trade.has("commodity") else np.zeros_like(exporter)
    cells = trade.numbers("value")
    keys = (exporter, importer, goods) if trade.has("commodity") else (exporter, importer)
    names = (countries, countries, commodities) if trade.has("commodity") else (countries, countries)
    first = trade.once(keys, names, "the pair")
    value = np.full((len(commodities), len(countries), len(countries)), np.nan)
    there = np.zeros(value.shape, dtype=bool)
    place = (goods[first], exporter[first], importer[first])
    value[place], there[place] = cells[first], True
    absent = ~there
    home = absent & np.eye(len(countries), dtype=bool)
    if missing == "zero":
        # a commodity that a country does not make has no domestic sales; a country without any is a hole
        home &= ~np.diagonal(there.any(axis=0)).copy()[None, :, None]
        absent &= home
        if (~there & ~absent).any():
            notes.append(f"{int((~there & ~absent).sum())} cells of trade without a row were taken as zero")
    _report_absent(trade, absent, countries, commodities)
    known = there & ~np.isnan(value)
    return np.where(np.isnan(value), 0.0, value), known | (~there & ~absent)


def _report_absent(trade: Figures, absent: Bools, countries: Sequence[str], commodities: Sequence[str]) -> None:
    """Note the cells that have no row: one problem each for domestic sales and for pairs."""
    several = len(commodities) > 1
    diagonal = np.eye(len(countries), dtype=bool)
    for part, what, todo in (
        (absent & diagonal, "domestic sales", "Add a row with the country as exporter and importer."),
        (absent & ~diagonal, "pairs", "Add the rows, 0 where nothing is traded, or say that missing rows are zero."),
    ):
        places = np.argwhere(part)
        if not len(places):
            continue
        shown = [
            f"{countries[i]}-{countries[j]}" + (f" ({commodities[s]})" if several else "") for s, i, j in places[:5]
        ]
        listed = ", ".join(shown) + (", ..." if len(places) > len(shown) else "")
        trade.problem(0, "value", f"no row for {len(places)} {what}: {listed}", "a row for each", todo, "missing-row")


def _tau_hat(table: Figures, countries: Sequence[str], commodities: Sequence[str], notes: list[str]) -> Floats | None:
    if not table.need("exporter", "importer", "tau_hat") or not countries or not commodities:
        return None
    exporter = table.places("exporter", countries, "country")
    importer = table.places("importer", countries, "country")
    cells = table.numbers("tau_hat", positive=True, infinite=True)
    costs = np.ones((len(commodities), len(countries), len(countries)))
    if table.has("commodity"):
        goods = table.places("commodity", commodities, "commodity")
        first = table.once((exporter, importer, goods), (countries, countries, commodities), "the pair")
        costs[goods[first], exporter[first], importer[first]] = cells[first]
        named = int(first.sum())
    else:
        first = table.once((exporter, importer), (countries, countries), "the pair")
        costs[:, exporter[first], importer[first]] = cells[first]
        named = int(first.sum()) * len(commodities)
    if named < costs.size:
        notes.append(f"{costs.size - named} cells without a row in the table of trade costs keep theirs")
    return costs


def _theta(
    theta: float | Mapping[str, float] | Table,
    commodities: Sequence[str],
    problems: list[Problem],
    figures: dict[str, Figures],
) -> Floats:
    """Return the elasticity per commodity; NaN where something is wrong with it."""
    if isinstance(theta, (int, float)):
        if not LEAST_THETA <= theta <= LARGEST:
            wanted = "a number above zero"
            if 0 < theta < LEAST_THETA:
                wanted = f"{LEAST_THETA:g} at least"
            elif LARGEST < theta < np.inf:
                wanted = f"a number up to {LARGEST:g}"
            todo = "Give the elasticity of trade, such as 4."
            problems.append(Problem("theta", 0, "", f"{theta:g}", wanted, todo, "bad-theta"))
        return np.full(len(commodities), float(theta))
    if isinstance(theta, (pd.DataFrame, Path, str)):
        table = Figures.read(theta, "theta", problems)
        figures["theta"] = table
    else:
        frame = pd.DataFrame({"commodity": list(theta), "theta": list(theta.values())})
        table = Figures.read(frame, "theta", problems)
    values = np.full(len(commodities), np.nan)
    if not table.need("commodity", "theta") or not commodities:
        return values
    place = table.places("commodity", commodities, "commodity")
    cells = table.numbers("theta", positive=True)
    check_least(table, cells)
    first = table.once((place,), (commodities,), "the commodity")
    values[place[first]] = cells[first]
    given = np.zeros(len(commodities), dtype=bool)
    given[place[first]] = True
    absent = [name for name, there in zip(commodities, given, strict=True) if not there]
    if absent:
        found = f"no row for {', '.join(absent[:LISTED])}"
        table.problem(0, "theta", found, "an elasticity per commodity", "Add the rows.", "missing-row")
    return values


def check_least(table: Figures, theta: Floats) -> None:
    """Note elasticities of a table that are too small to be computed with."""
    table.each(theta < LEAST_THETA, "theta", f"{LEAST_THETA:g} at least", "Correct the number.", "number-too-low")


def _deficits(table: Figures, countries: Sequence[str]) -> Floats | None:
    if not table.need("country", "deficit") or not countries:
        return None
    place = table.places("country", countries, "country")
    cells = table.numbers("deficit", signed=True)
    first = table.once((place,), (countries,), "the country")
    values = np.full(len(countries), np.nan)
    values[place[first]] = cells[first]
    given = np.zeros(len(countries), dtype=bool)
    given[place[first]] = True
    absent = [name for name, there in zip(countries, given, strict=True) if not there]
    if absent:
        found = f"no row for {', '.join(absent[:LISTED])}"
        table.problem(
            0, "deficit", found, "a deficit per country", "Add the rows, 0 where trade balances.", "missing-row"
        )
    total, size = float(np.nansum(values)), float(np.nansum(np.abs(values)))
    if not absent and not np.isnan(values).any() and abs(total) > SUM_TOLERANCE * max(size, 1e-300):
        todo = "What one country borrows another lends: correct the figures."
        table.problem(0, "deficit", f"a sum of {total:g}", "deficits that sum to zero", todo, "unbalanced-deficits")
    return values


def _check_countries(file: str, value: Floats, known: Bools, countries: Sequence[str], problems: list[Problem]) -> None:
    """Note countries that sell or buy nothing, or trade with nobody; a bad cell may be the missing trade."""
    some = (value > 0) | ~known
    abroad = some.any(axis=0) & ~np.eye(len(countries), dtype=bool)
    for number, name in enumerate(countries):
        faults = []
        if len(countries) > 1 and not abroad[number].any() and not abroad[:, number].any():
            faults.append(f"{name}, which trades with nobody")
        elif not some[:, number].any():
            faults.append(f"{name}, which sells nothing")
        elif not some[:, :, number].any():
            faults.append(f"{name}, which buys nothing")
        for found in faults:
            todo = "Fill in its trade, or leave the country out."
            problems.append(Problem(file, 0, "value", found, "trade with at least one other country", todo, "no-trade"))


def check_shock(
    file: str, value: Floats, tau_hat: Floats, theta: Floats, deficit: Floats | None, countries: Sequence[str],
    commodities: Sequence[str], problems: list[Problem],
) -> None:  # fmt: skip
    """Note markets that the shock shuts, and countries that it leaves with a deficit that nobody can pay.

    Without deficits, spending follows income, and only the first is looked for.
    """
    with np.errstate(under="ignore", over="ignore"):
        pull = pull_of(value, tau_hat, theta)
    left, before = pull > 0, value > 0
    for goods, i, j in np.argwhere(before & ~np.isfinite(pull))[:LISTED]:
        where = f"{countries[i]}-{countries[j]}"
        found = f"{tau_hat[goods, i, j]:g} for {where}, beyond the range of numbers at theta {theta[goods]:g}"
        problems.append(
            Problem(
                file,
                0,
                "tau_hat",
                found,
                "a cheaper market, not a free one",
                "Write a smaller change.",
                "number-too-low",
            )
        )
    todo = "Leave a market open, or leave the country out."
    for number, name in enumerate(countries):
        if not left[:, number].any():
            found = f"a shock that shuts every market of {name}"
            problems.append(Problem(file, 0, "tau_hat", found, "an open market for each country", todo, "shut-market"))
    for goods, place in np.argwhere(before.any(axis=1) & ~left.any(axis=1))[:LISTED]:
        what = f" for {commodities[goods]}" if len(commodities) > 1 else ""
        found = f"a shock that leaves {countries[place]} nobody to buy from{what}"
        problems.append(Problem(file, 0, "tau_hat", found, "a seller for all that is bought", todo, "shut-market"))
    if problems or deficit is None:
        return
    count, part = connected_components(csr_array(np.asarray(left.any(axis=0), dtype=np.int8)), directed=False)
    world = float(value.sum())
    for number in range(count if count > 1 else 0):
        members = part == number
        gap = float(deficit[members].sum())
        if abs(gap) > SUM_TOLERANCE * world:
            names = ", ".join(np.array(countries)[members][:LISTED])
            found = f"a shock that cuts {names} off from the rest, with deficits that sum to {gap:g}"
            way = (
                "Balance trade first (--deficits balanced), give deficits that sum to zero in each part, or leave a market "
                "open."
            )
            problems.append(
                Problem(file, 0, "tau_hat", found, "deficits that somebody can pay", way, "cut-off-deficit")
            )
    if not problems:
        problems += one_way(file, "tau_hat", np.where(left, value, 0.0), deficit, countries)


def one_way(file: str, column: str, value: Floats, deficit: Floats, countries: Sequence[str]) -> list[Problem]:
    """Return a problem for countries that sell nothing to the rest and buy from it, without a deficit.

    They can pay out of a deficit alone. Without one their wages would fall for ever: there is no equilibrium.
    """
    sells: Bools = np.asarray(value.any(axis=0))
    if connected_components(csr_array(np.asarray(sells, dtype=np.int8)), connection="strong")[0] == 1:
        return []
    reach = sells | np.eye(len(countries), dtype=bool)
    for _ in range(len(countries).bit_length()):
        reach = np.asarray(reach, dtype=float) @ reach > 0
    problems = []
    for inside in np.unique(reach, axis=0):
        total = float(deficit[inside].sum()) + 0.0
        if sells[~inside][:, inside].any() and not total > SUM_TOLERANCE * float(value.sum()):
            names = ", ".join(np.array(countries)[inside][:LISTED])
            found = f"{names}, which sells nothing to the rest, buys from it, and has a deficit of {total:g}"
            way = "Give a market there to sell to, shut the other way too, or give deficits."
            need = "a deficit above zero, out of which to pay"
            problems.append(Problem(file, 0, column, found, need, way, "one-way-trade"))
    return problems
