"""Counterfactuals as results: who gains, which pairs and goods grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from karvan.case import Meta
    from karvan.trade.hat import Convergence


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """The world after a change of trade costs, beside the world before it.

    Money is in the unit of the table of trade, and prices before the change.

    Attributes
    ----------
    table
        One row per country: id, real_income_hat, wage_hat, price_hat, income_hat, spending_hat, domestic_share,
        domestic_share_hat, exports, exports_hat, imports, imports_hat, equivalent_variation, and its parts cost_part,
        terms_of_trade_part, volume_part (with tariffs: tariff_revenue_part).
    pairs
        One row per exporter, importer and commodity: value, value_after, value_hat (NaN where there was no trade).
    commodities
        One row per commodity: theta, world trade between countries, after, and its change.
    world
        Totals: equivalent_variation, rule_of_half, trade, trade_after, trade_hat; trade is between countries.
    model, deficits
        ``armington`` or ``caliendo-parro``; what became of the deficits.
    convergence
        How it was found.
    notes
        What the reader should know.
    meta
        Where it comes from.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    commodities: pd.DataFrame
    world: dict[str, float]
    model: str
    deficits: str
    convergence: Convergence
    notes: tuple[str, ...]
    meta: Meta

    def to_dict(self, *, pairs: bool = True) -> dict[str, Any]:
        """Return the result as JSON can hold it; the pairs may be left out."""
        answer: dict[str, Any] = {
            "meta": self.meta.model_dump(mode="json"),
            "model": self.model,
            "deficits": self.deficits,
            "convergence": self.convergence.to_dict(),
            "notes": list(self.notes),
            "world": dict(self.world),
            "countries": self.table.to_dict("records"),
            "commodities": self.commodities.to_dict("records"),
        }
        return answer | ({"pairs": self.pairs.to_dict("records")} if pairs else {})
