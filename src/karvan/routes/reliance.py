"""What the answers of routes rest on: how much of time and price comes from assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.case.quality import Reliance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Case
    from karvan.routes.results import Routes


def route_reliance(case: Case, answers: Iterable[Routes]) -> list[Reliance]:
    """Return, for the best route of each answer, what its time and its price rest on."""
    found = []
    for answer in answers:
        if not answer.routes:
            continue
        name = f"{answer.origin_name} to {answer.destination_name}"
        legs = answer.routes[0].legs
        assumed = [[row for row in leg.rows if case.is_assumption(*row.split(":", 1))] for leg in legs]
        for measure, unit, amounts in (
            ("time", "h", [leg.time_h for leg in legs]),
            ("price", "USD/t", [leg.price_usd_per_t for leg in legs]),
        ):
            pieces = [
                (amount, leg.assumed, leg.confidence, rows)
                for amount, leg, rows in zip(amounts, legs, assumed, strict=True)
            ]
            found.append(Reliance.of(name, measure, unit, pieces))
    return found
