"""What may be built and within which limits: candidates, limits, and what makes them contradict each other on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TYPE_CHECKING

from karvan.errors import InputError, near_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Shares that must add up to one may miss it by the rounding of a few figures.
SHARE_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Candidate:
    """An investment that may be started in one of several years, or not at all.

    Attributes
    ----------
    id
        Name.
    value_musd
        What it is worth by itself, by year of start; these years are those in which it may start.
    outlay_musd
        Outlay by year from the start on.
    service_musd
        Debt service by year from the start on.
    funder_share
        Share of its outlay that each funder bears; in all one.
    country_share
        Share of its outlay that is spent in each country; in all one.
    prerequisites
        Candidates that must have been started by the year in which it starts; one that contains them will do.
    any_of
        Groups of candidates of which one must have been started by the year in which it starts.
    alternatives
        Candidates of which it excludes every one.
    contains
        Candidates that are part of it; it is built instead of them.
    """

    id: str
    value_musd: Mapping[int, float]
    outlay_musd: tuple[float, ...]
    service_musd: tuple[float, ...] = ()
    funder_share: Mapping[str, float] = field(default_factory=dict)
    country_share: Mapping[str, float] = field(default_factory=dict)
    prerequisites: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()

    @property
    def cost_musd(self) -> float:
        """Outlay in all."""
        return float(sum(self.outlay_musd))


@dataclass(frozen=True)
class Limits:
    """What a programme may not exceed. What is None or not named is free.

    Attributes
    ----------
    total_musd
        Outlays in all.
    yearly_musd
        Outlays by year.
    funder_musd
        Outlays of a funder in all.
    least_country_share, most_country_share
        Share of all outlays that is spent in a country.
    works_at_once
        Projects with an outlay in one year.
    service_musd
        Debt service by year.
    ineligible
        Funders, and the candidates that each may not fund.
    required, excluded
        Candidates that must, or must not, be built.
    """

    total_musd: float | None = None
    yearly_musd: Mapping[int, float] = field(default_factory=dict)
    funder_musd: Mapping[str, float] = field(default_factory=dict)
    least_country_share: Mapping[str, float] = field(default_factory=dict)
    most_country_share: Mapping[str, float] = field(default_factory=dict)
    works_at_once: int | None = None
    service_musd: Mapping[int, float] = field(default_factory=dict)
    ineligible: Mapping[str, frozenset[str]] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()


def wholes_of(part: str, contains: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Return what contains a part, itself or by another part: whoever builds one of them has built the part."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        inner = waiting.pop()
        new = {whole for whole, parts in contains.items() if inner in parts} - found - {part}
        found |= new
        waiting += new
    return frozenset(found)


def check_candidates(candidates: Sequence[Candidate], limits: Limits) -> None:
    """Check that candidates and limits can be used.

    Raises
    ------
    InputError
        An id stands twice or is unknown, an outlay or limit is negative, shares do not add up to one, or prerequisites run
        in a circle: all faults at once.
    """
    faults = [*_faults_of(candidates), *_unknown(candidates, limits), *_faults_of_limits(limits)]
    circle = _circle(candidates)
    if circle:
        faults.append(f"prerequisites run in a circle: {' needs '.join(circle)}. Take one of them out.")
    if faults:
        raise InputError(faults, what="portfolio")


def _faults_of(candidates: Sequence[Candidate]) -> Iterator[str]:
    ids = [item.id for item in candidates]
    if not ids:
        yield "no candidate is given. Name at least one."
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"candidate {name} is given twice. Give it once."
    for item in candidates:
        if not item.value_musd:
            yield f"candidate {item.id} has no year of start. Give it a value by year."
        if any(not outlay >= 0 for outlay in (*item.outlay_musd, *item.service_musd)):
            yield f"candidate {item.id} has a negative or missing outlay or debt service. Give zero or more."
        for what, shares in (("funders", item.funder_share), ("countries", item.country_share)):
            if shares and abs(sum(shares.values()) - 1) > SHARE_TOLERANCE:
                yield f"candidate {item.id}: shares of {what} add up to {sum(shares.values()):g}; expected 1. Correct them."


def _unknown(candidates: Sequence[Candidate], limits: Limits) -> Iterator[str]:
    ids = [item.id for item in candidates]
    named = [(f"candidate {item.id} names", other) for item in candidates
             for other in (*item.prerequisites, *item.alternatives, *item.contains, *chain(*item.any_of))]  # fmt: skip
    named += [("limits require", name) for name in sorted(limits.required)]
    for where, name in named:
        if name not in ids:
            near = near_names(name, ids)
            hint = f" Did you mean {', '.join(near)}?" if near else " Give it as a candidate, or leave it out."
            yield f"{where} {name}, which is no candidate.{hint}"


def _faults_of_limits(limits: Limits) -> Iterator[str]:
    amounts = [("total", limits.total_musd), ("works at once", limits.works_at_once)]
    amounts += [(f"outlay of {year}", amount) for year, amount in limits.yearly_musd.items()]
    amounts += [(f"outlay of {name}", amount) for name, amount in limits.funder_musd.items()]
    amounts += [(f"debt service of {year}", amount) for year, amount in limits.service_musd.items()]
    for what, amount in amounts:
        if amount is not None and not amount >= 0:
            yield f"limit on {what}: found {amount:g}; expected zero or more. Correct it."
    for shares in (limits.least_country_share, limits.most_country_share):
        for name, share in shares.items():
            if not 0 <= share <= 1:
                yield f"share of {name}: found {share:g}; expected 0 to 1. Correct it."
    for name, least in limits.least_country_share.items():
        most = limits.most_country_share.get(name)
        if most is not None and least > most:
            yield f"share of {name}: at least {least:g} and at most {most:g} cannot both hold. Correct one of them."


def _circle(candidates: Sequence[Candidate]) -> list[str]:
    """Return a circle of prerequisites, closed, or nothing."""
    ids = {item.id for item in candidates}
    needs = {item.id: sorted(ids.intersection(item.prerequisites)) for item in candidates}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        # each name of the sorter's circle is needed by the next
        return list(reversed(error.args[1]))
    return []
