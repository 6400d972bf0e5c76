"""Karvan finds, proves, chooses and follows the investments that open a trade corridor between countries.

The chain, in order; each name is loaded when it is first used::

    case = karvan.open_case("pakistan_azerbaijan")     # a corridor's facts, checked
    network = karvan.build_network(case.apply())       # what connects to what
    routes = karvan.find_routes(case, "karachi", "baku", k=3)
    skims = karvan.skim_zones(case)
    outcome = karvan.simulate(case, projects=["P18"])   # trade and flows together
    worth = karvan.appraise(case, "P13,P14")           # what projects are worth together, and to whom
    streams = karvan.appraise_flows("flows.csv", rule_set="adb_2017")   # streams of one's own
    choice = karvan.choose(case, 2000)                 # which projects within USD 2 bn
    record = karvan.read_record(case, overdue_only=True)
    run = karvan.plan(case)                            # every stage, written to a run folder
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from karvan.appraisal import (
        appraise,
        appraise_accounts,
        appraise_flows,
        how_sure,
        league_table,
        open_rule_set,
    )
    from karvan.case import Setting, check_case, new_case, open_case
    from karvan.chain import find_trade, simulate
    from karvan.flows import assign_flows
    from karvan.network import build_network, export_gmns, read_gmns, to_geojson
    from karvan.pipeline import plan
    from karvan.portfolio import choose, find_portfolio
    from karvan.programme import read_record
    from karvan.routes import find_routes, skim_zones
    from karvan.trade import counterfactual, counterfactual_io, estimate, trade_potential

_ROOMS = {
    "karvan.case": ("Setting", "check_case", "new_case", "open_case"),
    "karvan.network": ("build_network", "export_gmns", "read_gmns", "to_geojson"),
    "karvan.routes": ("find_routes", "skim_zones"),
    "karvan.flows": ("assign_flows",),
    "karvan.trade": ("counterfactual", "counterfactual_io", "estimate", "trade_potential"),
    "karvan.chain": ("find_trade", "simulate"),
    "karvan.appraisal": (
        "appraise",
        "appraise_accounts",
        "appraise_flows",
        "how_sure",
        "league_table",
        "open_rule_set",
    ),
    "karvan.portfolio": ("choose", "find_portfolio"),
    "karvan.programme": ("read_record",),
    "karvan.pipeline": ("plan",),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Setting",
    "appraise",
    "appraise_accounts",
    "appraise_flows",
    "assign_flows",
    "build_network",
    "check_case",
    "choose",
    "counterfactual",
    "counterfactual_io",
    "estimate",
    "export_gmns",
    "find_portfolio",
    "find_routes",
    "find_trade",
    "how_sure",
    "league_table",
    "new_case",
    "open_case",
    "open_rule_set",
    "plan",
    "read_gmns",
    "read_record",
    "simulate",
    "skim_zones",
    "to_geojson",
    "trade_potential",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the room holds
    if name not in _HOMES:
        message = f"module 'karvan' has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_HOMES[name]), name)
