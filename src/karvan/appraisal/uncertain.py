"""Uncertain figures: their distributions, and draws from many of them at once with the rank correlations that are known.

A range of the data is read as P10 to P90 about a median. Its distribution is split at the median: lognormal on either side
where the low end is above zero, normal where it is not, each side with the spread that its own end asks for. So the three
known points are met exactly, and a cost stays above zero.

Draws are points of a scrambled Sobol sequence or of a Latin hypercube, which cover all figures evenly. Rank correlation is
brought in by reordering (Iman and Conover 1982, "A distribution-free approach to inducing rank correlation among input
variables", *Communications in Statistics B* 11(3)), so that each figure keeps its distribution to the last digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from karvan.appraisal.discounting import is_whole
from karvan.case.ranges import Z90
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Shape = Literal["range", "uniform", "triangular", "pert", "normal", "lognormal", "discrete", "fixed"]
Sampler = Literal["sobol", "lhs"]
Floats = np.ndarray[Any, np.dtype[np.float64]]
#: Shape of the PERT distribution: the mode weighs four times each end.
_PERT = 4.0
_ROUNDING = 1e-9
#: Draws for each figure that rank correlation takes at least: it is undone in a sample and made anew.
_RANKS = 4
#: More draws say nothing more, and take more memory than a machine has.
MOST_DRAWS = 1_000_000
#: Fewest solves that say how far an emulator is off.
LEAST_CHECKS = 2


@dataclass(frozen=True)
class Uncertain:
    """A figure and what it may be.

    Attributes
    ----------
    name
        What it is.
    shape
        ``range``: P10, median and P90; ``uniform``: from low to high; ``triangular`` and ``pert``: least, mode and most;
        ``normal`` and ``lognormal``: mean in the middle, standard deviation as ``sd``; ``discrete``: values with
        probabilities; ``fixed``: the middle alone.
    low, middle, high
        As the shape asks for.
    sd
        Standard deviation, of normal and lognormal.
    values, probabilities
        Of discrete.
    least
        What the figure cannot be below, whatever its shape asks for: a cost with a low end of nothing is no income.
    """

    name: str
    shape: Shape
    middle: float = math.nan
    low: float = math.nan
    high: float = math.nan
    sd: float = math.nan
    values: tuple[float, ...] = ()
    probabilities: tuple[float, ...] = ()
    least: float = -math.inf

    def faults(self) -> list[str]:
        """Return everything that is wrong with it."""
        if self.shape not in get_args(Shape):
            return [f"{self.name}: found the shape {self.shape!r}; expected one of {', '.join(get_args(Shape))}."]
        found = []
        if self.shape == "discrete":
            return self._discrete_faults()
        if any(math.isinf(value) for value in (self.low, self.middle, self.high, self.sd)):
            return [f"{self.name}: found an infinite figure; expected numbers."]
        if self.shape in ("range", "triangular", "pert") and not self.low <= self.middle <= self.high:
            found.append(
                f"{self.name}: found {self.low:g}, {self.middle:g}, {self.high:g}; expected low, middle and high in this order."
            )
        if self.shape == "uniform" and not self.low <= self.high:
            found.append(f"{self.name}: found {self.low:g} to {self.high:g}; expected low, then high.")
        if self.shape in ("normal", "lognormal") and not (self.sd >= 0 and math.isfinite(self.middle)):
            found.append(
                f"{self.name}: found mean {self.middle:g} and sd {self.sd:g}; expected numbers, sd of 0 or more."
            )
        if self.shape == "lognormal" and not self.middle > 0:
            found.append(f"{self.name}: found a mean of {self.middle:g}; expected more than 0.")
        if self.shape == "fixed" and not math.isfinite(self.middle):
            found.append(f"{self.name}: found {self.middle:g}; expected a number.")
        return found

    def _discrete_faults(self) -> list[str]:
        found = []
        if not self.values or len(self.values) != len(self.probabilities):
            found.append(
                f"{self.name}: found {len(self.values)} values and {len(self.probabilities)} probabilities; "
                "expected as many of both."
            )
        found += [f"{self.name}: found a probability of {chance:g}; expected 0 to 1." for chance in self.probabilities
                  if not 0 <= chance <= 1]  # fmt: skip
        found += [f"{self.name}: found the value {value:g}; expected a number." for value in self.values
                  if not math.isfinite(value)]  # fmt: skip
        total = math.fsum(self.probabilities)
        if not found and abs(total - 1) > _ROUNDING:
            found.append(f"{self.name}: found probabilities that sum to {total:g}; expected 1.")
        return found

    def quantiles(self, shares: Floats) -> Floats:
        """Return the values below which the figure lies with these probabilities."""
        return np.maximum(self._quantiles(shares), self.least)

    def _quantiles(self, shares: Floats) -> Floats:
        if self.shape == "fixed" or (self.shape in ("triangular", "pert", "uniform") and self.low == self.high):
            return np.full_like(shares, self.low if self.shape == "uniform" else self.middle)
        if self.shape == "discrete":
            ends = np.cumsum(self.probabilities)
            places = np.minimum(np.searchsorted(ends, shares, side="left"), len(self.values) - 1)
            return np.array(self.values)[places]
        if self.shape in ("uniform", "triangular", "pert"):
            return self._between(shares)
        return self._by_scores(shares)

    def _between(self, shares: Floats) -> Floats:
        """Return the quantiles of a shape that lies between its ends."""
        from scipy.special import betaincinv  # noqa: PLC0415 - heavy

        width, rise, fall = self.high - self.low, self.middle - self.low, self.high - self.middle
        if self.shape == "uniform":
            return self.low + shares * width
        if self.shape == "triangular":
            rising, falling = (
                self.low + np.sqrt(shares * width * rise),
                self.high - np.sqrt((1.0 - shares) * width * fall),
            )
            return np.where(shares < rise / width, rising, falling)
        ends = 1.0 + _PERT * rise / width, 1.0 + _PERT * fall / width
        return self.low + width * np.asarray(betaincinv(*ends, shares))

    def _by_scores(self, shares: Floats) -> Floats:
        """Return the quantiles of a shape that comes from the normal."""
        from scipy.special import ndtri  # noqa: PLC0415 - heavy

        scores = ndtri(shares)
        if self.shape == "normal":
            return self.middle + self.sd * scores
        if self.shape == "lognormal":
            variance = math.log1p((self.sd / self.middle) ** 2)
            return np.exp(math.log(self.middle) - variance / 2 + math.sqrt(variance) * scores)
        return self._split(scores)

    def _split(self, scores: Floats) -> Floats:
        """Return the values of a range at standard normal scores."""
        if self.low > 0:
            below, above = math.log(self.middle / self.low), math.log(self.high / self.middle)
            return self.middle * np.exp(np.where(scores < 0, below, above) * scores / Z90)
        below, above = self.middle - self.low, self.high - self.middle
        return self.middle + np.where(scores < 0, below, above) * scores / Z90


def draw_faults(draws: int, seed: int, checks: int | None = None) -> list[str]:
    """Return what is wrong with a number of draws, a seed, and a number of fresh solves that an emulator is held against."""
    sound = is_whole(draws) and 1 <= draws <= MOST_DRAWS
    faults = [] if sound else [f"draws: found {draws}; expected a whole number, 1 to {MOST_DRAWS:,}."]
    faults += [] if seed >= 0 else [f"seed: found {seed}; expected 0 or more."]
    if checks is not None and not (is_whole(checks) and LEAST_CHECKS <= checks <= MOST_DRAWS):
        faults.append(f"checks: found {checks}; expected a whole number, {LEAST_CHECKS} to {MOST_DRAWS:,}.")
    return faults


def draw_figures(
    figures: Sequence[Uncertain],
    draws: int,
    *,
    seed: int,
    sampler: Sampler = "sobol",
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> Floats:
    """Return draws of figures, an array (draws, figures).

    Parameters
    ----------
    figures
        What is drawn.
    draws
        How many.
    seed
        The same seed gives the same bytes.
    sampler
        ``sobol`` or ``lhs``.
    correlations
        Rank correlation by pair of names; pairs that are not named are independent.

    Raises
    ------
    InputError
        A figure, a correlation or the number of draws cannot be; every fault is listed.
    """
    names = [figure.name for figure in figures]
    faults = [fault for figure in figures for fault in figure.faults()]
    faults += [f"{name}: found twice; expected once." for name in sorted({n for n in names if names.count(n) > 1})]
    faults += [] if names else ["figures: found none; expected one or more."]
    faults += draw_faults(draws, seed)
    faults += [] if sampler in get_args(Sampler) else [f"sampler: found {sampler!r}; expected sobol or lhs."]
    for (one, two), rank in (correlations or {}).items():
        faults += [f"correlation of {one} and {two}: found no figure called {name!r}; expected one of {', '.join(names)}."
                   for name in (one, two) if name not in names]  # fmt: skip
        if (two, one) in (correlations or {}) and one < two:
            faults.append(f"correlation of {one} and {two}: found twice; expected once.")
        if one == two or not -1 <= rank <= 1:
            faults.append(f"correlation of {one} and {two}: found {rank:g}; expected two figures and -1 to 1.")
    if faults:
        raise InputError(faults, what="Uncertain figures")
    # so few draws have ranks that correlate by chance, or that cannot be told apart at all: more are drawn, and the first taken
    enough = max(draws, _RANKS * len(figures)) if correlations else draws
    shares = _even_shares(enough, len(figures), seed, sampler)
    if correlations:
        shares = _correlated(shares, _target(names, correlations))[:draws]
    return np.column_stack([figure.quantiles(shares[:, place]) for place, figure in enumerate(figures)])


def correlation_off(names: Sequence[str], correlations: Mapping[tuple[str, str], float]) -> float:
    """Return by how much the rank correlations that are drawn differ at most from those asked for.

    They do where no normal scores have these. Of three figures, for one, none can oppose both others by ranks of more than 0.48.
    """
    target = _target(names, correlations)
    scores = _of_scores(target)
    if np.linalg.eigvalsh(scores)[0] >= -_ROUNDING:
        return 0.0
    root = _root(scores, nearest=True)
    drawn = 6.0 / np.pi * np.arcsin(np.clip(root @ root.T, -1.0, 1.0) / 2.0)
    return float(np.abs(drawn - target).max())


def _target(names: Sequence[str], correlations: Mapping[tuple[str, str], float]) -> Floats:
    """Return the matrix of rank correlations of some figures."""
    target = np.eye(len(names))
    for (one, two), rank in correlations.items():
        target[names.index(one), names.index(two)] = target[names.index(two), names.index(one)] = rank
    return target


def _of_scores(target: Floats) -> Floats:
    """Return how normal scores correlate whose ranks correlate so: by r where ranks do by 6 / pi asin(r / 2) (Pearson 1907)."""
    found: Floats = 2.0 * np.sin(np.pi / 6.0 * target)
    return found


def _even_shares(draws: int, dimensions: int, seed: int, sampler: Sampler) -> Floats:
    """Return evenly spread points of the unit cube, none of them on its faces."""
    from scipy.stats import qmc  # noqa: PLC0415 - heavy

    if sampler == "lhs":
        points = qmc.LatinHypercube(dimensions, rng=seed).random(draws)
    else:
        # a whole power of two keeps the sequence balanced; what is not asked for is left
        power = max(0, math.ceil(math.log2(draws)))
        points = qmc.Sobol(dimensions, scramble=True, rng=seed).random_base2(power)[:draws]
    tiny = 0.5**53
    return np.clip(points, tiny, 1.0 - tiny)


def _correlated(shares: Floats, target: Floats) -> Floats:
    """Return the columns reordered so that their ranks correlate as wanted."""
    from scipy.special import ndtri  # noqa: PLC0415 - heavy

    _root(target)
    wanted = _root(_of_scores(target), nearest=True)
    draws, count = shares.shape
    scores = ndtri((np.column_stack([ranks_of(shares[:, place]) for place in range(count)]) + 1.0) / (draws + 1.0))
    own = np.array([[_product(scores[:, one], scores[:, two]) for two in range(count)] for one in range(count)])
    sizes = np.sqrt(np.diag(own))
    weights = wanted @ np.linalg.inv(np.linalg.cholesky(own / np.outer(sizes, sizes)))
    found = np.empty_like(shares)
    for place in range(count):
        mixed = sum((weights[place, other] * scores[:, other] for other in range(count)), np.zeros(draws))
        found[:, place] = np.sort(shares[:, place])[ranks_of(mixed)]
    return found


def _root(target: Floats, *, nearest: bool = False) -> Floats:
    """Return a matrix whose product with its transpose is the correlations that are wanted, or the nearest that can be."""
    try:
        return np.asarray(np.linalg.cholesky(target), dtype=np.float64)
    except np.linalg.LinAlgError:
        # figures that move as one, by a correlation of 1 or -1, leave nothing of their own
        sizes, directions = np.linalg.eigh(target)
        if nearest or sizes[0] >= -_ROUNDING:
            root = directions * np.sqrt(np.maximum(sizes, 0.0))
            return np.asarray(root / np.linalg.norm(root, axis=1, keepdims=True), dtype=np.float64)
    fault = "found correlations that contradict each other (their matrix is not positive definite); expected ones that can be."
    raise InputError([fault], what="Uncertain figures")


def ranks_of(values: Floats) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the rank of each value, 0 for the least; equal ones in the order in which they stand."""
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[np.argsort(values, kind="stable")] = np.arange(len(values))
    return ranks


def _product(one: Floats, two: Floats) -> float:
    """Return a sum of products that does not depend on the number of threads."""
    return float(np.sum(one * two))
