"""What a tonne pays between two economies in a setting: the network's routes, or the way beside it.

Skims between zones give price and hours. They are found for a few time values per form of cargo; each commodity then takes the
best of these routes at its own time value, which is exact wherever its best route is among them. Where the network is dearer than
the outside option, or does not lead there, goods take the outside option: shut never means infinite. The part of a flow that does
not choose keeps the way it has. Zones are weighted by the base flow between them.

The logsum of :mod:`karvan.flows` may take the place of these costs: :func:`karvan.trade.effects.trade_effects` takes arrays.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.routes import skim_zones
from karvan.routes.cost import Commodity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case import AppliedCase, Case, Setting
    from karvan.trade.matrix import TradeMatrix

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Time values per form at which routes are sought: the lowest, the middle and the highest of its commodities.
ROUTES_PER_FORM = 3
#: Kinds of base flow that are trade between two economies.
TRADE_KINDS = ("trade",)
ANY_FORM = "any"


def pair_costs(case: Case, setting: Setting, matrix: TradeMatrix) -> Floats:
    """Return generalised cost in USD per tonne by commodity, exporter and importer; NaN where no flow tells the zones.

    Parameters
    ----------
    case, setting
        The network.
    matrix
        Its economies and commodities.
    """
    applied = case.apply(setting)
    zones = list(applied.rows("zone"))
    number = {name: place for place, name in enumerate(zones)}
    costs = np.full((len(matrix.commodities), len(matrix.economies), len(matrix.economies)), np.nan)
    sums, weights = np.zeros_like(costs), np.zeros_like(costs)
    economy = {
        name: matrix.economies.index(row["economy"]) for name, row in applied.rows("zone").items() if row["economy"]
    }
    good = {name: place for place, name in enumerate(matrix.commodities)}
    tables = {name: _zone_costs(case, applied, setting, name, zones) for name in _used(applied)}
    for row in applied.rows("base_flow").values():
        origin, destination = row["origin"], row["destination"]
        if row["kind"] not in TRADE_KINDS or origin not in economy or destination not in economy:
            continue
        i, j = economy[origin], economy[destination]
        network, outside = (table[number[origin], number[destination]] for table in tables[row["commodity"]])
        chosen = np.nanmin([network, outside]) if not (np.isnan(network) and np.isnan(outside)) else np.nan
        if i == j or np.isnan(chosen):
            continue
        free = float(row["contestable_share"])
        # what does not choose keeps its way: outside where it goes outside, the network while there is one
        bound = outside if row["mode"] == "outside" and not np.isnan(outside) else chosen
        cell = (good[row["commodity"]], i, j)
        flow = float(row["flow_t_per_year"])
        sums[cell] += flow * (free * chosen + (1 - free) * bound)
        weights[cell] += flow
    found: Floats = np.divide(sums, weights, out=costs, where=weights > 0)
    return found


def _used(applied: AppliedCase) -> list[str]:
    return sorted({str(row["commodity"]) for row in applied.rows("base_flow").values() if row["kind"] in TRADE_KINDS})


def _zone_costs(
    case: Case, applied: AppliedCase, setting: Setting, name: str, zones: Sequence[str]
) -> tuple[Floats, Floats]:
    """Return generalised cost between zones on the network and outside it."""
    goods = Commodity.of(applied, name)
    best = np.full((len(zones), len(zones)), np.nan)
    for price, hours in _routes(case, setting, goods.form):
        best = np.fmin(best, price + goods.time_value_usd_per_t_h * hours)
    outside = np.full_like(best, np.nan)
    number = {zone: place for place, zone in enumerate(zones)}
    for row in applied.rows("outside").values():
        if row["form"] in (goods.form, ANY_FORM):
            outside_h = float(row["time_h"]) + goods.reliability_ratio * float(row["time_sd_h"])
            price_and_time = float(row["price_usd_per_t"]) + goods.time_value_usd_per_t_h * outside_h
            place = (number[row["origin"]], number[row["destination"]])
            outside[place] = float(np.fmin(outside[place], price_and_time))
    return best, outside


@lru_cache(maxsize=64)
def _routes(case: Case, setting: Setting, form: str) -> tuple[tuple[Floats, Floats], ...]:
    """Return price and hours, with unreliability in them, of the best routes at some time values of a form."""
    applied = case.apply(setting)
    goods = [Commodity.of(applied, name) for name in sorted(_used(applied))]
    ours = sorted(
        (item for item in goods if item.form == form), key=lambda item: (item.time_value_usd_per_t_h, item.id)
    )
    places = sorted({round(step * (len(ours) - 1) / (ROUTES_PER_FORM - 1)) for step in range(ROUTES_PER_FORM)})
    found = []
    for item in (ours[place] for place in places):
        table = skim_zones(
            case,
            commodity=item.id,
            scenario=setting.scenario,
            projects=setting.projects,
            year=setting.year,
            changes=setting.changes,
        ).table
        size = round(len(table) ** 0.5)
        price = table["price_usd_per_t"].to_numpy().reshape(size, size)
        whole = table["generalised_usd_per_t"].to_numpy().reshape(size, size)
        found.append((price, (whole - price) / item.time_value_usd_per_t_h))
    return tuple(found)
