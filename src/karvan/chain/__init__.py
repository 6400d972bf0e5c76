"""All of it together: network, routes, trade and flows solved to their fixed point, by state of the crossings."""

from karvan.chain.audit import ChainAudit
from karvan.chain.fixed_point import ChainConvergence
from karvan.chain.results import Outcome
from karvan.chain.sides import flows_without
from karvan.chain.simulate import find_trade, first_look, simulate

__all__ = ["ChainAudit", "ChainConvergence", "Outcome", "find_trade", "first_look", "flows_without", "simulate"]
