"""What the report is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from karvan.appraisal import Appraisal
    from karvan.case import Case, Meta
    from karvan.chain import Outcome
    from karvan.flows import CorridorFlows
    from karvan.network import Network, NetworkSummary
    from karvan.portfolio import Portfolio
    from karvan.programme import Record
    from karvan.routes import Routes, Skims
    from karvan.trade import Potential


@dataclass(frozen=True)
class RouteAnswer:
    """The routes between two places in one scenario, or why there are none.

    Attributes
    ----------
    origin_name, destination_name, scenario
        The question.
    routes
        The answer, None where nothing leads there.
    why_not
        What cuts the way, empty where there is one.
    """

    origin_name: str
    destination_name: str
    scenario: str
    routes: Routes | None
    why_not: str


@dataclass(frozen=True)
class ReportData:
    """The finished stages of a run.

    Attributes
    ----------
    case
        The corridor.
    network, summary
        The network in the default setting, and its counts.
    answers
        Routes of every pair and scenario of ``[routes]`` in case.toml.
    skims
        Skims between zones in the default scenario.
    flows, counted
        What runs where in the default scenario, and in the state of the crossings in which the counts were taken. None where the
        case has no demand.
    trade, potential
        What closures take from trade, with what passes through; how far the pair of the case could go. None where the case has
        no trade.
    appraisals
        Every project appraised alone, best first; empty where that was not asked for.
    portfolio
        What to choose within the budget; None where that was not asked for.
    record
        The record of the programme; None where the case has none.
    meta
        Where it all comes from.
    """

    case: Case
    network: Network
    summary: NetworkSummary
    answers: tuple[RouteAnswer, ...]
    skims: Skims
    flows: CorridorFlows | None
    counted: CorridorFlows | None
    trade: Outcome | None
    potential: Potential | None
    appraisals: tuple[Appraisal, ...]
    portfolio: Portfolio | None
    record: Record | None
    meta: Meta
