"""Fitting the factors of calibration.csv to observed journeys and prices: structure, never one route.

A factor multiplies a group of cells: the hours in motion of lorries in some countries, the estimated hours of crossings, a level
of prices. With x the logarithms of the factors, minimise

    sum over observations ((ln observed - ln predicted(x) - class offset) / s)^2  +  sum over factors (x / prior_sd)^2

which is the maximum a posteriori estimate of a lognormal model (ridge regression on logarithms; Gelman and others 2013,
chapter 14). Only observations with use = calibrate enter. A journey's hours are a sum over the arcs of its route, so that the
derivative to each factor is the share of the hours that rests on its cells; routes are found anew in every round.
Method and results: docs/methods/validation.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.ranges import Z90
from karvan.network import ArcKind
from karvan.routes.predict import observed_network, predict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from karvan.case import Case
    from karvan.routes.cost import Floats
    from karvan.routes.predict import Predicted

#: Rounds of linearisation; the factors settle to four digits in fewer.
ROUNDS = 12
#: Standard deviation of ln(observed / predicted) that no factor explains, before the fit: about +-30 % for eight in ten.
RESIDUAL_SD = 0.25
#: Standard deviation of the logarithm of an observation by its confidence (assumed).
OBSERVATION_SD = {"high": 0.05, "medium": 0.12, "low": 0.25}
#: Pilots are single runs that were watched, lorries with open doors, first trains with speeches: their offset from regular
#: services is fitted too, by rail and otherwise, with the first figure as prior; the second is how much one run differs from
#: the next (assumed).
PILOT_SD, SINGLE_RUN_SD = 0.3, 0.2
PILOTS = ("by rail", "otherwise")
#: Columns that hours or dollars fall with, rather than rise.
INVERSE = frozenset({"moving_h_per_day", "speed_kmh", "frequency_per_week"})
#: A factor counts an observation where it moves at least this share of it.
TOUCHED_SHARE = 0.1

Cell = tuple[str, str, str]


@dataclass(frozen=True)
class Factor:
    """A fitted factor.

    Attributes
    ----------
    calibration_id
        The group.
    value, low, high
        The factor, and P10 and P90 of what it may be.
    observations
        How many observations it acts on by at least a tenth.
    """

    calibration_id: str
    value: float
    low: float
    high: float
    observations: int


@dataclass(frozen=True)
class Calibration:
    """A fit.

    Attributes
    ----------
    factors
        One per row of calibration.csv.
    pilot_offset
        Fitted ratio of the hours of pilots to those of regular services, by rail and otherwise.
    residual_sd
        Standard deviation of ln(observed / predicted) over the observations fitted, by quantity.
    left_out_sd
        The same for each observation predicted by a fit to the others.
    residuals
        ln(observed / predicted) by observation, after the fit.
    """

    factors: tuple[Factor, ...]
    pilot_offset: dict[str, float]
    residual_sd: dict[str, float]
    left_out_sd: dict[str, float]
    residuals: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Problem:
    """The linear problem of one round: residuals, derivatives, weights."""

    names: list[str]
    residual: Floats
    jacobian: Floats
    sd: Floats


def calibrate(case: Case) -> Calibration:
    """Fit the factors of calibration.csv anew, starting from one, and return them; the case stays as it is.

    Parameters
    ----------
    case
        The corridor; its calibration.csv names the groups and how far each may move.
    """
    groups = case.rows("calibration")
    factors = dict.fromkeys(groups, 1.0)
    parts: dict[str, tuple[list[str], _Problem, Floats, Floats]] = {}
    for _ in range(ROUNDS):
        trial = with_factors(case, factors)
        found = predict(trial, observed_network(trial))
        for quantity in ("time", "price"):
            mine = [name for name, row in groups.items() if row["quantity"] == quantity]
            problem = _problem(trial, found, quantity, mine)
            start = np.array([math.log(factors[name]) for name in mine])
            prior = np.array([*(float(groups[name]["prior_sd"]) for name in mine), *[PILOT_SD] * len(PILOTS)])
            fitted = _solve(problem, start, prior)
            parts[quantity] = (mine, problem, fitted, prior)
            factors |= {name: float(np.exp(x)) for name, x in zip(mine, fitted, strict=False)}
    return _result(parts, groups)


def with_factors(case: Case, factors: Mapping[str, float]) -> Case:
    """Return the case with other factors in its calibration table."""
    table = case.tables["calibration"].copy()
    for name, value in factors.items():
        table.at[name, "factor"] = value
    return replace(case, tables={**case.tables, "calibration": table})


def _problem(case: Case, found: list[Predicted], quantity: str, groups: list[str]) -> _Problem:
    owner = {
        (row["table"], key, column): groups.index(name)
        for name, row in case.rows("calibration").items()
        if name in groups
        for key in row["rows"]
        for column in row["columns"]
    }
    rows = case.rows("observed")
    fit = [
        item
        for item in found
        if item.trace and item.spread and rows[item.observed_id]["use"] == "calibrate"
        and rows[item.observed_id]["kind"] == quantity
    ]  # fmt: skip
    pairs = [_pair(rows[item.observed_id]) for item in fit]
    jacobian = np.zeros((len(fit), len(groups) + len(PILOTS)))
    residual, sd = np.zeros(len(fit)), np.zeros(len(fit))
    for number, item in enumerate(fit):
        row = rows[item.observed_id]
        assert item.spread is not None  # noqa: S101 - chosen above
        residual[number] = math.log(float(row["value"]) / item.spread.mean)
        for cell, amount in _contributions(item, quantity):
            if cell in owner:
                sign = -1.0 if cell[2] in INVERSE else 1.0
                jacobian[number, owner[cell]] += sign * amount * item.per_t / item.spread.mean
        if row["class"] == "pilot":
            jacobian[number, len(groups) + (0 if "rail" in row["mode"] else 1)] = 1.0
        # several reports of one journey tell less than as many journeys
        single = SINGLE_RUN_SD if row["class"] == "pilot" else 0.0
        own = math.hypot(RESIDUAL_SD, OBSERVATION_SD[row["confidence"]], single)
        sd[number] = own * math.sqrt(pairs.count(pairs[number]))
    return _Problem([item.observed_id for item in fit], residual, jacobian, sd)


def _pair(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (*sorted((row["origin"], row["destination"])), *sorted(row["mode"]))


def _contributions(item: Predicted, quantity: str) -> Iterator[tuple[Cell, float]]:
    """Yield the cells that a prediction rests on, with the hours or dollars per tonne that each is worth."""
    assert item.trace is not None  # noqa: S101 - chosen by the caller
    arcs, links = item.trace.arcs, item.trace.network.applied.rows("link")
    for arc in item.numbers:
        row, border, service = (str(column[arc]) for column in (arcs.row, arcs.border, arcs.service))
        if arcs.kind[arc] == ArcKind.MOVE:
            if quantity == "time":
                yield ("service", service, "moving_h_per_day"), float(arcs.move_h[arc] + arcs.rest_h[arc])
                if arc != item.departed:
                    yield ("link", row, "frequency_per_week"), float(arcs.wait_h[arc])
                continue
            fares = [name for name in ("fare_usd_per_t", "fare_bulk_usd_per_t") if not math.isnan(links[row][name])]
            cell = ("link", row, fares[0]) if fares else ("service", service, "price_usd_per_tkm")
            yield cell, float(arcs.price_usd_per_t[arc])
            continue
        table, key = ("border", border) if border else ("terminal", row) if row else ("service", service)
        if quantity == "time":
            yield (table, key, "load_h" if table == "service" else "time_h"), float(arcs.stop_h[arc])
        else:
            column = "load_usd_per_t" if table == "service" else "price_usd_per_t"
            yield (table, key, column), float(arcs.price_usd_per_t[arc])


def _solve(problem: _Problem, start: Floats, prior: Floats) -> Floats:
    """Return the factors' logarithms after one step of Gauss and Newton with priors at nought."""
    # residuals at the start lack what the factors explain already; the offsets of pilots are never in the prediction
    target = problem.residual + problem.jacobian[:, : len(start)] @ start
    weighted = problem.jacobian / problem.sd[:, None] ** 2
    solved = np.linalg.solve(_information(problem, prior), weighted.T @ target)
    return np.asarray(solved, dtype=np.float64)


