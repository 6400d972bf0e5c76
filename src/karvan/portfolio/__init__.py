"""Which investments, in what order, and how to share the cost."""

from karvan.portfolio.aims import Aim
from karvan.portfolio.candidates import Candidate, Limits
from karvan.portfolio.choice import Choice, choose, choose_among
from karvan.portfolio.entries import Entry, entries_of
from karvan.portfolio.explain import explain, find_frontier
from karvan.portfolio.fair import find_fairness
from karvan.portfolio.options import Option, read_options
from karvan.portfolio.process import StateProcess, process_of
from karvan.portfolio.robust import find_robustness
from karvan.portfolio.select import Selection, select_options
from karvan.portfolio.shares import CostShare, shapley_shares, share_cost
from karvan.portfolio.study import Portfolio, find_portfolio
from karvan.portfolio.valuer import CaseValuer, Valuer
from karvan.portfolio.wait import value_waiting
from karvan.portfolio.worth import Worth

__all__ = [
    "Aim",
    "Candidate",
    "CaseValuer",
    "Choice",
    "CostShare",
    "Entry",
    "Limits",
    "Option",
    "Portfolio",
    "Selection",
    "StateProcess",
    "Valuer",
    "Worth",
    "choose",
    "choose_among",
    "entries_of",
    "explain",
    "find_fairness",
    "find_frontier",
    "find_portfolio",
    "find_robustness",
    "process_of",
    "read_options",
    "select_options",
    "shapley_shares",
    "share_cost",
    "value_waiting",
]
