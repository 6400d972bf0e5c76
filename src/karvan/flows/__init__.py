"""What runs where: trade and traffic assigned to a network whose capacity is shared and scarce."""

from __future__ import annotations

from karvan.flows.assign import assign
from karvan.flows.audit import Audit, Routes, audit_assignment
from karvan.flows.classes import VehicleClass
from karvan.flows.corridor import assign_flows
from karvan.flows.corridor_audit import CorridorAudit
from karvan.flows.corridor_results import CorridorFlows
from karvan.flows.links import LinkTable
from karvan.flows.results import Assignment, compare
from karvan.flows.tntp import read_network, read_trips

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
