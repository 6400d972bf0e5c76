"""What a choice is to make as large as it can: the expected worth of a standing, or its worth in the worst state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.portfolio.worth import Worth

#: What follows the name of a standing where its worst state counts.
WORST = "worst_state"


@dataclass(frozen=True)
class Aim:
    """An aim.

    Attributes
    ----------
    name
        As it was asked for.
    standing, countries
        Whose worth counts; None is the world.
    worst
        Whether the worst state counts, as if it held for ever, rather than what is expected.
    """

    name: str
    standing: str
    countries: tuple[str, ...] | None
    worst: bool = False

    @classmethod
    def of(cls, name: str | None, standings: Mapping[str, tuple[str, ...] | None], headline: str) -> Aim:
        """Return the aim of a name: a standing, or ``STANDING:worst_state``; by default the headline.

        Raises
        ------
        UnknownNameError
            There is no such standing.
        """
        asked = name or headline
        standing, colon, what = asked.partition(":")
        if standing not in standings or (colon and what != WORST):
            raise UnknownNameError("aim", asked, [*standings, *(f"{one}:{WORST}" for one in standings)])
        return cls(asked, standing, standings[standing], worst=bool(colon))

    def of_worth(self, worth: Worth) -> float:
        """Return how far a set meets the aim, in USD m of present value."""
        if self.worst:
            return min(worth.in_state(self.countries).values())
        return worth.value(self.countries)
