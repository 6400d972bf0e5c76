"""Sharing the cost of a common work among those who gain from it.

The parties play a cooperative game: ``worth(S)`` is the net benefit that the parties S reach by themselves. Two rules:

- the **Shapley value** (Shapley 1953): each party gets its mean marginal contribution over all orders of joining,
  ``phi_i = sum_S |S|! (n-|S|-1)! / n! (worth(S+i) - worth(S))``;
- **separable costs, remaining benefits** (James and Lee 1971; Young, *Cost Allocation*, 1994): each party bears the cost
  that its presence adds, and the rest in proportion to what it would gain beyond that.

Both share the whole: nothing is left over, nothing is created. Whether a side would rather stay out is asked of both: a
party or a group of parties that would do better by itself is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Most parties whose groups are enumerated: 2^12 worths.
MOST_PARTIES = 12
#: Slack below which a group is not said to do better by itself: rounding of a sum.
ROUNDING = 1e-9

Party = str
Group = frozenset[str]


@dataclass(frozen=True)
class CostShare:
    """How the cost of a common work is shared.

    Attributes
    ----------
    rule
        ``shapley`` or ``remaining_benefits``.
    benefit_musd
        What each party gains before it pays.
    cost_musd
        What each party pays; in all the cost of the work.
    net_musd
        What each party keeps.
    would_leave
        Groups of parties that would do better by themselves, the most discontented first; empty where the sharing is in
        the core.
    """

    rule: str
    benefit_musd: Mapping[Party, float]
    cost_musd: Mapping[Party, float]
    net_musd: Mapping[Party, float]
    would_leave: tuple[tuple[tuple[Party, ...], float], ...]


def shapley_shares(parties: Sequence[Party], worth: Callable[[Group], float]) -> dict[Party, float]:
    """Return the Shapley value of every party.

    Parameters
    ----------
    parties
        Names; at most twelve.
    worth
        What a group of them reaches by itself; of the empty group it is zero. Called once per group.

    Raises
    ------
    InputError
        No party, one named twice, too many, or the empty group has a worth.
    """
    known = _worths(parties, worth)
    count = len(parties)
    shares = {}
    for party in parties:
        others = [name for name in parties if name != party]
        total = 0.0
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for group in combinations(others, size):
                total += weight * (known[frozenset((*group, party))] - known[frozenset(group)])
        shares[party] = total
    return shares


def share_cost(
    benefit_musd: Mapping[Party, float],
    cost_of: Callable[[Group], float],
    *,
    rule: str = "shapley",
    worth: Callable[[Group], float] | None = None,
) -> CostShare:
    """Share the cost of a work that all parties build together.

    Parameters
    ----------
    benefit_musd
        What each party gains from the whole work, before it pays.
    cost_of
        Cheapest cost at which a group of parties gets its own benefits by itself.
    rule
        ``shapley`` or ``remaining_benefits``.
    worth
        Net benefit that a group reaches by itself; by default its benefits less ``cost_of``, or zero where it would rather
        do nothing.

    Raises
    ------
    InputError
        The rule is unknown, or no sharing is possible: the work is worth less than it costs under ``remaining_benefits``.
    """
    parties = sorted(benefit_musd)
    everyone = frozenset(parties)

    def alone(group: Group) -> float:
        return max(0.0, sum(benefit_musd[name] for name in group) - cost_of(group)) if group else 0.0

    reach = worth or alone
    total = cost_of(everyone)
    if rule == "shapley":
        net = shapley_shares(parties, reach)
        # what the parties build together may be worth less than nothing: the loss is shared alike
        rest = (sum(benefit_musd.values()) - total - sum(net.values())) / len(parties)
        cost = {name: benefit_musd[name] - net[name] - rest for name in parties}
    elif rule == "remaining_benefits":
        cost = _remaining_benefits(benefit_musd, cost_of, parties)
    else:
        raise InputError([f"found {rule!r}; expected shapley or remaining_benefits. Name one."], what="rule")
    kept = {name: benefit_musd[name] - cost[name] for name in parties}
    return CostShare(rule, dict(benefit_musd), cost, kept, _would_leave(parties, kept, reach))


def _remaining_benefits(
    benefit_musd: Mapping[Party, float], cost_of: Callable[[Group], float], parties: list[Party]
) -> dict[Party, float]:
    everyone = frozenset(parties)
    total = cost_of(everyone)
    separable = {name: total - (cost_of(everyone - {name}) if len(parties) > 1 else 0.0) for name in parties}
    ceiling = {name: min(benefit_musd[name], cost_of(frozenset([name]))) for name in parties}
    remaining = {name: max(0.0, ceiling[name] - separable[name]) for name in parties}
    common = total - sum(separable.values())
    whole = sum(remaining.values())
    if whole <= 0 and abs(common) > ROUNDING * max(1.0, total):
        fault = (
            "no party gains more than the cost that it adds, so the common cost has no bearer. Use the rule shapley."
        )
        raise InputError([fault], what="remaining_benefits")
    return {name: separable[name] + (common * remaining[name] / whole if whole > 0 else 0.0) for name in parties}


def _would_leave(
    parties: list[Party], kept: Mapping[Party, float], worth: Callable[[Group], float]
) -> tuple[tuple[tuple[Party, ...], float], ...]:
    known = _worths(parties, worth)
    scale = max(1.0, *(abs(figure) for figure in kept.values()))
    found = []
    for size in range(1, len(parties)):
        for group in combinations(parties, size):
            gain = known[frozenset(group)] - sum(kept[name] for name in group)
            if gain > ROUNDING * scale:
                found.append((group, gain))
    return tuple(sorted(found, key=lambda item: (-item[1], item[0])))


def _worths(parties: Sequence[Party], worth: Callable[[Group], float]) -> dict[Group, float]:
    faults = []
    if not parties:
        faults.append("none is given. Name at least one.")
    faults += [f"{name} is named twice. Name it once." for name in sorted({n for n in parties if parties.count(n) > 1})]
    if len(parties) > MOST_PARTIES:
        faults.append(f"{len(parties)} are given; groups of more than {MOST_PARTIES} are too many. Join some.")
    if faults:
        raise InputError(faults, what="parties")
    groups = [frozenset(group) for size in range(len(parties) + 1) for group in combinations(parties, size)]
    known = {group: float(worth(group)) for group in groups}
    if known[frozenset()] != 0.0:
        raise InputError([f"without any party it is {known[frozenset()]:g}; expected 0. Correct it."], what="worth")
    return known
