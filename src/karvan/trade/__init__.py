"""What trade follows from cheaper transport: counterfactuals by exact hat algebra, gravity estimation, tonnes from dollars."""

from karvan.trade.counterfactual import CLOSURES, counterfactual
from karvan.trade.gravity import Estimate, estimate
from karvan.trade.io_counterfactual import IO_CLOSURES, counterfactual_io
from karvan.trade.results import Counterfactual

__all__ = [
    "CLOSURES",
    "IO_CLOSURES",
    "Counterfactual",
    "Estimate",
    "counterfactual",
    "counterfactual_io",
    "estimate",
]
