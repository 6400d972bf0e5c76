"""What trade follows from cheaper transport: counterfactuals by exact hat algebra, gravity estimation, tonnes from dollars."""

from karvan.trade.counterfactual import CLOSURES, counterfactual
from karvan.trade.gravity import Estimate, estimate
from karvan.trade.results import Counterfactual

__all__ = ["CLOSURES", "Counterfactual", "Estimate", "counterfactual", "estimate"]
