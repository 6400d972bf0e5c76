"""The whole answer: what to choose, how it stands up, who pays, and why; as tables and as JSON can hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.portfolio.choice import choose
from karvan.portfolio.demands import demands_of
from karvan.portfolio.explain import (
    BUDGETS_MUSD,
    FrontierPoint,
    Reason,
    explain,
    find_frontier,
    search_budgets,
    without,
)
from karvan.portfolio.fair import Fairness, find_fairness, outlays_of
from karvan.portfolio.process import process_of
from karvan.portfolio.readiness import read_readiness
from karvan.portfolio.robust import Robustness, find_robustness
from karvan.portfolio.wait import Wait, value_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from karvan.case import Case
    from karvan.portfolio.choice import Choice
    from karvan.portfolio.readiness import Readiness
    from karvan.portfolio.worth import Worth

#: Sets that are shown, best first.
SHOWN_SETS = 20


@dataclass(frozen=True, eq=False)
class Portfolio:
    """A choice with all that is asked of it.

    Attributes
    ----------
    choice
        The set, its years and its worth.
    robustness, fairness
        How it stands up; who gains and who pays.
    wait, waits
        Whether to build now or to wait, for the whole set (None where nothing is chosen), and for what each project adds to it.
    reasons
        Why each project of the ranking is in or out.
    frontier
        The best set by budget.
    readiness
        How far each project has come.
    notes
        What the reader of the frontier should know.
    """

    choice: Choice
    robustness: Robustness
    fairness: Fairness
    wait: Wait | None
    waits: Mapping[str, Wait]
    reasons: tuple[Reason, ...]
    frontier: tuple[FrontierPoint, ...]
    readiness: Mapping[str, Readiness] = field(repr=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def outlays(self) -> pd.DataFrame:
        """Outlays of the chosen set by year, project and funder."""
        import pandas as pd  # noqa: PLC0415 - heavy

        rows = [
            {"year": year, "project": name, "funder": payer.funder, "funder_name": payer.name, "country": payer.country,
             "instrument": payer.instrument, "status": payer.status, "musd": musd}
            for year, name, payer, musd in outlays_of(self.choice)
        ]  # fmt: skip
        columns = ["year", "project", "funder", "funder_name", "country", "instrument", "status", "musd"]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values(["year", "project", "funder", "instrument", "status"], ignore_index=True)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every project of the ranking: in or out, cost, worth alone, worth for a dollar, readiness, and why."""
        import pandas as pd  # noqa: PLC0415 - heavy

        rows = []
        for reason in self.reasons:
            row = reason.to_dict()
            row |= {
                "instead_of": ";".join(reason.instead_of),
                "depends_on": ";".join(name for name, _ in reason.depends_on),
            }
            rows.append(row | {"readiness": self.readiness[reason.id].score})
        return pd.DataFrame(rows)

    @cached_property
    def sets(self) -> pd.DataFrame:
        """Every set appraised in full, best first."""
        import pandas as pd  # noqa: PLC0415 - heavy

        columns = ["projects", "value_musd", "model_musd", "cost_musd"]
        return pd.DataFrame(
            [{**row, "projects": ";".join(row["projects"])} for row in _sets(self.choice)], columns=columns
        )

    @cached_property
    def frontier_table(self) -> pd.DataFrame:
        """The best set by budget."""
        import pandas as pd  # noqa: PLC0415 - heavy

        rows = [point.to_dict() for point in self.frontier]
        columns = ["budget_musd", "cost_musd", "value_musd", "projects", "added", "left_out"]
        listed = ("projects", "added", "left_out")
        return pd.DataFrame([row | {name: ";".join(row[name]) for name in listed} for row in rows], columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON can hold it."""
        choice = self.choice
        of, standings = choice.search.of, choice.search.valuer.standings
        return {
            "meta": choice.meta.model_dump(mode="json") if choice.meta is not None else None,
            "budget_musd": choice.limits.total_musd, "aim": choice.aim.name,
            "value_musd": choice.value_musd, "cost_musd": choice.worth.cost_musd,
            "bound_kind": choice.bound_kind, "proven": choice.proven, "bound_musd": choice.bound_musd, "gap": choice.gap,
            "largest_error_musd": choice.largest_error_musd, "first_musd": choice.first_musd,
            "chosen": [
                {
                    "project": name, "name": of[name].name, "kind": of[name].kind, "countries": list(of[name].countries),
                    "start_year": year - len(of[name].outlay_musd), "opening_year": year, "cost_musd": of[name].cost_musd,
                }
                for name, year in sorted(choice.openings.items(), key=lambda item: (item[1], item[0]))
            ],
            "standings": [
                {"standing": name, "enpv_musd": choice.worth.value(countries) if choice.openings else 0.0}
                for name, countries in standings.items()
            ],
            "outlays": self.outlays.to_dict("records"),
            "sets": _sets(choice)[:SHOWN_SETS],
            "sets_appraised": len(choice.sets),
            "candidates": [
                reason.to_dict() | {"readiness": self.readiness[reason.id].to_dict()} for reason in self.reasons
            ],
            "apart": [
                {"id": item.id, "name": item.name, "kind": item.kind, "cost_musd": item.cost_musd, "why": item.why,
                 "break_even": dict(item.break_even) or None, "readiness": self.readiness[item.id].to_dict()}
                for item in choice.apart
            ],
            "frontier": [point.to_dict() for point in self.frontier],
            "robustness": self.robustness.to_dict(),
            "wait": self.wait.to_dict() if self.wait is not None else None,
            "waits": [{"project": name} | wait.to_dict() for name, wait in self.waits.items()],
            "fairness": self.fairness.to_dict(),
            "notes": [*choice.notes, *self.notes],
        }  # fmt: skip


def _sets(choice: Choice) -> list[dict[str, Any]]:
    return [
        {"projects": _named(item.openings), "value_musd": item.value_musd, "model_musd": choice.search.model_of(item.openings),
         "cost_musd": item.worth.cost_musd}
        for item in choice.sets
    ]  # fmt: skip


def _named(openings: Mapping[str, int]) -> list[str]:
    return [f"{name}@{year}" for name, year in sorted(openings.items())]


def find_portfolio(
    case: Case,
    budget_musd: float | None = None,
    *,
    budgets_musd: Sequence[float] = BUDGETS_MUSD,
    tell: Callable[[str], None] | None = None,
    **how: Any,  # noqa: ANN401 - the parameters of choose
) -> Portfolio:
    """Return what to choose within a budget, how it stands up, who gains and pays, and why.

    Parameters
    ----------
    case, budget_musd
        The corridor; most that all outlays may add up to.
    budgets_musd
        Budgets of the frontier; none leaves it out.
    tell
        Called with what has been found so far.
    how
        The other parameters of :func:`karvan.portfolio.choose`, whose errors these are.
    """
    say = tell or (lambda _: None)
    choice = choose(case, budget_musd, tell=say, **how)
    valuer = choice.search.valuer
    try:
        frontier: tuple[FrontierPoint, ...] = ()
        if budgets_musd:
            say("other budgets")
            more = search_budgets(choice, budgets_musd)
            # what is found under another budget may be the best under this one
            choice = choice.knowing(more)
            frontier = find_frontier(choice, budgets_musd, more)
        say("why, and at which cost it would be otherwise")
        reasons = explain(choice)
        say("other futures")
        time = next(iter(choice.search.singles.values())).time
        process = process_of(case, time)
        robustness = find_robustness(
            choice, process, demands_of(case, how.get("changes", ())) if how.get("scenario") is None else ()
        )
        wait = value_waiting(choice.worth, process, choice.aim.countries) if choice.openings else None
        waits = {
            name: value_waiting(_added(choice, name), process, choice.aim.countries) for name in sorted(choice.openings)
        }
        readiness = {
            name: read_readiness(case, name)
            for name in [*(reason.id for reason in reasons), *(item.id for item in choice.apart)]
        }
        missing = sorted({*budgets_musd} - {point.budget_musd for point in frontier})
        notes = tuple(
            f"no set keeps the limits within {words.musd(budget)}: the frontier leaves it out" for budget in missing
        )
        return Portfolio(choice, robustness, find_fairness(choice), wait, waits, reasons, frontier, readiness, notes)
    finally:
        close = getattr(valuer, "close", None)
        if close is not None:
            close()


def _added(choice: Choice, name: str) -> Worth:
    """Return what a project, with what needs it, adds to the chosen set."""
    _, rest = without(choice, name)
    return choice.worth if rest is None else choice.worth.less(rest)
