"""What trade follows, in sentences and tables: for the summary of the command and the page of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.report.tables import Cell, Table

if TYPE_CHECKING:
    from karvan.chain import Outcome
    from karvan.trade import Potential, TradeEffects

#: Goods and countries that a sentence names.
NAMED_GOODS, NAMED_COUNTRIES = 5, 3
#: Rows of a table of the page.
SHOWN = 10
#: Tonnes a year below which a sentence says nothing.
LEAST_T = 1000.0
_MILLION = 1e6


def gain_said(found: TradeEffects) -> str:
    """Return what all economies gain, with the range of the sensitivity."""
    gains = found.sensitivity["equivalent_variation_musd"]
    world = found.world["equivalent_variation_musd"]
    if world == 0 and not found.pairs["change_musd"].any():
        return f"Nothing changes against {found.compared_with}"
    trade_change = found.world["trade_after_musd"] - found.world["trade_musd"]
    whole = words.musd_range(world, float(gains.min()), float(gains.max()))
    return (
        f"Real income of all economies, against {found.compared_with}: {whole} a year; trade between them "
        f"{words.musd(trade_change)} a year"
    )


def pair_said(found: Outcome) -> str:
    """Return what the case's own pair trades, before and after; empty where it does not trade."""
    assert found.trade is not None  # noqa: S101 - the caller's
    pair = found.flows.model.network.applied.case.config.trade.pair or tuple(found.trade.table["id"].head(2))
    names = dict(zip(found.trade.table["id"], found.trade.table["name"], strict=True))
    table = found.trade.pairs
    mine = table[table[["exporter", "importer"]].apply(lambda row: set(row) == set(pair), axis=1)]
    before, after = float(mine["value_musd"].sum()), float(mine["value_after_musd"].sum())
    if not before > 0:
        return ""
    both = f"{names[pair[0]]} and {names[pair[1]]} trade {words.musd(before)} a year both ways"
    if f"{before:.6g}" == f"{after:.6g}":
        return both
    return f"{both}; it becomes {words.musd(after)}"


def transit_said(found: Outcome) -> str:
    """Return where goods pass through, beside what the pair trades; empty where none do."""
    countries = found.countries.sort_values("transit_t_per_year", ascending=False, kind="stable")
    countries = countries[countries["transit_t_per_year"] >= LEAST_T].head(NAMED_COUNTRIES)
    if countries.empty:
        return ""
    parts = [
        f"{words.country(row['country'])} {words.mt(row['transit_t_per_year'] / _MILLION)}"
        f"{_changed(row['transit_t_per_year_change'])}"
        for row in countries.to_dict("records")
    ]
    return f"Goods in transit, a year in {found.meta.setting['scenario']}: {', '.join(parts)}"


def _changed(tonnes: float) -> str:
    """Return a change in brackets; empty where it would not show."""
    if abs(tonnes) < LEAST_T:
        return ""
    sign = "+" if tonnes > 0 else ""
    return f" ({sign}{words.number(tonnes / _MILLION)})"


def goods_said(found: TradeEffects) -> str:
    """Return which goods change most; empty where none do."""
    size = found.commodities["change_musd"].abs()
    rows = found.commodities.loc[size[size > 0].sort_values(ascending=False, kind="stable").index[:NAMED_GOODS]]
    if rows.empty:
        return ""
    parts = [
        f"{str(row['commodity']).replace('_', ' ')} {words.number(row['change_musd'])}"
        for row in rows.to_dict("records")
    ]
    return f"Goods on the network that change most, USD m a year: {', '.join(parts)}"


def years_said(found: TradeEffects) -> str:
    """Return how much of the elasticity works when."""
    if found.elasticity_share < 1:
        return f"In this year {words.percent(found.elasticity_share)} of the elasticity works"
    first = found.path.to_dict("records")[0]
    full = int(found.path.loc[found.path["elasticity_share"] >= 1, "year"].min())
    return (
        f"This is the long run: in the first year {words.percent(first['elasticity_share'])} of the elasticity works, all of it "
        f"in the {_ordinal(full)}"
    )


