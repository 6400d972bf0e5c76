"""Fair: who gains and who pays, how the cost could be shared, and whether a side would rather stay out.

The sides are the countries whose gains are not small, and the rest together. Gains are before anybody pays for the works;
the cost is
their capital. What a group of sides reaches by itself is the best that it could do with the sets that were appraised, were
it to pay all of their cost and to keep its own gains alone; or nothing::

    worth(S)  =  max over sets of (gains of S - capital of the set), 0
    cost(S)   =  capital of the works that S gains from

The rules of sharing are those of :mod:`karvan.portfolio.shares`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import InputError
from karvan.portfolio.entries import OPEN, Payer
from karvan.portfolio.shares import CostShare, share_cost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.portfolio.choice import Choice
    from karvan.portfolio.worth import Worth

#: A side gains at least so large a share of all gains; smaller ones are one side together.
SIDE_SHARE = 0.02
#: Most sides, the rest among them.
MOST_SIDES = 6
REST = "others"
#: Where gains fall that are no country's.
NO_COUNTRY = "INT"
#: Who pays where nobody is named.
NOBODY = Payer(OPEN, "open: nobody named", "", "unknown", "open", 1.0)


@dataclass(frozen=True)
class CountrySide:
    """What a country gains and bears.

    Attributes
    ----------
    country
        ISO 3166 alpha-3 code, or ``INT`` for what is no country's.
    benefit_musd
        Present value of what it gains, before works are paid for.
    capital_musd
        Present value of the capital that is spent in it.
    net_musd
        The first less the second: what it keeps if each country pays for the works on its ground.
    """

    country: str
    benefit_musd: float
    capital_musd: float
    net_musd: float


@dataclass(frozen=True)
class FunderSide:
    """What a funder lays out: in all, and by year; the firmest status comes first in `status`."""

    funder: str
    name: str
    country: str
    instrument: str
    status: str
    outlay_musd: float
    by_year_musd: Mapping[int, float]


@dataclass(frozen=True)
class OwnReturn:
    """What a country gets for its own money, were it to pay by a rule.

    Attributes
    ----------
    country, rule
        Who pays, by which rule: a rule of sharing; ``named`` where it pays what its own funders are named for; ``all`` where it
        pays for all works.
    paid_musd
        Present value of what it pays.
    benefit_musd
        Present value of what it gains.
    irr
        Rate of return of its gains on its money; None where there is none, or more than one.
    value_per_dollar
        Expected worth of the set to the aim for each dollar that the country pays.
    """

    country: str
    rule: str
    paid_musd: float
    benefit_musd: float
    irr: float | None
    value_per_dollar: float | None


@dataclass(frozen=True, eq=False)
class Fairness:
    """Who gains, who pays, and how the cost could be shared.

    Attributes
    ----------
    countries, funders
        By country; by funder.
    shares
        The cost by each rule, with the groups that would rather stay out.
    returns
        What the countries of the headline, and those that are a standing by themselves, get for their own money.
    notes
        What the reader should know.
    """

    countries: tuple[CountrySide, ...]
    funders: tuple[FunderSide, ...]
    shares: tuple[CostShare, ...]
    returns: tuple[OwnReturn, ...]
    notes: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "countries": [vars(item) for item in self.countries],
            "funders": [
                {"funder": item.funder, "name": item.name, "country": item.country, "instrument": item.instrument,
                 "status": item.status, "outlay_musd": item.outlay_musd,
                 "by_year": [{"year": year, "outlay_musd": outlay} for year, outlay in item.by_year_musd.items()]}
                for item in self.funders
            ],
            "cost_shares": [
                {
                    "rule": share.rule,
                    "sides": [
                        {"side": name, "benefit_musd": share.benefit_musd[name], "cost_musd": share.cost_musd[name],
                         "net_musd": share.net_musd[name]}
                        for name in share.cost_musd
                    ],
                    "would_leave": [{"group": list(group), "gain_musd": gain} for group, gain in share.would_leave],
                }
                for share in self.shares
            ],
            "returns": [vars(item) for item in self.returns],
            "fair_notes": list(self.notes),
        }  # fmt: skip


def find_fairness(choice: Choice) -> Fairness:
    """Return who gains from a chosen set and who pays, and how its cost could be shared."""
    worth = choice.worth
    countries = tuple(
        CountrySide(name, _benefit(worth, (name,)), worth.capital_pv_musd((name,)), worth.value((name,)))
        for name in worth.time.countries
    )
    countries = tuple(sorted((item for item in countries if item.benefit_musd or item.capital_musd),
                             key=lambda item: (-item.net_musd, item.country)))  # fmt: skip
    notes: list[str] = []
    shares = _shares(choice, countries, notes) if choice.openings else ()
    returns = _returns(choice, shares, _named(choice)) if choice.openings else ()
    funders = _funders(choice)
    if any(item.funder == OPEN for item in funders):
        notes.append("finance.csv does not say who pays for all: what is open is of nobody named")
    return Fairness(countries, funders, shares, returns, tuple(notes))


def _benefit(worth: Worth, countries: Sequence[str] | None) -> float:
    return worth.value(countries) + worth.capital_pv_musd(countries)


def outlays_of(choice: Choice) -> list[tuple[int, str, Payer, float]]:
    """Return year, project, payer and USD m of every outlay of a chosen set."""
    found = []
    for name, opening in sorted(choice.openings.items()):
        entry = choice.search.of[name]
        for payer in entry.payers or (NOBODY,):
            for place, outlay in enumerate(entry.outlay_musd):
                if outlay:
                    found.append((opening - len(entry.outlay_musd) + place, name, payer, outlay * payer.share))
    return found


def _funders(choice: Choice) -> tuple[FunderSide, ...]:
    sums: dict[Payer, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for year, _, payer, musd in outlays_of(choice):
        sums[replace(payer, share=0.0)][year] += musd
    found = [
        FunderSide(payer.funder, payer.name, payer.country, payer.instrument, payer.status, math.fsum(years.values()),
                   dict(sorted(years.items())))
        for payer, years in sums.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda item: (-item.outlay_musd, item.funder, item.instrument, item.status)))


def _named(choice: Choice) -> dict[str, float]:
    """Return the share of all capital for which funders of each country are named."""
    total = sum(musd for *_, musd in outlays_of(choice))
    found: dict[str, float] = defaultdict(float)
    for _, _, payer, musd in outlays_of(choice):
        found[payer.country] += musd / total if total > 0 else 0.0
    return dict(found)


# sharing ----------------------------------------------------------------------------------------------------------------


def own_countries(choice: Choice) -> list[str]:
    """Return the countries whose own money is asked about: those of the headline, and each that is a standing by itself.

    They are asked about whatever the aim is: what a country gets for its dollar is a question of its own.
    """
    valuer, there = choice.search.valuer, choice.worth.time.countries
    named = [*(valuer.standings.get(valuer.headline) or ())]
    named += [item[0] for item in valuer.standings.values() if item is not None and len(item) == 1]
    if choice.aim.countries is not None and len(choice.aim.countries) < MOST_SIDES:
        named += choice.aim.countries
    return [name for name in dict.fromkeys(named) if name in there]


def sides_of(choice: Choice, countries: Sequence[CountrySide]) -> dict[str, tuple[str, ...]]:
    """Return the sides of the game: countries that are asked about or gain much, and the rest together."""
    size = sum(abs(item.benefit_musd) for item in countries)
    own = set(own_countries(choice))
    ranked = sorted(countries, key=lambda item: (item.country not in own, -item.benefit_musd, item.country))
    # what is no country's, such as the climate, pays nothing by itself
    ranked = [item for item in ranked if item.country != NO_COUNTRY]
    big = [item.country for item in ranked if item.country in own or item.benefit_musd >= SIDE_SHARE * size][
        : MOST_SIDES - 1
    ]
    rest = tuple(item.country for item in countries if item.country not in big)
    return {name: (name,) for name in big} | ({REST: rest} if rest else {})


def _shares(choice: Choice, countries: Sequence[CountrySide], notes: list[str]) -> tuple[CostShare, ...]:
    sides = sides_of(choice, countries)
    sets = [
        choice.worth,
        *(item.worth for item in choice.sets),
        *choice.search.singles.values(),
        *choice.search.pairs.values(),
    ]
    parts = [item for item in sets if item.projects <= choice.worth.projects]
    costs = [item.capital_pv_musd(None) for item in parts]

    def of(group: frozenset[str]) -> tuple[str, ...]:
        return tuple(name for side in sorted(group) for name in sides[side])

    def worth(group: frozenset[str]) -> float:
        if not group:
            return 0.0
        return max(0.0, *(_benefit(item, of(group)) - cost for item, cost in zip(parts, costs, strict=True)))

    alone = {name: choice.search.singles[name] for name in sorted(choice.openings)}

    def cost_of(group: frozenset[str]) -> float:
        if len(group) == len(sides):
            return choice.worth.capital_pv_musd(None)
        needed = [name for name, item in alone.items() if _benefit(item, of(group)) > 0] if group else []
        return sum(alone[name].capital_pv_musd(None) for name in needed)

    benefits = {side: _benefit(choice.worth, members) for side, members in sides.items()}
    found = []
    for rule in ("shapley", "remaining_benefits"):
        try:
            found.append(share_cost(benefits, cost_of, rule=rule, worth=worth))
        except InputError as error:
            notes.append(f"the rule {rule} gives no shares: {error}")
    return tuple(found)


def _returns(choice: Choice, shares: Sequence[CostShare], named: Mapping[str, float]) -> tuple[OwnReturn, ...]:
    whose = own_countries(choice)
    total = choice.worth.capital_pv_musd(None)
    found = []
    for country in whose:
        paid = {share.rule: share.cost_musd[country] for share in shares if country in share.cost_musd}
        paid |= {"named": named.get(country, 0.0) * total, "all": total}
        for rule, amount in paid.items():
            part = amount / total if total > 0 else 0.0
            found.append(OwnReturn(
                country, rule, amount, _benefit(choice.worth, (country,)), _irr(choice.worth, country, part),
                choice.value_musd / amount if amount > 0 else None,
            ))  # fmt: skip
    return tuple(found)


def _irr(worth: Worth, country: str, share: float) -> float | None:
    """Return the rate of return of a country's gains on a share of all capital."""
    from karvan.appraisal.roots import rates_of_return  # noqa: PLC0415 - heavy

    if not share > 0:
        return None
    mask = worth.time.mask((country,))
    gains = np.einsum("ys,ysc,c->y", worth.time.probability, worth.flow_musd, mask)
    flows = gains - worth.upkeep_musd @ mask - share * worth.capital_musd.sum(axis=1)
    flows[-1] += float(worth.time.probability[-1] @ worth.left_musd @ mask + worth.left_works_musd @ mask)
    return rates_of_return(flows.tolist()).single
