"""The search for the best set and its years: singles, pairs, a surrogate of them, and the best sets appraised in full.

The worth of a set is not the sum of its parts. What is solved in full: every entry alone at its earliest year; pairs that may
be worth more or less together; and the sets that the surrogate holds for the best. The surrogate is the model of
:mod:`karvan.portfolio.model`::

    model(S, years) = sum_i V_i(later by d_i) + sum_ij (V_ij - V_i - V_j)(later by d_ij)

It proposes sets; each is appraised in full, and the pairs in it that are not known yet are solved, until none that it proposes
could be better than the best found. The largest difference between model and full appraisal is stated. Where the plans that keep
the limits are few, all are appraised in full, and that is a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.errors import InputError, NotConvergedError, RequestError
from karvan.portfolio.candidates import wholes_of
from karvan.portfolio.entries import Entry, rivals
from karvan.portfolio.model import ConflictError, PortfolioModel
from karvan.portfolio.worth import same_openings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from karvan.portfolio.aims import Aim
    from karvan.portfolio.candidates import Candidate, Limits
    from karvan.portfolio.model import Pair, Plan
    from karvan.portfolio.valuer import Valuer
    from karvan.portfolio.worth import Openings, Worth

#: Years by which the start of works may be put off.
LATER_YEARS = 5
#: Plans that are all appraised in full where there are no more; each takes some solved years.
MOST_PLANS = 64
#: Plans that are looked at, to see which keep the limits, before they are called many.
MOST_LOOKED_AT = 50_000
#: Pairs that are solved before the first proposal, beyond those of a prerequisite: those that meet, then those most alike.
MOST_PAIRS = 40
#: Proposals that are appraised in full in one round, and rounds of them.
PROPOSALS, ROUNDS = 3, 8
#: Sets near the best that are listed by the surrogate.
MOST_NEAR = 60
#: Projects of a set that tries the surrogate: pairs are what it is made of.
FEWEST_TRIED = 3
#: Entries alike by less than this serve others: their worths are added up until a proposal holds both.
LIKE_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Scored:
    """A set that was appraised in full.

    Attributes
    ----------
    openings
        The set with its years of opening.
    value_musd, model_musd
        Its worth, and what the surrogate holds it for.
    worth
        All of it.
    """

    openings: Openings
    value_musd: float
    model_musd: float
    worth: Worth

    @property
    def projects(self) -> frozenset[str]:
        """The set, without its years."""
        return frozenset(self.openings)


@dataclass(eq=False)
class Search:
    """A search under way, and what it knows.

    Attributes
    ----------
    entries, valuer, limits, aim
        What may be chosen, who says what it is worth, within what, and for what.
    later_years, most_plans
        Years by which a start may be put off; plans that are all appraised where there are no more.
    tell
        Called with what has been found so far.
    proposals, rounds
        Plans that are appraised in full in one round, and rounds of them.
    """

    entries: Sequence[Entry]
    valuer: Valuer
    limits: Limits
    aim: Aim
    later_years: int = LATER_YEARS
    most_plans: int = MOST_PLANS
    tell: Callable[[str], None] = lambda _: None
    proposals: int = PROPOSALS
    rounds: int = ROUNDS
    singles: dict[str, Worth] = field(default_factory=dict)
    pairs: dict[Pair, Worth] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)
    scored: dict[tuple[tuple[str, int], ...], Scored] = field(default_factory=dict)
    bound_kind: str = "none"
    bound_musd: float = float("inf")
    first_musd: float = float("nan")

    def __post_init__(self) -> None:
        self.of = {entry.id: entry for entry in self.entries}
        self.kept: list[Entry] = []
        self._values: dict[tuple[str, ...], list[float]] = {}

    def go(self) -> None:
        """Search until nothing better is in sight.

        Raises
        ------
        RequestError
            No entry can be paid for, or none is worth what it costs.
        ConflictError
            The limits contradict each other.
        """
        check_feasible(self.entries, self.limits, self.later_years)
        within = [entry for entry in self.entries if not self._too_dear(entry)]
        self._value_singles(within)
        kept = [entry for entry in within if entry.id in self.singles]
        kept = self._first(kept)
        # other budgets ask for those that are too dear for this one
        self._value_singles([entry for entry in self.entries if entry not in within])
        self._value_pairs(self._pairs_ahead(kept))
        self.kept = kept
        plans = self._all_plans()
        if plans is not None:
            self._appraise(plans)
            self.bound_kind, self.bound_musd = "enumeration", self.best.value_musd
            # what the plans hold of pairs is known by now
            at = {entry.id: entry.opening for entry in kept}
            known = set(self.scored)
            self._value_pairs(
                (one, two) for one, two in combinations(at, 2) if same_openings({one: at[one], two: at[two]}) in known
            )
            return
        self.kept = self._screened(kept)
        self._check_required(self.kept)
        self._propose()
        self._try_model(kept)

    def _check_required(self, kept: Sequence[Entry]) -> None:
        """Check that what is required can be chosen.

        Raises
        ------
        RequestError
            It cannot, and why.
        """
        there = {entry.id for entry in kept}
        for name in sorted(self.limits.required - there):
            why = self.dropped.get(name, "it has no value")
            message = f"{name} is required, but cannot be chosen: {why}. Leave it out of what is required."
            raise RequestError(message)

    def with_budget(self, total_musd: float, *, proposals: int, rounds: int) -> Search:
        """Return what is found under another budget, with what is known already; nothing where no set keeps the limits."""
        limits = replace(self.limits, total_musd=total_musd)
        other = Search(self.entries, self.valuer, limits, self.aim, self.later_years, 0, self.tell, proposals, rounds,
                       self.singles, self.pairs)  # fmt: skip
        try:
            check_feasible(self.entries, limits, self.later_years)
        except (ConflictError, BelowEveryProjectError):
            # no project can be had for so little; what need not be built is left
            other._appraise([{}] if self._may_build_nothing() else [])
            return other
        able = [entry for entry in self.entries if entry.id in self.singles and entry.cost_musd <= total_musd]
        other._value_pairs(other._pairs_ahead(able))
        other.kept = other._screened(able)
        other.scored = {key: item for key, item in self.scored.items() if item.worth.cost_musd <= total_musd}
        other._propose()
        return other

    @property
    def best(self) -> Scored:
        """The best set found; of equal ones the cheapest."""
        return min(
            self.scored.values(),
            key=lambda item: (-item.value_musd, item.worth.cost_musd, same_openings(item.openings)),
        )

    @property
    def largest_error_musd(self) -> float:
        """Largest difference between the surrogate and a set appraised in full."""
        return max((abs(item.value_musd - self.model_of(item.openings)) for item in self.scored.values()), default=0.0)

    # singles and pairs --------------------------------------------------------------------------------------------------

    def _too_dear(self, entry: Entry) -> bool:
        total = self.limits.total_musd
        if total is not None and entry.cost_musd > total:
            self.dropped[entry.id] = (
                f"it costs {words.musd(entry.cost_musd)}, more than the budget of {words.musd(total)}"
            )
            return True
        return False

    def _value_singles(self, entries: Sequence[Entry]) -> None:
        found = self.valuer.worths([{entry.id: entry.opening} for entry in entries])
        for entry, worth in zip(entries, found, strict=True):
            if worth.valued:
                self.singles[entry.id] = worth
            else:
                self.dropped[entry.id] = worth.why_not or "it has no value"

    def _first(self, entries: list[Entry]) -> list[Entry]:
        """Tell a first answer: the best set if worths could be added up; return the entries that can be chosen."""
        if not entries:
            message = (
                "No project can be valued: " + "; ".join(f"{name}: {why}" for name, why in self.dropped.items()) + "."
            )
            raise RequestError(message)
        able = self._without_orphans(entries)
        self._check_required(able)
        if not able:
            self.first_musd = 0.0
            return able
        plan = self.model(able).best()
        self.first_musd = plan.value_musd
        names = ", ".join(sorted(plan.starts)) or "nothing"
        self.tell(f"first answer, worths added up: {names}, {words.musd(plan.value_musd)}")
        return able

    def _pairs_ahead(self, entries: Sequence[Entry]) -> list[Pair]:
        """Return the pairs to solve before the first proposal: needed, then those that meet, then those most alike.

        Those that are merely alike share traffic rather than make it: they are looked at where one of them pays.
        """
        total = self.limits.total_musd
        able = [
            (one, two) for one, two in combinations(entries, 2)
            if not rivals(one, two) and (total is None or one.cost_musd + two.cost_musd <= total)
        ]  # fmt: skip
        needed = [(one.id, two.id) for one, two in able if one.id in two.prerequisites or two.id in one.prerequisites]
        rest = [(one, two) for one, two in able if (one.id, two.id) not in needed]
        rank = {
            (one.id, two.id): (not one.touches & two.touches, -self.singles[one.id].likeness(self.singles[two.id]))
            for one, two in rest
        }  # fmt: skip
        pays = {entry.id for entry in entries if self._best_alone(entry.id) > 0}
        near = [
            pair
            for pair in sorted(rank, key=lambda pair: (rank[pair], pair))
            if not rank[pair][0] or (-rank[pair][1] >= LIKE_SHARE and pays.intersection(pair))
        ]
        return needed + near[:MOST_PAIRS]

    def _value_pairs(self, pairs: Iterable[Pair]) -> None:
        wanted = [pair for pair in pairs if pair not in self.pairs]
        found = self.valuer.worths([{name: self.of[name].opening for name in pair} for pair in wanted])
        self.pairs |= {pair: worth for pair, worth in zip(wanted, found, strict=True) if worth.valued}

    def _screened(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries that may pay by themselves or by what they add to others, with what they need; say why of the rest.

        What one adds is at most the sum of its pairs' gains over their parts: its partners may be there for others' sake.
        """
        most = {entry.id: self._best_alone(entry.id) for entry in entries}
        for pair in self.pairs:
            gain = max(0.0, *self.pair_values(pair).values())
            for name in pair:
                if name in most:
                    most[name] += gain
        pays = {name for name, worth in most.items() if worth > 0}
        pays |= {name for name in self.limits.required if name in self.singles}
        waiting = sorted(pays)
        while waiting:
            for need in self.of[waiting.pop()].prerequisites:
                for name in self.ways(need):
                    if name in self.singles and name not in pays:
                        pays.add(name)
                        waiting.append(name)
        for entry in entries:
            if entry.id not in pays:
                worth = self._best_alone(entry.id)
                self.dropped[entry.id] = (
                    f"whenever it starts, it would lose {words.musd(-worth)} or more by itself, and what it adds to others does "
                    "not make up for it"
                )
        return self._without_orphans([entry for entry in entries if entry.id in pays])

    def _without_orphans(self, kept: list[Entry]) -> list[Entry]:
        """Return entries without those that need something that cannot be chosen; say so of them."""
        while True:
            there = {entry.id for entry in kept}
            lacking = {
                entry.id: next((need for need in entry.prerequisites if not there.intersection(self.ways(need))), "")
                for entry in kept
            }
            lost = {name: need for name, need in lacking.items() if need}
            if not lost:
                return kept
            self.dropped |= {name: f"it needs {need}, which cannot be chosen" for name, need in lost.items()}
            kept = [entry for entry in kept if entry.id not in lost]

    def ways(self, need: str) -> tuple[str, ...]:
        """Return the entries that bring what is needed: itself, and whatever contains it."""
        return (need, *sorted(wholes_of(need, {entry.id: entry.contains for entry in self.entries})))

    def needs_of(self, name: str) -> list[Entry]:
        """Return the entries that one needs, and these in turn."""
        found: list[str] = []
        waiting = [name]
        while waiting:
            for need in self.of[waiting.pop()].prerequisites:
                if need in self.of and need not in found:
                    found.append(need)
                    waiting.append(need)
        return [self.of[need] for need in found]

    def lacks(self, name: str, chosen: Iterable[str]) -> bool:
        """Whether an entry needs what none of those chosen brings."""
        there = set(chosen)
        return any(not there.intersection(self.ways(need)) for need in self.of[name].prerequisites)

    def _best_alone(self, name: str) -> float:
        return max(self.values((name,)))

    # the surrogate ------------------------------------------------------------------------------------------------------

    def candidate(self, entry: Entry, ids: Iterable[str], *, cost_factor: float = 1.0) -> Candidate:
        """Return an entry as a candidate of the model, with its value by year of start."""
        single = self.singles[entry.id]
        values = self.values((entry.id,))
        if cost_factor != 1.0:
            # a cheaper entry is worth more by the works that it saves
            works = [single.later(years).works_pv_musd(self.aim.countries) for years in range(len(values))]
            values = [value + (1.0 - cost_factor) * part for value, part in zip(values, works, strict=True)]
        made = entry.candidate({entry.start + years: value for years, value in enumerate(values)}, ids)
        made = self._with_wholes(made, entry, ids)
        if cost_factor == 1.0:
            return made
        return replace(made, outlay_musd=tuple(cost_factor * outlay for outlay in made.outlay_musd))

    def _with_wholes(self, made: Candidate, entry: Entry, ids: Iterable[str]) -> Candidate:
        """Return a candidate whose needs may also be met by what contains them."""
        there = set(ids)
        ways = {need: tuple(name for name in self.ways(need) if name in there) for need in entry.prerequisites}
        several = {need: names for need, names in ways.items() if names and names != (need,)}
        plain = tuple(need for need in made.prerequisites if need not in several)
        return replace(made, prerequisites=plain, any_of=tuple(several.values()))

    def values(self, names: tuple[str, ...]) -> list[float]:
        """Return what a single or a pair is worth to the aim, by the years by which it is put off."""
        if names not in self._values:
            worth = self.singles[names[0]] if len(names) == 1 else self.pairs[names[0], names[1]]
            self._values[names] = [self.aim.of_worth(worth.later(years)) for years in range(self.later_years + 1)]
        return self._values[names]

    def pair_values(self, pair: Pair) -> dict[int, float]:
        """Return what a pair is worth beyond its parts, by year of the later start."""
        both, one, two = self.values(pair), self.values(pair[:1]), self.values(pair[1:])
        start = max(self.of[name].start for name in pair)
        return {start + years: both[years] - one[years] - two[years] for years in range(self.later_years + 1)}

    def model(
        self, entries: Sequence[Entry], limits: Limits | None = None, cost_factor: Mapping[str, float] | None = None
    ) -> PortfolioModel:
        """Return the surrogate on some entries, with what is known of pairs; ``cost_factor`` is by entry."""
        ids = [entry.id for entry in entries]
        made = [self.candidate(entry, ids, cost_factor=(cost_factor or {}).get(entry.id, 1.0)) for entry in entries]
        pairs = {pair: self.pair_values(pair) for pair in self.pairs if pair[0] in ids and pair[1] in ids}
        return PortfolioModel(made, within(limits or self.limits, ids), pairs)

    def model_of(self, openings: Mapping[str, int]) -> float:
        """Return what the surrogate holds a set for."""
        value = sum(self.values((name,))[year - self.of[name].opening] for name, year in openings.items())
        for pair in self.pairs:
            if pair[0] in openings and pair[1] in openings:
                start = max(openings[name] - len(self.of[name].outlay_musd) for name in pair)
                known = self.pair_values(pair)
                value += known[min(max(start, min(known)), max(known))]
        return float(value)

    def openings_of(self, plan: Plan) -> Openings:
        """Return the years of opening of a plan of the model."""
        return {name: start + len(self.of[name].outlay_musd) for name, start in sorted(plan.starts.items())}

    # full appraisals ----------------------------------------------------------------------------------------------------

    def _all_plans(self) -> list[Openings] | None:
        """Return every plan that keeps the limits, or None where there are too many to appraise."""
        if not self.kept:
            return [{}]
        if (self.later_years + 2) ** min(len(self.kept), 60) > MOST_LOOKED_AT:
            return None
        model = self.model(self.kept)
        found: list[Openings] = []
        for size in range(len(self.kept) + 1):
            for chosen in combinations(self.kept, size):
                for later in product(range(self.later_years + 1), repeat=size):
                    plan = {entry.id: entry.start + years for entry, years in zip(chosen, later, strict=True)}
                    if model.keeps(plan):
                        found.append(
                            {entry.id: entry.opening + years for entry, years in zip(chosen, later, strict=True)}
                        )
                        if len(found) > self.most_plans:
                            return None
        return found

    def _appraise(self, plans: Sequence[Openings]) -> None:
        fresh = [plan for plan in plans if same_openings(plan) not in self.scored]
        asked = [plan for plan in fresh if plan]
        found = dict(zip(map(same_openings, asked), self.valuer.worths(asked), strict=True))
        for plan in fresh:
            worth = found.get(same_openings(plan)) or self._nothing()
            if worth.valued:
                value = self.aim.of_worth(worth) if plan else 0.0
                self.scored[same_openings(plan)] = Scored(dict(plan), value, self.model_of(plan), worth)

    def _may_build_nothing(self) -> bool:
        return not self.limits.required

    def _nothing(self) -> Worth:
        """Return the worth of building nothing."""
        some = next(iter(self.singles.values()))
        return replace(some.less(some), openings={}, why_not="", notes=(), break_even={})

    def _propose(self) -> None:
        """Appraise what the surrogate proposes, and learn pairs from it, until it proposes nothing better."""
        self.bound_kind = "surrogate"
        self._appraise([{}] if self._may_build_nothing() else [])
        if not self.kept:
            self.bound_musd = 0.0
            return
        for _ in range(self.rounds):
            model = self.model(self.kept)
            proposals, rest = self._proposals(model)
            self.bound_musd = max((rest, *(item.value_musd for item in self.scored.values())))
            if self.scored and rest <= self.best.value_musd:
                return
            self._appraise(proposals)
            pairs = {tuple(sorted(pair)) for plan in proposals for pair in combinations(plan, 2)}
            order = {entry.id: place for place, entry in enumerate(self.entries)}
            pairs_in_order = [tuple(sorted(pair, key=order.__getitem__)) for pair in sorted(pairs)]
            self._value_pairs([(one, two) for one, two in pairs_in_order])
            if self.scored:
                self.tell(
                    f"best so far: {', '.join(sorted(self.best.projects)) or 'nothing'}, {words.musd(self.best.value_musd)}"
                )
        _, rest = self._proposals(self.model(self.kept))
        self.bound_musd = max(rest, self.best.value_musd)

    def near_by_model(self, floor_musd: float) -> tuple[frozenset[str], ...]:
        """Return sets that were not appraised in full, and that the surrogate holds for so much; none where it was not asked."""
        found: list[frozenset[str]] = []
        if self.bound_kind != "surrogate" or not self.kept:
            return ()
        model, known = self.model(self.kept), {item.projects for item in self.scored.values()}
        while len(found) < MOST_NEAR:
            try:
                plan = model.best(without=[*known, *found])
            except NotConvergedError:
                break
            if plan.value_musd < floor_musd:
                break
            found.append(plan.chosen)
        return tuple(found)

    def _try_model(self, entries: Sequence[Entry]) -> None:
        """Appraise in full what the surrogate does not know by its making: a set of three at least, and a later start.

        Singles and pairs at their earliest years are what it is made of: on these it is right, and its error none.
        """
        if not entries:
            return
        model = self.model(entries)
        sets = [item for item in self.scored.values() if item.openings]
        if not any(year > self.of[name].opening for item in sets for name, year in item.openings.items()):
            alone = max(entries, key=lambda entry: self._best_alone(entry.id))
            first = (
                min(sets, key=lambda item: (-item.value_musd, same_openings(item.openings))).openings
                if sets
                else (alone.id,)
            )
            later = {name: self.of[name].opening + 1 for name in first}
            if self.later_years and model.keeps({name: self.of[name].start + 1 for name in later}):
                self._appraise([later])
        if not any(len(item.openings) >= FEWEST_TRIED for item in sets):
            try:
                self._appraise([self.openings_of(model.best(least=FEWEST_TRIED))])
            except (ConflictError, NotConvergedError):
                self.tell("no set of three projects keeps the limits")
        self.bound_musd = max((self.bound_musd, *(item.value_musd for item in self.scored.values())))

    def _proposals(self, model: PortfolioModel) -> tuple[list[Openings], float]:
        """Return the best sets of the model that are not appraised yet, and what it holds the first of them for."""
        known = {item.projects for item in self.scored.values()}
        found: list[Openings] = []
        rest = float("-inf")
        for _ in range(self.proposals):
            try:
                plan = model.best(without=known)
            except NotConvergedError:
                break
            rest = max(rest, plan.value_musd)
            known.add(plan.chosen)
            found.append(self.openings_of(plan))
        return found, rest


