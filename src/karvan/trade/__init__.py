"""What trade follows from cheaper transport: counterfactuals by exact hat algebra, gravity estimation, tonnes from dollars."""

from karvan.trade.counterfactual import CLOSURES, counterfactual
from karvan.trade.effects import TradeEffects, describe_trade, trade_effects
from karvan.trade.gravity import Estimate, estimate
from karvan.trade.io_counterfactual import IO_CLOSURES, counterfactual_io
from karvan.trade.matrix import TradeMatrix
from karvan.trade.pair_costs import pair_costs
from karvan.trade.potential import Potential, trade_potential
from karvan.trade.results import Counterfactual

__all__ = [
    "CLOSURES",
    "IO_CLOSURES",
    "Counterfactual",
    "Estimate",
    "Potential",
    "TradeEffects",
    "TradeMatrix",
    "counterfactual",
    "counterfactual_io",
    "describe_trade",
    "estimate",
    "pair_costs",
    "trade_effects",
    "trade_potential",
]
