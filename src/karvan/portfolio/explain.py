"""Explained: why a project is in or out, what it depends on, and what cost would bring it in; the frontier of budgets.

Of what is in, what it adds is the worth of the set less that of the set without it, both in full. Of what is out, the
pairwise model
says what it would displace, and at which cost it would be taken: the largest factor on its cost, found by halving, at which
the best plan of the model holds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.errors import NotConvergedError
from karvan.portfolio.model import SLACK_MUSD, ConflictError
from karvan.portfolio.search import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from karvan.portfolio.choice import Choice
    from karvan.portfolio.entries import Entry
    from karvan.portfolio.search import Scored, Search
    from karvan.portfolio.worth import Openings, Worth

#: Halvings for the cost that would bring a project in: within half a per cent of its cost.
HALVINGS = 8
#: Budgets of the frontier, USD m: those that the task names.
BUDGETS_MUSD = (500.0, 1000.0, 2000.0, 4000.0, 8000.0)
#: Plans of a budget of the frontier that are appraised in full in a round, and rounds.
FRONTIER_PROPOSALS, FRONTIER_ROUNDS = 1, 2


@dataclass(frozen=True)
class Reason:
    """Why a project is in or out.

    Attributes
    ----------
    id, name, kind
        Which it is.
    chosen
        Whether it is in.
    opening
        Year of opening; None where it is out.
    cost_musd, alone_musd
        Its outlay, and what it is worth by itself to the aim.
    value_per_dollar
        The second over the present value of its capital.
    why
        In words.
    adds_musd
        What the set is worth more with it than without; None where it is out.
    cost_out_musd
        Cost above which it adds nothing; None where it is out, or where the aim bears none of its cost.
    cost_in_musd
        Cost at which it would be taken; None where it is in, or would not be taken for nothing.
    loss_musd
        What the best plan with it is worth less, by the pairwise model; None where it is in, or no plan holds it.
    instead_of
        What it would displace.
    depends_on
        Projects with which it is worth more, or less, than by itself, and by how much.
    """

    id: str
    name: str
    kind: str
    chosen: bool
    opening: int | None
    cost_musd: float
    alone_musd: float | None
    value_per_dollar: float | None
    why: str
    adds_musd: float | None = None
    cost_out_musd: float | None = None
    cost_in_musd: float | None = None
    loss_musd: float | None = None
    instead_of: tuple[str, ...] = ()
    depends_on: tuple[tuple[str, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the reason as JSON can hold it."""
        return {
            "id": self.id, "name": self.name, "kind": self.kind, "chosen": self.chosen, "opening_year": self.opening,
            "cost_musd": self.cost_musd, "alone_musd": self.alone_musd, "value_per_dollar": self.value_per_dollar,
            "why": self.why,
            "adds_musd": self.adds_musd, "cost_out_musd": self.cost_out_musd, "cost_in_musd": self.cost_in_musd,
            "loss_musd": self.loss_musd, "instead_of": list(self.instead_of),
            "depends_on": [{"project": name, "pair_musd": value} for name, value in self.depends_on],
        }  # fmt: skip


