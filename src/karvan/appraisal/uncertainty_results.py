"""What a set of projects may be worth: the one result of its draws."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from karvan.appraisal.uncertain import Floats
    from karvan.case import Meta


@dataclass(frozen=True)
class Distribution:
    """A value over draws, USD m.

    Attributes
    ----------
    mean, sd, p10, p50, p90
        Of the draws.
    p10_low, p90_high
        The interval, widened by the largest error on fresh full solves, by that of few worlds, and by draws without a solution,
        wherever they may lie.
    cvar
        Mean of the worst tenth.
    p_negative
        Chance of a value below zero; low and high, were every draw better or worse by the first error, and those without a
        solution a gain or a loss, widened by that of few worlds.
    """

    mean: float
    sd: float
    p10: float
    p50: float
    p90: float
    p10_low: float
    p90_high: float
    cvar: float
    p_negative: float
    p_negative_low: float
    p_negative_high: float

    def to_dict(self) -> dict[str, float]:
        """Return it as JSON can hold it, sums with their unit."""
        return {name if name.startswith("p_") else f"{name}_musd": value for name, value in asdict(self).items()}


@dataclass(frozen=True)
class StateOutlook:
    """The value, were a state of the crossings to hold for ever.

    Attributes
    ----------
    state, name
        Which state.
    probability
        Mean over the years after the base year.
    distribution
        The value in it.
    """

    state: str
    name: str
    probability: float
    distribution: Distribution


@dataclass(frozen=True)
class DriverEffect:
    """What one driver does to the value.

    Attributes
    ----------
    name, label, acts, basis, assumed, figures
        Which driver, where it acts, where its range comes from, whether that is an assumption, and how many figures it moves.
    low, high
        Its P10 and P90: a score where it moves many figures.
    at_low_musd, at_high_musd
        The value there, all else as the appraisal has it, by full solves; by an emulator where that has no solution.
    emulated_musd
        The same by the emulator; None for what it has no part in.
    rank_correlation
        With the value, over the draws.
    first_order, total_order
        Sobol indices: share of the variance that it explains alone, and with others; None where every draw was solved in full.
    """

    name: str
    label: str
    acts: str
    basis: str
    assumed: bool
    figures: int
    low: float
    high: float
    at_low_musd: float
    at_high_musd: float
    emulated_musd: tuple[float, float] | None
    rank_correlation: float
    first_order: float | None
    total_order: float | None

    @property
    def span_musd(self) -> float:
        """How far the value moves from one end to the other."""
        return abs(self.at_high_musd - self.at_low_musd)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        found = asdict(self)
        low, high = found.pop("emulated_musd") or (None, None)
        return found | {"at_low_emulated_musd": low, "at_high_emulated_musd": high}


@dataclass(frozen=True, eq=False)
class SamplingError:
    """By how much draws may be off because they lie in few worlds.

    Attributes
    ----------
    worlds
        Worlds that draws lie in.
    by_standing, by_state
        Standard errors of the mean, P10, P90 and the chance of a loss, arrays (4, standings) and (4, states).
    """

    worlds: int
    by_standing: Floats
    by_state: Floats


@dataclass(frozen=True)
class EmulatorCheck:
    """How far values are off that come from an emulator between full solves.

    Attributes
    ----------
    solves, full
        Solves that the emulator rests on, and draws that were solved in full because it knows too little of them.
    worlds, likely, sampling_musd
        Worlds that were solved and that draws share, how many of them in the likeliest states of the crossings alone, and the
        standard error of the mean that so few of them leave; none, none and None where each draw is emulated or has its own.
    checks, checks_full
        Fresh full solves that values are held against, and those among them that the same rule would have solved in full.
    error_musd, worst_musd, bias_musd
        Root mean square, largest and mean error of the value on the fresh ones; none where the rule would have solved them.
    alone_musd
        Root mean square error on all of them, were every draw emulated in every state.
    error_share, alone_share
        The first, and the last, as shares of the standard deviation of the value.
    left_out_musd
        Root mean square error on the solves themselves, each left out in turn.
    kinds
        What each figure of a world is taken to be: line, quadratic, smooth or kinked.
    standing_errors_musd, standing_worst_musd
        Root mean square and largest error of the value to each standing, in their order.
    state_worst_musd
        Largest error of the value to the headline, were each state to hold for ever.
    """

    solves: int
    likely: int
    full: int
    checks: int
    checks_full: int
    error_musd: float
    worst_musd: float
    bias_musd: float
    alone_musd: float
    left_out_musd: float
    kinds: tuple[str, ...] = field(repr=False)
    standing_errors_musd: tuple[float, ...] = field(repr=False)
    standing_worst_musd: tuple[float, ...] = field(repr=False)
    state_worst_musd: tuple[float, ...] = field(repr=False)
    error_share: float | None = None
    alone_share: float | None = None
    worlds: int = 0
    sampling_musd: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        found = asdict(self)
        kinds = found.pop("kinds")
        # they stand beside the standings and states
        for name in ("standing_errors_musd", "standing_worst_musd", "state_worst_musd"):
            del found[name]
        return found | {"kinds": {kind: kinds.count(kind) for kind in sorted(set(kinds))}}


@dataclass(frozen=True)
class Unsolved:
    """Worlds whose trade and flows do not meet.

    Attributes
    ----------
    asked, worlds
        Worlds that were to be solved in full for the draws, and those of them without a solution.
    draws, emulated
        Draws among these, and whether the emulator stands in for them; else they are left out.
    why
        What the first of them says; empty where all are solved.
    """

    asked: int = 0
    worlds: int = 0
    draws: int = 0
    emulated: bool = False
    why: str = ""

    @property
    def share(self) -> float:
        """Share of the worlds that were to be solved."""
        return self.worlds / self.asked if self.asked else 0.0

    @property
    def said(self) -> str:
        """How many there are, and what became of draws among them, in words."""
        what = f"{self.worlds} of {self.asked:,} worlds ({100 * self.share:.1f} %) have no solution"
        if not self.draws:
            return what
        fate = "are left to the emulator" if self.emulated else "are left out"
        return f"{what}; {self.draws} draws among them {fate}, and the interval allows for them on either side"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"share": self.share}


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What a set of projects may be worth.

    Attributes
    ----------
    projects, standing
        Which projects, and whose gains.
    draws, seed, exact
        How it was drawn, and whether every draw was solved in full.
    base_musd
        The value as the appraisal has it.
    hurdle, p_below_hurdle
        Least rate of return, and the chance of one below it: that of a value below zero at the hurdle.
    distribution
        Of the value.
    by_standing, by_state
        The same by standing; and were a state of the crossings to hold for ever.
    standing_errors
        By standing, root mean square error of its value on the fresh full solves, as a share of its standard deviation; nothing
        where none was emulated.
    drivers
        What is uncertain, the strongest first.
    check
        How far the emulator is off; None without one.
    unsolved
        Worlds without a solution, and what became of draws among them.
    left_out
        What was not drawn because nothing was solved for the draws; nothing where all was.
    values
        The value of every draw, in their order; without those that have none.
    notes, meta
        What the reader should know; where it comes from.
    """

    projects: tuple[str, ...]
    standing: str
    draws: int
    seed: int
    exact: bool
    base_musd: float
    hurdle: float
    p_below_hurdle: float
    distribution: Distribution
    by_standing: Mapping[str, Distribution]
    by_state: tuple[StateOutlook, ...]
    standing_errors: Mapping[str, float]
    drivers: tuple[DriverEffect, ...]
    check: EmulatorCheck | None
    unsolved: Unsolved
    left_out: tuple[str, ...]
    values: Floats = field(repr=False)
    notes: tuple[str, ...]
    meta: Meta

    @property
    def table(self) -> pd.DataFrame:
        """The distribution by hundredths: share of draws, and the value below which they lie."""
        import pandas as pd  # noqa: PLC0415 - heavy

        shares = np.arange(1, 100) / 100
        return pd.DataFrame({"share": shares, "enpv_musd": np.quantile(self.values, shares)})

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it, without the draws."""
        return {
            "draws": self.draws,
            "seed": self.seed,
            "exact": self.exact,
            "standing": self.standing,
            "base_musd": self.base_musd,
            **self.distribution.to_dict(),
            "hurdle": self.hurdle,
            "p_below_hurdle": self.p_below_hurdle,
            "left_out": list(self.left_out),
            "unsolved": self.unsolved.to_dict(),
            "emulator": self.check.to_dict() if self.check else None,
            "drivers": [driver.to_dict() for driver in self.drivers],
            "by_standing": [
                {"standing": name, **one.to_dict(), "error_share": self.standing_errors.get(name)}
                for name, one in self.by_standing.items()
            ],
            "by_state": [
                {"state": one.state, "name": one.name, "probability": one.probability, **one.distribution.to_dict()}
                for one in self.by_state
            ],
            "s_curve": self.table.to_dict("records"),
            "notes": list(self.notes),
        }
