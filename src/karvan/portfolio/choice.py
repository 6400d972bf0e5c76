"""Choose the set of projects and their years: the question, and its answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from karvan.case.apply import resolve_project
from karvan.case.provenance import meta_of
from karvan.case.setting import Setting
from karvan.charts import words
from karvan.errors import InputError, RequestError, UnknownNameError
from karvan.portfolio.aims import Aim
from karvan.portfolio.candidates import Limits
from karvan.portfolio.entries import OPEN, Entry, entries_of
from karvan.portfolio.model import SLACK_MUSD
from karvan.portfolio.search import LATER_YEARS, MOST_PLANS, Search
from karvan.portfolio.valuer import CaseValuer
from karvan.portfolio.worth import same_openings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case, Meta
    from karvan.portfolio.search import Scored
    from karvan.portfolio.valuer import Valuer
    from karvan.portfolio.worth import Openings, Worth
    from karvan.workers.run import Progress

#: A start may be put off by no more: gains would run out of the years that are counted.
MOST_LATER_YEARS = 15


@dataclass(frozen=True)
class Apart:
    """A project that stays out of the ranking.

    Attributes
    ----------
    id, name, kind, cost_musd
        Which it is; what it costs, where that is known.
    why
        Why it stays out.
    break_even
        Where its worth turns, by name; empty where nothing can be said.
    """

    id: str
    name: str
    kind: str
    cost_musd: float
    why: str
    break_even: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Choice:
    """The best set of projects that was found, with what shows that it is.

    Attributes
    ----------
    best
        The set, its years of opening, and its worth, appraised in full.
    aim, limits
        What was asked for, and within what.
    sets
        Every set appraised in full, best first.
    bound_kind, bound_musd
        What no plan is worth more than, and by what right: ``enumeration`` of all plans is a proof; ``surrogate`` is what the
        pairwise model holds the best set for that was not appraised in full.
    largest_error_musd
        Largest difference between the pairwise model and a set appraised in full.
    first_musd
        Worth of the first answer, with worths added up.
    apart
        Projects that stay out of the ranking.
    dropped
        Why entries of the ranking were not looked at further.
    search
        What was found on the way.
    notes, meta
        What the reader should know; where it comes from.
    """

    best: Scored
    aim: Aim
    limits: Limits
    sets: tuple[Scored, ...]
    bound_kind: str
    bound_musd: float
    largest_error_musd: float
    first_musd: float
    apart: tuple[Apart, ...]
    dropped: Mapping[str, str]
    search: Search = field(repr=False)
    notes: tuple[str, ...]
    meta: Meta | None

    @property
    def openings(self) -> Openings:
        """Year of opening of what is chosen."""
        return self.best.openings

    @property
    def worth(self) -> Worth:
        """All that the chosen set is worth."""
        return self.best.worth

    @property
    def value_musd(self) -> float:
        """What the chosen set is worth to the aim."""
        return self.best.value_musd

    @property
    def beyond(self) -> str:
        """What the chosen set is worth to the world, in words that go on a sentence; empty where the world is the aim."""
        if self.aim.countries is None:
            return ""
        world = self.worth.value(None)
        why = ", since others lose more than that" if world < 0 < self.value_musd else ""
        return f", {words.musd(world)} to the world{why}"

    @property
    def proven(self) -> bool:
        """Whether no plan within the limits is worth more."""
        return self.bound_kind == "enumeration"

    @property
    def gap(self) -> float:
        """How far the bound lies above the value, as a share of it; infinite where the value is nothing and the bound is not."""
        above = self.bound_musd - self.value_musd
        return above / abs(self.value_musd) if self.value_musd else math.copysign(math.inf, above) if above else 0.0

    def knowing(self, more: Sequence[Scored]) -> Choice:
        """Return the choice with further sets that keep its limits, the best of all chosen."""
        total = self.limits.total_musd
        able = [item for item in more if total is None or item.worth.cost_musd <= total + SLACK_MUSD]
        if not able:
            return self
        self.search.scored |= {same_openings(item.openings): item for item in able}
        best = self.search.best
        return replace(
            self, best=best, sets=_ranked(self.search), bound_musd=max(self.bound_musd, best.value_musd),
            largest_error_musd=self.search.largest_error_musd, notes=_notes(self.search),
        )  # fmt: skip

    def near_best(self, share: float = 0.05) -> tuple[Scored, ...]:
        """Return the sets within a share of the best, best first."""
        floor = self.value_musd - share * abs(self.value_musd)
        return tuple(item for item in self.sets if item.value_musd >= floor)


def choose(
    case: Case,
    budget_musd: float | None = None,
    *,
    limits: Limits | None = None,
    aim: str | None = None,
    projects: Sequence[str] | None = None,
    scenario: str | None = None,
    rule_set: str | Path | RuleSet = "adb_2017",
    changes: Sequence[str] = (),
    later_years: int = LATER_YEARS,
    most_plans: int = MOST_PLANS,
    workers: int = 1,
    cluster: str | None = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> Choice:
    """Choose the set of projects, and the years in which they start, that is worth the most within limits.

    Parameters
    ----------
    case
        The corridor.
    budget_musd
        Most that all outlays may add up to, USD m at the prices of the case; None is free.
    limits
        Further limits; its total, where it has one, is the budget.
    aim
        Whose worth counts: a standing, or ``STANDING:worst_state``; by default the headline of the case.
    projects
        Projects among which is chosen, by id or alias; by default every candidate.
    scenario, rule_set, changes
        As :func:`karvan.appraisal.appraise` has them.
    later_years
        Years by which the start of works may be put off.
    most_plans
        Plans that are all appraised in full where no more keep the limits.
    workers, cluster
        Where sets are appraised: see :func:`karvan.workers.map`.
    store
        Folder where the worth of sets is kept, so that a search that was cut off goes on where it stopped.
    progress, tell
        Called after each set that is appraised, and with what has been found.

    Raises
    ------
    UnknownNameError
        A project, aim, scenario or rule set is not there.
    InputError
        Limits or a file of rules cannot be used, or prerequisites run in a circle.
    RequestError
        The budget lies below the cost of every project.
    ConflictError
        The limits contradict each other; an irreducible set of them is named.
    WorkerError
        A worker died twice over the same set, or the cluster does not answer.
    OutputError
        The store cannot be written.
    """
    from karvan.appraisal.rules import open_rule_set  # noqa: PLC0415 - heavy

    rules = open_rule_set(rule_set)
    if scenario is not None and scenario not in case.rows("scenario"):
        raise UnknownNameError("scenario", scenario, list(case.rows("scenario")))
    bounds = limits or Limits()
    if budget_musd is not None:
        bounds = replace(bounds, total_musd=float(budget_musd))
    bounds = _resolved(case, bounds)
    entries = entries_of(case, rule_set=rules, only=projects)
    valuer = CaseValuer(
        case,
        scenario=scenario,
        rule_set=rules,
        changes=changes,
        workers=workers,
        cluster=cluster,
        folder=store,
        progress=progress,
    )
    meant = Aim.of(aim, valuer.standings, valuer.headline)
    request = {
        "stage": "portfolio", "budget_musd": bounds.total_musd, "aim": meant.name,
        "rule_set": rules.model_dump(mode="json"),
        "projects": [entry.id for entry in entries], "later_years": later_years, "most_plans": most_plans,
        "limits": repr(bounds),
    }  # fmt: skip
    meta = meta_of(case, Setting.of(scenario=scenario, changes=changes), request)
    return choose_among(
        entries, valuer, bounds, meant, later_years=later_years, most_plans=most_plans, tell=tell, meta=meta
    )


def _resolved(case: Case, limits: Limits) -> Limits:
    """Return limits that name projects by their ids."""
    countries = {name for row in case.rows("project").values() for name in row["country"]}
    funders = {OPEN, *case.rows("stakeholder")}
    for kind, asked, known in (
        ("country", {*limits.least_country_share, *limits.most_country_share}, countries),
        ("funder", {*limits.funder_musd, *limits.ineligible}, funders),
    ):
        for name in sorted(asked - known):
            raise UnknownNameError(kind, name, sorted(known))
    named = {
        name: frozenset(resolve_project(case, item) for item in getattr(limits, name))
        for name in ("required", "excluded")
    }
    barred = {
        funder: frozenset(resolve_project(case, item) for item in items) for funder, items in limits.ineligible.items()
    }
    return replace(limits, ineligible=barred, required=named["required"], excluded=named["excluded"])


def choose_among(
    entries: Sequence[Entry],
    valuer: Valuer,
    limits: Limits,
    aim: Aim,
    *,
    later_years: int = LATER_YEARS,
    most_plans: int = MOST_PLANS,
    tell: Callable[[str], None] | None = None,
    meta: Meta | None = None,
) -> Choice:
    """Choose among entries whose worth somebody says; the parameters are those of :func:`choose`."""
    if not 0 <= later_years <= MOST_LATER_YEARS:
        fault = f"found {later_years}; expected 0 to {MOST_LATER_YEARS}. Name another number."
        raise InputError([fault], what="Years by which a start may be put off")
    ranked = [entry for entry in entries if not entry.why_apart]
    for entry in entries:
        if entry.why_apart and entry.id in limits.required:
            message = (
                f"{entry.id} is required, but stays out of the ranking: {entry.why_apart}. "
                "Leave it out of what is required."
            )
            raise RequestError(message)
    kept = replace(limits, excluded=limits.excluded - {entry.id for entry in entries if entry.why_apart})
    search = Search(ranked, valuer, kept, aim, later_years, most_plans, tell or (lambda _: None))
    search.go()
    return Choice(
        search.best, aim, limits, _ranked(search), search.bound_kind, search.bound_musd, search.largest_error_musd,
        search.first_musd, _apart(entries, valuer), dict(search.dropped), search, _notes(search), meta,
    )  # fmt: skip


def _ranked(search: Search) -> tuple[Scored, ...]:
    """Return the sets that were appraised in full, best first."""
    return tuple(sorted(
        search.scored.values(), key=lambda item: (-item.value_musd, item.worth.cost_musd, same_openings(item.openings))
    ))  # fmt: skip


def _apart(entries: Sequence[Entry], valuer: Valuer) -> tuple[Apart, ...]:
    out = [entry for entry in entries if entry.why_apart]
    asked = [entry for entry in out if entry.has_value]
    found = dict(
        zip((entry.id for entry in asked), valuer.worths([{entry.id: entry.opening} for entry in asked]), strict=True)
    )
    return tuple(
        Apart(
            entry.id, entry.name, entry.kind, entry.cost_musd or float("nan"), entry.why_apart,
            dict(found[entry.id].break_even) if entry.id in found else {},
        )
        for entry in out
    )  # fmt: skip


def _notes(search: Search) -> tuple[str, ...]:
    notes = list(search.best.worth.notes)
    if search.bound_kind == "surrogate":
        notes.append(
            f"the bound is what the pairwise model holds plans for; on the {len(search.scored)} sets appraised in full it is "
            f"wrong by {words.musd(search.largest_error_musd)} at most"
        )
    if not search.best.openings:
        notes.append("no set is worth more than nothing: nothing is chosen")
    return tuple(dict.fromkeys(notes))
