"""An emulator: what a few dozen full solves say of all others, and how far off it is on a solve that it has not seen.

Each result is, in the scores z of the drivers, one of

::

    quadratic    a full polynomial of second degree, by least squares, where there are solves enough
    smooth       a line and a Gaussian process of covariance exp(sum z_i z'_i / l_i^2): every polynomial, high degrees less likely
    kinked       a line and a Gaussian process of Matern covariance (5/2), which follows bends where they are

the second and third of the result r itself; the third also of its inverse hyperbolic sine in some unit u, arsinh(r / u), which is
a logarithm that may be negative: gains are products of prices, times and tonnes, so that they spread by shares. A quadratic is
taken where it leaves nothing, and else the process under which the solves are likeliest, the bent ones by the density of what was
bent. With few solves for so many drivers nothing is bent, and lengths are drawn towards a usual one: likelihood alone takes for
the rule what so few points have in common by chance. A process lies between the least and the greatest result that was solved,
since what was bent grows without bound beyond them. The lengths l_i and the noise are those of greatest restricted likelihood
(Rasmussen and Williams 2006, *Gaussian Processes for Machine Learning*); errors of left-out solves have a closed form (Dubrule
1983, *Mathematical Geology* 15). A driver that does nothing gets a great length and falls out.

What a result bends at, a line that is full, say, hangs on many drivers together. So the scores are turned to the directions in
which the process changes most, the eigenvectors of the mean of the products of its slopes (Constantine, Dow and Wang 2014,
"Active subspace methods in theory and practice", *SIAM Journal on Scientific Computing* 36(4)), and it is fitted again along
these; the likelier of the two is kept. A process knows how little it knows: its standard deviation, far from all solves, is a
guess of its error there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Literal

import numpy as np

from karvan.appraisal.uncertain import Floats
from karvan.errors import InputError
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["line", "quadratic", "smooth", "kinked"]
#: Covariance of points and its slopes by the logarithms of the lengths, from sums of squares or products of their scores.
Kernel = Callable[[Floats], tuple[Floats, Floats]]
#: A result whose weighted spread is below this share of the greatest is a line: it hardly counts.
_SMALL = 0.003
#: Solves to each term of a quadratic: with fewer, left-out solves say little of it.
_PER_TERM = 1.25
#: A left-out error below this share of the spread is rounding.
_EXACT = 1e-9
#: Bounds of the lengths, in standard deviations of a score, and of the noise, as a share of the variance.
_LENGTHS, _NOISE = (0.7, 100.0), (1e-9, 0.3)
_ROWS = 4096
#: Solves by which the lengths are found, evenly picked: to find them costs the cube of their number, a hundred times over.
_FOR_LENGTHS = 256
#: Solves to each term of a quadratic below which nothing is bent, and the lengths are held to a lognormal of this median and
#: spread.
_ENOUGH, _USUAL, _SPREAD = 1.4, 6.0, 0.5
#: Step by which slopes are found, in standard deviations of a score.
_STEP = 1e-3
#: Largest bent figure: ten thousand units, and their tenths.
_FAR = math.asinh(1e5)


@dataclass(frozen=True, eq=False)
class _Doubt:
    """What a process knows of its own error: its variance, the inverse covariance without the line, and what the line adds."""

    variance: float
    inverse: Floats
    mixed: Floats
    normal: Floats

    def at(self, own: Floats, met: Floats, line: Floats) -> Floats:
        """Return the standard deviation where points have a covariance with themselves, and one with the solves."""
        share = own - np.sum((met @ self.inverse) * met, axis=1)
        share += np.sum((line @ self.normal) * line, axis=1) - 2.0 * np.sum((met @ self.mixed) * line, axis=1)
        found: Floats = np.sqrt(self.variance * np.maximum(share, 0.0))
        return found


@dataclass(frozen=True, eq=False)
class _Part:
    """One result: a polynomial trend, and a process on what that leaves, along turned scores; errors of left-out solves."""

    kind: Kind
    degree: int
    weights: Floats
    lengths: Floats
    points: Floats
    pulls: Floats
    left_out: Floats
    #: Guesses of these errors.
    left_out_guess: Floats
    unit: float = math.inf
    turn: Floats | None = None
    doubt: _Doubt | None = None
    #: The least and the greatest result that was solved, where it lies between them.
    ends: tuple[float, float] = (-math.inf, math.inf)

    def at(self, scores: Floats) -> Floats:
        """Return the result at scores."""
        found: Floats = np.clip(_back(self.level(scores), self.unit), *self.ends)
        return found

    def level(self, scores: Floats) -> Floats:
        """Return the same, bent as it was fitted."""
        turned = self._turned(scores)
        found: Floats = _terms(turned, self.degree) @ self.weights
        if self.doubt is not None:
            for start in range(0, len(scores), _ROWS):
                rows = slice(start, start + _ROWS)
                found[rows] += self._met(turned[rows]) @ self.pulls
        return found

    def error_at(self, scores: Floats) -> Floats:
        """Return a guess of the error at scores: a standard deviation."""
        if self.doubt is None:
            return np.full(len(scores), math.sqrt(_loss(self)))
        turned, parts = self._turned(scores), []
        for start in range(0, len(scores), _ROWS):
            rows = turned[start : start + _ROWS]
            parts.append(self.doubt.at(_own(self.kind, rows, self.lengths), self._met(rows), _terms(rows, 1)))
        return np.concatenate(parts) * _stretch(self.at(scores), self.unit)

    def slopes(self) -> Floats:
        """Return how the bent result changes with each score, at every solve."""
        points = self.points if self.turn is None else self.points @ self.turn.T
        found = np.empty_like(points)
        for place in range(points.shape[1]):
            step = np.zeros(points.shape[1])
            step[place] = _STEP
            found[:, place] = (self.level(points + step) - self.level(points - step)) / (2.0 * _STEP)
        return found

    def _turned(self, scores: Floats) -> Floats:
        return scores if self.turn is None else scores @ self.turn

    def _met(self, turned: Floats) -> Floats:
        return _covariance(self.kind, _meet(self.kind, turned, self.points, self.lengths))[0]


@dataclass(frozen=True, eq=False)
class Emulator:
    """What solves say of other scores.

    Attributes
    ----------
    drivers
        Names of the columns of the scores.
    solves
        How many solves it rests on.
    left_out, left_out_guess
        By solve and result: its error, were the solve left out, and the guess of that error; NaN where whoever trains it does not
        count the result as solved.
    """

    drivers: tuple[str, ...]
    solves: int
    left_out: Floats
    left_out_guess: Floats
    _parts: tuple[_Part, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What each result is taken to be."""
        return tuple(part.kind for part in self._parts)

    def at(self, scores: Floats) -> Floats:
        """Return the results at scores, an array (draws, results)."""
        with one_thread():
            return np.column_stack([part.at(scores) for part in self._parts])

    def error_at(self, scores: Floats) -> Floats:
        """Return a guess of the errors of the results at scores, standard deviations."""
        with one_thread():
            return np.column_stack([part.error_at(scores) for part in self._parts])


