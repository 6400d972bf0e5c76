"""What a set of projects is worth: its gains by year, state and country, small enough to keep, and what follows from them.

With ``b_ysc`` the gains of country c in year y if state s held all year, ``k_yc`` and ``u_yc`` capital and upkeep, ``r_sc`` and
``w_c`` what is left at the end of gains and of works, ``p_ys`` the chance of a state and ``d_y`` the discount factor, a
standing C has::

    worth = sum_y d_y sum_{c in C} (sum_s p_ys b_ysc - f (k_yc + u_yc)) + d_last sum_{c in C} (sum_s p_last,s r_sc + f w_c)

``f`` is a factor on the cost, with which capital, upkeep and what is left of works grow. A set that opens later by n years
has ``b(y - n)``, grown with demand, and ``k(y - n)``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Year of opening by project.
Openings = dict[str, int]


#: What a worth holds by country, the last axis of each.
ARRAYS = ("flow_musd", "capital_musd", "upkeep_musd", "left_musd", "left_works_musd")


@dataclass(frozen=True, eq=False)
class Timeline:
    """What all sets of a question share.

    Attributes
    ----------
    years, states, countries
        Years of the accounts, from the base year; states of the crossings; countries that gain or pay.
    probability
        Chance of each state by year, seen from the base year.
    factors
        Discount factors by year.
    demand
        Demand by year, whatever is built; in any unit.
    """

    years: tuple[int, ...]
    states: tuple[str, ...]
    countries: tuple[str, ...]
    probability: Floats = field(repr=False)
    factors: Floats = field(repr=False)
    demand: Floats = field(repr=False)

    def mask(self, countries: Sequence[str] | None) -> Floats:
        """Return one for each country that counts; None is the world."""
        return np.array([1.0 if countries is None or name in countries else 0.0 for name in self.countries])


@dataclass(frozen=True, eq=False)
class Outlay:
    """Money spent on a project in a year: by whom, how, and where."""

    year: int
    project: str
    funder: str
    instrument: str
    country: str
    musd: float


@dataclass(frozen=True, eq=False)
class Party:
    """What a party gains, at present value: real gains, and what it receives less what it pays."""

    country: str
    party: str
    benefit_musd: float
    transfer_musd: float


@dataclass(frozen=True, eq=False)
class Worth:
    """What a set is worth.

    Attributes
    ----------
    openings
        The set: year of opening by project.
    time
        Years, states, countries, chances and discount factors.
    flow_musd
        Gains by year, state and country, all but works and what is left at the end, as if the state held all year.
    capital_musd, upkeep_musd
        Capital and upkeep at the prices of the accounts, by year and country; above zero where they are spent.
    left_musd, left_works_musd
        What is left in the last year: of gains by state and country, of works by country.
    outlays
        Money spent.
    parties
        Who gains, at present value.
    valued, ranked
        Whether there is a value; whether it may stand in a ranking.
    why_not
        Why it is not valued or not ranked; empty where it is.
    break_even
        Where its value turns, by name.
    notes
        What the reader should know.
    """

    openings: Openings
    time: Timeline
    flow_musd: Floats = field(repr=False)
    capital_musd: Floats = field(repr=False)
    upkeep_musd: Floats = field(repr=False)
    left_musd: Floats = field(repr=False)
    left_works_musd: Floats = field(repr=False)
    outlays: tuple[Outlay, ...] = field(repr=False)
    parties: tuple[Party, ...] = field(default=(), repr=False)
    valued: bool = True
    ranked: bool = True
    why_not: str = ""
    break_even: Mapping[str, Any] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    @property
    def projects(self) -> frozenset[str]:
        """The set, without its years."""
        return frozenset(self.openings)

    @cached_property
    def cost_musd(self) -> float:
        """Money spent in all."""
        return float(sum(item.musd for item in self.outlays))

    def value(
        self,
        countries: Sequence[str] | None,
        *,
        probability: Floats | None = None,
        cost_factor: float = 1.0,
    ) -> float:
        """Return the worth of a standing.

        Parameters
        ----------
        countries
            Who counts; None is the world.
        probability
            Chances of the states by year; by default those seen from the base year.
        cost_factor
            Factor on the cost of works.
        """
        chances = self.time.probability if probability is None else probability
        mask, factors = self.time.mask(countries), self.time.factors
        gains = np.einsum("ys,ysc,c->y", chances, self.flow_musd, mask)
        left = float(chances[-1] @ self.left_musd @ mask)
        return float(factors @ gains + factors[-1] * left) - cost_factor * self.works_pv_musd(countries)

    def gain_by_state(self, countries: Sequence[str] | None) -> tuple[Floats, float]:
        """Return discounted gains by year and state of a standing, and the present value of its works."""
        mask, factors = self.time.mask(countries), self.time.factors
        gains = (self.flow_musd @ mask) * factors[:, None]
        gains[-1] += factors[-1] * (self.left_musd @ mask)
        return gains, self.works_pv_musd(countries)

    def in_state(self, countries: Sequence[str] | None) -> dict[str, float]:
        """Return the worth of a standing by state, as if each held for ever."""
        found = {}
        for place, state in enumerate(self.time.states):
            chances = np.zeros_like(self.time.probability)
            chances[:, place] = 1.0
            found[state] = self.value(countries, probability=chances)
        return found

    def capital_pv_musd(self, countries: Sequence[str] | None) -> float:
        """Return the present value of the capital that a standing bears."""
        return float(self.time.factors @ (self.capital_musd @ self.time.mask(countries)))

    def works_pv_musd(self, countries: Sequence[str] | None) -> float:
        """Return the present value of all that grows with the cost: capital and upkeep, less what is left of the works."""
        mask, factors = self.time.mask(countries), self.time.factors
        return float(
            factors @ ((self.capital_musd + self.upkeep_musd) @ mask) - factors[-1] * (self.left_works_musd @ mask)
        )

    def later(self, years: int) -> Worth:
        """Return the same set, opened so many years later; what is left at the end stays as it is.

        Gains of a year are those of a set so many years older, grown with demand. What would open after the end is not built.
        """
        if years == 0:
            return self
        count = len(self.time.years)
        flow, capital = np.zeros_like(self.flow_musd), np.zeros_like(self.capital_musd)
        upkeep = np.zeros_like(self.upkeep_musd)
        if years < count:
            growth = self.time.demand[years:] / self.time.demand[: count - years]
            flow[years:] = self.flow_musd[: count - years] * growth[:, None, None]
            capital[years:] = self.capital_musd[: count - years]
            upkeep[years:] = self.upkeep_musd[: count - years]
        moved = tuple(replace(item, year=item.year + years) for item in self.outlays)
        openings = {name: year + years for name, year in self.openings.items()}
        return replace(self, openings=openings, flow_musd=flow, capital_musd=capital, upkeep_musd=upkeep, outlays=moved)

    def less(self, *others: Worth) -> Worth:
        """Return what this set is worth beyond others, term by term: no set of its own."""
        countries = tuple(
            dict.fromkeys([*self.time.countries, *(name for other in others for name in other.time.countries)])
        )
        parts = [item.over(countries) for item in (self, *others)]
        arrays: dict[str, Any] = {
            name: getattr(parts[0], name) - sum(getattr(part, name) for part in parts[1:]) for name in ARRAYS
        }
        return replace(parts[0], outlays=(), parties=(), **arrays)

    def over(self, countries: tuple[str, ...]) -> Worth:
        """Return the same worth with its countries in another order, and with countries that it does not touch."""
        if countries == self.time.countries:
            return self
        place = [countries.index(name) for name in self.time.countries]
        arrays: dict[str, Any] = {}
        for name in ARRAYS:
            old = getattr(self, name)
            arrays[name] = np.zeros((*old.shape[:-1], len(countries)))
            arrays[name][..., place] = old
        return replace(self, time=replace(self.time, countries=countries), **arrays)

    def likeness(self, other: Worth) -> float:
        """Return how alike two sets are in whom they serve: the cosine of their mean yearly gains by state and country.

        Gains of sets that share traffic fall to the same countries in the same states; zero is nothing in common.
        """
        countries = tuple(dict.fromkeys([*self.time.countries, *other.time.countries]))
        one, two = (np.abs(item.over(countries).flow_musd.mean(axis=0)).ravel() for item in (self, other))
        size = float(np.linalg.norm(one) * np.linalg.norm(two))
        return float(one @ two) / size if size > 0 else 0.0


def same_openings(openings: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return a set with its years in one order, so that it can be a key."""
    return tuple(sorted(openings.items()))
