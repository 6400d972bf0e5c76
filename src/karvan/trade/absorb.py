"""Weighted least squares on many fixed effects, by conjugate gradients.

Fixed effects enter a regression as the columns of a sparse matrix D of zeros and ones. Residuals on D are those on its normal
equations D'WD a = D'W v. The set with the most levels is eliminated exactly, since its part of D'WD is diagonal; the rest is
solved by conjugate gradients with a diagonal preconditioner, for all columns of v at once. Alternating projections (Guimaraes
and Portugal 2010) descend on the same equations, slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array, hstack

from karvan.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

MOST_STEPS = 10_000


class Absorber:
    """Sets of fixed effects, each as the number of the level of every observation."""

    def __init__(self, levels: Sequence[Ints]) -> None:
        order = sorted(range(len(levels)), key=lambda place: -int(levels[place].max(initial=-1)))
        parts = [dummies(levels[place]) for place in order]
        self.first = parts[0]
        self.first_t = self.first.T.tocsr()
        self.rest = csr_array(hstack(parts[1:], format="csr")) if len(parts) > 1 else None
        self.rest_t = self.rest.T.tocsr() if self.rest is not None else None
        self.effects: Floats | None = None

    def residuals(self, values: Floats, weight: Floats, tolerance: float) -> Floats:
        """Return the residuals of columns on the fixed effects; the search starts where the last one of this shape ended.

        Parameters
        ----------
        values
            Columns, (observations, columns).
        weight
            Of each observation, above zero.
        tolerance
            Residual of the normal equations, as a share of their right-hand side.

        Raises
        ------
        NotConvergedError
            The conjugate gradients have not reached the tolerance.
        """
        mass = self.first_t @ weight

        def project(columns: Floats) -> Floats:
            sums = self.first_t @ (weight[:, None] * columns)
            found: Floats = columns - self.first @ (sums / mass[:, None])
            return found

        left = project(values)
        if self.rest is None or self.rest_t is None:
            return left
        rest, rest_t = self.rest, self.rest_t
        scale = 1 / np.maximum(rest_t @ weight, np.finfo(float).tiny)
        right = rest_t @ (weight[:, None] * left)
        start = self.effects
        effects = start if start is not None and start.shape == right.shape else np.zeros_like(right)
        gap = right - rest_t @ (weight[:, None] * project(rest @ effects))
        # what is small is small beside the column itself: a column that the fixed effects explain has no other scale
        size = np.sqrt((scale[:, None] * (rest_t @ (weight[:, None] * np.abs(values))) ** 2).sum(axis=0))
        goal = tolerance * np.maximum(size, np.finfo(float).tiny)
        step = scale[:, None] * gap
        norm = (gap * step).sum(axis=0)
        for _ in range(MOST_STEPS):
            if (np.sqrt(np.maximum(norm, 0.0)) <= goal).all():
                self.effects = effects
                found: Floats = left - project(rest @ effects)
                return found
            pushed = rest_t @ (weight[:, None] * project(rest @ step))
            curve = (step * pushed).sum(axis=0)
            length = np.divide(norm, curve, out=np.zeros_like(norm), where=curve > 0)
            effects = effects + length * step
            gap = gap - length * pushed
            turned = scale[:, None] * gap
            before, norm = norm, (gap * turned).sum(axis=0)
            step = turned + np.divide(norm, before, out=np.zeros_like(norm), where=before > 0) * step
        message = (
            f"The fixed effects could not be taken out to {tolerance:g} in {MOST_STEPS} steps: they are nearly the same. "
            "Leave one of them out."
        )
        raise NotConvergedError(message)


def dummies(levels: Ints) -> csr_array[Any]:
    """Return the dummies of a set of fixed effects: one row per observation, one column per level."""
    count = len(levels)
    shape = (count, int(levels.max(initial=-1)) + 1)
    return csr_array((np.ones(count), levels, np.arange(count + 1)), shape=shape)
