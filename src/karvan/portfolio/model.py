"""The portfolio as a mixed-integer programme: which candidates, started when, under every limit.

With ``x_it = 1`` where candidate i starts in year t, ``s_it = sum_{u<=t} x_iu`` whether it has started by t, and
``c_ijt`` whether both of a pair have::

    max  sum value_it x_it + sum_ij sum_t (pair_ij(t) - pair_ij(t+1)) c_ijt
         sum_t x_it <= 1                                  one start
         s_it <= s_jt + sum of wholes with j              prerequisite j of i
         sum_t x_it + sum_t x_jt <= 1                     alternatives, and a whole with its part
         c_ijt <= s_it, c_ijt <= s_jt, c_ijt >= s_it + s_jt - 1
         limits on outlays in all, by year, by funder, by country; on works at one time; on debt service

``pair_ij(t)`` is what the two together are worth beyond their parts, with t the later of their starts. Values of sets are
not additive; the pairwise model is a surrogate for them (:mod:`karvan.portfolio.search` appraises its best sets in full). Solved
by HiGHS. Where the limits contradict each other, a set of them that cannot hold, and of which none may be left out, is found
by a deletion filter (Chinneck and Dravnieks 1991).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from karvan.errors import NotConvergedError, RequestError
from karvan.portfolio.candidates import check_candidates, wholes_of
from karvan.portfolio.mute import talk_to_stderr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.portfolio.candidates import Candidate, Limits

Pair = tuple[str, str]
#: Amounts are compared in USD million; HiGHS keeps a row to 1e-6 of its scale, a dollar here.
SLACK_MUSD = 1e-6
#: What HiGHS says of a programme without a solution.
INFEASIBLE = 2


class Row(NamedTuple):
    """A limit: its name, the columns that it sums, their weights, and its bounds."""

    name: str
    columns: list[int]
    weights: list[float]
    low: float
    high: float


@dataclass(frozen=True)
class Plan:
    """A set of candidates with their years of start.

    Attributes
    ----------
    starts
        Year of start by candidate.
    value_musd
        Value of the model: singles and pairs.
    upper_bound_musd
        No plan of the model is worth more.
    """

    starts: Mapping[str, int]
    value_musd: float
    upper_bound_musd: float

    @property
    def chosen(self) -> frozenset[str]:
        """The candidates, without their years."""
        return frozenset(self.starts)


class ConflictError(RequestError):
    """Limits that cannot hold together.

    Attributes
    ----------
    limits
        Names of an irreducible set of them: without any one, the rest can hold.
    """

    def __init__(self, limits: Sequence[str]) -> None:
        self.limits = tuple(limits)
        listed = "; ".join(self.limits)
        super().__init__(f"No portfolio keeps all limits. These contradict each other: {listed}. Loosen one of them.")


@dataclass(eq=False)
class PortfolioModel:
    """A portfolio problem, ready to be solved again and again with sets cut off.

    Attributes
    ----------
    candidates, limits
        What may be built, and within which limits.
    pair_musd
        What two candidates together are worth beyond their parts, by year of the later start.
    """

    candidates: Sequence[Candidate]
    limits: Limits
    pair_musd: Mapping[Pair, Mapping[int, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_candidates(self.candidates, self.limits)
        self.years = sorted({year for item in self.candidates for year in item.value_musd})
        self.number = {item.id: place for place, item in enumerate(self.candidates)}
        self.starts = [(place, year) for place, item in enumerate(self.candidates) for year in sorted(item.value_musd)]
        self.column = {key: number for number, key in enumerate(self.starts)}
        self.pairs = [pair for pair in self.pair_musd if pair[0] in self.number and pair[1] in self.number]
        self.weight = [self.candidates[place].value_musd[year] for place, year in self.starts]
        self.rows = [*self._structure(), *self._choices(), *self._money()]

    def best(self, *, without: Iterable[frozenset[str]] = (), least: int = 0) -> Plan:
        """Return the best plan, or the best whose set is none of those named, and holds so many candidates at least.

        Raises
        ------
        ConflictError
            The limits contradict each other.
        NotConvergedError
            No plan is left, or none was proven the best.
        """
        cut = list(without)
        many = list(range(len(self.starts)))
        size = [Row("", many, [1.0] * len(many), least, np.inf)] if least else []
        answer = self._solve([*self.rows, *size, *(self._no_good(chosen) for chosen in cut)], self.weight)
        if answer is None:
            if cut or least:
                message = f"No further set keeps the limits beyond the {len(cut)} looked at."
                raise NotConvergedError(message)
            raise ConflictError(self.conflict())
        picked, bound = answer
        starts = {self.candidates[place].id: year for place, year in self.starts if picked[self.column[place, year]]}
        return Plan(starts, self.value_of(starts), bound)

    def value_of(self, starts: Mapping[str, int]) -> float:
        """Return the value of a plan in the model: singles and pairs."""
        value = sum(self.candidates[self.number[name]].value_musd[year] for name, year in starts.items())
        for pair in self.pairs:
            if pair[0] in starts and pair[1] in starts:
                value += self._pair_at(pair, max(starts[pair[0]], starts[pair[1]]))
        return float(value)

    def keeps(self, starts: Mapping[str, int]) -> bool:
        """Whether a plan keeps every limit."""
        picked = {self.column[self.number[name], year] for name, year in starts.items()}
        for row in self.rows:
            total = sum(weight for column, weight in zip(row.columns, row.weights, strict=True) if column in picked)
            if row.name and not row.low - SLACK_MUSD <= total <= row.high + SLACK_MUSD:
                return False
        return True

    def conflict(self) -> list[str]:
        """Return the names of an irreducible set of limits that contradict each other; empty where all can hold."""
        base = [row for row in self.rows if not row.name]
        named = list(dict.fromkeys(row.name for row in self.rows if row.name))
        if self._solve(self.rows, [0.0] * len(self.weight)) is not None:
            return []
        kept = named
        for name in named:
            rest = [other for other in kept if other != name]
            rows = base + [row for row in self.rows if row.name in rest]
            if self._solve(rows, [0.0] * len(self.weight)) is None:
                kept = rest
        return kept

    # rows -------------------------------------------------------------------------------------------------------------

    def _structure(self) -> list[Row]:
        """One start each, and what a pair needs: these are no limits, and have no name."""
        rows = [Row("", self._columns(place), [1.0] * len(self._columns(place)), 0, 1)
                for place in range(len(self.candidates))]  # fmt: skip
        for pair in self.pairs:
            for position, year in enumerate(self.years):
                self.weight.append(self._pair_at(pair, year) - (
                    self._pair_at(pair, self.years[position + 1]) if position + 1 < len(self.years) else 0.0
                ))  # fmt: skip
                both = len(self.weight) - 1
                first, second = (self._columns(self.number[name], year) for name in pair)
                rows.append(Row("", [both, *first], [1.0, *([-1.0] * len(first))], -np.inf, 0))
                rows.append(Row("", [both, *second], [1.0, *([-1.0] * len(second))], -np.inf, 0))
                rows.append(Row("", [both, *first, *second], [1.0, *([-1.0] * (len(first) + len(second)))], -1, np.inf))
        return rows

    def _choices(self) -> list[Row]:
        rows: list[Row] = []
        contains = {item.id: item.contains for item in self.candidates}
        for place, item in enumerate(self.candidates):
            needs = [(f"{item.id} needs {other}", {other, *wholes_of(other, contains)}) for other in item.prerequisites]
            needs += [(f"{item.id} needs {' or '.join(ways)}", set(ways)) for ways in item.any_of]
            for name, ways in needs:
                for year in self.years:
                    own = self._columns(place, year)
                    theirs = [
                        column for way in sorted(ways - {item.id}) for column in self._columns(self.number[way], year)
                    ]
                    weights = [1.0] * len(own) + [-1.0] * len(theirs)
                    rows.append(Row(name, [*own, *theirs], weights, -np.inf, 0))
            rivals = [(other, "is an alternative to") for other in item.alternatives]
            rivals += [(other, "contains") for other in item.contains]
            for other, word in rivals:
                if (
                    word == "contains"
                    or item.id < other
                    or item.id not in self.candidates[self.number[other]].alternatives
                ):
                    columns = [*self._columns(place), *self._columns(self.number[other])]
                    rows.append(Row(f"{item.id} {word} {other}", columns, [1.0] * len(columns), 0, 1))
            barred = [name for name, share in item.funder_share.items()
                      if share > 0 and item.id in self.limits.ineligible.get(name, frozenset())]  # fmt: skip
            for name in barred:
                columns = self._columns(place)
                rows.append(Row(f"{name} may not fund {item.id}", columns, [1.0] * len(columns), 0, 0))
            for wanted, word, amount in ((self.limits.required, "required", 1), (self.limits.excluded, "excluded", 0)):
                if item.id in wanted:
                    columns = self._columns(place)
                    rows.append(Row(f"{item.id} is {word}", columns, [1.0] * len(columns), amount, amount))
        return rows

    def _money(self) -> list[Row]:
        limits, rows = self.limits, []
        costs = [self.candidates[place].cost_musd for place, _ in self.starts]
        everything = list(range(len(self.starts)))
        if limits.total_musd is not None:
            rows.append(Row(f"total of USD {limits.total_musd:g} m", everything, costs, 0, limits.total_musd))
        for name, amount in limits.funder_musd.items():
            weights = [cost * self.candidates[place].funder_share.get(name, 0.0)
                       for cost, (place, _) in zip(costs, self.starts, strict=True)]  # fmt: skip
            rows.append(Row(f"USD {amount:g} m of {name}", everything, weights, 0, amount))
        for year, amount in limits.yearly_musd.items():
            weights = [_in_year(self.candidates[place].outlay_musd, year - start) for place, start in self.starts]
            rows.append(Row(f"USD {amount:g} m in {year}", everything, weights, 0, amount))
        for year, amount in limits.service_musd.items():
            weights = [_in_year(self.candidates[place].service_musd, year - start) for place, start in self.starts]
            rows.append(Row(f"debt service of USD {amount:g} m in {year}", everything, weights, 0, amount))
        if limits.works_at_once is not None:
            last = max(start + len(self.candidates[place].outlay_musd) for place, start in self.starts)
            for year in range(self.years[0], last):
                weights = [
                    float(_in_year(self.candidates[place].outlay_musd, year - start) > 0)
                    for place, start in self.starts
                ]
                rows.append(
                    Row(f"{limits.works_at_once} works at one time", everything, weights, 0, limits.works_at_once)
                )
        for shares, word in ((limits.least_country_share, "at least"), (limits.most_country_share, "at most")):
            for name, share in shares.items():
                weights = [cost * (self.candidates[place].country_share.get(name, 0.0) - share)
                           for cost, (place, _) in zip(costs, self.starts, strict=True)]  # fmt: skip
                low, high = (0.0, np.inf) if word == "at least" else (-np.inf, 0.0)
                rows.append(Row(f"{word} {share:.0%} in {name}", everything, weights, low, high))
        return rows

    def _no_good(self, chosen: frozenset[str]) -> Row:
        columns, weights, inside = [], [], 0
        for place, item in enumerate(self.candidates):
            own = self._columns(place)
            columns += own
            weights += [1.0 if item.id in chosen else -1.0] * len(own)
            inside += item.id in chosen
        return Row("", columns, weights, -np.inf, inside - 1)

    # helpers ----------------------------------------------------------------------------------------------------------

    def _columns(self, place: int, until: int | None = None) -> list[int]:
        years = sorted(self.candidates[place].value_musd)
        return [self.column[place, year] for year in years if until is None or year <= until]

    def _of(self, name: str) -> Candidate:
        return self.candidates[self.number[name]]

    def _pair_at(self, pair: Pair, year: int) -> float:
        """Return what a pair is worth from a year on: that of the year, or of the last before it that is given."""
        given = self.pair_musd[pair]
        before = [known for known in given if known <= year]
        return given[max(before)] if before else given[min(given)]

    def _solve(self, rows: list[Row], weight: Sequence[float]) -> tuple[np.ndarray, float] | None:
        """Return what the solver picked and its bound, or None where nothing keeps the rows."""
        from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - heavy
        from scipy.sparse import csr_array  # noqa: PLC0415 - heavy

        count = len(self.weight)
        row = np.repeat(np.arange(len(rows)), [len(item.columns) for item in rows])
        column = np.array([number for item in rows for number in item.columns], dtype=np.int64)
        weights = np.array([figure for item in rows for figure in item.weights])
        matrix = csr_array((weights, (row, column)), shape=(len(rows), count))
        low, high = np.array([item.low for item in rows]), np.array([item.high for item in rows])
        # HiGHS may stumble in its presolve over rows that leave no room, and solves the same without it
        for presolve in (True, False):
            with talk_to_stderr():
                answer = milp(
                    -np.asarray(weight, dtype=float), integrality=np.ones(count, dtype=np.int64), bounds=Bounds(0, 1),
                    constraints=[LinearConstraint(matrix, low, high)], options={"mip_rel_gap": 0.0, "presolve": presolve},
                )  # fmt: skip
            if answer.status == INFEASIBLE:
                return None
            if answer.x is not None and answer.status == 0:
                break
        if answer.x is None or answer.status != 0:
            message = f"No portfolio was proven the best: {answer.message}"
            raise NotConvergedError(message)
        return np.round(answer.x).astype(bool), -float(answer.mip_dual_bound)


def _in_year(amounts: tuple[float, ...], offset: int) -> float:
    return amounts[offset] if 0 <= offset < len(amounts) else 0.0
