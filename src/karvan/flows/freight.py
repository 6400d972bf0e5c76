"""Tonnes as trains, trucks and sailings, and the vehicles that go back empty.

Loaded vehicles a day are tonnes over the net tonnes of the service. Where one direction carries more of a form than the other,
a share of the difference goes back empty (``empty_return_MODE_share``, default 1). Empties fill capacity, cost resources and
emit; they are not part of the market price, which contains the way back already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from karvan.flows.scarcity import EMPTY_RETURN_SHARE
from karvan.network.services import service_index

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
    links = applied.rows("link")
    parameters = {name: float(row["value"]) for name, row in applied.rows("parameter").items()}
    cost_share = parameters.get("empty_cost_share", EMPTY_COST_SHARE)
    columns = (flows[name].tolist() for name in ("link_id", "direction", "form", "flow_t_per_day"))
    tonnes = {(link, way, form): value for link, way, form, value in zip(*columns, strict=True)}
    pairs = sorted({(link, form) for link, _, form in tonnes})
    if not pairs:
        return pd.DataFrame(columns=list(_COLUMNS))
    rows = [links[link] for link, _ in pairs]
    modes = [row["mode"] for row in rows]
    there, back = (np.array([tonnes.get((link, way, form), 0.0) for link, form in pairs]) for way in "+-")
    returned = np.array([parameters.get(f"empty_return_{mode}_share", EMPTY_RETURN_SHARE) for mode in modes])
    # of every pair there and back, one after the other
    own = np.column_stack([there, back]).ravel()
    empty = np.column_stack(
        [returned * np.maximum(back - there, 0.0), returned * np.maximum(there - back, 0.0)]
    ).ravel()
    net_t, price, co2e, length = np.repeat(_of_services(applied, rows, [form for _, form in pairs]), 2, axis=1)
    table = pd.DataFrame({
        "link_id": np.repeat(np.array([link for link, _ in pairs], dtype=object), 2),
        "direction": np.tile(np.array(["+", "-"], dtype=object), len(pairs)),
        "form": np.repeat(np.array([form for _, form in pairs], dtype=object), 2),
        "mode": np.repeat(np.array(modes, dtype=object), 2), "flow_t_per_day": own, "tkm_per_day": own * length,
        "vehicles_per_day": own / net_t, "empties_per_day": empty / net_t, "vehicle_km_per_day": own / net_t * length,
        "empty_km_per_day": empty / net_t * length, "empty_resource_usd_per_day": empty * length * price * cost_share,
        "empty_co2e_t_per_day": empty * length * co2e * cost_share / 1000,
    })  # fmt: skip
    used: pd.DataFrame = table[(own != 0) | (empty != 0)]
    return used.reset_index(drop=True)


def _of_services(applied: AppliedCase, links: list[dict[str, Any]], forms: list[str]) -> np.ndarray[Any, Any]:
    """Return net tonnes of a vehicle, resource cost and emissions per tonne-km, and length, of links; shape (4, links)."""
    services = service_index(applied.rows("service"))
    country = {node: row["country"] for node, row in applied.rows("node").items()}
    found = np.empty((4, len(links)))
    for k, (row, form) in enumerate(zip(links, forms, strict=True)):
        service = services.find(row["mode"], country[row["from_node_id"]], form)
        found[:, k] = (
            service.vehicle_net_t, service.price_usd_per_tkm * service.resource_share,
            service.co2e_kg_per_tkm(electrified=bool(row["electrified"])), row["length_km"],
        )  # fmt: skip
    return found


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