class BelowEveryProjectError(RequestError):
    """A budget for which no project can be had."""


def within(limits: Limits, ids: Iterable[str]) -> Limits:
    """Return limits that name only candidates that are there."""
    there = frozenset(ids)
    return replace(limits, required=limits.required & there, excluded=limits.excluded & there)


def check_feasible(entries: Sequence[Entry], limits: Limits, later_years: int) -> None:
    """Check before anything is solved that something can be chosen.

    Raises
    ------
    InputError
        Entries or limits cannot be used, prerequisites in a circle among them.
    RequestError
        The budget lies below the cost of every entry.
    ConflictError
        The limits contradict each other.
    """
    if not entries:
        raise InputError(["found none that can be valued; expected one or more. Name others."], what="Candidates")
    ids = [entry.id for entry in entries]
    idle = [entry.candidate({entry.start + years: 0.0 for years in range(later_years + 1)}, ids) for entry in entries]
    model = PortfolioModel(idle, limits)
    cheapest = min(entries, key=lambda entry: entry.cost_musd)
    if limits.total_musd is not None and cheapest.cost_musd > limits.total_musd:
        message = (
            f"The budget of USD {limits.total_musd:g} m lies below the cost of every project; the cheapest is {cheapest.id} at "
            f"USD {cheapest.cost_musd:g} m. Raise the budget."
        )
        raise BelowEveryProjectError(message)
    model.best()
