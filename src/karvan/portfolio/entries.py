"""What a case offers for choice: its candidates with their outlays, their ties, and the places that they touch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.case.apply import opening_year, resolve_project
from karvan.case.finance import funding_of
from karvan.errors import KarvanError
from karvan.portfolio.candidates import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case

#: Who pays what no funder is named for.
OPEN = "open"


@dataclass(frozen=True)
class Payer:
    """What one funder pays of a project: its name, its country, how, how far that has come, and its share of the outlay."""

    funder: str
    name: str
    country: str
    instrument: str
    status: str
    share: float


@dataclass(frozen=True)
class Entry:
    """A project that may be chosen.

    Attributes
    ----------
    id, name, kind, countries
        Which it is, what, and where.
    opening
        Earliest year of opening.
    outlay_musd
        Outlay by year from the start of works; the last year is the one before opening.
    prerequisites, alternatives, contains
        Its ties to other entries.
    touches
        Places that it touches: pairs that meet are looked at together.
    cost_low_share, cost_high_share
        Range of its cost (P10 to P90) as shares of it.
    payers
        Who pays for it; parts that add up to one, or none.
    service_musd
        Debt service by year from the start of works, of the loans and deposits whose terms are known,
        at the prices of the outlay.
    why_apart
        Why it stays out of the ranking; empty where it does not.
    has_value
        Whether something can be said of its worth even so, such as where it breaks even.
    """

    id: str
    name: str
    kind: str
    countries: tuple[str, ...]
    opening: int
    outlay_musd: tuple[float, ...]
    prerequisites: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    touches: frozenset[str] = frozenset()
    cost_low_share: float = 1.0
    cost_high_share: float = 1.0
    payers: tuple[Payer, ...] = ()
    service_musd: tuple[float, ...] = ()
    why_apart: str = ""
    has_value: bool = True

    @property
    def start(self) -> int:
        """Earliest year in which works start."""
        return self.opening - len(self.outlay_musd)

    @property
    def cost_musd(self) -> float:
        """Outlay in all."""
        return float(sum(self.outlay_musd))

    def candidate(self, value_musd: Mapping[int, float], ids: Iterable[str]) -> Candidate:
        """Return the candidate of the model, with its ties to those that are in it."""
        there = set(ids)
        countries = {name: 1.0 / len(self.countries) for name in self.countries}
        funders: dict[str, float] = {}
        for payer in self.payers:
            funders[payer.funder] = funders.get(payer.funder, 0.0) + payer.share
        return Candidate(
            self.id, value_musd, self.outlay_musd, self.service_musd, funders, countries,
            tuple(name for name in self.prerequisites if name in there),
            tuple(name for name in self.alternatives if name in there),
            tuple(name for name in self.contains if name in there),
        )  # fmt: skip


def rivals(one: Entry, two: Entry) -> bool:
    """Whether two entries cannot stand together."""
    return two.id in (*one.alternatives, *one.contains) or one.id in (*two.alternatives, *two.contains)


def entries_of(case: Case, *, rule_set: str | Path | RuleSet, only: Sequence[str] | None = None) -> tuple[Entry, ...]:
    """Return the candidates of a case, in the order of project.csv.

    Parameters
    ----------
    case
        The corridor.
    rule_set
        How outlays are drawn up, by name, by file, or opened.
    only
        Projects among which is chosen, by id or alias; by default all candidates.

    Raises
    ------
    UnknownNameError
        A project or rule set is not there.
    InputError
        A file of rules is wrong.
    """
    from karvan.appraisal.rules import open_rule_set  # noqa: PLC0415 - heavy

    rules = open_rule_set(rule_set)
    rows = case.rows("project")
    wanted = set(rows) if only is None else {resolve_project(case, name) for name in only}
    found = [_entry(case, name, rules) for name, row in rows.items() if name in wanted and row["status"] == "candidate"]
    return tuple(found)


def _entry(case: Case, name: str, rules: RuleSet) -> Entry:
    from karvan.appraisal.plans import plan_projects  # noqa: PLC0415 - heavy

    row, rows = case.rows("project")[name], case.rows("project")
    opening, why, has_value = opening_year(case, name), "", True
    outlay: tuple[float, ...] = ()
    try:
        plan = plan_projects(case, [name], rules)
        why = plan.why_not
        has_value = not why
        opening = plan.projects[0].opening
        outlay = tuple(plan.projects[0].cost_musd * share for share in plan.projects[0].shares)
    except KarvanError as error:
        why, has_value = str(error), False
    if not why and any(math.isnan(item) for item in outlay):
        why = "its cost is not known"
    if not why and row["cost_basis"] == "assumed" and row["effect_basis"] == "assumed":
        why = "cost and effect are both assumed"
    span = case.range_of("project", name, "cost_musd") if row["cost_musd"] > 0 else None
    needs = [other for other in row["prerequisites"] if rows[other]["status"] == "candidate"]
    return Entry(
        name, str(row["name"]), str(row["kind"]), tuple(row["country"]), opening or case.config.case.base_year + 1,
        tuple(0.0 if math.isnan(item) else item for item in outlay) or (0.0,), tuple(needs), tuple(row["alternatives"]),
        tuple(row["contains"]), _touched(case, name), span.low / span.value if span else 1.0,
        span.high / span.value if span else 1.0,
        _payers(case, name, sum(outlay)), _service(case, name, outlay), why, has_value,
    )  # fmt: skip


def _payers(case: Case, name: str, cost_musd: float) -> tuple[Payer, ...]:
    parts = funding_of(case, name, cost_musd)
    return tuple(
        Payer(part.funder or OPEN, part.name or "open: nobody named", part.country, part.instrument, part.status, part.share)
        for part in parts if part.share > 0
    )  # fmt: skip


def _service(case: Case, name: str, outlay: Sequence[float]) -> tuple[float, ...]:
    """Return interest and repayment by year from the start of works, after them at the earliest; rates of exchange hold."""
    from karvan.appraisal.loans import Loan, schedule_loan  # noqa: PLC0415 - heavy
    from karvan.appraisal.project_loans import has_terms, repayment_of, span_of  # noqa: PLC0415 - heavy

    total = float(sum(outlay))
    found: dict[int, float] = {}
    for part in funding_of(case, name, total):
        if not has_terms(part) or not total > 0:
            continue
        grace, years = span_of(part, len(outlay))
        loan = Loan(
            principal=total * part.share, rate=part.rate_pct_per_year / 100.0, years=years, first_year=0, grace_years=grace,
            repayment=repayment_of(part), drawn=tuple(one / total for one in outlay), name=part.name,
        )  # fmt: skip
        schedule = schedule_loan(loan)
        for year, paid in zip(schedule.years, schedule.service, strict=True):
            found[year] = found.get(year, 0.0) + paid
    return tuple(found.get(year, 0.0) for year in range(max(found) + 1)) if found else ()


def _touched(case: Case, name: str) -> frozenset[str]:
    """Return the places of the links, terminals and crossings that a project or a part of it builds or changes."""
    row = case.rows("project")[name]
    own = {name, *row["contains"]}
    ends: set[str] = set()
    links, terminals, borders = (case.rows(table) for table in ("link", "terminal", "border"))
    changed = [(effect["table"], effect["row"]) for effect in case.rows("effect").values() if effect["owner"] in own]
    for key, link in links.items():
        if own.intersection(link["project_id"]) or ("link", key) in changed:
            ends.update((link["from_node_id"], link["to_node_id"]))
    for key, terminal in terminals.items():
        if own.intersection(terminal["project_id"]) or ("terminal", key) in changed:
            ends.add(terminal["node_id"])
    crossings = [borders[key] for table, key in changed if table == "border"]
    gates = {str(crossing["crossing_id"]) for crossing in crossings} - {""}
    ends.update(str(crossing["node_id"]) for crossing in crossings if crossing["node_id"])
    for link in links.values():
        if link["crossing_id"] in gates:
            ends.update((link["from_node_id"], link["to_node_id"]))
    return frozenset(map(str, ends))