@dataclass(frozen=True)
class FrontierPoint:
    """The best that was found under a budget.

    Attributes
    ----------
    budget_musd, cost_musd, value_musd
        The budget; what the set costs, and what it is worth to the aim.
    openings
        The set, with its years.
    added, left_out
        What it holds beyond the set of the budget before, and what it leaves out of it.
    """

    budget_musd: float
    cost_musd: float
    value_musd: float
    openings: dict[str, int]
    added: tuple[str, ...]
    left_out: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the point as JSON can hold it."""
        return {
            "budget_musd": self.budget_musd, "cost_musd": self.cost_musd, "value_musd": self.value_musd,
            "projects": [f"{name}@{year}" for name, year in sorted(self.openings.items())],
            "added": list(self.added), "left_out": list(self.left_out),
        }  # fmt: skip


def explain(choice: Choice) -> tuple[Reason, ...]:
    """Return why each project of the ranking is in or out: what is in first, then by what it is worth for a dollar."""
    search = choice.search
    found = [_in(choice, entry) if entry.id in choice.openings else _out(choice, entry) for entry in search.entries]
    return tuple(sorted(found, key=lambda item: (not item.chosen, -(item.value_per_dollar or 0.0) if item.alone_musd is not None
                                                 else float("inf"), item.id)))  # fmt: skip


def _alone(search: Search, entry: Entry) -> tuple[float | None, float | None]:
    if entry.id not in search.singles:
        return None, None
    value = search.values((entry.id,))[0]
    capital = search.singles[entry.id].capital_pv_musd(None)
    return value, value / capital if capital > 0 else None


def _ties(search: Search, name: str, others: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return what a project is worth more or less with each of others, largest first."""
    found = []
    for pair in search.pairs:
        if name in pair:
            other = pair[1] if pair[0] == name else pair[0]
            together = next(iter(search.pair_values(pair).values()))
            if other in others and abs(together) > 1e-6:  # noqa: PLR2004 - USD 1
                found.append((other, float(together)))
    return tuple(sorted(found, key=lambda item: (-abs(item[1]), item[0])))


def without(choice: Choice, name: str) -> tuple[Openings, Worth | None]:
    """Return what is left of a chosen set without a project and what needs it, and its worth; None where nothing is left."""
    rest = {other: year for other, year in choice.openings.items() if other != name}
    while True:
        lost = [
            other
            for other in rest
            if choice.search.lacks(other, rest) and not choice.search.lacks(other, choice.openings)
        ]
        if not lost:
            break
        rest = {other: year for other, year in rest.items() if other not in lost}
    return rest, choice.search.valuer.worths([rest])[0] if rest else None


def _in(choice: Choice, entry: Entry) -> Reason:
    search = choice.search
    rest, worth = without(choice, entry.id)
    gone = set(choice.openings) - set(rest)
    adds = choice.value_musd - (search.aim.of_worth(worth) if worth is not None else 0.0)
    alone, per_dollar = _alone(search, entry)
    # all that grows with the cost, upkeep among it
    works = (
        search.singles[entry.id].later(choice.openings[entry.id] - entry.opening).works_pv_musd(choice.aim.countries)
    )
    ceiling = entry.cost_musd * (1.0 + adds / works) if works > 0 else None
    ties = _ties(search, entry.id, list(choice.openings))
    why = f"the set is worth {words.musd(adds)} more with it"
    if len(gone) > 1:
        why += f" and with {', '.join(sorted(gone - {entry.id}))}, which needs it"
    if entry.id in search.limits.required:
        why = f"it is required; {why}"
    if alone is not None and alone <= 0 < adds:
        why += "; by itself it would not pay"
    return Reason(entry.id, entry.name, entry.kind, chosen=True, opening=choice.openings[entry.id], cost_musd=entry.cost_musd,
                  alone_musd=alone, value_per_dollar=per_dollar, why=why, adds_musd=adds, cost_out_musd=ceiling,
                  depends_on=ties)  # fmt: skip


def _out(choice: Choice, entry: Entry) -> Reason:
    search = choice.search
    alone, per_dollar = _alone(search, entry)
    plain = {
        "chosen": False,
        "opening": None,
        "cost_musd": entry.cost_musd,
        "alone_musd": alone,
        "value_per_dollar": per_dollar,
    }
    if alone is None:
        return Reason(entry.id, entry.name, entry.kind, why=search.dropped.get(entry.id, "it has no value"), **plain)  # type: ignore[arg-type]
    # with all that it needs: what brings it in must pay for that as well
    wanted = [entry, *(need for need in search.needs_of(entry.id) if need.id in search.singles)]
    field = [*search.kept, *(item for item in wanted if item not in search.kept)]
    ties = _ties(search, entry.id, [other.id for other in field])
    loss, instead = _forced(choice, entry, field)
    cost_in = _cost_in(search, entry, field)
    why = search.dropped.get(entry.id) or _why_not(choice, entry, loss, instead)
    return Reason(entry.id, entry.name, entry.kind, why=why, cost_in_musd=cost_in, loss_musd=loss,
    instead_of=instead, depends_on=ties,
                  **plain)  # type: ignore[arg-type]  # fmt: skip


