"""Observations that no finite estimate can fit, found by linear programming.

A combination z = X g of regressors and dummies of fixed effects that is zero wherever there is trade and nowhere below zero
elsewhere separates the observations of no trade at which it is above zero: the further the estimate goes against it, the better
the fit. The largest such set maximises sum min(z, 1) (Konis 2007; Correia, Guimaraes and Zylkin 2019, arXiv:1903.01633). This is
the definition itself, slower than the search in :mod:`karvan.trade.ppml`, and exact: it is asked where that one is in doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from karvan.errors import NotConvergedError
from karvan.trade.absorb import dummies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.trade.absorb import Floats, Ints

Bools = np.ndarray[Any, np.dtype[np.bool_]]

#: Largest weight in a combination, with regressors of unit spread: what needs more is fitted by a finite, if large, estimate.
MOST_WEIGHT = 1e4
#: What counts as zero in a combination that separates by one; the program's own tolerance is 1e-7.
NOTHING = 1e-5


def separated_exactly(y: Floats, x: Floats, levels: Sequence[Ints], *, among: Bools | None = None) -> Bools:
    """Return which observations are separated by regressors and fixed effects together.

    Parameters
    ----------
    y, x, levels
        Trade, regressors and fixed effects.
    among
        Observations of no trade that may be separated, where others are known to have a finite fit; all of them without it.

    Raises
    ------
    NotConvergedError
        The linear program has no answer.
    """
    zero = y == 0 if among is None else among
    found = np.zeros(len(y), dtype=bool)
    if not zero.any():
        return found
    scale = x.std(axis=0)
    columns = csr_array(x / np.where(scale > 0, scale, 1.0))
    design: Any = csr_array(hstack([columns, *(dummies(codes) for codes in levels)], format="csr"))
    traded, idle = design[~zero], design[zero]
    size, free = idle.shape
    limits: Any = vstack([hstack([-idle, eye_array(size)]), hstack([-idle, csr_array((size, size))])], format="csr")
    equal: Any = hstack([traded, csr_array((traded.shape[0], size))], format="csr")
    answer = linprog(
        np.concatenate([np.zeros(free), -np.ones(size)]), A_ub=limits, b_ub=np.zeros(2 * size),
        A_eq=equal, b_eq=np.zeros(traded.shape[0]),
        bounds=[(-MOST_WEIGHT, MOST_WEIGHT)] * free + [(0, 1)] * size, method="highs",
    )  # fmt: skip
    if not answer.success or answer.x is None:
        message = (
            f"The search for observations without a finite fit has failed: {answer.message} Leave out a set of fixed effects, or "
            "search by fixed effects alone (--separation fixed)."
        )
        raise NotConvergedError(message)
    weights = answer.x[:free]
    # used only as a certificate that holds
    if np.abs(traded @ weights).max(initial=0.0) <= NOTHING and (idle @ weights).min() >= -NOTHING:
        found[np.flatnonzero(zero)] = idle @ weights > 0.5  # noqa: PLR2004 - all that can be above zero reach one
    return found
