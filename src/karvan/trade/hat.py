"""Exact hat algebra: the world after a change of trade costs, from its trade before it.

A variable with a hat is its value after the change over its value before (Dekle, Eaton and Kortum 2008). With exporters i,
importers j, commodities s, shares of spending pi_ijs, budget shares alpha_js, output Y_i, spending E_j and the elasticity of
trade theta_s, the new wages solve::

    P_js^-theta_s = sum_i pi_ijs (tau_ijs w_i)^-theta_s              prices
    X'_ijs        = pi_ijs (tau_ijs w_i / P_js)^-theta_s alpha_js E'_j    trade
    w_i Y_i       = sum_j,s X'_ijs                                    every market clears
    W_j           = (E'_j / E_j) / prod_s P_js^alpha_js               real income

One factor is mobile between commodities, goods differ by origin, and budget shares are constant (multi-sector Armington; with
one commodity the model of Arkolakis, Costinot and Rodriguez-Clare 2012). No intermediate goods, no tariff revenue: those are
in :mod:`karvan.trade.caliendo_parro`.

The root is found by Newton's method in the logarithms of wages, with the exact Jacobian; a step that does not help is halved,
and where no part of it helps, the published fixed point w = (demand / Y)^(1 / (1 + theta)) takes its place. Excess demand as a
share of output falls to nothing too where wages run away until nobody trades; beside countries that hardly do, steps may come
back to that corner. Then the fixed point leads from the beginning, and Newton's method only ends what it has begun.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from karvan.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int32]]

Deficits = Literal["additive", "multiplicative"]
DEFICITS: tuple[Deficits, ...] = ("additive", "multiplicative")

#: Largest excess demand for a country's output that counts as none, as a share of that output. Sums of a few hundred terms in
#: double precision are good to about 1e-14, so that this can be met, and no figure shown is that precise.
TOLERANCE = 1e-12
MOST_STEPS = 500
#: Steps of the fixed point after which Newton's method has come back to a corner too often; after how many from the beginning
#: it is tried again each time, for how many steps at most, and how many there are in all.
PATIENCE, STRETCH, ENDING, MOST_FIXED = 20, 50, 12, 5000
#: Longest step in the logarithm of a wage: keeps a first step of a large shock within the range of floating-point numbers.
LONGEST_STEP = 1.0
#: How often a step is halved before the fixed point takes its place.
HALVINGS = 12


@dataclass(frozen=True)
class Convergence:
    """How a solution was found.

    Attributes
    ----------
    method
        ``newton``, or ``newton and fixed point`` where some steps were steps of the fixed point.
    iterations
        Steps taken.
    residual, tolerance
        Largest excess demand as a share of output, and what was asked for.
    """

    method: str
    iterations: int
    residual: float
    tolerance: float = TOLERANCE

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "method": self.method,
            "iterations": self.iterations,
            "residual": self.residual,
            "tolerance": self.tolerance,
        }


@dataclass(frozen=True)
class Equilibrium:
    """The world after the change.

    Attributes
    ----------
    wage_hat, price_hat, real_income_hat
        Per country.
    commodity_price_hat
        Per commodity and importer; 1 where the importer buys none.
    value
        Trade after the change, by commodity, exporter and importer, in the unit of the trade before it.
    income, spending
        Per country, after the change.
    world_balance
        With multiplicative deficits, per country: by how much the output of its part of the world, at the new wages, exceeds the
        spending w E there. Nominal figures are those of the published form: spending is w E, and income is w Y over this
        balance. Else 1.
    convergence
        How it was found.
    """

    wage_hat: Floats
    price_hat: Floats
    real_income_hat: Floats
    commodity_price_hat: Floats
    value: Floats
    income: Floats
    spending: Floats
    world_balance: Floats
    convergence: Convergence


def pull_of(share: Floats, factor: Floats, theta: Floats) -> Floats:
    """Return shares, or trade, times what a change of costs alone makes of them; what is zero stays zero, however cheap it is."""
    grown = np.zeros_like(share)
    np.power(factor, -theta[:, None, None], out=grown, where=share > 0)
    found: Floats = share * grown
    return found


class _World:
    """The shares before the change, and what the change makes of demand."""

    def __init__(
        self, value: Floats, tau_hat: Floats, theta: Floats, deficits: Deficits, new_deficit: Floats | None
    ) -> None:
        self.theta = theta
        self.deficits = deficits
        by_commodity = value.sum(axis=1)
        self.income = value.sum(axis=(0, 2))
        self.spending = by_commodity.sum(axis=0)
        self.deficit = self.spending - self.income if new_deficit is None else new_deficit
        share = np.divide(value, by_commodity[:, None, :], out=np.zeros_like(value), where=by_commodity[:, None, :] > 0)
        self.pull = pull_of(share, tau_hat, theta)
        self.budget = by_commodity / self.spending
        links = (self.pull * self.budget[:, None, :]).sum(axis=0) > 0
        part = np.zeros(len(self.income), dtype=np.int32)
        if not links.all():
            part = connected_components(csr_array(links), directed=False)[1]
        self.together = part[:, None] == part[None, :]

    def spending_at(self, wage: Floats) -> tuple[Floats, Floats, Floats | None, Floats]:
        """Return spending; its derivative by the logarithm of each own wage, and by all wages where they matter; the balance."""
        income = wage * self.income
        if self.deficits == "additive":
            return income + self.deficit, income, None, np.ones_like(wage)
        wished = wage * self.spending
        all_income, all_wished = self.together @ income, self.together @ wished
        balance = all_income / all_wished
        spending = balance * wished
        turn = self.together * (income / all_income[:, None] - wished / all_wished[:, None])
        return spending, spending, spending[:, None] * turn, balance

    def prices(self, wage: Floats) -> tuple[Floats, Floats]:
        """Return shares of spending, and the sum that is the price to the power of minus theta."""
        weight = self.pull * wage[None, :, None] ** -self.theta[:, None, None]
        total = weight.sum(axis=1)
        share = np.divide(weight, total[:, None, :], out=weight, where=total[:, None, :] > 0)
        return share, total


def solve(
    value: Floats,
    tau_hat: Floats,
    theta: Floats,
    *,
    deficits: Deficits = "additive",
    new_deficit: Floats | None = None,
    start: Floats | None = None,
    names: Sequence[str] = (),
) -> Equilibrium:
    """Return the world after a change of trade costs; the figures must be sound (:mod:`karvan.trade.tables` checks them).

    Parameters
    ----------
    value
        Trade by commodity, exporter and importer, domestic sales on the diagonal: (commodities, countries, countries).
    tau_hat
        Change of trade costs, same shape; infinite where a market is shut.
    theta
        Elasticity of trade per commodity.
    deficits
        ``additive``: each country's deficit stays what it was, in units of which the world's income is constant.
        ``multiplicative``: spending stays in proportion to income, and the real income is w / P.
    new_deficit
        Deficits after the change, which sum to zero; only with ``additive``.
    start
        Wages to start from, for instance those of a similar change. The solution does not depend on them beyond its tolerance.
    names
        Countries, for messages.

    Raises
    ------
    NotConvergedError
        No equilibrium was found.
    """
    world = _World(value, tau_hat, theta, deficits, new_deficit)
    wage = np.ones(len(world.income)) if start is None else np.asarray(start, dtype=float).copy()
    wage, convergence = _root(world, wage, names)
    return _equilibrium(world, wage, convergence)


def _root(world: _World, wage: Floats, names: Sequence[str]) -> tuple[Floats, Convergence]:
    numeraire = world.together @ world.income
    wage = wage * numeraire / (world.together @ (wage * world.income))
    state = _State(world, wage)
    if not np.isfinite(state.residual):
        poor = int(state.spending.argmin())
        message = (
            f"{names[poor] if names else f'country {poor}'} would spend {state.spending[poor]:.3g}: it lends more than it earns. "
            "Give smaller deficits."
        )
        raise NotConvergedError(message)
    begin, fixed = state, 0
    for step in range(MOST_STEPS):
        if state.residual <= TOLERANCE:
            method = "newton and fixed point" if fixed else "newton"
            return state.wage, Convergence(method, step, state.residual)
        better = _newton(world, state, numeraire)
        if better is None:
            fixed += 1
            better = _fixed_point(world, state, numeraire)
        state = better
        if fixed > PATIENCE:
            return _root_by_fixed_point(world, begin, numeraire, names)
    raise _not_converged(world, state, MOST_STEPS, names)


def _root_by_fixed_point(
    world: _World, state: _State, numeraire: Floats, names: Sequence[str]
) -> tuple[Floats, Convergence]:
    """Return the wages that clear all markets, found by the fixed point and ended by Newton's method."""
    for step in range(MOST_FIXED):
        near: _State | None = state
        for _ in range(ENDING if step % STRETCH == 0 else 0):
            if near is None or near.residual <= TOLERANCE:
                break
            near = _newton(world, near, numeraire)
        if near is not None and near.residual <= TOLERANCE:
            return near.wage, Convergence("newton and fixed point", step, near.residual)
        state = _fixed_point(world, state, numeraire)
    raise _not_converged(world, state, MOST_FIXED, names)


