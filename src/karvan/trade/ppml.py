"""Poisson pseudo-maximum likelihood with many fixed effects, on arrays.

The model is E[y] = exp(x b + fixed effects) (Santos Silva and Tenreyro, REStat 88(4), 2006). Its first-order conditions are
solved by iteratively reweighted least squares on variables from which the fixed effects have been taken out (Correia, Guimaraes
and Zylkin, Stata Journal 20(1), 2020). Before that, observations that no finite estimate can fit (*separated*: y is 0, and a
combination of regressors and fixed effects is above zero there and zero wherever y is above zero) are found and dropped, since
they carry no information about the other coefficients (Correia, Guimaraes and Zylkin 2019, arXiv:1903.01633).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import NotConvergedError
from karvan.trade.absorb import Absorber
from karvan.trade.separation import separated_exactly

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

MOST_ITERATIONS = 200
#: Relative change of the deviance at which the iterations end: the coefficients are then good to about its root.
TOLERANCE = 1e-13
#: Fixed effects are taken out to this share; looser at first, while the weights are far from final.
TIGHT, LOOSE = 1e-11, 1e-5
#: A regressor of which less than this share is left by the others and the fixed effects says nothing of its own.
COLLINEAR = 1e-7
#: Weight of the observations above zero in the search for separation, and what counts as zero there, beside one.
HEAVY, NOTHING = 1e6, 1e-4
SEPARATION_ROUNDS = 100


@dataclass(frozen=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    coefficient
        One per regressor that is kept.
    kept
        Which regressors are.
    mean
        Fitted values.
    score
        One row per observation: what it adds to the first-order condition of each coefficient.
    bread
        Inverse of the information of the coefficients.
    deviance, log_likelihood
        At the estimate; the likelihood without the terms in y alone.
    iterations
        Of reweighted least squares.
    """

    coefficient: Floats
    kept: Bools
    mean: Floats
    score: Floats
    bread: Floats
    deviance: float
    log_likelihood: float
    iterations: int


def fit(y: Floats, x: Floats, levels: Sequence[Ints]) -> Fit:
    """Return the fit of y on the columns of x and fixed effects.

    Parameters
    ----------
    y
        Zero or more.
    x
        Regressors, (observations, regressors).
    levels
        For each set of fixed effects the number of each observation's level, without gaps.

    Raises
    ------
    NotConvergedError
        The iterations have not ended.
    """
    absorber = Absorber(levels)
    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    kept = independent(x / scale, absorber)
    columns = (x / scale)[:, kept]
    absorber.effects = None
    unit, y = _unit(y)
    mean = (y + 1) / 2
    index = np.log(mean)
    deviance, inner = np.inf, LOOSE
    iteration = 0
    while iteration < MOST_ITERATIONS:
        iteration += 1
        target = index + (y - mean) / mean
        left = absorber.residuals(np.column_stack([target, columns]), mean, inner)
        root = np.sqrt(mean)[:, None]
        slope = np.linalg.lstsq(root * left[:, 1:], (root * left[:, :1])[:, 0], rcond=None)[0].astype(np.float64)
        index, mean, now = _step(y, index, target - left[:, 0] + left[:, 1:] @ slope, deviance)
        change = _change(now, deviance, len(y))
        deviance = now
        if change < TOLERANCE and inner <= TIGHT:
            break
        inner = max(TIGHT, min(inner, change * 1e-2))
    else:
        message = (
            f"The estimate has not settled in {MOST_ITERATIONS} iterations: the deviance changes by {change:.1g} of itself. "
            "Leave out regressors that hardly vary, or a set of fixed effects."
        )
        raise NotConvergedError(message)
    return _finished(unit * y, columns, kept, scale[kept], slope, index + np.log(unit), absorber, iteration)


def at(y: Floats, x: Floats, levels: Sequence[Ints], kept: Bools, coefficient: Floats) -> Fit:
    """Return the fit at coefficients that are known, such as those of another program; the fixed effects follow from them."""
    absorber = Absorber(levels)
    scale = x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)[kept]
    part = x[:, kept] @ coefficient
    unit, y = _unit(y)
    index = np.log((y + 1) / 2)
    mean = np.exp(index)
    deviance = np.inf
    iteration = 0
    while iteration < MOST_ITERATIONS:
        iteration += 1
        target = index + (y - mean) / mean - part
        left = absorber.residuals(target[:, None], mean, TIGHT)[:, 0]
        index, mean, now = _step(y, index, part + target - left, deviance)
        change = _change(now, deviance, len(y))
        deviance = now
        if change < TOLERANCE:
            break
    return _finished(
        unit * y,
        x[:, kept] / scale,
        kept,
        scale,
        coefficient * scale,
        index + np.log(unit),
        Absorber(levels),
        iteration,
    )


def _unit(y: Floats) -> tuple[float, Floats]:
    """Return the mean of y, and y in units of it: what counts as settled must not depend on the unit of trade."""
    unit = float(y.mean())
    return unit, y / unit


def _change(now: float, before: float, size: int) -> float:
    """Return by how much of itself the deviance has changed; where trade is fitted exactly it is rounding, and counts as none."""
    return abs(now - before) / (abs(now) + 0.1 + 1e-3 * size) if np.isfinite(before) else np.inf


