"""Sobol indices: which share of the variance of a result each figure explains, alone and with others.

First-order indices by Saltelli and others (2010, "Variance based sensitivity analysis of model output", *Computer Physics
Communications* 181), total ones by Jansen (1999, "Analysis of variance designs for model output", in the same journal, 117).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from karvan.appraisal.uncertain import Floats, Uncertain


#: Independent scrambles of the sequence; how far their answers lie apart is the error.
REPLICATES = 8


@dataclass(frozen=True)
class SobolIndices:
    """Shares of the variance of a result.

    Attributes
    ----------
    names
        The figures.
    first, total
        Share explained by a figure alone; share that would remain if all others were known.
    first_error, total_error
        Standard errors of these, from independent scrambles.
    variance
        Variance of the result.
    """

    names: tuple[str, ...]
    first: tuple[float, ...]
    total: tuple[float, ...]
    first_error: tuple[float, ...]
    total_error: tuple[float, ...]
    variance: float


def sobol_indices(
    model: Callable[[Floats], Floats], figures: Sequence[Uncertain], *, power: int = 12, seed: int = 1
) -> SobolIndices:
    """Return the Sobol indices of a model.

    Parameters
    ----------
    model
        Takes draws, an array (draws, figures), and returns a result for each.
    figures
        Independent figures.
    power
        2 to this power base draws, at least 3; the model is asked for ``2^power (figures + 2)`` results.
    seed
        The same seed gives the same bytes.

    Raises
    ------
    InputError
        A figure cannot be, or the result does not vary, is no number, or is not one for each draw.
    """
    faults = [fault for figure in figures for fault in figure.faults()]
    faults += [] if figures else ["figures: found none; expected one or more."]
    faults += [] if power >= _LEAST_POWER else [f"power: found {power}; expected {_LEAST_POWER} or more."]
    if faults:
        raise InputError(faults, what="Sobol indices")
    seeds = np.random.SeedSequence(seed).spawn(REPLICATES)
    parts = [_replicate(model, figures, power - _LEAST_POWER, np.random.default_rng(child)) for child in seeds]
    variance = float(np.mean([part[2] for part in parts]))
    if variance == 0:
        raise InputError(["found a result that does not vary; expected one that does."], what="Sobol indices")
    first, total = (np.array([part[place] for part in parts]) / variance for place in (0, 1))
    return SobolIndices(
        names=tuple(figure.name for figure in figures),
        first=tuple(first.mean(axis=0).tolist()),
        total=tuple(total.mean(axis=0).tolist()),
        first_error=tuple((first.std(axis=0, ddof=1) / math.sqrt(REPLICATES)).tolist()),
        total_error=tuple((total.std(axis=0, ddof=1) / math.sqrt(REPLICATES)).tolist()),
        variance=variance,
    )


_LEAST_POWER = 3  # one draw in each of the replicates


def _replicate(
    model: Callable[[Floats], Floats], figures: Sequence[Uncertain], power: int, random: np.random.Generator
) -> tuple[list[float], list[float], float]:
    """Return parts of the variance explained by each figure, alone and in all, and the variance, from one scramble."""
    from scipy.stats import qmc  # noqa: PLC0415 - heavy

    count = len(figures)
    points = np.clip(qmc.Sobol(2 * count, scramble=True, rng=random).random_base2(power), 0.5**53, 1.0 - 0.5**53)
    one, two = (
        np.column_stack([figure.quantiles(half[:, place]) for place, figure in enumerate(figures)])
        for half in (points[:, :count], points[:, count:])
    )
    at_one, at_two = _asked(model, one), _asked(model, two)
    both = np.concatenate([at_one, at_two])
    middle = float(both.mean())  # about its mean the products of a result vary least
    first, total = [], []
    for place in range(count):
        mixed = one.copy()
        mixed[:, place] = two[:, place]
        at_mixed = _asked(model, mixed)
        first.append(float(np.mean((at_two - middle) * (at_mixed - at_one))))
        total.append(float(np.mean((at_one - at_mixed) ** 2)) / 2.0)
    # what is left of equal results is rounding
    return first, total, float(both.var()) if np.ptp(both) > 0 else 0.0


def _asked(model: Callable[[Floats], Floats], points: Floats) -> Floats:
    """Return the results of a model, one for each draw."""
    found = np.asarray(model(points), dtype=float)
    if found.shape != (len(points),):
        fault = f"found results of shape {found.shape} for {len(points)} draws; expected one for each."
        raise InputError([fault], what="Sobol indices")
    if not np.isfinite(found).all():
        raise InputError(["found a result that is no number; expected one for each draw."], what="Sobol indices")
    return found