class _State:
    """Wages, and how far markets are from clearing at them."""

    def __init__(self, world: _World, wage: Floats) -> None:
        self.wage = wage
        self.spending, self.own, self.others, _ = world.spending_at(wage)
        self.residual = np.inf
        if not (np.isfinite(wage).all() and (wage > 0).all() and (self.spending > 0).all()):
            return
        self.share, _ = world.prices(wage)
        self.spent = world.budget * self.spending
        self.trade = self.share * self.spent[:, None, :]
        self.demand = self.trade.sum(axis=(0, 2))
        self.earned = wage * world.income
        residual = float(np.abs(self.demand / self.earned - 1).max())
        self.residual = residual if np.isfinite(residual) else np.inf


def _newton(world: _World, state: _State, numeraire: Floats) -> _State | None:
    """Return the state after a Newton step, shortened as need be; None where no part of it helps."""
    sold = state.trade.sum(axis=2)
    substitution = (world.theta[:, None, None] * state.trade @ state.share.transpose(0, 2, 1)).sum(axis=0)
    bought = (state.share * world.budget[:, None, :]).sum(axis=0)
    matrix = substitution + bought * state.own
    if state.others is not None:
        matrix += bought @ state.others
    matrix[np.diag_indices_from(matrix)] -= world.theta @ sold + state.earned
    # each part of the world has a level of wages of its own, which its income holds fixed
    matrix += world.together * state.earned[None, :]
    gap = numeraire - world.together @ state.earned
    try:
        step = np.linalg.solve(matrix, state.earned - state.demand + gap)
    except np.linalg.LinAlgError:
        return None
    if not np.isfinite(step).all():
        return None
    longest = float(np.abs(step).max())
    scale = min(1.0, LONGEST_STEP / longest) if longest else 1.0
    for _ in range(HALVINGS):
        wage = state.wage * np.exp(scale * step)
        # markets of countries that hardly trade clear at nearly any level of wages, so that it has to be held exactly
        wage *= numeraire / (world.together @ (wage * world.income))
        other = _State(world, wage)
        if other.residual < state.residual:
            return other
        scale /= 2
    return None