def least_solves(drivers: int) -> int:
    """Return the fewest solves that an emulator of so many drivers takes: twice the terms of a line."""
    return 2 * (drivers + 1)


def fit_emulator(scores: Floats, results: Floats, drivers: Sequence[str], *, weights: Floats | None = None) -> Emulator:
    """Return an emulator of results.

    Parameters
    ----------
    scores
        Of every solve, an array (solves, drivers).
    results
        Of every solve, an array (solves, results).
    drivers
        Names of the scores.
    weights
        How much each result counts; by default all alike.

    Raises
    ------
    InputError
        There are too few solves, or figures that are none; every fault is listed.
    """
    _refuse(scores, results, drivers)
    spread = results.std(axis=0) * (1.0 if weights is None else np.abs(weights))
    with one_thread():
        parts = tuple(
            _fit(scores, wanted, small=bool(much <= _SMALL * spread.max()))
            for wanted, much in zip(results.T, spread, strict=True)
        )
    left_out, guess = (
        np.column_stack(errors)
        for errors in zip(*((part.left_out, part.left_out_guess) for part in parts), strict=True)
    )
    return Emulator(tuple(drivers), len(scores), left_out, guess, parts)


def _refuse(scores: Floats, results: Floats, drivers: Sequence[str]) -> None:
    faults = []
    if len(scores) < least_solves(len(drivers)):
        faults.append(
            f"solves: found {len(scores)} for {len(drivers)} drivers; expected {least_solves(len(drivers))} or more."
        )
    if len(scores) != len(results):
        faults.append(f"found {len(scores)} rows of scores and {len(results)} of results; expected as many of both.")
    if scores.shape[-1] != len(drivers):
        faults.append(f"found {scores.shape[-1]} scores a solve for {len(drivers)} drivers; expected as many of both.")
    if not np.isfinite(scores).all() or not np.isfinite(results).all():
        faults.append("found figures that are no numbers; expected numbers.")
    if faults:
        raise InputError(faults, what="Emulator")


