"""From which share of time in closures a value turns, from the values of the states that are known; nothing is solved anew.

::

    V(x) = (1 - x) ENPV + x V_shut      more is shut: from the process's own closures (x = 0) to all years shut (x = 1)
    V(x) = (1 - x) ENPV + x V_open      less is shut

V_shut weights the states in which something is shut as the process does in that year, and leaves none to the open state; V_open
is the state in which nothing is shut, for ever. For one state alone, all others keep their proportions. Both are straight in x,
and so is the share of time, the mean over the years of operation. Trade reckons with the closures of the process at any share.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from karvan.appraisal.side_sums import Floats

    Flags = np.ndarray[Any, np.dtype[np.bool_]]

#: On which side of a share of time shut a value is a loss.
Side = Literal["above", "below"]


@dataclass(frozen=True)
class ClosureTurn:
    """The share of time in one closure, or in any, at which a value is nought.

    Attributes
    ----------
    state
        State of the crossings; empty for all in which something is shut.
    share_expected
        Share of the years of operation that the process has in it.
    share
        Share at which the value is nought; None where it is so at none.
    loss
        On which side of that share the value is below zero: above it closures kill the project, below it they call for it.
    open_musd, shut_musd
        The value at no time shut, and at all time.
    """

    state: str
    share_expected: float
    share: float | None
    loss: Side | None
    open_musd: float
    shut_musd: float

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        names = ("state", "share_expected", "share", "loss")
        return {name: getattr(self, name) for name in names}


def any_closure(worth: Floats, probability: Floats, *, usual: int, running: Flags) -> ClosureTurn | None:
    """Return where a value turns as more or less is shut; None where nothing can be.

    Parameters
    ----------
    worth
        Discounted gains by year and state, as if the state held all year.
    probability
        By year and state.
    usual
        Place of the state in which nothing is shut.
    running
        Which years are years of operation.
    """
    shut = 1.0 - probability[:, usual]
    weights = probability.copy()
    weights[:, usual] = 0.0
    if not weights.any():
        return None
    # a year in which nothing can be shut has the mix of all years
    mix = np.where(
        shut[:, None] > 0, weights / np.where(shut > 0, shut, 1.0)[:, None], weights.mean(axis=0) / shut.mean()
    )
    return _turn("", worth, probability, ends=(worth[:, usual].sum(), (mix * worth).sum()), shut=shut, running=running)


def closure_of_state(
    worth: Floats, probability: Floats, state: str, place: int, *, usual: int, running: Flags
) -> ClosureTurn:  # fmt: skip
    """Return where a value turns as one state is more or less likely, the others in proportion.

    Parameters
    ----------
    worth, probability, usual, running
        As :func:`any_closure` has them.
    state, place
        The state, and its place.
    """
    mine = probability[:, place]
    others = probability.copy()
    others[:, place] = 0.0
    left = 1.0 - mine
    alone = np.zeros(probability.shape[1])
    alone[usual] = 1.0
    without = np.where(left[:, None] > 0, others / np.where(left > 0, left, 1.0)[:, None], alone)
    ends = ((without * worth).sum(), worth[:, place].sum())
    return _turn(state, worth, probability, ends=ends, shut=mine, running=running)


def _turn(
    state: str, worth: Floats, probability: Floats, *, ends: tuple[float, float], shut: Floats, running: Flags
) -> ClosureTurn:  # fmt: skip
    """Return where the lines from the process to either end cross nought, nearest the process."""
    own, expected = float((probability * worth).sum()), float(shut[running].mean())
    low, high = float(ends[0]), float(ends[1])
    found: list[tuple[float, Side]] = []
    for at, value, end_at, end in ((expected, own, 1.0, high), (expected, own, 0.0, low)):
        if value * end < 0:
            share = at + (end_at - at) * value / (value - end)
            found.append((share, "above" if (value > end) == (end_at > at) else "below"))
    if not found:
        return ClosureTurn(state, expected, None, None, low, high)
    share, loss = min(found, key=lambda one: abs(one[0] - expected))
    return ClosureTurn(state, expected, share, loss, low, high)
