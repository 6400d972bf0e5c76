"""Reference classes: how far projects of a kind have run over in cost and time, as published."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

from karvan.appraisal.uncertain import Uncertain
from karvan.errors import InputError, UnknownNameError


@dataclass(frozen=True)
class ReferenceClass:
    """Overruns of a kind of project, as shares of the estimate.

    Attributes
    ----------
    id, name
        What it is called.
    source
        Where it was read.
    status
        ``read``, ``computed`` or ``unconfirmed``.
    cost_upper_share, time_upper_share
        Upper bounds of uplifts; None where the source has none.
    cost_mean_share, cost_sd_share
        Mean and standard deviation of the overrun of cost; None where the source has none.
    """

    id: str
    name: str
    source: str
    status: str
    cost_upper_share: float | None = None
    time_upper_share: float | None = None
    cost_mean_share: float | None = None
    cost_sd_share: float | None = None

    def cost_factor(self, name: str = "cost overrun") -> Uncertain:
        """Return the cost as a factor on its estimate: lognormal by mean and sd, else even from 1 to the upper bound."""
        if self.cost_mean_share is not None and self.cost_sd_share is not None:
            return Uncertain(name, "lognormal", middle=1.0 + self.cost_mean_share, sd=self.cost_sd_share)
        if self.cost_upper_share is None:
            raise InputError([f"{self.id}: found no overrun of cost; expected one."], what="Reference class")
        return Uncertain(name, "uniform", low=1.0, high=1.0 + self.cost_upper_share)

    def delay(self, duration_years: float, name: str = "delay") -> Uncertain:
        """Return the delay in years of works of a duration: even from none to the upper bound.

        Raises
        ------
        InputError
            The class has no overrun of time.
        """
        if self.time_upper_share is None:
            fault = f"{self.id}: found no overrun of time; expected one. Take a class that has one."
            raise InputError([fault], what="Reference class")
        return Uncertain(name, "uniform", low=0.0, high=self.time_upper_share * duration_years)


def reference_classes() -> dict[str, ReferenceClass]:
    """Return the reference classes that come with the package, by id."""
    data = tomllib.loads((resources.files("karvan.appraisal") / "reference_classes.toml").read_text(encoding="utf-8"))
    found = {}
    for name, entry in data["classes"].items():
        source = data["sources"][entry["source"]]
        text = f"{source['publisher']}: {source['title']} ({source['date']})"
        found[name] = ReferenceClass(id=name, **(entry | {"source": text}))
    return found


def reference_class(name: str) -> ReferenceClass:
    """Return a reference class.

    Raises
    ------
    UnknownNameError
        There is none of this name.
    """
    known = reference_classes()
    if name not in known:
        raise UnknownNameError("reference class", name, list(known))
    return known[name]
