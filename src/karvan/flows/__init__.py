"""What runs where: trade and traffic assigned to a network whose capacity is shared and scarce.

Names of the corridor are loaded when they are first used: road networks of one's own do without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from karvan.flows.assign import assign
from karvan.flows.audit import Audit, Routes, audit_assignment
from karvan.flows.classes import VehicleClass
from karvan.flows.links import LinkTable
from karvan.flows.results import Assignment, compare
from karvan.flows.tntp import read_network, read_trips

if TYPE_CHECKING:
    from karvan.flows.corridor import assign_flows
    from karvan.flows.corridor_audit import CorridorAudit
    from karvan.flows.corridor_results import CorridorFlows

_HOMES = {"assign_flows": "corridor", "CorridorAudit": "corridor_audit", "CorridorFlows": "corridor_results"}

__all__ = [
    "Assignment",
    "Audit",
    "CorridorAudit",
    "CorridorFlows",
    "LinkTable",
    "Routes",
    "VehicleClass",
    "assign",
    "assign_flows",
    "audit_assignment",
    "compare",
    "read_network",
    "read_trips",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a function or a class
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
