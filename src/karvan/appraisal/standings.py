"""Whose gains count: the standings of a case, which are data of its case.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.appraisal.gains import Standing

if TYPE_CHECKING:
    from karvan.case import Case

#: Everybody.
WORLD = Standing("world", "World")


def standings_of(case: Case) -> tuple[tuple[Standing, ...], str]:
    """Return the standings of a case, and which of them is the headline.

    They are those of section ``[appraisal]`` of case.toml. A case without them has the countries of its pair of trade, both of
    these, the corridor (every country with a node) and the world; without a pair, the last two.
    """
    section = case.config.appraisal
    corridor = tuple(sorted({str(row["country"]) for row in case.rows("node").values()} - {"", "INT"}))
    last = (Standing("corridor", "Corridor", corridor), WORLD)
    if section.standings:
        own = tuple(Standing(item.id, item.name, item.countries) for item in section.standings)
        named = {standing.id for standing in own}
        found = (*own, *(standing for standing in last if standing.id not in named))
        return found, section.headline or found[0].id
    if case.config.trade.pair is None:
        return last, "corridor"
    economies = case.rows("economy")
    single = tuple(
        Standing(economies[name]["name"].lower(), economies[name]["name"], tuple(economies[name]["countries"]))
        for name in case.config.trade.pair
    )
    both = Standing("both", "Both", tuple(country for standing in single for country in standing.countries))
    return (*single, both, *last), "both"