def _fixed_point(world: _World, state: _State, numeraire: Floats) -> _State:
    """Return the state after a step of the fixed point, shortened until every country can spend."""
    theta = float(world.theta.max())
    move = np.log(state.demand / state.earned) / (1 + theta)
    for _ in range(HALVINGS):
        wage = state.wage * np.exp(move)
        wage *= numeraire / (world.together @ (wage * world.income))
        other = _State(world, wage)
        if np.isfinite(other.residual):
            return other
        move /= 2
    return state


def _equilibrium(world: _World, wage: Floats, convergence: Convergence) -> Equilibrium:
    spending, _, _, balance = world.spending_at(wage)
    share, total = world.prices(wage)
    bought = world.budget > 0
    price = np.where(bought, np.where(bought, total, 1.0) ** (-1 / world.theta[:, None]), 1.0)
    index = np.exp((world.budget * np.log(price)).sum(axis=0))
    growth = spending / world.spending if world.deficits == "additive" else wage
    # the published form leaves spending at w E and lets the world's output differ by the balance, a matter of units alone
    spending = spending / balance
    return Equilibrium(
        wage_hat=wage,
        price_hat=index,
        real_income_hat=growth / index,
        commodity_price_hat=price,
        value=share * (world.budget * spending)[:, None, :],
        income=wage * world.income / balance,
        spending=spending,
        world_balance=balance,
        convergence=convergence,
    )


def _one_way(world: _World, names: Sequence[str]) -> str | None:
    """Return which country sells nothing to others, or buys nothing from them; None where all trade both ways."""
    trade = world.pull.sum(axis=0)
    trade[np.diag_indices_from(trade)] = 0.0
    for place, (sold, bought) in enumerate(zip(trade.sum(axis=1), trade.sum(axis=0), strict=True)):
        if (sold > 0) != (bought > 0):
            return f"{names[place] if names else f'country {place}'} trades"
    return None


def _not_converged(world: _World, state: _State, steps: int, names: Sequence[str]) -> NotConvergedError:
    """Return the error that says which market is farthest from clearing."""
    worst = int(np.abs(state.demand / state.earned - 1).argmax())
    way = "Use a smaller shock or elasticity"
    if world.deficits == "additive":
        way += ", or multiplicative deficits: a country may not be able to carry its deficit as it was"
    elif (one_way := _one_way(world, names)) is not None:
        way += (
            f", or additive deficits: {one_way} one way alone, and in proportion to its income that may hold at no wage"
        )
    message = (
        f"No equilibrium was found in {steps:,} steps: demand for the output of "
        f"{names[worst] if names else f'country {worst}'} is off by {state.residual:.2g} of it, against {TOLERANCE:g} asked "
        f"for. {way}."
    )
    return NotConvergedError(message)