def _fit(scores: Floats, wanted: Floats, *, small: bool) -> _Part:
    """Return a polynomial where it leaves nothing or the result hardly counts, else the likeliest process."""
    line = _polynomial("line", scores, wanted, 1)
    goal = (_EXACT * float(wanted.std())) ** 2
    if _loss(line) <= goal:
        return line
    best = line
    if len(scores) >= _PER_TERM * _quadratic_terms(scores.shape[1]):
        best = min(line, _polynomial("quadratic", scores, wanted, 2), key=_loss)
    if small or _loss(best) <= goal:
        return best
    tried = [_process("smooth", scores, wanted, math.inf)]
    units = [math.inf] if _few(scores) else _units(wanted)
    tried += [_process("kinked", scores, wanted, unit) for unit in units]
    likeliest = min(tried, key=lambda one: one[0])
    return min(likeliest, _turned(likeliest[1], scores, wanted), key=lambda one: one[0])[1]


def _few(scores: Floats) -> bool:
    """Tell whether there are few solves for so many drivers."""
    return bool(len(scores) < _ENOUGH * _quadratic_terms(scores.shape[1]))


def _quadratic_terms(drivers: int) -> int:
    return (drivers + 1) * (drivers + 2) // 2


def _turned(part: _Part, scores: Floats, wanted: Floats) -> tuple[float, _Part]:
    """Return a process along the directions in which it changes most, and minus its likelihood."""
    slopes = part.slopes()
    _, ways = np.linalg.eigh(slopes.T @ slopes)
    turn: Floats = np.ascontiguousarray(ways[:, ::-1])
    return _process(part.kind, scores, wanted, part.unit, turn)


def _units(wanted: Floats) -> list[float]:
    """Return the units in which results are bent: none, their mean size, and a tenth of it."""
    size = float(np.mean(np.abs(wanted)))
    return [math.inf, size, 0.1 * size] if size > 0 else [math.inf]


def _bent(values: Floats, unit: float) -> Floats:
    return values if math.isinf(unit) else np.arcsinh(values / unit)


def _back(values: Floats, unit: float) -> Floats:
    # beyond any result by far, a bent figure would grow without bound
    return values if math.isinf(unit) else unit * np.sinh(np.clip(values, -_FAR, _FAR))


def _stretch(values: Floats, unit: float) -> Floats:
    """Return how much a result changes where it is bent by a little."""
    return np.ones_like(values) if math.isinf(unit) else np.hypot(values, unit)


def _loss(part: _Part) -> float:
    return float(np.mean(part.left_out**2))


# polynomials ------------------------------------------------------------------------------------------------------------


def _terms(scores: Floats, degree: int) -> Floats:
    """Return the terms of a full polynomial."""
    columns = [np.ones(len(scores)), *scores.T]
    if degree > 1:
        pairs = combinations_with_replacement(range(scores.shape[1]), 2)
        columns += [scores[:, one] * scores[:, two] for one, two in pairs]
    return np.column_stack(columns)


def _polynomial(kind: Kind, scores: Floats, wanted: Floats, degree: int) -> _Part:
    columns = _terms(scores, degree)
    q, r = np.linalg.qr(columns)
    weights = np.linalg.solve(r, q.T @ wanted)
    leverage = np.minimum(np.sum(q**2, axis=1), 1.0 - 1e-9)
    nothing: Floats = np.empty(0)
    left_out = (wanted - columns @ weights) / (1.0 - leverage)
    guess = np.full(len(scores), math.sqrt(float(np.mean(left_out**2))))
    return _Part(kind, degree, weights, nothing, scores, nothing, left_out, guess)


# processes --------------------------------------------------------------------------------------------------------------


def _meet(kind: Kind, one: Floats, two: Floats, lengths: Floats) -> Floats:
    """Return sums of products of scores, or of squares of their differences, in lengths."""
    if kind == "smooth":
        found: Floats = (one / lengths**2) @ two.T
        return found
    squares = np.zeros((len(one), len(two)))
    for place, length in enumerate(lengths):
        squares += ((one[:, place, None] - two[None, :, place]) / length) ** 2
    return squares


def _own(kind: Kind, points: Floats, lengths: Floats) -> Floats:
    """Return the covariance of points with themselves."""
    return np.exp(np.sum((points / lengths) ** 2, axis=1)) if kind == "smooth" else np.ones(len(points))


def _covariance(kind: Kind, met: Floats) -> tuple[Floats, Floats]:
    """Return the covariance, and its slope by what it is a function of."""
    if kind == "smooth":
        rising = np.exp(met)
        return rising, rising
    distance = np.sqrt(5.0 * met)
    falling = np.exp(-distance)
    return (1.0 + distance + distance**2 / 3.0) * falling, -5.0 / 6.0 * (1.0 + distance) * falling


