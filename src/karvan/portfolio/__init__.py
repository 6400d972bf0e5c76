"""Which investments, in what order, and how to share the cost."""

from karvan.portfolio.candidates import Candidate, Limits
from karvan.portfolio.options import Option, read_options
from karvan.portfolio.select import Selection, select_options
from karvan.portfolio.shares import CostShare, shapley_shares, share_cost

__all__ = [
    "Candidate",
    "CostShare",
    "Limits",
    "Option",
    "Selection",
    "read_options",
    "select_options",
    "shapley_shares",
    "share_cost",
]