def _information(problem: _Problem, prior: Floats) -> Floats:
    weighted = problem.jacobian / problem.sd[:, None] ** 2
    matrix: Floats = weighted.T @ problem.jacobian + np.diag(1 / prior**2)
    return matrix


def _result(
    parts: Mapping[str, tuple[list[str], _Problem, Floats, Floats]], groups: Mapping[str, Mapping[str, Any]]
) -> Calibration:
    factors: dict[str, Factor] = {}
    offset: dict[str, float] = {}
    inside, outside = {}, {}
    residuals: dict[str, float] = {}
    for quantity, (mine, problem, fitted, prior) in parts.items():
        sd = np.sqrt(np.diag(np.linalg.inv(_information(problem, prior))))
        touched = (np.abs(problem.jacobian) >= TOUCHED_SHARE).sum(axis=0)
        for number, name in enumerate(mine):
            value, width = float(np.exp(fitted[number])), float(np.exp(Z90 * sd[number]))
            factors[name] = Factor(name, value, value / width, value * width, int(touched[number]))
        if quantity == "time":
            offset = {name: math.exp(x) for name, x in zip(PILOTS, fitted[len(mine) :], strict=True)}
        left: Floats = problem.residual - problem.jacobian[:, len(mine) :] @ fitted[len(mine) :]
        residuals |= dict(zip(problem.names, left.tolist(), strict=True))
        inside[quantity] = float(np.sqrt(np.mean(left**2))) if len(left) else math.nan
        outside[quantity] = _left_out(problem, fitted, prior, len(mine))
    return Calibration(tuple(factors[name] for name in groups), offset, inside, outside, residuals)


def _left_out(problem: _Problem, fitted: Floats, prior: Floats, factors: int) -> float:
    """Return the root mean square of each residual under a fit to the other observations, with the routes of the last round."""
    errors = []
    for number in range(len(problem.residual)):
        keep = np.arange(len(problem.residual)) != number
        part = _Problem([], problem.residual[keep], problem.jacobian[keep], problem.sd[keep])
        other = _solve(part, fitted[:factors], prior)
        moved = problem.jacobian[number, :factors] @ (fitted - other)[:factors]
        errors.append(problem.residual[number] + moved - problem.jacobian[number, factors:] @ other[factors:])
    return float(np.sqrt(np.mean(np.square(errors)))) if errors else math.nan
