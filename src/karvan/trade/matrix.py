"""The trade matrix of a case: dollars between economies, the commodities in them, and what a tonne of each is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.growth import growth_factor
from karvan.errors import RequestError

if TYPE_CHECKING:
    from karvan.case import AppliedCase

Floats = np.ndarray[Any, np.dtype[np.float64]]

ANY = "*"


@dataclass(frozen=True, eq=False)
class TradeMatrix:
    """Trade between the economies of a case.

    Attributes
    ----------
    economies, commodities
        Ids, in the order of their tables.
    value_musd
        Exporter by importer, sales at home on the diagonal.
    off_network
        Share of a pair's dollars that never rides the network; one at home and where a trade passes outside it.
    share
        Of each commodity in the dollars on the network: (commodities, exporters, importers).
    value_usd_per_t
        Value of a tonne, same shape.
    year
        Year of the trade.
    """

    economies: tuple[str, ...]
    commodities: tuple[str, ...]
    value_musd: Floats
    off_network: Floats
    share: Floats
    value_usd_per_t: Floats
    year: int

    @classmethod
    def of(cls, applied: AppliedCase, *, high_domestic_sales: bool = False) -> TradeMatrix:
        """Return the matrix of a case under a setting; in a later year it has grown as the demand for freight.

        Parameters
        ----------
        applied
            The case.
        high_domestic_sales
            Whether sales at home are at the high end of their range.

        Raises
        ------
        RequestError
            The case has no tables of trade.
        """
        economies = tuple(applied.rows("economy"))
        rows = applied.rows("trade")
        if not economies or not rows:
            message = (
                f"Case {applied.case.id} has no trade between economies. Fill in economy.csv and trade.csv, or ask without a "
                "case: karvan trade counterfactual."
            )
            raise RequestError(message)
        commodities = tuple(applied.rows("commodity"))
        place = {name: number for number, name in enumerate(economies)}
        size = len(economies)
        value, off = np.zeros((size, size)), np.ones((size, size))
        for name, row in applied.rows("economy").items():
            sales = float(row["domestic_sales_high_musd"]) if high_domestic_sales else math.nan
            value[place[name], place[name]] = float(row["domestic_sales_musd"]) if math.isnan(sales) else sales
        for row in rows.values():
            i, j = place[row["exporter"]], place[row["importer"]]
            value[i, j] = float(row["value_musd"])
            off[i, j] = float(row["off_network_share"]) if row["on_network"] else 1.0
        grown = np.array([[growth_factor(applied, (one, two)) for two in economies] for one in economies])
        value *= grown
        share, worth = _shares(applied, place, commodities)
        year = max(int(row["year"]) for row in rows.values())
        return cls(economies, commodities, value, off, share, worth, year)


def _shares(applied: AppliedCase, place: dict[str, int], commodities: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Return commodity shares and values per tonne; a pair without rows of its own has those of its exporter."""
    size = len(place)
    goods = {name: number for number, name in enumerate(commodities)}
    share = np.zeros((len(commodities), size, size))
    table = applied.rows("commodity")
    worth = np.array([float(table[name]["value_usd_per_t"]) for name in commodities])
    value = np.broadcast_to(worth[:, None, None], share.shape).copy()
    rows = list(applied.rows("trade_share").values())
    own = {(row["exporter"], row["importer"]) for row in rows if row["importer"] != ANY}
    for row in rows:
        i = place[row["exporter"]]
        partners = (
            [number for name, number in place.items() if (row["exporter"], name) not in own]
            if row["importer"] == ANY
            else [place[row["importer"]]]
        )
        good = goods[row["commodity"]]
        share[good, i, partners] += float(row["share"])
        if not math.isnan(float(row["value_usd_per_t"])):
            value[good, i, partners] = float(row["value_usd_per_t"])
    total = share.sum(axis=0)
    return np.divide(share, total[None], out=np.zeros_like(share), where=total[None] > 0), value
