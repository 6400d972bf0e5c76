"""Risk on accounts: a hundred thousand draws of what the streams may be, and what the value then is.

Each uncertain figure acts on streams: as a factor, or as a delay in years. A delay of a year and a half is the mean of delays of
one and two; the horizon stays, so that what is late is lost at its end. Draws are worked in blocks of a fixed size, whoever
works them, and nothing is added up across blocks: one worker or three give the same bytes.

The chance that the rate of return is under the hurdle is that of a value below zero at the hurdle, which is the same thing for
a stream that changes sign once, from below to above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from karvan import workers as pool
from karvan.appraisal.discounting import Discounting
from karvan.appraisal.uncertain import Floats, Sampler, Uncertain, correlation_off, draw_figures, ranks_of
from karvan.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from karvan.appraisal.accounts import Accounts

#: For each figure, the places of the streams that it acts on, and how.
Plan = list[tuple[tuple[int, ...], Literal["factor", "delay"]]]
#: Draws of a block: a matter of memory only.
BLOCK = 20_000
#: Share of the worst draws whose mean is the conditional value at risk.
TAIL = 0.10
_AUDITED = 8
#: A normal factor such as 1 with a spread of 0.1 has an end below zero that no draw comes to.
_LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class Acts:
    """What an uncertain figure acts on.

    Attributes
    ----------
    figure
        The figure.
    items
        Names of the streams.
    how
        ``factor`` multiplies them, ``delay`` moves them back by so many years, not forward.
    """

    figure: Uncertain
    items: tuple[str, ...]
    how: Literal["factor", "delay"] = "factor"


@dataclass(frozen=True)
class Risk:
    """What the value of accounts may be.

    Attributes
    ----------
    draws, seed, sampler
        How it was drawn.
    mean, sd, p10, p50, p90
        Of the value.
    p_negative, p_below_hurdle
        Chance of a value below zero; of a rate of return under the hurdle.
    cvar
        Mean of the worst tenth.
    hurdle
        The hurdle.
    drivers
        Rank correlation of each figure with the value, the strongest first.
    values
        The value of each draw.
    correlation_off
        By how much the rank correlations that were drawn differ at most from those that were asked for:
        :func:`karvan.appraisal.uncertain.correlation_off`.
    """

    draws: int
    seed: int
    sampler: Sampler
    mean: float
    sd: float
    p10: float
    p50: float
    p90: float
    p_negative: float
    p_below_hurdle: float
    cvar: float
    hurdle: float
    drivers: tuple[tuple[str, float], ...]
    values: Floats
    correlation_off: float

    @property
    def table(self) -> pd.DataFrame:
        """The distribution by hundredths: share of draws, and the value below which they lie."""
        import pandas as pd  # noqa: PLC0415 - heavy

        shares = np.arange(1, 100) / 100
        return pd.DataFrame({"share": shares, "value": np.quantile(self.values, shares)})

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it, without the draws."""
        names = (
            "draws",
            "seed",
            "sampler",
            "mean",
            "sd",
            "p10",
            "p50",
            "p90",
            "p_negative",
            "p_below_hurdle",
            "cvar",
            "hurdle",
            "correlation_off",
        )
        return {name: getattr(self, name) for name in names} | {
            "drivers": [{"name": name, "rank_correlation": rank} for name, rank in self.drivers]
        }


def simulate_accounts(
    accounts: Accounts,
    discounting: Discounting,
    acts: Sequence[Acts],
    *,
    draws: int = 10_000,
    seed: int = 1,
    hurdle: float | None = None,
    sampler: Sampler = "sobol",
    correlations: Mapping[tuple[str, str], float] | None = None,
    workers: int = 1,
) -> Risk:
    """Return what the value of accounts may be.

    Parameters
    ----------
    accounts
        The streams.
    discounting
        Rates and timing; t counts from the first year.
    acts
        Uncertain figures and what they act on.
    draws, seed, sampler, correlations
        As in :func:`karvan.appraisal.uncertain.draw_figures`.
    hurdle
        Least rate of return (default: the first discount rate).
    workers
        How many processes work.

    Raises
    ------
    InputError
        A figure, a stream or a number cannot be; every fault is listed.
    AuditError
        A draw worked out by itself has another value.
    """
    names = [item.name for item in accounts.items]
    faults = [f"{act.figure.name}: found no stream called {item!r}; expected one of {', '.join(names)}."
              for act in acts for item in act.items if item not in names]  # fmt: skip
    faults += [f"{act.figure.name}: found that it acts as {act.how!r}; expected factor or delay."
               for act in acts if act.how not in ("factor", "delay")]  # fmt: skip
    faults += [f"{act.figure.name}: found a factor that can be below zero ({least:g}); expected 0 or more, since a stream "
               f"does not turn round ({', '.join(act.items)}). Narrow its range."
               for act in acts if act.how == "factor" and (least := _least(act.figure)) < 0]  # fmt: skip
    if faults:
        raise InputError(faults, what="Risk")
    at_hurdle = Discounting.at(discounting.rate if hurdle is None else hurdle, timing=discounting.timing)
    figures = draw_figures([act.figure for act in acts], draws, seed=seed, sampler=sampler, correlations=correlations)
    tables = [_delayed_worth(accounts, schedule) for schedule in (discounting, at_hurdle)]
    plan: Plan = [(tuple(names.index(item) for item in act.items), act.how) for act in acts]
    blocks = [(figures[start : start + BLOCK], plan, tables) for start in range(0, draws, BLOCK)]
    parts = pool.values(pool.map(_evaluate, blocks, workers=workers))
    values = np.concatenate([part[0] for part in parts])
    at_the_hurdle = np.concatenate([part[1] for part in parts])
    _audit(accounts, discounting, plan, figures, values)
    off = correlation_off([act.figure.name for act in acts], correlations or {})
    return _summary(
        values, at_the_hurdle, figures, acts, seed=seed, sampler=sampler, hurdle=at_hurdle.rate, correlation_off=off
    )