def _finished(
    y: Floats,
    columns: Floats,
    kept: Bools,
    scale: Floats,
    slope: Floats,
    index: Floats,
    absorber: Absorber,
    iterations: int,
) -> Fit:
    """Return the fit at an estimate, in the units of the regressors."""
    mean = np.exp(index)
    absorber.effects = None
    left = absorber.residuals(columns, mean, TIGHT)
    bread = np.linalg.inv(left.T @ (mean[:, None] * left))
    return Fit(
        coefficient=slope / scale,
        kept=kept,
        mean=mean,
        # the score of b is that of the scaled coefficient times the scale, its inverse information divided by it twice
        score=left * (y - mean)[:, None] * scale,
        bread=bread / np.outer(scale, scale),
        deviance=poisson_deviance(y, mean),
        log_likelihood=float((y * index - mean).sum()),
        iterations=iterations,
    )


def _step(y: Floats, before: Floats, after: Floats, deviance: float) -> tuple[Floats, Floats, float]:
    """Return index, mean and deviance after a step, halved while it makes the fit worse."""
    for _ in range(30):
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.exp(after)
            now = poisson_deviance(y, mean)
        # rounding may lift a deviance that has settled
        if np.isfinite(now) and now <= deviance * (1 + 1e-9) + 1e-12 and (mean > 0).all():
            break
        after = (before + after) / 2
    return after, np.maximum(mean, np.finfo(float).tiny), now


def poisson_deviance(y: Floats, mean: Floats) -> float:
    """Return twice the distance of the log-likelihood from that of a perfect fit."""
    logs = np.where(y > 0, y * np.log(np.where(y > 0, y, 1.0) / np.where(mean > 0, mean, 1.0)), 0.0)
    return float(2 * (logs - (y - mean)).sum())


def independent(x: Floats, absorber: Absorber) -> Bools:
    """Return which columns the fixed effects and the columns before them do not explain."""
    absorber.effects = None
    left = absorber.residuals(x, np.ones(len(x)), TIGHT)
    spread = np.sqrt(((x - x.mean(axis=0)) ** 2).sum(axis=0))
    kept = np.zeros(x.shape[1], dtype=bool)
    basis = np.empty((len(x), 0))
    for place in range(x.shape[1]):
        column = left[:, place]
        for _ in range(2):
            column = column - basis @ (basis.T @ column)
        length = float(np.linalg.norm(column))
        if spread[place] > 0 and length > COLLINEAR * spread[place]:
            kept[place] = True
            basis = np.column_stack([basis, column / length])
    return kept


def used(y: Floats, levels: Sequence[Ints], *, singletons: bool) -> tuple[Bools, int, int]:
    """Return which observations remain, and how many singletons and separated ones are dropped by fixed effects alone.

    A singleton is alone in a level, and fits itself; it is dropped unless asked for. A level in which y is always 0 has an
    effect of minus infinity. Dropping one kind may make another, so that both are repeated until nothing is dropped.
    """
    keep = np.ones(len(y), dtype=bool)
    alone = separated = 0
    while True:
        dropped = np.zeros(len(y), dtype=bool)
        for codes in levels:
            size = np.bincount(codes[keep], minlength=int(codes.max(initial=0)) + 1)
            total = np.bincount(codes[keep], weights=y[keep], minlength=len(size))
            empty = keep & ~dropped & (total[codes] == 0)
            single = keep & ~dropped & ~empty & (size[codes] == 1) & (not singletons)
            separated += int(empty.sum())
            alone += int(single.sum())
            dropped |= empty | single
        if not dropped.any():
            return keep, alone, separated
        keep &= ~dropped


def separated(y: Floats, x: Floats, levels: Sequence[Ints]) -> Bools:
    """Return which observations are separated by regressors and fixed effects together, by iterative rectification.

    A combination that is zero where y is above zero, and nowhere below, is sought by regressing its positive part on everything,
    with heavy weights where y is above zero, until the regression explains it. What is found is a certificate: it is used only
    where it holds.
    """
    zero = y == 0
    if not zero.any():
        return np.zeros(len(y), dtype=bool)
    absorber = Absorber(levels)
    weight = np.where(zero, 1.0, HEAVY)
    scale = x.std(axis=0)
    columns = x / np.where(scale > 0, scale, 1.0)
    columns = columns[:, independent(columns, absorber)]
    absorber.effects = None
    aim = zero.astype(float)
    root = np.sqrt(weight)[:, None]
    for _ in range(SEPARATION_ROUNDS):
        try:
            left = absorber.residuals(np.column_stack([aim, columns]), weight, 1e-9)
        except NotConvergedError:
            # weights so unlike can leave no digits to small sets of fixed effects
            return separated_exactly(y, x, levels)
        slope = np.linalg.lstsq(root * left[:, 1:], (root * left[:, :1])[:, 0], rcond=None)[0]
        gap = left[:, 0] - left[:, 1:] @ slope
        found = aim - gap
        if np.abs(gap).max() < NOTHING / 10 * found[zero].max():
            break
        aim = np.where(zero, np.maximum(found, 0.0), 0.0)
        if aim.max() < NOTHING:
            return np.zeros(len(y), dtype=bool)
    # beside its own largest part: one that dwindles towards nothing is below any fixed bound before it is found to be none
    nothing = NOTHING * found[zero].max()
    sound = np.abs(found[~zero]).max(initial=0.0) < nothing and found[zero].min() > -nothing
    return (zero & (found > NOTHING)) if sound else separated_exactly(y, x, levels)


def renumber(codes: Ints) -> Ints:
    """Return levels numbered without gaps."""
    found: Ints = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    return found
