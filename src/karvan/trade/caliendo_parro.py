"""Many commodities with input-output links and tariffs: Caliendo and Parro (Review of Economic Studies 82(1), 2015), in hats.

With exporters i, importers n, commodities s and k, shares of spending pi, value added in output gamma, input k in the output of s
gamma^ks, final demand alpha, tariffs t before and t' after, and the change d of other trade costs::

    c_ns  = w_n^gamma_ns prod_k P_nk^gamma_n^ks                          unit cost
    P_ns  = [sum_i pi_ins (d_ins (1+t'_ins)/(1+t_ins) c_is)^-theta_s]^(-1/theta_s)
    X'_ns = sum_k gamma_n^sk Y'_nk + alpha_ns I'_n                       spending, tariffs included
    Y'_ns = sum_j pi'_njs X'_js / (1+t'_njs)                             output
    I'_n  = w_n L_n + sum tariff revenue + D'_n,   w_n L_n = sum_s gamma_ns Y'_ns

Given wages, prices are the fixed point of a contraction, and spending solves a linear system; wages are found by Anderson's
acceleration of a fixed point, and where that stalls by Newton's method on differences.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from karvan.errors import NotConvergedError
from karvan.trade.hat import Convergence, pull_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Largest excess demand for labour as a share of it; inner loops go below, so that what they leave does not matter here.
TOLERANCE, INNER = 1e-10, 1e-14
MOST_STEPS, MOST_INNER, NEWTON_STEPS = 400, 20_000, 30
#: Steps that Anderson's acceleration looks back on, and the longest step in the logarithm of a wage.
MEMORY, LONGEST = 12, 0.5
DIFFERENCE = 1e-6


@dataclass(frozen=True)
class Economy:
    """What a world of input-output links is made of; arrays by commodity first.

    Attributes
    ----------
    share
        Shares of spending, tariffs included: (commodities, exporters, importers).
    value_added
        Share of value added in output: (commodities, countries).
    inputs
        Share of the first commodity in the output of the second: (commodities, commodities, countries).
    final
        Shares of final demand: (commodities, countries).
    tariff
        Before, as a share of the value at the border, as `share`.
    theta
        Per commodity.
    labour
        Value added of each country.
    deficit
        Of each country.
    """

    share: Floats
    value_added: Floats
    inputs: Floats
    final: Floats
    tariff: Floats
    theta: Floats
    labour: Floats
    deficit: Floats


@dataclass(frozen=True)
class World:
    """A world in equilibrium, in changes from the economy it was computed from.

    Attributes
    ----------
    wage, price, cost
        Changes: per country; per commodity and country.
    share
        Shares of spending.
    spending, output
        By commodity and country; spending with tariffs.
    income
        What each country has for final demand: value added, tariff revenue and deficit.
    revenue
        Of tariffs.
    price_index
        Of final demand.
    trade
        At the border, before tariffs: (commodities, exporters, importers).
    convergence
        How it was found.
    """

    wage: Floats
    price: Floats
    cost: Floats
    share: Floats
    spending: Floats
    output: Floats
    income: Floats
    revenue: Floats
    price_index: Floats
    trade: Floats
    convergence: Convergence


def solve(
    economy: Economy,
    tau_hat: Floats,
    tariff: Floats,
    deficit: Floats,
    *,
    start: Floats | None = None,
    names: Sequence[str] = (),
    change: bool = True,
) -> World:
    """Return the world with other trade costs, tariffs and deficits.

    Parameters
    ----------
    economy
        As it is.
    tau_hat, tariff
        Change of trade costs, and tariffs after the change: (commodities, exporters, importers).
    deficit
        After the change, per country; they sum to zero.
    start
        Wages to start from.
    names
        Countries, for messages.
    change
        Whether there is a change that may be at fault where there is no equilibrium, for messages.

    Raises
    ------
    NotConvergedError
        No equilibrium was found.
    """
    search = _Search(economy, tau_hat, tariff, deficit, names)
    if not change:
        search.what = "The tables themselves, without a change, have no equilibrium"
        search.way = "Correct the tables"
        if deficit.any():
            search.way += ", or balance trade first (--deficits balanced)"
    log_wage = np.zeros(len(economy.labour)) if start is None else np.log(start)
    log_wage, steps, method = search.root(log_wage)
    gap = search.gap(log_wage)
    search.refuse_poor()
    return search.world(np.exp(log_wage), Convergence(method, steps, float(np.abs(gap).max()), TOLERANCE))


class _Search:
    """The search for wages, which remembers prices and spending between steps."""

    def __init__(
        self, economy: Economy, tau_hat: Floats, tariff: Floats, deficit: Floats, names: Sequence[str]
    ) -> None:
        self.economy, self.tariff, self.deficit, self.names = economy, tariff, deficit, names
        factor = tau_hat * (1 + tariff) / (1 + economy.tariff)
        self.pull = pull_of(economy.share, factor, economy.theta)
        self.net = 1 / (1 + tariff)
        self.what = "No equilibrium was found"
        self.way = "Use a smaller shock, smaller elasticities, or balance trade first (--deficits balanced)"
        self.log_price = np.zeros_like(economy.value_added)
        self.spending = np.maximum(economy.final * (economy.labour + np.maximum(deficit, 0.0)), 0.0)
        self.bought = self.pull.sum(axis=1) > 0
        # each part of the world that trades with no other has a level of wages of its own, which its value added holds fixed
        part = connected_components(csr_array(self.pull.sum(axis=0) > 0), directed=False)[1]
        self.together = part[:, None] == part[None, :]

    def prices(self, log_wage: Floats) -> None:
        """Find prices, unit costs and shares of spending at wages."""
        economy, theta = self.economy, self.economy.theta
        log_price = self.log_price
        for _ in range(MOST_INNER):
            log_cost = economy.value_added * log_wage + np.einsum("ksn,kn->sn", economy.inputs, log_price)
            weight = self.pull * np.exp(-theta[:, None] * log_cost)[:, :, None]
            total = weight.sum(axis=1)
            found = np.where(self.bought, -np.log(np.where(self.bought, total, 1.0)) / theta[:, None], 0.0)
            change = float(np.abs(found - log_price).max())
            log_price = found
            if change < INNER * 10:
                break
            if not np.isfinite(change):
                break
        self.log_price, self.log_cost = log_price, log_cost
        self.share = np.divide(weight, total[:, None, :], out=np.zeros_like(weight), where=total[:, None, :] > 0)

    def spend(self, wage: Floats) -> None:
        """Find spending, output and income at shares and wages."""
        economy = self.economy
        at_border = self.share * self.net
        levied = (self.share * self.tariff * self.net).sum(axis=1)
        spending = self.spending
        for _ in range(MOST_INNER):
            output = np.einsum("sij,sj->si", at_border, spending)
            income = wage * economy.labour + self.deficit + (levied * spending).sum(axis=0)
            found = np.einsum("skn,kn->sn", economy.inputs, output) + economy.final * income
            change = float(np.abs(found - spending).max() / np.abs(found).max())
            spending = found
            if change < INNER or not np.isfinite(change):
                break
        self.spending = spending
        self.output = np.einsum("sij,sj->si", at_border, spending)
        self.revenue = (levied * spending).sum(axis=0)
        self.income = wage * economy.labour + self.deficit + self.revenue

    def gap(self, log_wage: Floats) -> Floats:
        """Return excess demand for labour, as a share of it."""
        wage = np.exp(log_wage)
        self.prices(log_wage)
        self.spend(wage)
        earned = wage * self.economy.labour
        found: Floats = (self.economy.value_added * self.output).sum(axis=0) / earned - 1
        return found

    def root(self, log_wage: Floats) -> tuple[Floats, int, str]:
        """Return the wages that clear the markets for labour, steps taken and the method."""
        economy = self.economy
        weight = (economy.value_added * self.spending).sum(axis=1)
        damp = 1 / (1 + float(economy.theta @ weight / max(weight.sum(), 1e-300)))
        points: list[Floats] = []
        gaps: list[Floats] = []
        log_wage = self._level(log_wage)
        for step in range(MOST_STEPS):
            gap = self.gap(log_wage)
            if not np.isfinite(gap).all() or (self.income <= 0).any():
                break
            if np.abs(gap).max() <= TOLERANCE:
                return log_wage, step, "anderson"
            move = damp * np.log1p(np.maximum(gap, -0.9))
            points, gaps = [*points[-MEMORY:], log_wage], [*gaps[-MEMORY:], move]
            log_wage = self._level(log_wage + _limited(_anderson(points, gaps) - log_wage))
        return self._newton(
            points[int(np.argmin([np.abs(gap).max() for gap in gaps]))] if gaps else log_wage, len(points)
        )

    def _newton(self, log_wage: Floats, steps: int) -> tuple[Floats, int, str]:
        size = len(log_wage)
        gap = self.gap(log_wage)
        self.refuse_poor()
        for step in range(NEWTON_STEPS):
            if np.abs(gap).max() <= TOLERANCE:
                return log_wage, steps + step, "anderson and newton"
            slope = np.empty((size, size))
            for place in range(size):
                moved = log_wage.copy()
                moved[place] += DIFFERENCE
                slope[:, place] = (self.gap(moved) - gap) / DIFFERENCE
            # the level of wages is free: hold value added
            weight = self.economy.labour * np.exp(log_wage)
            slope += self.together * weight[None, :] / (self.together @ weight)[:, None]
            move = _limited(np.asarray(np.linalg.lstsq(slope, -gap, rcond=None)[0], dtype=np.float64))
            for _ in range(12):
                other = self._level(log_wage + move)
                there = self.gap(other)
                better = np.isfinite(there).all() and np.abs(there).max() < np.abs(gap).max()
                if better and (self.income > 0).all():
                    break
                move = move / 2
            else:
                break
            log_wage, gap = other, there
        worst = int(np.nanargmax(np.abs(gap)))
        who = self.names[worst] if self.names else f"country {worst}"
        message = (
            f"{self.what}: demand for the labour of {who} is off by {np.abs(gap[worst]):.2g} of it, against {TOLERANCE:g} asked "
            f"for. {self.way}."
        )
        raise NotConvergedError(message)

    def refuse_poor(self) -> None:
        """Stop where a country has nothing to spend at the wages that were looked at last.

        Raises
        ------
        NotConvergedError
            One has not.
        """
        poor = int(self.income.argmin())
        # what is no number is another error
        if not self.income[poor] <= 0:
            return
        who = self.names[poor] if self.names else f"country {poor}"
        message = (
            f"{self.what}: {who} would spend {self.income[poor]:.3g}, since it lends more than it earns. {self.way}."
        )
        raise NotConvergedError(message)

    def _level(self, log_wage: Floats) -> Floats:
        labour = self.economy.labour
        found: Floats = log_wage - np.log(self.together @ (np.exp(log_wage) * labour) / (self.together @ labour))
        return found

    def world(self, wage: Floats, convergence: Convergence) -> World:
        """Return what has been found."""
        economy = self.economy
        return World(
            wage=wage,
            price=np.exp(self.log_price),
            cost=np.exp(self.log_cost),
            share=self.share,
            spending=self.spending,
            output=self.output,
            income=self.income,
            revenue=self.revenue,
            price_index=np.exp((economy.final * self.log_price).sum(axis=0)),
            trade=self.share * self.net * self.spending[:, None, :],
            convergence=convergence,
        )


def _limited(move: Floats) -> Floats:
    longest = float(np.abs(move).max())
    return move * min(1.0, LONGEST / longest) if longest > 0 else move


def _anderson(points: list[Floats], moves: list[Floats]) -> Floats:
    """Return the next point of a fixed point by Anderson's acceleration over the last points and moves."""
    if len(points) == 1:
        return points[0] + moves[0]
    gaps = np.array([later - earlier for earlier, later in itertools.pairwise(moves)]).T
    steps = np.array([later - earlier for earlier, later in itertools.pairwise(points)]).T
    mix = np.linalg.lstsq(gaps, moves[-1], rcond=1e-12)[0]
    found: Floats = points[-1] + moves[-1] - (steps + gaps) @ mix
    return found
