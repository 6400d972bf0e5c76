"""The counterfactual with input-output links and tariffs, from its tables to its audited answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from karvan.case import meta_without_case
from karvan.errors import InputError, Problem, UnknownNameError
from karvan.trade.audit import audit_io
from karvan.trade.caliendo_parro import solve
from karvan.trade.counterfactual import ratio
from karvan.trade.io_tables import read_io_question
from karvan.trade.results import Counterfactual
from karvan.trade.tables import check_shock, one_way
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from karvan.trade.caliendo_parro import World
    from karvan.trade.hat import Floats
    from karvan.trade.io_tables import IoQuestion

IoClosure = Literal["additive", "balanced"]
IO_CLOSURES: tuple[IoClosure, ...] = ("additive", "balanced")
#: Wages, and trade as a share of what the importer buys, of an economy that is in equilibrium move no more than this when it
#: is solved without a change.
AT_REST = 1e-6


def counterfactual_io(
    tables: Mapping[str, pd.DataFrame] | Path | str,
    *,
    tau_hat: Path | str | pd.DataFrame | None = None,
    deficits: IoClosure = "additive",
) -> Counterfactual:
    """Return the world after a change of tariffs and trade costs, with input-output links (Caliendo and Parro 2015).

    Parameters
    ----------
    tables
        A folder of CSV files, or tables by the names of these files without the ending: see :mod:`karvan.trade.io_tables`.
    tau_hat
        Change of other trade costs, in place of the folder's own.
    deficits
        ``additive``: each deficit stays as it is in units of the world's value added, or becomes what deficit.csv says.
        ``balanced``: deficits are removed first, and the change is measured from there.

    Raises
    ------
    InputError
        Something is wrong with the tables: every problem at once.
    NotConvergedError
        No equilibrium was found.
    RequestError
        A folder or file cannot be read.
    """
    if deficits not in IO_CLOSURES:
        raise UnknownNameError("form of deficits", deficits, IO_CLOSURES)
    question = read_io_question(tables, tau_hat)
    economy, notes = question.economy, list(question.notes)
    before_deficit = np.zeros_like(economy.deficit) if deficits == "balanced" else economy.deficit
    after_deficit = before_deficit if deficits == "balanced" else question.deficit
    _check_tables(question, before_deficit)
    _check_change(question, before_deficit, after_deficit)
    still = np.ones_like(economy.share)
    with one_thread():
        before = solve(economy, still, economy.tariff, before_deficit, names=question.countries, change=False)
        after = solve(
            economy, question.tau_hat, question.tariff, after_deficit, start=before.wage, names=question.countries
        )
    for world, costs, tariff, deficit in (
        (before, still, economy.tariff, before_deficit),
        (after, question.tau_hat, question.tariff, after_deficit),
    ):
        audit_io(economy, costs, tariff, deficit, world, question.countries)
    note = _base_said(question, before, balanced=deficits == "balanced")
    notes += [note] if note else []
    request = {"stage": "counterfactual", "model": "caliendo-parro", "deficits": deficits}
    return Counterfactual(
        table=_countries(question, before, after),
        pairs=_pairs(question, before, after),
        commodities=_commodities(question, before, after),
        world=_totals(before, after),
        model="caliendo-parro",
        deficits=deficits,
        convergence=after.convergence,
        notes=tuple(notes),
        meta=meta_without_case(repr(sorted(question.digests.items())).encode(), request),
    )


def _base_said(question: IoQuestion, before: World, *, balanced: bool) -> str:
    """Return how far the world without a change is from the tables; empty where it is the tables themselves."""
    most = int(np.abs(np.log(before.wage)).argmax())
    moved = abs(float(before.wage[most]) - 1)
    bought = question.trade.sum(axis=(0, 1))
    gap = np.abs(before.trade - question.trade) / np.where(bought > 0, bought, bought.sum())
    goods, i, j = (int(part) for part in np.unravel_index(int(gap.argmax()), gap.shape))
    wages = f"by up to {moved:.2g} ({question.countries[most]})"
    trade = (
        f"by up to {gap.max():.2g} of what the importer buys ({question.countries[i]}-{question.countries[j]} of "
        f"{question.commodities[goods]}, from {question.trade[goods, i, j]:.3g} to {before.trade[goods, i, j]:.3g})"
    )
    if balanced:
        return (
            f"Deficits were removed before the change, which moves wages {wages}, and trade {trade}; all changes are from "
            "that world"
        )
    parts = [f"wages would move {wages}"] if moved > AT_REST else []
    parts += [f"trade would move {trade}"] if float(gap.max()) > AT_REST else []
    if not parts:
        return ""
    return (
        f"The tables are no equilibrium: without a change {', and '.join(parts)}; all changes are from the nearest world that "
        "is one"
    )


def _check_tables(question: IoQuestion, deficit: Floats) -> None:
    """Raise where a country of the tables lends all that it earns, or more: no shock makes that so.

    Raises
    ------
    InputError
        One does: every such country.
    """
    economy = question.economy
    income = economy.labour + deficit + (question.trade * economy.tariff).sum(axis=(0, 1))
    problems = [
        Problem(
            "trade.csv",
            0,
            "",
            f"{question.countries[place]}, which would spend {income[place]:.3g} before any change: it earns "
            f"{income[place] - deficit[place]:.3g} and lends {-deficit[place]:.3g}",
            "something left to spend in every country",
            "Correct its trade, value added or deficit, or balance trade first (--deficits balanced).",
            "nothing-to-spend",
        )
        for place in np.flatnonzero(income <= 0)
    ]
    if problems:
        raise InputError(sorted(problems), what="The tables of the economy cannot be used")


def _check_change(question: IoQuestion, before: Floats, after: Floats) -> None:
    """Raise where the change shuts all markets of a country, or leaves a deficit that nobody can pay.

    Raises
    ------
    InputError
        It does: every such country.
    """
    economy = question.economy
    factor = question.tau_hat * (1 + question.tariff) / (1 + economy.tariff)
    problems: list[Problem] = []
    check_shock(
        question.tau_file, economy.share * economy.labour, factor, economy.theta, after, question.countries,
        question.commodities, problems,
    )  # fmt: skip
    if not problems:
        problems += one_way("trade.csv", "", economy.share * economy.labour, before, question.countries)
    if problems:
        raise InputError(sorted(set(problems)), what="The change cannot be answered")


def _countries(question: IoQuestion, before: World, after: World) -> pd.DataFrame:
    economy = question.economy
    price = after.price_index / before.price_index
    income = after.income / before.income
    real = income / price
    gain = (real - 1) * before.income
    spent = [world.spending.sum(axis=0) for world in (before, after)]
    home = [
        _home(world.share * world.spending[:, None, :]) / total
        for world, total in zip((before, after), spent, strict=True)
    ]
    exports = [world.trade.sum(axis=(0, 2)) - _home(world.trade) for world in (before, after)]
    imports = [world.trade.sum(axis=(0, 1)) - _home(world.trade) for world in (before, after)]
    cost, terms = _log_parts(question, before, after)
    return pd.DataFrame(
        {
            "id": question.countries,
            "real_income_hat": real,
            "wage_hat": after.wage / before.wage,
            "price_hat": price,
            "income_hat": income,
            "spending_hat": spent[1] / spent[0],
            "real_wage_hat": after.wage / before.wage / price,
            "domestic_share": home[0],
            "domestic_share_hat": ratio(home[1], home[0]),
            "exports": exports[0],
            "exports_hat": ratio(exports[1], exports[0]),
            "imports": imports[0],
            "imports_hat": ratio(imports[1], imports[0]),
            "value_added": before.wage * economy.labour,
            "tariff_revenue": before.revenue,
            "tariff_revenue_after": after.revenue,
            "equivalent_variation": gain,
            "cost_part": before.income * cost,
            "terms_of_trade_part": before.income * terms,
            "volume_part": gain - before.income * (cost + terms),
        }
    )


def _log_parts(question: IoQuestion, before: World, after: World) -> tuple[Floats, Floats]:
    """Return what cheaper transport of the trade there was, and the terms of trade, add to the logarithm of real income."""
    trade = before.trade.copy()
    with np.errstate(invalid="ignore"):
        saved = np.where(trade > 0, trade * -np.log(question.tau_hat), 0.0).sum(axis=(0, 1))
    for goods in trade:
        np.fill_diagonal(goods, 0.0)
    dearer = np.log(after.cost / before.cost)
    terms = (trade.sum(axis=2) * dearer).sum(axis=0) - np.einsum("sij,si->j", trade, dearer)
    saved = np.where(np.isfinite(saved), saved, np.nan)
    return saved / before.income, terms / before.income


def _home(flows: Floats) -> Floats:
    found: Floats = np.einsum("sii->i", flows)
    return found


def _pairs(question: IoQuestion, before: World, after: World) -> pd.DataFrame:
    goods, exporter, importer = np.indices(before.trade.shape).reshape(3, -1)
    names = np.array(question.countries, dtype=object)
    return pd.DataFrame(
        {
            "exporter": names[exporter],
            "importer": names[importer],
            "commodity": np.array(question.commodities, dtype=object)[goods],
            "tau_hat": question.tau_hat.ravel(),
            "tariff_before": question.economy.tariff.ravel(),
            "tariff_after": question.tariff.ravel(),
            "value": before.trade.ravel(),
            "value_after": after.trade.ravel(),
            "value_hat": ratio(after.trade.ravel(), before.trade.ravel()),
        }
    )


def _commodities(question: IoQuestion, before: World, after: World) -> pd.DataFrame:
    totals = [world.trade.sum(axis=(1, 2)) - np.einsum("sii->s", world.trade) for world in (before, after)]
    return pd.DataFrame(
        {
            "commodity": question.commodities,
            "theta": question.economy.theta,
            "trade": totals[0],
            "trade_after": totals[1],
            "trade_hat": ratio(totals[1], totals[0]),
        }
    )


def _totals(before: World, after: World) -> dict[str, float]:
    trade, later = (float(world.trade.sum() - np.einsum("sii->", world.trade)) for world in (before, after))
    real = after.income / after.price_index * before.price_index - before.income
    return {
        "equivalent_variation": float(real.sum()),
        # the rule of half is for transport alone: tariffs and inputs have gains of other kinds
        "rule_of_half": float("nan"),
        "trade": trade,
        "trade_after": later,
        "trade_hat": later / trade if trade else float("nan"),
    }
