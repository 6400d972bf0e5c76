"""What a change of trade costs does to trade, prices, wages and real income."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from karvan.case import meta_without_case
from karvan.errors import RequestError, UnknownNameError
from karvan.trade.audit import audit_counterfactual
from karvan.trade.hat import solve
from karvan.trade.results import Counterfactual
from karvan.trade.tables import read_question
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Meta
    from karvan.trade.hat import Deficits, Equilibrium, Floats
    from karvan.trade.tables import Missing, Question, Table

Closure = Literal["additive", "multiplicative", "balanced"]
CLOSURES: tuple[Closure, ...] = ("additive", "multiplicative", "balanced")


def counterfactual(
    trade: Table,
    tau_hat: Table,
    *,
    theta: float | Mapping[str, float] | Table = 4.0,
    deficits: Closure = "additive",
    new_deficits: Table | None = None,
    missing: Missing = "error",
) -> Counterfactual:
    """Return the world after a change of trade costs, by exact hat algebra.

    Parameters
    ----------
    trade
        A table, or a CSV or Parquet file: exporter, importer, value, and commodity where there are several. Domestic sales
        stand on the diagonal.
    tau_hat
        As above: exporter, importer, tau_hat, and commodity where the change differs; ``inf`` shuts a market. A pair without
        a row does not change.
    theta
        Elasticity of trade: a number, a number per commodity, or a table of commodity and theta.
    deficits
        ``additive``: each deficit stays as it is in units of the world's income. ``multiplicative``: spending stays in
        proportion to income. ``balanced``: the deficits are removed first, and the change is measured from there.
    new_deficits
        A table of country and deficit after the change, which sum to zero; only with ``additive``.
    missing
        ``error``: every pair has a row in the table of trade; ``zero``: a pair without a row does not trade.

    Raises
    ------
    InputError
        Something is wrong with the tables: every problem at once.
    NotConvergedError
        No equilibrium was found.
    RequestError
        A file cannot be read, or the options do not fit each other.
    """
    if deficits not in CLOSURES:
        raise UnknownNameError("form of deficits", deficits, CLOSURES)
    if new_deficits is not None and deficits != "additive":
        message = (
            f"New deficits go with additive deficits alone, and these are {deficits}. Leave out --new-deficits, or choose "
            "--deficits additive."
        )
        raise RequestError(message)
    question = read_question(trade, tau_hat, theta, deficits=deficits, new_deficits=new_deficits, missing=missing)
    request = {"stage": "counterfactual", "theta": question.theta.tolist(), "deficits": deficits, "missing": missing}
    meta = meta_without_case(repr(sorted(question.digests.items())).encode(), request)
    return answer(question, deficits, meta)


def answer(question: Question, deficits: Closure, meta: Meta, *, start: Floats | None = None) -> Counterfactual:
    """Return the audited answer to a question whose figures are sound.

    Parameters
    ----------
    question, deficits
        As :func:`counterfactual` has them.
    meta
        Where the figures come from.
    start
        Wages to start from: a solution of the same world for a similar change. It moves nothing beyond the tolerance.
    """
    notes = list(question.notes)
    with one_thread():
        if deficits == "balanced":
            question, note = _balanced(question)
            notes.append(note)
        form: Deficits = "multiplicative" if deficits == "multiplicative" else "additive"
        solution = solve(
            question.value, question.tau_hat, question.theta, deficits=form, new_deficit=question.new_deficit,
            start=start, names=question.countries,
        )  # fmt: skip
    audit_counterfactual(
        value=question.value, tau_hat=question.tau_hat, theta=question.theta, deficits=form,
        new_deficit=question.new_deficit, wage_hat=solution.wage_hat, price_hat=solution.price_hat,
        real_income_hat=solution.real_income_hat, after=solution.value, world_balance=solution.world_balance,
        names=question.countries,
    )  # fmt: skip
    pairs = _pairs(question, solution)
    return Counterfactual(
        table=_countries(question, solution, multiplicative=form == "multiplicative"),
        pairs=pairs,
        commodities=_commodities(question, solution),
        world=_world(question, solution),
        model="armington",
        deficits=deficits,
        convergence=solution.convergence,
        notes=tuple(notes),
        meta=meta,
    )


def _balanced(question: Question) -> tuple[Question, str]:
    """Return the question from a world without deficits, and what that takes."""
    zero = np.zeros(len(question.countries))
    still = np.ones_like(question.tau_hat)
    base = solve(question.value, still, question.theta, new_deficit=zero, names=question.countries)
    audit_counterfactual(
        value=question.value, tau_hat=still, theta=question.theta, deficits="additive", new_deficit=zero,
        wage_hat=base.wage_hat, price_hat=base.price_hat, real_income_hat=base.real_income_hat, after=base.value,
        world_balance=1.0, names=question.countries,
    )  # fmt: skip
    most = int(np.abs(np.log(base.wage_hat)).argmax())
    note = (
        "Deficits were removed before the change, which moves wages by up to "
        f"{abs(base.wage_hat[most] - 1):.2g} ({question.countries[most]}); all changes are from that world"
    )
    return replace(question, value=base.value, new_deficit=None), note


def _countries(question: Question, solution: Equilibrium, *, multiplicative: bool) -> pd.DataFrame:
    value, after = question.value, solution.value
    spent, earned = value.sum(axis=(0, 1)), value.sum(axis=(0, 2))
    home, home_after = (np.einsum("sii->i", part) for part in (value, after))
    # summed without sales at home: from totals less these, nothing sold abroad would come out as a rounding error
    exports, imports, exports_after, imports_after = (
        side for part in (value, after) for side in (_abroad(part).sum(axis=(0, 2)), _abroad(part).sum(axis=(0, 1)))
    )
    gain = (solution.real_income_hat - 1) * spent
    # with multiplicative deficits all spending follows the wage, so that what a country sells for is what it buys with
    own = imports if multiplicative else exports
    cost, terms = log_parts(value, question.tau_hat, solution.wage_hat, own)
    return pd.DataFrame(
        {
            "id": question.countries,
            "real_income_hat": solution.real_income_hat,
            "wage_hat": solution.wage_hat,
            "price_hat": solution.price_hat,
            "income_hat": solution.income / earned,
            "spending_hat": solution.spending / spent,
            "domestic_share": home / spent,
            "domestic_share_hat": ratio(home_after / solution.spending, home / spent),
            "exports": exports,
            "exports_hat": ratio(exports_after, exports),
            "imports": imports,
            "imports_hat": ratio(imports_after, imports),
            "equivalent_variation": gain,
            "cost_part": spent * cost,
            "terms_of_trade_part": spent * terms,
            "volume_part": gain - spent * (cost + terms),
        }
    )


def _abroad(value: Floats) -> Floats:
    """Return trade between countries: sales at home are zero."""
    found: Floats = np.where(np.eye(value.shape[1], dtype=bool), 0.0, value)
    return found


def log_parts(value: Floats, tau_hat: Floats, wage_hat: Floats, own: Floats) -> tuple[Floats, Floats]:
    """Return what cheaper transport of the trade there was, and the terms of trade, add to the logarithm of real income.

    To first order the logarithm of real income grows by these two; what is left is the gain from changing what is bought. An
    infinite change of costs has no first order: NaN. `own` is what the country's own wage counts for: its exports.
    """
    spent = value.sum(axis=(0, 1))
    with np.errstate(invalid="ignore"):
        saved = np.where(value > 0, value * -np.log(tau_hat), 0.0).sum(axis=(0, 1)) / spent
    saved = np.where(np.isfinite(saved), saved, np.nan)
    log_wage = np.log(wage_hat)
    between = value.sum(axis=0)
    np.fill_diagonal(between, 0.0)
    terms = (own * log_wage - log_wage @ between) / spent
    return saved, terms


def _pairs(question: Question, solution: Equilibrium) -> pd.DataFrame:
    goods, exporter, importer = np.indices(question.value.shape).reshape(3, -1)
    names = np.array(question.countries, dtype=object)
    value, after = question.value.ravel(), solution.value.ravel()
    return pd.DataFrame(
        {
            "exporter": names[exporter],
            "importer": names[importer],
            "commodity": np.array(question.commodities, dtype=object)[goods],
            "tau_hat": question.tau_hat.ravel(),
            "value": value,
            "value_after": after,
            "value_hat": ratio(after, value),
        }
    )


def _commodities(question: Question, solution: Equilibrium) -> pd.DataFrame:
    before, after = (_abroad(part).sum(axis=(1, 2)) for part in (question.value, solution.value))
    return pd.DataFrame(
        {
            "commodity": question.commodities,
            "theta": question.theta,
            "trade": before,
            "trade_after": after,
            "trade_hat": ratio(after, before),
        }
    )


def _world(question: Question, solution: Equilibrium) -> dict[str, float]:
    spent = question.value.sum(axis=(0, 1))
    before, after = (float(_abroad(part).sum()) for part in (question.value, solution.value))
    return {
        "equivalent_variation": float(((solution.real_income_hat - 1) * spent).sum()),
        "rule_of_half": rule_of_half(question.value, solution.value, question.tau_hat, solution.wage_hat),
        "trade": before,
        "trade_after": after,
        "trade_hat": after / before if before else float("nan"),
    }


def rule_of_half(value: Floats, after: Floats, tau_hat: Floats, wage_hat: Floats) -> float:
    """Return half of the sum of quantities before and after, times what transport costs less, at prices before the change.

    The quantity of a good is what is bought of it at its price before: value before, and value after over the change of its
    price. Infinite changes of costs have no such gain: NaN.
    """
    price = tau_hat * wage_hat[None, :, None]
    with np.errstate(invalid="ignore", over="ignore"):
        quantity = np.divide(after, price, out=np.zeros_like(after), where=np.isfinite(price))
        gain = np.where(value > 0, 0.5 * (value + quantity) * (1 - tau_hat), 0.0).sum()
    return float(gain) if np.isfinite(gain) else float("nan")


def ratio(after: Floats, before: Floats) -> Floats:
    """Return a change as a ratio, NaN where there was nothing before."""
    found: Floats = np.divide(after, before, out=np.full_like(after, np.nan), where=before > 0)
    return found
