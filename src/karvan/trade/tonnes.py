"""From dollars to tonnes, and from tonnes to trains with their way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

DAYS_PER_YEAR = 365.0
USD_PER_MUSD = 1e6


def tonnes(value_musd: Floats, off_network: Floats, share: Floats, value_usd_per_t: Floats) -> Floats:
    """Return tonnes a year by commodity, exporter and importer; what never rides the network has none.

    Parameters
    ----------
    value_musd, off_network
        Dollars of a pair, and the share of them that never rides the network.
    share, value_usd_per_t
        Of each commodity in the rest, and its value per tonne.
    """
    on_network = value_musd * (1 - off_network) * USD_PER_MUSD
    found: Floats = on_network[None] * share / value_usd_per_t
    return found


@dataclass(frozen=True)
class Trains:
    """Trains of a pair of directions.

    Attributes
    ----------
    forward_per_day, backward_per_day
        Loaded trains each way.
    run_per_day
        Trains that run each way: those of the heavier direction, since every train comes back.
    empty_per_day
        Of those of the lighter direction, the ones that run empty.
    imbalance_share
        Empty trains over trains of the lighter direction.
    """

    forward_per_day: Floats
    backward_per_day: Floats
    run_per_day: Floats
    empty_per_day: Floats
    imbalance_share: Floats


def trains(
    forward_t: Floats | float, backward_t: Floats | float, *, t_per_train: float, days: float = DAYS_PER_YEAR
) -> Trains:
    """Return the trains that carry tonnes a year forward and backward, with the same wagons both ways."""
    loaded = [np.asarray(side, dtype=float) / (t_per_train * days) for side in (forward_t, backward_t)]
    run = np.maximum(*loaded)
    empty = run - np.minimum(*loaded)
    share = np.divide(empty, run, out=np.zeros_like(run), where=run > 0)
    return Trains(loaded[0], loaded[1], run, empty, share)
