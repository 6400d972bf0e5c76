"""The goods of a case as trade sees them: which tonnes belong to which pair of economies, and how they answer to cost.

Every row of base_flow.csv is goods of one class of the flows, or stays outside whatever happens. Rows of kind *trade*, and others
that name their trade, belong to a pair of economies and move with it; rows of kind *transit* that name none answer for
themselves; domestic and hinterland rows do not answer.
"""

# what is remembered is told by arguments that stand for others
# ruff: noqa: ARG001

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.remember import remembered
from karvan.flows.demand import growth_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.case import AppliedCase, Rows
    from karvan.trade import TradeMatrix

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Key = tuple[str, str, str, bool]

#: How goods answer to the cost of transport: not at all; by the elasticity alone; as trade of their pair.
STILL, ALONE, PAIR = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Goods:
    """Goods of one class, kind and pair in each place.

    Attributes
    ----------
    keys
        Class of the flows: origin, destination, commodity, whether they stay; None where they stay outside.
    ends
        Origin, destination and commodity.
    kind
        Kind of flow.
    answer
        STILL, ALONE or PAIR.
    good, exporter, importer
        Places in the matrix of trade; -1 where they belong to no pair.
    t_per_year
        Tonnes a year before trade answers.
    value_usd_per_t
        Value of a tonne.
    """

    keys: tuple[Key | None, ...]
    ends: tuple[tuple[str, str, str], ...]
    kind: tuple[str, ...]
    answer: Ints
    good: Ints
    exporter: Ints
    importer: Ints
    t_per_year: Floats
    value_usd_per_t: Floats

    def __len__(self) -> int:
        return len(self.keys)

    def sums(self, tonnes: Floats, shape: tuple[int, ...]) -> Floats:
        """Return tonnes by commodity, exporter and importer of the goods that belong to a pair."""
        total: Floats = np.zeros(shape)
        mine = self.answer == PAIR
        np.add.at(total, (self.good[mine], self.exporter[mine], self.importer[mine]), tonnes[mine])
        return total


def matrix_of(applied: AppliedCase, *, high_domestic_sales: bool = False) -> TradeMatrix | None:
    """Return the trade between the economies of a case under a setting; None where it has none.

    Sales at home are in the middle of their range, or at its high end.
    """
    tables = applied.case.tables
    if not len(tables["trade"]) or not len(tables["economy"]):
        return None
    economy, trade, share, commodity = (
        applied.rows(table) for table in ("economy", "trade", "trade_share", "commodity")
    )
    return _matrix(economy, trade, share, commodity, applied.setting.year, high_domestic_sales, applied)


@remembered(16, unseen=1)
def _matrix(
    economy: Rows, trade: Rows, share: Rows, commodity: Rows, year: int | None, high: bool, applied: AppliedCase  # noqa: FBT001
) -> TradeMatrix:  # fmt: skip
    """Return the trade of a setting, which stands for the tables named before it."""
    from karvan.trade import TradeMatrix  # noqa: PLC0415 - its types alone are needed above

    return TradeMatrix.of(applied, high_domestic_sales=high)


def goods_of(applied: AppliedCase, matrix: TradeMatrix | None) -> Goods:
    """Return the goods of a case under a setting; without a matrix of trade none of them answers."""
    tables = (applied.rows(table) for table in ("base_flow", "zone", "economy", "commodity"))
    base_flow, zone, economy, commodity = tables
    return _goods(base_flow, zone, economy, commodity, applied.rows("trade"), applied.setting.year, matrix, applied)


@remembered(8, unseen=1)
def _goods(
    base_flow: Rows, zone: Rows, economies: Rows, commodity: Rows, trade: Rows, year: int | None, matrix: TradeMatrix | None,
    applied: AppliedCase,
) -> Goods:  # fmt: skip
    """Return the goods of a setting, which stands for the tables named before it."""
    found: dict[tuple[Any, ...], float] = {}
    economy = {name: row["economy"] for name, row in zone.items()}
    pairs = {name: (row["exporter"], row["importer"]) for name, row in trade.items()}
    for row in base_flow.values():
        tonnes, share = float(row["flow_t_per_year"]), float(row["contestable_share"])
        tonnes *= growth_of(applied, row["origin"], row["destination"])
        ends = (row["origin"], row["destination"], row["commodity"])
        pair = pairs.get(row["trade_id"])
        if pair is None and row["kind"] == "trade":
            pair = (economy[row["origin"]], economy[row["destination"]])
        answer = _answer(row["kind"], pair, matrix)
        for stays, part in ((False, share), (True, 1 - share)):
            if part == 0 or (stays and tonnes == 0):
                continue
            key = None if stays and row["mode"] == "outside" else (*ends, stays)
            place = (key, ends, row["kind"], answer, pair if answer == PAIR else None)
            found[place] = found.get(place, 0.0) + part * tonnes
    return _columns(applied, matrix, found)


def _answer(kind: str, pair: tuple[str, str] | None, matrix: TradeMatrix | None) -> int:
    if matrix is None or kind in ("domestic", "hinterland"):
        return STILL
    if pair is not None and pair[0] != pair[1] and set(pair) <= set(matrix.economies):
        return PAIR
    return ALONE if kind == "transit" else STILL


def _columns(applied: AppliedCase, matrix: TradeMatrix | None, found: dict[tuple[Any, ...], float]) -> Goods:
    order = sorted(found, key=repr)
    commodities: Sequence[str] = list(applied.rows("commodity"))
    place = {name: number for number, name in enumerate(matrix.economies)} if matrix else {}
    worth = {name: float(row["value_usd_per_t"]) for name, row in applied.rows("commodity").items()}
    good = np.array([commodities.index(ends[2]) for _, ends, *_ in order], dtype=np.int64)
    exporter, importer = (
        np.array([place[pair[side]] if pair else -1 for *_, pair in order], dtype=np.int64) for side in (0, 1)
    )
    value = np.array([worth[ends[2]] for _, ends, *_ in order], dtype=np.float64)
    if matrix is not None:
        value = np.where(exporter >= 0, matrix.value_usd_per_t[good, exporter, importer], value)
    return Goods(
        keys=tuple(key for key, *_ in order), ends=tuple(ends for _, ends, *_ in order),
        kind=tuple(kind for _, _, kind, *_ in order), answer=np.array([item[3] for item in order], dtype=np.int64),
        good=good, exporter=exporter, importer=importer, t_per_year=np.array([found[item] for item in order]),
        value_usd_per_t=value,
    )  # fmt: skip
