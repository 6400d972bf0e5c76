"""Tonnes as trains, trucks and sailings, and the vehicles that go back empty.

Loaded vehicles a day are tonnes over the net tonnes of the service. Where one direction carries more of a form than the other,
a share of the difference goes back empty (``empty_return_MODE_share``, default 1). Empties fill capacity, cost resources and
emit; they are not part of the market price, which contains the way back already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from karvan.flows.scarcity import EMPTY_RETURN_SHARE
from karvan.network.services import ServiceIndex

if TYPE_CHECKING:
    from karvan.case import AppliedCase

#: Resource cost and emissions of an empty vehicle as a share of those of a loaded one: an assumption, which the parameter
#: ``empty_cost_share`` replaces.
EMPTY_COST_SHARE = 0.6


def vehicles(applied: AppliedCase, flows: pd.DataFrame) -> pd.DataFrame:
    """Return vehicles a day, loaded and empty, per link, direction and form.

    Parameters
    ----------
    applied
        The case under a setting.
    flows
        Tonnes a day with columns link_id, direction, form, flow_t_per_day.
    """
    services = ServiceIndex(applied.rows("service"))
    country = {node: row["country"] for node, row in applied.rows("node").items()}
    links = applied.rows("link")
    parameters = {name: float(row["value"]) for name, row in applied.rows("parameter").items()}
    cost_share = parameters.get("empty_cost_share", EMPTY_COST_SHARE)
    tonnes = {
        (str(row["link_id"]), str(row["direction"]), str(row["form"])): float(row["flow_t_per_day"])
        for row in flows.to_dict("records")
    }
    rows = []
    for link, form in sorted({(key[0], key[2]) for key in tonnes}):
        row = links[link]
        service = services.find(row["mode"], country[row["from_node_id"]], form)
        back = parameters.get(f"empty_return_{row['mode']}_share", EMPTY_RETURN_SHARE)
        for way, other in (("+", "-"), ("-", "+")):
            own, against = (tonnes.get((link, side, form), 0.0) for side in (way, other))
            empty_t = back * max(against - own, 0.0)
            if own == 0 and empty_t == 0:
                continue
            tkm = empty_t * row["length_km"]
            rate = service.co2e_kg_per_tkm(electrified=bool(row["electrified"]))
            rows.append({
                "link_id": link, "direction": way, "form": form, "mode": row["mode"], "flow_t_per_day": own,
                "tkm_per_day": own * row["length_km"],
                "vehicles_per_day": own / service.vehicle_net_t, "empties_per_day": empty_t / service.vehicle_net_t,
                "vehicle_km_per_day": own / service.vehicle_net_t * row["length_km"],
                "empty_km_per_day": empty_t / service.vehicle_net_t * row["length_km"],
                "empty_resource_usd_per_day": tkm * service.price_usd_per_tkm * service.resource_share * cost_share,
                "empty_co2e_t_per_day": tkm * rate * cost_share / 1000,
            })  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "link_id", "direction", "form", "mode", "flow_t_per_day", "tkm_per_day", "vehicles_per_day", "empties_per_day",
    "vehicle_km_per_day", "empty_km_per_day", "empty_resource_usd_per_day", "empty_co2e_t_per_day",
)  # fmt: skip


def by_mode(table: pd.DataFrame, days: float) -> pd.DataFrame:
    """Return tonne-km, vehicle-km and empties a year by mode."""
    names = [
        name
        for name in _COLUMNS
        if name.endswith("_per_day") and name not in ("flow_t_per_day", "vehicles_per_day", "empties_per_day")
    ]
    sums = table.groupby("mode")[names].sum() * days
    sums.columns = [name.replace("_per_day", "_per_year") for name in names]
    return sums.reset_index()