def _process(
    kind: Kind, scores: Floats, wanted: Floats, unit: float, turn: Floats | None = None
) -> tuple[float, _Part]:  # fmt: skip
    """Return a Gaussian process on a line, its lengths and noise those of greatest likelihood, and minus that likelihood."""
    from scipy.optimize import minimize  # noqa: PLC0415 - heavy

    points = scores if turn is None else scores @ turn
    count, bent = points.shape[1], _bent(wanted, unit)
    some = np.unique(np.linspace(0, len(points) - 1, min(_FOR_LENGTHS, len(points))).astype(np.int64))
    few = points[some]
    parts = np.stack([_meet(kind, few[:, [place]], few[:, [place]], np.ones(1)) for place in range(count)])
    start = np.append(np.full(count, math.log(5.0 if kind == "smooth" else 4.0)), math.log(1e-4))
    bounds = [tuple(np.log(_LENGTHS))] * count + [tuple(np.log(_NOISE))]
    found = minimize(
        _likelihood, start, args=(kind, parts, _terms(few, 1), bent[some], _few(points)), jac=True, bounds=bounds,
        method="L-BFGS-B", options={"maxiter": 100},
    )  # fmt: skip
    slopes = 0.0 if math.isinf(unit) else -0.5 * float(np.log(wanted[some] ** 2 + unit**2).sum())
    return float(found.fun) - slopes, _settled(kind, points, wanted, unit, turn, np.exp(found.x))


def _settled(
    kind: Kind, points: Floats, wanted: Floats, unit: float, turn: Floats | None, figures: Floats
) -> _Part:  # fmt: skip
    """Return the process of all solves, with its lengths and, last, its noise known."""
    bent, line, lengths = _bent(wanted, unit), _terms(points, 1), figures[:-1]
    covariance = _covariance(kind, _meet(kind, points, points, lengths))[0]
    covariance[np.diag_indices(len(points))] += figures[-1]
    inverse: Floats = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    weights, projected = _generalised(inverse, line, bent)
    pulls = projected @ bent
    variance = max(float(bent @ pulls), 0.0) / (len(points) - line.shape[1])
    carried = inverse @ line
    normal: Floats = np.asarray(np.linalg.inv(line.T @ carried), dtype=np.float64)
    own = np.diag(projected)
    left_out = wanted - _back(bent - pulls / own, unit)
    guess = np.sqrt(variance / own) * _stretch(wanted - left_out, unit)
    doubt = _Doubt(variance, projected, carried @ normal, normal)
    ends = float(wanted.min()), float(wanted.max())
    return _Part(kind, 1, weights, lengths, points, pulls, left_out, guess, unit, turn, doubt, ends)


def _generalised(inverse: Floats, line: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Return the weights of the line, and the inverse covariance with the line taken out."""
    carried = inverse @ line
    normal = line.T @ carried
    weights: Floats = np.asarray(np.linalg.solve(normal, carried.T @ wanted), dtype=np.float64)
    projected: Floats = inverse - carried @ np.linalg.solve(normal, carried.T)
    return weights, projected


def _likelihood(
    at: Floats, kind: Kind, parts: Floats, line: Floats, wanted: Floats, held: bool  # noqa: FBT001 - called by the optimiser
) -> tuple[float, Floats]:  # fmt: skip
    """Return minus the restricted log-likelihood with the variance at its best, and its gradient by the logarithms.

    Where lengths are held it is that of the lengths too.
    """
    rows, scales, noise = len(wanted), np.exp(-2.0 * at[:-1]), math.exp(at[-1])
    covariance, slope = _covariance(kind, np.einsum("i,ijk->jk", scales, parts))
    covariance = covariance + noise * np.eye(rows)
    inverse: Floats = np.asarray(np.linalg.inv(covariance), dtype=np.float64)
    _, projected = _generalised(inverse, line, wanted)
    pulls = projected @ wanted
    free = rows - line.shape[1]
    variance = max(float(wanted @ pulls) / free, 1e-300)
    value = 0.5 * (
        free * math.log(variance)
        + float(np.linalg.slogdet(covariance)[1])
        + float(np.linalg.slogdet(line.T @ inverse @ line)[1])
    )
    outer = np.outer(pulls, pulls) / variance - projected
    steep = outer * slope
    gradient = np.append(np.einsum("jk,ijk->i", steep, parts) * scales, -0.5 * noise * float(np.trace(outer)))
    if held:
        away = (at[:-1] - math.log(_USUAL)) / _SPREAD
        value, gradient = value + 0.5 * float(away @ away), gradient + np.append(away / _SPREAD, 0.0)
    return value, gradient
