"""The answer first: each pair of places in a sentence with a figure and its range, and what the futures do to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.routes.way import way_parts

if TYPE_CHECKING:
    from karvan.report.data import ReportData, RouteAnswer
    from karvan.routes import Route


@dataclass(frozen=True)
class Pair:
    """The answers between two places: in the default scenario, and in the other ones in their order."""

    title: str
    default: RouteAnswer
    others: tuple[RouteAnswer, ...]

    @property
    def answers(self) -> tuple[RouteAnswer, ...]:
        """All answers, that of the default scenario first."""
        return (self.default, *self.others)


def pairs_of(data: ReportData) -> tuple[Pair, ...]:
    """Return the answers by pair of places, in the order of the case."""
    default = data.case.config.case.default_scenario
    found: dict[tuple[str, str], list[RouteAnswer]] = {}
    for answer in data.answers:
        found.setdefault((answer.origin_name, answer.destination_name), []).append(answer)
    pairs = []
    for (origin, destination), answers in found.items():
        first = next((answer for answer in answers if answer.scenario == default), answers[0])
        others = tuple(answer for answer in answers if answer is not first)
        pairs.append(Pair(f"{origin} to {destination}", first, others))
    return tuple(pairs)


def headlines(data: ReportData) -> list[str]:
    """Return one sentence or two per pair of places: the best route today, and what the futures do to it."""
    return [headline(data, pair) for pair in pairs_of(data)]


def headline(data: ReportData, pair: Pair) -> str:
    """Return the answer for one pair as a sentence, and what each other scenario does to it."""
    futures = "; ".join(f"{names}: {says}" for names, says in futures_of(data, pair))
    return f"{pair.title}: {answer_of(pair)}" + (f" {futures}." if futures else "")


def answer_of(pair: Pair) -> str:
    """Return the best route of a pair in the default scenario as a sentence without the names of its ends."""
    best = best_of(pair.default)
    return f"{said(best)}." if best else f"no route. {cut_by(pair.default)}"


def best_of(answer: RouteAnswer) -> Route | None:
    """Return the best route of an answer; None where there is none."""
    return answer.routes.routes[0] if answer.routes is not None and answer.routes.routes else None


def said(route: Route) -> str:
    """Return a route in words: time, way, range, price."""
    time, _, span = words.spread(route.time_h.mean, route.time_h.p10, route.time_h.p90).partition(" (")
    span = f" ({span}" if span else ""
    return f"{time} by {way_of(route)}{span}, {words.usd(route.price_usd_per_feu)} a 40-foot container"


def way_of(route: Route) -> str:
    """Return the way of a route in words, such as ``road through Iran`` or ``ferry and rail through Turkmenistan``."""
    modes, through = way_parts(route)
    return words.listed(modes) + (
        f" through {words.listed(words.country(code) for code in through)}" if through else ""
    )


def cut_by(answer: RouteAnswer) -> str:
    """Return what cuts the way, as a sentence."""
    if not answer.why_not:
        return "The network does not join the two places."
    return f"What cuts it: {answer.why_not}."


def scenario_name(data: ReportData, scenario: str) -> str:
    """Return a scenario's name as people say it."""
    table = data.case.tables["scenario"]
    return str(table.at[scenario, "name"]) if scenario in table.index else scenario


def same_way(one: Route | None, other: Route | None) -> bool:
    """Whether two routes are the same in all that the report shows of them."""
    if one is None or other is None:
        return one is other
    return (one.time_h, one.price_usd_per_t) == (other.time_h, other.price_usd_per_t) and _links(one) == _links(other)


def _links(route: Route) -> tuple[str, ...]:
    return tuple(link for leg in route.legs for link in leg.links)


def futures_of(data: ReportData, pair: Pair) -> list[tuple[str, str]]:
    """Return what the other scenarios do: the names of those with one and the same answer, and that answer."""
    today = best_of(pair.default)
    groups: dict[str, list[str]] = {}
    for answer in pair.others:
        best = best_of(answer)
        says = "nothing changes" if same_way(today, best) else "no route" if best is None else said(best)
        groups.setdefault(says, []).append(scenario_name(data, answer.scenario))
    return [(" / ".join(names), says) for says, names in groups.items()]
