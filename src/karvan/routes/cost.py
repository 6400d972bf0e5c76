"""What a tonne pays for an arc, in the measure that a search minimises.

Generalised cost per tonne = price + time value x (time + reliability ratio x standard deviation). The standard deviations
of the arcs of a route are added up, as if all delays came together, so that the cost of a route is the sum over its arcs; the
range of a route's time is computed apart, with delays that are independent where they may be (:mod:`karvan.routes.results`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from karvan.case import AppliedCase
    from karvan.network import Arcs

Measure = Literal["generalised", "time", "cost", "co2e"]
MEASURES: tuple[Measure, ...] = ("generalised", "time", "cost", "co2e")

HOURS_PER_DAY = 24.0
#: Value of an hour of standard deviation in hours of mean time, where the case has no parameter ``reliability_ratio``.
RELIABILITY_RATIO = 0.4
#: Weight of the generalised cost in a search for something else: it breaks ties, and is far below any figure shown.
TIE_BREAK = 1e-9

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Commodity:
    """What travels: its form, what an hour costs it, and how much of it goes into a container.

    Attributes
    ----------
    id, name, form
        Row of commodity.csv; the form is ``container`` or ``bulk``.
    time_value_usd_per_t_h
        Value of an hour, per tonne.
    payload_t_per_feu
        Tonnes in a 40-foot container.
    reliability_ratio
        Value of an hour of standard deviation, in mean hours.
    """

    id: str
    name: str
    form: str
    time_value_usd_per_t_h: float
    payload_t_per_feu: float
    reliability_ratio: float

    @classmethod
    def of(cls, applied: AppliedCase, name: str | None = None) -> Commodity:
        """Return a commodity of the case, by default the case's own default.

        Raises
        ------
        UnknownNameError
            There is none of that name.
        """
        table = applied.rows("commodity")
        name = name or applied.case.config.case.default_commodity
        if name not in table:
            raise UnknownNameError("commodity", name, list(table))
        row = table[name]
        ratio = applied.rows("parameter").get("reliability_ratio")
        return cls(
            id=name,
            name=str(row["name"]),
            form=str(row["form"]),
            time_value_usd_per_t_h=float(row["time_value_usd_per_t_day"]) / HOURS_PER_DAY,
            payload_t_per_feu=float(row["payload_t_per_feu"]),
            reliability_ratio=float(ratio["value"]) if ratio else RELIABILITY_RATIO,
        )


def generalised_usd_per_t(arcs: Arcs, commodity: Commodity) -> Floats:
    """Return the generalised cost per tonne of every arc."""
    hours = arcs.time_h + commodity.reliability_ratio * (arcs.sd_h + arcs.wait_sd_h)
    cost: Floats = arcs.price_usd_per_t + commodity.time_value_usd_per_t_h * hours
    return cost


def arc_weights(arcs: Arcs, commodity: Commodity, by: Measure) -> Floats:
    """Return the weight of every arc in a search.

    Raises
    ------
    UnknownNameError
        The measure is none of :data:`MEASURES`.
    """
    if by not in MEASURES:
        raise UnknownNameError("measure", by, MEASURES)
    generalised = generalised_usd_per_t(arcs, commodity)
    if by == "generalised":
        return generalised
    own = {"time": arcs.time_h, "cost": arcs.price_usd_per_t, "co2e": arcs.co2e_kg_per_t}[by]
    weights: Floats = own + TIE_BREAK * generalised
    return weights