def _forced(choice: Choice, entry: Entry, field: Sequence[Entry]) -> tuple[float | None, tuple[str, ...]]:
    """Return what the best plan with a project is worth less in the model, and what it leaves out of the choice."""
    from dataclasses import replace  # noqa: PLC0415 - kept beside its only use

    search = choice.search
    ids = [item.id for item in field]
    limits = within(search.limits, ids)
    try:
        forced = search.model(field, replace(limits, required=limits.required | {entry.id})).best()
    except (ConflictError, NotConvergedError):
        return None, ()
    best = max(search.model_of(choice.openings), search.model(field).best().value_musd)
    return best - forced.value_musd, tuple(sorted(set(choice.openings) - forced.chosen))


def _cost_in(search: Search, entry: Entry, field: Sequence[Entry]) -> float | None:
    """Return the largest cost at which the model takes a project; None where it does not for nothing."""

    def taken(factor: float) -> bool:
        try:
            return entry.id in search.model(field, cost_factor={entry.id: factor}).best().starts
        except (ConflictError, NotConvergedError):
            return False

    if not taken(0.0):
        return None
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if taken(middle) else (low, middle)
    return low * entry.cost_musd


def _why_not(choice: Choice, entry: Entry, loss: float | None, instead: tuple[str, ...]) -> str:
    chosen = choice.openings
    rival = next((name for name in chosen if name in (*entry.alternatives, *entry.contains) or entry.id in
                  (*choice.search.of[name].alternatives, *choice.search.of[name].contains)), "")  # fmt: skip
    if rival:
        return f"{rival} is chosen, and the two cannot stand together"
    if loss is None:
        return "no plan that keeps the limits holds it"
    if instead:
        return f"it would displace {', '.join(instead)}, and the set would be worth {words.musd(loss)} less"
    return f"the set would be worth {words.musd(loss)} less with it"


def search_budgets(choice: Choice, budgets_musd: Sequence[float] = BUDGETS_MUSD) -> list[Scored]:
    """Return the sets that searches under other budgets appraised in full, beyond those of the choice."""
    search, found = choice.search, dict(choice.search.scored)
    for budget in sorted({*budgets_musd} - {choice.limits.total_musd}):
        found |= search.with_budget(budget, proposals=FRONTIER_PROPOSALS, rounds=FRONTIER_ROUNDS).scored
    return [item for key, item in found.items() if key not in search.scored]


def find_frontier(
    choice: Choice, budgets_musd: Sequence[float] = BUDGETS_MUSD, found_before: Sequence[Scored] | None = None
) -> tuple[FrontierPoint, ...]:
    """Return the best set under each budget, lowest first; the budget of the choice is one of them.

    A budget under which no set keeps the limits is left out.

    Parameters
    ----------
    choice, budgets_musd
        The choice; other budgets, USD m.
    found_before
        What :func:`search_budgets` has found under them, if it was asked.
    """
    own = choice.limits.total_musd
    more = search_budgets(choice, budgets_musd) if found_before is None else found_before
    known = [*choice.search.scored.values(), *more]
    points: list[FrontierPoint] = []
    before: set[str] = set()
    for budget in sorted({*budgets_musd, *([own] if own is not None else [])}):
        able = [item for item in known if item.worth.cost_musd <= budget + SLACK_MUSD]
        if not able and budget != own:
            continue
        best = choice.best if budget == own else max(able, key=lambda item: (item.value_musd, -item.worth.cost_musd))
        added, left = sorted(best.projects - before), sorted(before - best.projects)
        points.append(
            FrontierPoint(budget, best.worth.cost_musd, best.value_musd, dict(best.openings), tuple(added), tuple(left))
        )
        before = set(best.projects)
    return tuple(points)
