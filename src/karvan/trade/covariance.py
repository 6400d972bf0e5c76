"""Covariances of estimates: robust to heteroskedasticity, or clustered one way or several.

With the scores s_i of the observations, the inverse information B and clusters g, the covariance is B (sum_g s_g s_g') B;
without clusters each observation is one. Several ways are added and subtracted by inclusion and exclusion (Cameron, Gelbach and
Miller, JBES 29(2), 2011).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from karvan.trade.ppml import renumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.trade.ppml import Fit, Floats, Ints


def covariance(
    fit: Fit, clusters: Sequence[Ints], correction: str, levels: Sequence[Ints], observations: int
) -> Floats:
    """Return the covariance of the estimates.

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
    """
    count = observations
    parameters = len(fit.coefficient) + _absorbed(levels, clusters)
    if not clusters:
        meat = fit.score.T @ fit.score
        factor = {"stata": count / (count - 1), "fixest": count / max(count - parameters, 1), "none": 1.0}[correction]
        robust: Floats = factor * fit.bread @ meat @ fit.bread
        return robust
    meat = np.zeros_like(fit.bread)
    for size in range(1, len(clusters) + 1):
        for ways in combinations(clusters, size):
            codes = ways[0]
            for other in ways[1:]:
                codes = renumber(codes * (int(other.max()) + 1) + other)
            sums = np.zeros((int(codes.max()) + 1, fit.score.shape[1]))
            np.add.at(sums, codes, fit.score)
            meat += (-1) ** (size + 1) * sums.T @ sums
    fewest = min(int(codes.max()) + 1 for codes in clusters)
    factor = 1.0 if correction == "none" else fewest / max(fewest - 1, 1)
    if correction == "fixest":
        factor *= (count - 1) / max(count - parameters, 1)
    found: Floats = factor * fit.bread @ meat @ fit.bread
    return found


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
