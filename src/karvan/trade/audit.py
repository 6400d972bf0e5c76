"""What every counterfactual is held against before it is handed out.

The audit knows nothing of how the solution was found. From the trade before the change, the change itself and the new wages it
derives prices, trade and income again, in logarithms where the solver works in levels, and holds the answer against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Markets clear to 1e-12 of output; what is derived from wages that precise, by sums and powers of a few hundred terms, agrees
#: to well within this share.
RELATIVE = 1e-8
#: First-order conditions of an estimate, as a share of all trade; the tolerance of the fit leaves far less.
FIRST_ORDER = 1e-6


def audit_counterfactual(
    *,
    value: Floats,
    tau_hat: Floats,
    theta: Floats,
    deficits: str,
    new_deficit: Floats | None,
    wage_hat: Floats,
    price_hat: Floats,
    real_income_hat: Floats,
    after: Floats,
    world_balance: Floats | float,
    names: Sequence[str],
) -> None:
    """Check prices, trade, market clearing, budgets and real income of a counterfactual without intermediate goods.

    Parameters
    ----------
    value, tau_hat, theta, deficits, new_deficit
        The question; deficits are ``additive`` or ``multiplicative``.
    wage_hat, price_hat, real_income_hat, after, world_balance
        The answer.
    names
        Countries, for messages.

    Raises
    ------
    AuditError
        Something does not hold.
    """
    bought = value.sum(axis=1)
    spent_before, earned_before = bought.sum(axis=0), value.sum(axis=(0, 2))
    with np.errstate(divide="ignore"):
        log_pull = np.log(value) - theta[:, None, None] * (np.log(tau_hat) + np.log(wage_hat)[None, :, None])
        log_bought = np.log(bought)
    some = bought > 0
    log_sum = _log_of_sum(np.where(some[:, None, :], log_pull, 0.0))
    log_price = np.where(some, -(log_sum - np.where(some, log_bought, 0.0)) / theta[:, None], 0.0)
    price = np.exp((bought / spent_before * log_price).sum(axis=0))
    hold("the price index", price, price_hat, names)
    spent = earned_before * wage_hat
    if deficits == "additive":
        spent = spent + (spent_before - earned_before if new_deficit is None else new_deficit)
        growth = spent / spent_before
        hold("the world's income", np.array([after.sum()]), np.array([value.sum()]), ["the world"])
    else:
        spent, growth = spent_before * wage_hat, wage_hat
    budget = bought / spent_before
    share = np.exp(np.where(some[:, None, :], log_pull - log_sum[:, None, :], -np.inf))
    trade = share * (budget * spent)[:, None, :]
    scale = float(trade.max())
    if not np.allclose(trade, after, rtol=RELATIVE, atol=RELATIVE * scale * 1e-6):
        _, i, j = (int(part) for part in np.unravel_index(int(np.abs(trade - after).argmax()), trade.shape))
        message = f"trade from {names[i]} to {names[j]} is not what wages and prices make it"
        raise AuditError(message)
    hold("the budget", after.sum(axis=(0, 1)), spent, names)
    hold("market clearing", after.sum(axis=(0, 2)) * world_balance, wage_hat * earned_before, names)
    hold("real income", growth / price, real_income_hat, names)


def _log_of_sum(logarithms: Floats) -> Floats:
    """Return the logarithm of a sum over exporters, of figures given by their logarithms; the largest is drawn out first."""
    largest = logarithms.max(axis=1)
    largest = np.where(np.isfinite(largest), largest, 0.0)
    with np.errstate(divide="ignore"):
        found: Floats = largest + np.log(np.exp(logarithms - largest[:, None, :]).sum(axis=1))
    return found


def audit_io(economy: Any, tau_hat: Floats, tariff: Floats, deficit: Floats, world: Any, names: Sequence[str]) -> None:  # noqa: ANN401
    """Check a world with input-output links and tariffs: every equation of the model, at its wages, prices and spending.

    Parameters
    ----------
    economy, tau_hat, tariff, deficit
        The question; the economy has share, value_added, inputs, final, tariff, theta and labour.
    world
        The answer; it has wage, price, cost, share, spending, output, income, revenue and price_index.
    names
        Countries, for messages.

    Raises
    ------
    AuditError
        Something does not hold.
    """
    log_cost = economy.value_added * np.log(world.wage)[None, :]
    for goods, price in enumerate(world.price):
        log_cost = log_cost + economy.inputs[goods] * np.log(price)[None, :]
    _hold_all("unit costs", np.exp(log_cost), world.cost, names)
    with np.errstate(divide="ignore"):
        log_factor = np.log(tau_hat) + np.log1p(tariff) - np.log1p(economy.tariff)
        log_pull = np.log(economy.share) - economy.theta[:, None, None] * (log_factor + log_cost[:, :, None])
    some = economy.share.sum(axis=1) > 0
    log_sum = _log_of_sum(np.where(some[:, None, :], log_pull, 0.0))
    _hold_all("prices", np.where(some, np.exp(-log_sum / economy.theta[:, None]), 1.0), world.price, names)
    share = np.exp(np.where(some[:, None, :], log_pull - log_sum[:, None, :], -np.inf))
    at_border = share * world.spending[:, None, :] / (1 + tariff)
    revenue = (at_border * tariff).sum(axis=(0, 1))
    output = at_border.sum(axis=2)
    income = world.wage * economy.labour + deficit + revenue
    hold("income", income, world.income, names)
    spending = economy.final * income
    for goods in range(len(output)):
        spending = spending + economy.inputs[:, goods, :] * output[goods]
    _hold_all("spending", spending, world.spending, names)
    hold("the market for labour", (economy.value_added * output).sum(axis=0), world.wage * economy.labour, names)
    balance = at_border.sum(axis=(0, 1)) - output.sum(axis=0)
    size = output.sum(axis=0)
    hold("the balance of trade", (balance + size) / size, (deficit + size) / size, names)
    index = np.exp((economy.final * np.log(world.price)).sum(axis=0))
    hold("the price index", index, world.price_index, names)


def _hold_all(what: str, found: Floats, given: Floats, names: Sequence[str]) -> None:
    """Hold figures per commodity and country against others, beside the largest of each country."""
    scale = np.abs(given).max(axis=0)
    worst = np.abs(found - given).max(axis=0)
    hold(what, scale + worst, scale, names)


def hold(what: str, found: Floats, given: Floats, names: Sequence[str]) -> None:
    """Hold one figure per country against another.

    Raises
    ------
    AuditError
        They differ.
    """
    gap = np.abs(found - given) / np.maximum(np.abs(given), 1e-300)
    if not (gap <= RELATIVE).all():
        worst = int(np.argmax(np.where(np.isnan(gap), np.inf, gap)))
        message = f"{what} of {names[worst]} is {given[worst]:.12g}, derived again {found[worst]:.12g}"
        raise AuditError(message)


def audit_estimate(y: Floats, mean: Floats, x: Floats, levels: Sequence[Any]) -> None:
    """Check the first-order conditions of an estimate: what is fitted adds up to what there is, by level and by regressor.

    Parameters
    ----------
    y, mean
        Trade and its fitted values.
    x
        Regressors that have an estimate.
    levels
        Sets of fixed effects, the level of each observation.

    Raises
    ------
    AuditError
        A condition does not hold.
    """
    for number, codes in enumerate(levels):
        there, fitted = (np.bincount(codes, weights=weights) for weights in (y, mean))
        gap = np.abs(there - fitted).max() / max(float(y.sum()), 1e-300)
        if not gap <= FIRST_ORDER:
            message = f"fixed effects {number + 1}: fitted trade of a level is off by {gap:.2g} of all trade"
            raise AuditError(message)
    for number in range(x.shape[1]):
        column = x[:, number] - x[:, number].mean()
        size = float((np.abs(column) * y).sum())
        gap = abs(float((column * (y - mean)).sum())) / max(size, 1e-300)
        if not gap <= FIRST_ORDER:
            message = f"regressor {number + 1}: the first-order condition is off by {gap:.2g}"
            raise AuditError(message)
