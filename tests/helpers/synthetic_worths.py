"""Worths made up for tests: entries with yearly gains, and what pairs and triples are worth beyond or below their parts."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from karvan.portfolio.entries import Entry
from karvan.portfolio.worth import Outlay, Party, Timeline, Worth

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

YEARS = tuple(range(2026, 2047))
STATES = ("open", "shut")
RATE = 0.05


def timeline(shut: float = 0.25) -> Timeline:
    """Return twenty years after the base year, at 5 %, with two states and no growth."""
    count = len(YEARS)
    chances = np.column_stack([np.full(count, 1 - shut), np.full(count, shut)])
    return Timeline(
        YEARS, STATES, ("AAA", "BBB"), chances, (1 + RATE) ** -np.arange(count, dtype=float), np.ones(count)
    )


class SyntheticValuer:
    """Yearly gains by group of entries, each in all states alike unless it is named in `only_open`."""

    headline = "both"

    def __init__(self, entries: Sequence[Entry], gains: Mapping[tuple[str, ...], float], only_open: Sequence[str] = (),
                 shut: float = 0.25, share_of_a: float = 0.5) -> None:  # fmt: skip
        self.of = {entry.id: entry for entry in entries}
        self.gains, self.only_open, self.time, self.share = gains, only_open, timeline(shut), share_of_a
        self.standings = {"alba": ("AAA",), "bela": ("BBB",), "both": ("AAA", "BBB"), "world": None}
        self.asked: list[frozenset[str]] = []

    def worths(self, sets: Sequence[Mapping[str, int]], *, changes: Sequence[str] = ()) -> list[Worth]:
        return [self._worth(openings, {"half": 0.5, "double": 2.0}.get("".join(changes), 1.0)) for openings in sets]

    def _worth(self, openings: Mapping[str, int], factor: float) -> Worth:
        self.asked.append(frozenset(openings))
        shape = (len(YEARS), 2, 2)
        flow, capital, outlays = np.zeros(shape), np.zeros((len(YEARS), 2)), []
        for size in range(1, len(openings) + 1):
            for group in combinations(sorted(openings), size):
                gain = factor * self.gains.get(group, 0.0)
                since = max(openings[name] for name in group) - YEARS[0]
                for state in range(2):
                    if state == 0 or not set(group) & set(self.only_open):
                        flow[since:, state, 0] += gain * self.share
                        flow[since:, state, 1] += gain * (1 - self.share)
        for name, opening in openings.items():
            entry = self.of[name]
            for place, outlay in enumerate(entry.outlay_musd):
                year = opening - len(entry.outlay_musd) + place
                for country in entry.countries:
                    part = outlay / len(entry.countries)
                    capital[year - YEARS[0], ("AAA", "BBB").index(country)] += part
                    outlays.append(Outlay(year, name, "state", "budget", country, part))
        found = Worth(dict(openings), self.time, flow, capital, np.zeros_like(capital), np.zeros((2, 2)),
        np.zeros(2), tuple(outlays),
                      break_even={"cost_musd": 7.0})  # fmt: skip
        parties = tuple(Party(country, "shipper", found.value([country]), 0.0) for country in ("AAA", "BBB"))
        return replace(found, parties=parties)


def entry(name: str, *outlay: float, opening: int = 2028, **more: object) -> Entry:
    """Return an entry that opens in 2028 after its outlays."""
    return Entry(
        name, f"Project {name}", "new_line", more.pop("countries", ("AAA",)), opening, outlay or (10.0,), **more
    )
