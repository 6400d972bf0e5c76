"""Covariances of estimates: robust to heteroskedasticity, or clustered one way or several.

With the scores s_i of the observations, the inverse information B and clusters g, the covariance is B (sum_g s_g s_g') B;
without clusters each observation is one. Several ways are added and subtracted by inclusion and exclusion (Cameron, Gelbach and
Miller, JBES 29(2), 2011). What is subtracted may be more than what is added: such a matrix is no covariance, and what they
advise is done, to set its negative eigenvalues to zero.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import RequestError
from karvan.trade.ppml import renumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.trade.ppml import Fit, Floats, Ints

#: What rounding leaves of a sum in which terms are subtracted, beside these terms.
ROUNDING = 1e-12


def covariance(
    fit: Fit, clusters: Sequence[Ints], correction: str, levels: Sequence[Ints], observations: int
) -> tuple[Floats, bool]:
    """Return the covariance of the estimates, and whether negative eigenvalues of it were set to zero.

    A row and column are NaN where a variance is not above zero after that: no error can be had.

    Parameters
    ----------
    fit
        Scores and inverse information.
    clusters
        Number of each observation's cluster, for each way; empty for robust errors.
    correction
        ``stata``: N / (N - 1), or G / (G - 1) with the fewest clusters of all ways. ``fixest``: N / (N - K), or (N - 1) / (N - K)
        G / (G - 1), where K counts the coefficients and the levels of fixed effects, except those nested in clusters. ``none``.
    levels
        Fixed effects, for K.
    observations
        N.

    Raises
    ------
    RequestError
        With ``fixest``, N is no more than K.
    """
    count = observations
    left = count - len(fit.coefficient) - _absorbed(levels, clusters)
    if correction == "fixest" and left <= 0:
        message = (
            f"No errors can be had with the correction fixest: it counts {count - left} parameters, and there are {count} "
            "observations. Give more rows or fewer fixed effects, or choose the correction stata or none."
        )
        raise RequestError(message)
    if not clusters:
        meat = fit.score.T @ fit.score
        factor = {"stata": count / max(count - 1, 1), "fixest": count / max(left, 1), "none": 1.0}[correction]
        return factor * fit.bread @ meat @ fit.bread, False
    meat, added = np.zeros_like(fit.bread), np.zeros_like(fit.bread)
    for size in range(1, len(clusters) + 1):
        for ways in combinations(clusters, size):
            part = _meat(fit.score, ways)
            meat += (-1) ** (size + 1) * part
            added += part if size % 2 else 0.0
    fewest = min(int(codes.max()) + 1 for codes in clusters)
    factor = 1.0 if correction == "none" else fewest / max(fewest - 1, 1)
    if correction == "fixest":
        factor *= (count - 1) / max(left, 1)
    found = factor * fit.bread @ meat @ fit.bread
    if len(clusters) == 1:
        return found, False
    return _mended(found, np.diag(factor * fit.bread @ added @ fit.bread))


def _meat(score: Floats, ways: Sequence[Ints]) -> Floats:
    """Return the sum of squares of the scores by clusters, each of them what all ways have in common."""
    codes = ways[0]
    for other in ways[1:]:
        codes = renumber(codes * (int(other.max()) + 1) + other)
    sums = np.zeros((int(codes.max()) + 1, score.shape[1]))
    np.add.at(sums, codes, score)
    found: Floats = sums.T @ sums
    return found


def _mended(matrix: Floats, added: Floats) -> tuple[Floats, bool]:
    """Return a matrix without its negative eigenvalues, and whether it had any.

    Parameters
    ----------
    matrix
        Sum of terms of which some were subtracted.
    added
        Diagonal of those that were added: the scale of rounding.
    """
    size = np.sqrt(np.where(added > 0, added, 1.0))
    # whether there are any does not depend on units, how large they are does
    if np.linalg.eigvalsh(matrix / np.outer(size, size)).min() >= -ROUNDING:
        return matrix, False
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    below = values < 0
    found = matrix - (vectors[:, below] * values[below]) @ vectors[:, below].T
    none = ~(np.diag(found) > ROUNDING * added)
    found[none, :] = np.nan
    found[:, none] = np.nan
    return found, True


def _absorbed(levels: Sequence[Ints], clusters: Sequence[Ints]) -> int:
    """Return how many parameters the fixed effects take, as fixest counts them."""
    if not levels:
        return 1
    sizes = [int(codes.max()) + 1 for codes in levels]
    nested = [size for size, codes in zip(sizes, levels, strict=True) if any(_nested(codes, way) for way in clusters)]
    total = sum(sizes) - (len(sizes) - 1)
    return total - sum(nested) + len(nested) if nested else total


def _nested(codes: Ints, clusters: Ints) -> bool:
    """Whether every level lies in one cluster."""
    pairs = np.unique(np.column_stack([codes, clusters]), axis=0)
    return len(pairs) == int(codes.max()) + 1