def _least(figure: Uncertain) -> float:
    """Return the least value that a figure may have, of one without an end what one draw in a thousand lies below."""
    if figure.faults():  # which are told where it is drawn
        return 0.0
    if figure.shape == "discrete":
        return min(value for value, chance in zip(figure.values, figure.probabilities, strict=True) if chance)
    if figure.shape in ("uniform", "triangular", "pert"):
        return figure.low
    return float(figure.quantiles(np.array([_LEAST_SHARE]))[0])


def _delayed_worth(accounts: Accounts, discounting: Discounting) -> Floats:
    """Return the signed present value of each stream by whole years of delay, an array (streams, years + 1)."""
    count = len(accounts.years)
    factors = discounting.factors(range(count))
    table = np.zeros((len(accounts.items), count + 1))
    for place, item in enumerate(accounts.items):
        sign = 1.0 if item.kind == "benefit" else -1.0
        values = np.array(item.values)
        for delay in range(count):
            table[place, delay] = sign * math.fsum(values[: count - delay] * factors[delay:])
    return table


def _evaluate(block: tuple[Floats, Plan, list[Floats]]) -> list[Floats]:
    """Return the values of a block of draws, one array for each table of worth; whole arrays are added in a fixed order."""
    figures, plan, tables = block
    draws, streams = len(figures), len(tables[0])
    factor = [np.ones(draws) for _ in range(streams)]
    delay: list[Floats | None] = [None] * streams
    for column, (items, how) in enumerate(plan):
        for item in items:
            if how == "factor":
                factor[item] = factor[item] * figures[:, column]
            else:
                late = np.maximum(figures[:, column], 0.0)
                before = delay[item]
                delay[item] = late if before is None else before + late
    totals = []
    for table in tables:
        total = np.zeros(draws)
        for item in range(streams):
            total = total + factor[item] * _worth(table[item], delay[item])
        totals.append(total)
    return totals


def _worth(by_delay: Floats, delay: Floats | None) -> Floats | float:
    if delay is None:
        return float(by_delay[0])
    late = np.minimum(delay, len(by_delay) - 1.0)
    whole = np.minimum(late.astype(np.int64), len(by_delay) - 2)
    part = late - whole
    mixed: Floats = (1.0 - part) * by_delay[whole] + part * by_delay[whole + 1]
    return mixed


def _audit(
    accounts: Accounts,
    discounting: Discounting,
    plan: Plan,
    figures: Floats,
    values: Floats,
) -> None:
    """Work some draws out year by year, stream by stream."""
    factors = discounting.factors(range(len(accounts.years)))
    for draw in np.unique(np.linspace(0, len(values) - 1, min(_AUDITED, len(values))).astype(int)):
        total, size = 0.0, 1e-300
        for place, item in enumerate(accounts.items):
            stream, late = np.array(item.values), 0.0
            for column, (items, how) in enumerate(plan):
                if place in items and how == "factor":
                    stream = stream * figures[draw, column]
                elif place in items:
                    late += max(figures[draw, column], 0.0)
            late = min(late, float(len(stream)))
            whole = int(late)
            moved = (1 - (late - whole)) * _moved(stream, whole) + (late - whole) * _moved(stream, whole + 1)
            worth = float(np.sum(moved * factors))
            total += worth if item.kind == "benefit" else -worth
            size += float(np.sum(np.abs(moved) * factors))
        if abs(total - values[draw]) > 1e-9 * size:
            raise AuditError(f"draw {draw} is worth {values[draw]}, but {total} when it is worked out year by year")


def _moved(stream: Floats, years: int) -> Floats:
    found = np.zeros_like(stream)
    if years < len(stream):
        found[years:] = stream[: len(stream) - years]
    return found


def _summary(
    values: Floats,
    at_hurdle: Floats,
    figures: Floats,
    acts: Sequence[Acts],
    *,
    seed: int,
    sampler: Sampler,
    hurdle: float,
    correlation_off: float,
) -> Risk:
    ordered = np.sort(values)
    worst = ordered[: max(1, math.ceil(TAIL * len(values)))]
    ranks = [rank_correlation(figures[:, place], values) for place in range(len(acts))]
    drivers = sorted(
        zip([act.figure.name for act in acts], ranks, strict=True), key=lambda item: (-abs(item[1]), item[0])
    )
    p10, p50, p90 = (float(value) for value in np.quantile(ordered, (0.1, 0.5, 0.9)))
    return Risk(
        draws=len(values), seed=seed, sampler=sampler, mean=float(ordered.mean()), sd=float(ordered.std()), p10=p10, p50=p50,
        p90=p90, p_negative=float((values < 0).mean()), p_below_hurdle=float((at_hurdle < 0).mean()),
        cvar=float(worst.mean()), hurdle=hurdle, drivers=tuple(drivers), values=values,
        correlation_off=correlation_off,
    )  # fmt: skip


def rank_correlation(one: Floats, two: Floats) -> float:
    """Return Spearman's correlation; zero where one does not vary."""
    ranks = [ranks_of(values).astype(float) for values in (one, two)]
    if np.ptp(one) == 0 or np.ptp(two) == 0:
        return 0.0
    first, second = (rank - rank.mean() for rank in ranks)
    return float(np.sum(first * second) / math.sqrt(float(np.sum(first**2)) * float(np.sum(second**2))))
