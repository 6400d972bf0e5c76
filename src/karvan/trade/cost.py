"""From generalised cost to the change of trade cost, on arrays.

A tonne worth v dollars costs g dollars to bring to the buyer: freight, charges, time and unreliability. Its cost factor is
1 + g/v, and a change of trade cost is the ratio of two factors::

    tau_hat = (1 + g1/v) / (1 + g0/v),    g = f + d v t

with f freight in USD per tonne, t days, and d the value of a day as a share of the good's value. Where closures come and go,
traders act on what they expect: each state is solved apart, and the *factors* are weighted by the probabilities of the states.
Tariffs and other margins m multiply (1 + g/v)(1 + m) and cancel; where they are charged on the price without transport they add
to it, (1 + m + g/v), which is the sensitivity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Share of the long-run elasticity that works in the first year, and years until all of it does: an elasticity of 0.76 after one
#: year against 1.75-2.25 in the long run, reached in 7-10 years (Boehm, Levchenko and Pandalai-Nayar, AER 113(4), 2023).
FIRST_YEAR_SHARE, ADJUSTMENT_YEARS = 0.4, 8.0


def generalised(
    freight_usd_per_t: Floats, time_d: Floats, value_usd_per_t: Floats, day_share: Floats | float
) -> Floats:
    """Return generalised cost per tonne: freight, and days at a share of value each."""
    cost: Floats = freight_usd_per_t + day_share * value_usd_per_t * time_d
    return cost


def expected_factor(
    generalised_usd_per_t: Floats,
    value_usd_per_t: Floats,
    probability: Sequence[float] | Floats,
    *,
    margin: Floats | float = 0.0,
) -> Floats:
    """Return the expected cost factor over states of the world.

    Parameters
    ----------
    generalised_usd_per_t
        By state first, then whatever the others share.
    value_usd_per_t
        Value of a tonne, without states.
    probability
        Of each state; they sum to one.
    margin
        What is added to the price without transport, as a share of it; zero where margins multiply.
    """
    weight = np.asarray(probability, dtype=float)
    factors = 1 + margin + generalised_usd_per_t / value_usd_per_t
    factor: Floats = np.tensordot(weight, factors, axes=(0, 0))
    return factor


def tau_hat(before: Floats, after: Floats) -> Floats:
    """Return the change of trade cost from two cost factors; 1 where either is not known."""
    known = np.isfinite(before) & np.isfinite(after) & (before > 0) & (after > 0)
    change: Floats = np.divide(after, before, out=np.ones(np.broadcast(before, after).shape), where=known)
    return change


def pair_tau_hat(share: Floats, change: Floats, off_network: Floats, theta: float) -> Floats:
    """Return the change of trade cost of pairs from that of their commodities.

    Each commodity of an exporter is a variety of its own with the same elasticity, and so is what never rides the network, whose
    cost does not change; the price of a bundle is the constant-elasticity index of its varieties.

    Parameters
    ----------
    share
        Of each commodity in the dollars that are on the network, by commodity, exporter and importer.
    change
        tau_hat of each commodity, same shape.
    off_network
        Share of the dollars that is not on the network, by exporter and importer.
    theta
        Elasticity of trade.
    """
    pull: Floats = off_network + (1 - off_network) * (share * change**-theta).sum(axis=0)
    # a pair without a commodity on the network does not change
    empty = (share.sum(axis=0) <= 0) & (off_network < 1)
    found: Floats = np.where(empty, 1.0, np.where(pull > 0, pull, 1.0) ** (-1 / theta))
    return found


def adjustment_share(
    years: Floats | float, *, first: float = FIRST_YEAR_SHARE, until: float = ADJUSTMENT_YEARS
) -> Floats:
    """Return the share of the long-run elasticity that works some years after a change: nothing before it, `first` in the first
    year, rising evenly to one `until` years after it.
    """  # noqa: D205 - one sentence
    passed = np.asarray(years, dtype=float)
    rising = first + (1 - first) * (passed - 1) / max(until - 1, 1e-9)
    share: Floats = np.where(passed < 1, 0.0, np.clip(rising, first, 1.0))
    return share