def _ordinal(number: int) -> str:
    names = ("zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return names[number] if number < len(names) else f"{number}th"


def potential_said(found: Potential) -> list[str]:
    """Return how far trade of a pair could go, in sentences."""
    what = {"observed": "As it is", "potential": "At its potential by size and distance (a scenario)"}
    lines = []
    for row in found.table.to_dict("records"):
        lines.append(
            f"{what[row['baseline']]}: {found.pair[0]} to {found.pair[1]} {words.musd(row['export_musd'])}, back "
            f"{words.musd(row['import_musd'])} a year; with free and instant transport {words.musd(row['free_transport_musd'])} "
            "both ways."
        )
        if "needed_tau_hat" in row:
            lines.append(
                f"  {_needed_said(found, row)} Gain: {found.pair[0]} {words.musd(row['gain_first_musd'])}, "
                f"{found.pair[1]} {words.musd(row['gain_second_musd'])} a year."
            )
    return lines


def _needed_said(found: Potential, row: dict[Any, Any]) -> str:
    """Return what a target needs of trade costs; where trade is beyond it already, what would bring it down there."""
    target, cut = words.musd(found.target_musd), float(row["needed_cut_share"])
    if row["trade_musd"] >= found.target_musd:
        return f"{target} is reached already: trade would fall to it if trade costs rose by {words.percent(abs(cut))}."
    reach = "free transport would be more than enough" if row["within_transport"] else "more than all of transport cost"
    return f"{target} needs trade costs {words.percent(cut)} lower: {reach}."


# tables ---------------------------------------------------------------------------------------------------------------


def _figures(*values: float) -> list[Cell]:
    return [Cell(words.number(value), figure=True) for value in values]


def _tonnes(*values: float) -> list[Cell]:
    return [Cell(words.number(round(value)), figure=True) for value in values]


def economies_table(found: TradeEffects) -> Table:
    """Return who gains, with the range of the sensitivity."""
    heads = ("Economy", "gain, USD m a year", "low", "high", "exports, USD m", "change", "imports, USD m", "change")
    size = found.table["equivalent_variation_musd"].abs()
    rows = found.table.loc[size.sort_values(ascending=False, kind="stable").index].to_dict("records")
    names = ("equivalent_variation_musd", "equivalent_variation_low_musd", "equivalent_variation_high_musd", "exports_musd",
             "exports_change_musd", "imports_musd", "imports_change_musd")  # fmt: skip
    cells = tuple((Cell(str(row["name"])), *_figures(*(row[name] for name in names))) for row in rows)
    return Table(f"Real income and trade, against {found.compared_with}", heads, cells)


def directions_table(found: Outcome) -> Table:
    """Return tonnes, trains and trucks of pairs both ways, the largest first."""
    heads = ("Pair", "t a year there", "back", "trains a day there", "back", "trucks a day there", "back")
    rows = []
    for row in found.pairs.head(SHOWN).to_dict("records"):
        days = (
            "trains_forward_per_day",
            "trains_backward_per_day",
            "trucks_forward_per_day",
            "trucks_backward_per_day",
        )
        rows.append((
            Cell(f"{row['economy']} and {row['partner']}"), *_tonnes(row["forward_t_per_year"], row["backward_t_per_year"]),
            *_figures(*(row[name] for name in days)),
        ))  # fmt: skip
    return Table("Trade on the network by pair, loaded trains and trucks each way", heads, tuple(rows))


def countries_table(found: Outcome) -> Table:
    """Return transit beside imports and exports of every country, the largest transit first."""
    heads = ("Country", "transit, t a year", "exports", "imports", "domestic", "transit, million t-km")
    ordered = found.countries.sort_values("transit_t_per_year", ascending=False, kind="stable")
    rows = [
        (
            Cell(words.country(row["country"])),
            *_tonnes(row["transit_t_per_year"], row["export_t_per_year"], row["import_t_per_year"],
                     row["domestic_t_per_year"], row["transit_tkm_per_year"] / _MILLION),
        )
        for row in ordered.to_dict("records")
    ]  # fmt: skip
    return Table("Whose goods pass: transit beside a country's own goods", heads, tuple(rows))


def crossings_table(found: Outcome) -> Table:
    """Return what passes the busiest crossings."""
    heads = ("Crossing", "by", "t a year", "of it transit", "loaded a day", "empty of those that run")
    rows = [
        (
            Cell(f"{row['name']}, {row['from_country']} to {row['to_country']}"), Cell(row["mode"]),
            *_tonnes(row["flow_t_per_year"], row["transit_t_per_year"]), *_figures(row["vehicles_per_day"]),
            Cell(words.percent(row["empty_share"]), figure=True),
        )
        for row in found.crossings[found.crossings["flow_t_per_year"] > 0].head(SHOWN).to_dict("records")
    ]  # fmt: skip
    return Table("The busiest crossings, trains or trucks a day", heads, tuple(rows))
