"""A figure of which the chain has no solution far out: spawned processes find it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.appraisal.uncertain_drivers import Figure
from karvan.errors import NotConvergedError

if TYPE_CHECKING:
    from karvan.appraisal.uncertain import Floats

#: Scores above it have no solution.
FAR = 1.9
WHY = "flows do not meet so far out."


@dataclass(frozen=True)
class StubbornFigure(Figure):
    """As any other, but for scores far out."""

    def at(self, scores: Floats | float) -> Floats:
        """Return its values at scores."""
        if isinstance(scores, float) and scores > FAR:
            raise NotConvergedError(WHY)
        return super().at(scores)
