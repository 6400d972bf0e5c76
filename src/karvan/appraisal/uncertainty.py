"""How sure are we: what a set of projects may be worth, over draws of everything that is uncertain about it.

A draw gives each driver (:mod:`karvan.appraisal.uncertain_drivers`) a number. What the chain finds in that world comes from a
full solve of its own where that matters, else from an emulator of full solves (:mod:`karvan.appraisal.training`); the accounts
are then drawn up anew for every draw. How far values are off on fresh full solves is reported as a share of their spread, and
widens the interval.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.appraise_projects import DEFAULT_RULE_SET, _same, appraise, carrier_of
from karvan.appraisal.discounting import Discounting
from karvan.appraisal.draw_worth import DrawModel
from karvan.appraisal.emulator import least_solves
from karvan.appraisal.risk import TAIL, rank_correlation
from karvan.appraisal.sobol import sobol_indices
from karvan.appraisal.store import OutcomeStore
from karvan.appraisal.training import MOST_SOLVES, TARGET_SHARE, Ground, fit, train, with_solution
from karvan.appraisal.uncertain import correlation_off, draw_faults
from karvan.appraisal.uncertain_drivers import LIMIT, demand_correlations, find_drivers, is_free
from karvan.appraisal.uncertainty_results import (
    Distribution,
    DriverEffect,
    EmulatorCheck,
    SamplingError,
    StateOutlook,
    Uncertainty,
    Unsolved,
)
from karvan.appraisal.worlds import Flags, Question, SolvedWorlds, base_world
from karvan.case import Setting, meta_of
from karvan.case.futures import read_futures
from karvan.errors import AuditError, InputError, RequestError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.draw_worth import Worth
    from karvan.appraisal.emulator import Emulator
    from karvan.appraisal.rules import RuleSet
    from karvan.appraisal.uncertain import Floats
    from karvan.case import Case, Change
    from karvan.workers.run import Progress

#: Power of two of the draws behind Sobol indices.
_SOBOL_POWER = 10
#: The base world put through the draws and through the accounts: rounding of sums of thousands of terms.
_SAME = 1e-8
#: Rank correlations that are drawn are off by as much in a thousand draws anyhow.
LEAST_OFF = 0.005
#: Standard errors by which few worlds widen either end of an interval: it is then wide enough nineteen times in twenty.
Z_FEW = 1.645
#: With fewer draws the worst tenth has fewer than ten of them, and a chance is off by 5 points and more (its standard error).
FEW_DRAWS = 100


def how_sure(
    case: Case,
    projects: Iterable[str] | str,
    *,
    scenario: str | None = None,
    rule_set: str | Path | RuleSet = DEFAULT_RULE_SET,
    draws: int = 10_000,
    seed: int = 1,
    exact: bool = False,
    solves: int | None = None,
    checks: int | None = None,
    only: Iterable[str] | None = None,
    correlations: Mapping[tuple[str, str], float] | None = None,
    changes: Iterable[Change | str] = (),
    horizon_year: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
    store: OutcomeStore | None = None,
) -> Uncertainty:
    """Return what a set of projects may be worth.

    Parameters
    ----------
    case, projects, scenario, rule_set, changes, horizon_year, store
        As :func:`karvan.appraisal.appraise` has them.
    draws
        How many draws.
    seed
        The same seed gives the same bytes; a draw is its place in the sequence that the seed begins.
    exact
        Whether the chain is solved in full for every draw, without an emulator.
    solves
        Full solves, beside those of one driver each, that the emulator rests on, with no draw solved in full; by default as many
        of both as it takes and the size of the case affords (:mod:`karvan.appraisal.training`). With 0 nothing is solved, and
        what would change what the chain finds is not drawn: accounts alone, in seconds.
    checks
        Fresh full solves that the values are held against; by default 100, fewer where the case is large.
    only
        Names of the drivers that are drawn; the others stay where the appraisal has them. By default all are drawn.
    correlations
        Rank correlations by pair of drivers; by default those of the demand of different kinds of traffic.
    workers
        Processes that solve at the same time; the answer is the same for any number of them.
    progress
        Called after each full solve.

    Raises
    ------
    RequestError
        The projects are not valued, so that there is nothing to draw.
    UnknownNameError
        A driver is not there.
    InputError
        A number of draws, solves or checks, or a correlation, cannot be.
    NotConvergedError
        Trade and flows do not meet in the appraisal, or in more than a twentieth of the worlds that are drawn.
    AuditError
        The result does not hold.
    """
    if faults := draw_faults(draws, seed, checks):
        raise InputError(faults, what="Uncertainty")
    world = Setting.of(changes=changes).changes
    keep = store if store is not None else OutcomeStore()
    appraisal = appraise(
        case, projects, scenario=scenario, rule_set=rule_set, changes=world, store=keep, horizon_year=horizon_year
    )  # fmt: skip
    if not appraisal.valued:
        message = f"{', '.join(appraisal.asked)} is not valued: {appraisal.why_not}. There is nothing to draw."
        raise RequestError(message)
    ground = _ground(
        case, appraisal, keep, world, only, correlations, workers, progress, accounts_alone=solves == 0 and not exact
    )  # fmt: skip
    least = least_solves(len(ground.chain)) - 2 * len(ground.chain) - 1
    if ground.chain and solves is not None and solves < max(least, 1):
        fault = f"solves: found {solves}; expected {max(least, 1)} or more, or 0: the accounts alone."
        raise InputError([fault], what="Uncertainty")
    numbers = ground.draw(draws, seed)
    if not ground.chain:
        drawn = _Drawn(numbers, ground.base, ground.base, np.zeros(draws, dtype=np.bool_), draws)
    elif exact:
        drawn = _solved_in_full(ground, numbers)
    else:
        found = train(ground, numbers, seed=seed, solves=solves, checks=checks)
        drawn = _Drawn(
            found.numbers, found.worlds, found.star, found.unsolved, draws, found.emulator, found.emulator, found.check,
            found.sampling,
        )  # fmt: skip
    return _result(ground, drawn, seed=seed, exact=exact)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Draws, the worlds they are in, and those of one driver each.

    ``unsolved`` are draws that the emulator stands in for since they have no solution; others without one are left out of
    ``numbers``, so that these are fewer than ``asked``. ``ends`` is what stands in for a world of one driver without a solution.
    """

    numbers: Floats
    worlds: SolvedWorlds
    star: SolvedWorlds
    unsolved: Flags
    asked: int
    emulator: Emulator | None = None
    ends: Emulator | None = None
    check: EmulatorCheck | None = None
    sampling: SamplingError | None = None

    @property
    def lost(self) -> int:
        """Draws that are left out."""
        return self.asked - len(self.numbers)


def _solved_in_full(ground: Ground, numbers: Floats) -> _Drawn:
    """Return every draw solved in full; those without a solution are left out."""
    scores = np.vstack([ground.star, numbers[:, ground.chain]])
    found = ground.solve(scores)
    ground.ledger.refuse_too_many(len(found) - int(found.solved.sum()), len(found), "worlds")
    star, worlds = ground.split(found, len(ground.star))
    ends = None
    if not star.solved.all():
        some = np.flatnonzero(found.solved)[:MOST_SOLVES]
        ends = fit(ground, scores[some], found.unflat(found.flat[some]))
    there = worlds.solved
    kept = with_solution(worlds) if not there.all() else worlds
    return _Drawn(numbers[there], kept, star, np.zeros(len(kept), dtype=np.bool_), len(numbers), None, ends)


def _ground(
    case: Case, appraisal: Appraisal, store: OutcomeStore, changes: tuple[Change, ...], only: Iterable[str] | None,
    correlations: Mapping[tuple[str, str], float] | None, workers: int, progress: Progress | None, *, accounts_alone: bool,
) -> Ground:  # fmt: skip
    drivers = find_drivers(case, appraisal.plan, appraisal.rules)
    if appraisal.scenario is not None:
        drivers = tuple(driver for driver in drivers if driver.acts != "closures")
    if only is not None:
        wanted = list(only)
        known = [driver.name for driver in drivers]
        for name in wanted:
            if name not in known:
                raise UnknownNameError("driver", name, known)
        drivers = tuple(driver for driver in drivers if driver.name in wanted)
    if not drivers:
        raise InputError(["drivers: found none; expected one or more."], what="Uncertainty")
    unsolved = [driver for driver in drivers if driver.in_chain and accounts_alone]
    left_out = tuple(dict.fromkeys("its own effect" if one.project else one.label for one in unsolved))
    drivers = tuple(driver for driver in drivers if not (accounts_alone and driver.in_chain))
    if not drivers:
        fault = "drivers: found only such as change what the chain finds; expected one of the accounts, since none is solved."
        raise InputError([fault], what="Uncertainty")
    found = appraisal.valuation
    assert found is not None  # noqa: S101 - it is valued
    question = Question(
        appraisal.plan, appraisal.rules, carrier_of(case, appraisal.scenario), appraisal.standings,
        tuple(driver for driver in drivers if driver.in_chain), changes,
    )  # fmt: skip
    futures = read_futures(case) if appraisal.scenario is None else None
    places = tuple(found.states.index(_same(case, state, found.states)) for state in futures.states) if futures else ()
    model = DrawModel(
        case, appraisal.plan, appraisal.rules, appraisal.standings, found.states, found.probability, futures, places, drivers,
        question.carrier, changes,
    )  # fmt: skip
    base = base_world(case, question, store)
    _audit(appraisal, model, base)
    ranks = demand_correlations(case, drivers) if correlations is None else dict(correlations)
    return Ground(case, appraisal, model, question, ranks, base, workers, progress, left_out)


def _audit(appraisal: Appraisal, model: DrawModel, base: SolvedWorlds) -> None:
    """Hold the worth of the draw in which nothing is drawn against the appraisal, which adds up in another way."""
    found = model.worth(model.middle[None, :], base)
    gains = appraisal.gains
    size = sum(abs(one["benefit_musd"]) for one in gains.to_list()) if gains is not None else 0.0
    for place, standing in enumerate(model.standings):
        wanted = appraisal.enpv_musd[standing.id]
        one = float(found.enpv_musd[0, place])
        if abs(one - wanted) > _SAME * max(size, 1.0):
            message = f"draws begin at a value of {one:g} for {standing.id}, but the appraisal has {wanted:g} (USD m)"
            raise AuditError(message)


# results ----------------------------------------------------------------------------------------------------------------


def _result(ground: Ground, drawn: _Drawn, *, seed: int, exact: bool) -> Uncertainty:
    appraisal, model, check = ground.appraisal, ground.model, drawn.check
    numbers, worlds = drawn.numbers, drawn.worlds
    worth = model.worth(numbers, worlds)
    hurdle = appraisal.rules.hurdle_rate.value
    schedule = Discounting.at(hurdle, timing=appraisal.rules.discounting.timing)
    usual = schedule == appraisal.rules.schedule()
    at_hurdle = (worth if usual else model.worth(numbers, worlds, schedule)).enpv_musd[:, ground.headline]
    values = worth.enpv_musd[:, ground.headline]
    sd = float(values.std())
    if check is not None:
        check = replace(check, error_share=check.error_musd / sd if sd > 0 else 0.0,
                        alone_share=check.alone_musd / sd if sd > 0 else 0.0)  # fmt: skip
        if drawn.sampling is not None:
            mean_off = float(drawn.sampling.by_standing[0, ground.headline])
            check = replace(check, worlds=drawn.sampling.worlds, sampling_musd=mean_off)
        drawn = replace(drawn, check=check)
    margins = check.standing_worst_musd if check else [0.0] * len(model.standings)
    few = drawn.sampling.by_standing if drawn.sampling else np.zeros((4, len(model.standings)))
    by_standing = {
        one.id: _distribution(worth.enpv_musd[:, n], margins[n], drawn, few[:, n])
        for n, one in enumerate(model.standings)
    }
    errors = _standing_errors(by_standing, check)
    setting = Setting(projects=appraisal.projects, scenario=appraisal.scenario, changes=ground.question.changes)
    request = {"stage": "uncertainty", "rule_set": appraisal.rules.model_dump(mode="json"), "draws": drawn.asked, "seed": seed,
               "exact": exact, "horizon_year": appraisal.years[-1], "drivers": [driver.name for driver in model.drivers],
               "solves": check.solves + check.full if check else 0, "checks": check.checks if check else 0,
               "correlations": sorted([*pair, ranks] for pair, ranks in ground.correlations.items())}  # fmt: skip
    return Uncertainty(
        projects=appraisal.projects, standing=appraisal.headline, draws=drawn.asked, seed=seed, exact=exact,
        base_musd=appraisal.enpv_musd[appraisal.headline], hurdle=hurdle,
        p_below_hurdle=float((at_hurdle < 0).mean()),
        distribution=by_standing[appraisal.headline],
        by_standing=by_standing, by_state=_by_state(ground, worth, drawn),
        standing_errors=errors,
        drivers=_drivers(ground, drawn, values), check=check, unsolved=_unsolved(ground, drawn), left_out=ground.left_out,
        values=values, notes=_notes(ground, drawn, errors, exact=exact), meta=meta_of(ground.case, setting, request),
    )  # fmt: skip


def _standing_errors(by_standing: Mapping[str, Distribution], check: EmulatorCheck | None) -> dict[str, float]:
    """Return errors of the values to each standing as shares of their standard deviations."""
    if check is None:
        return {}
    return {
        name: error / one.sd if one.sd > 0 else 0.0
        for (name, one), error in zip(by_standing.items(), check.standing_errors_musd, strict=True)
    }


def _unsolved(ground: Ground, drawn: _Drawn) -> Unsolved:
    why = ground.ledger.why_not
    return Unsolved(
        ground.ledger.asked,
        len(why),
        drawn.lost + int(drawn.unsolved.sum()),
        drawn.emulator is not None,
        why[0] if why else "",
    )


def _distribution(values: Floats, margin: float, drawn: _Drawn, few: Floats) -> Distribution:
    """Return the distribution of values; the interval allows for draws without a solution wherever they may lie.

    `few` are the standard errors of the mean, P10, P90 and the chance of a loss that few worlds leave.
    """
    ordered = np.sort(values)
    known, count = np.sort(values[~drawn.unsolved]), drawn.asked
    without = count - len(known)
    ends = [(0.1 * count - without) / len(known), 0.9 * count / len(known)] if without else [0.1, 0.9]
    low, high = (float(one) for one in np.quantile(known, np.clip(ends, 0.0, 1.0)))
    worst = ordered[: max(1, math.ceil(TAIL * len(values)))]
    p10, p50, p90 = (float(one) for one in np.quantile(ordered, (0.1, 0.5, 0.9)))
    _, low_off, high_off, chance_off = (Z_FEW * few).tolist()
    least, most = (known < -margin).sum() / count, ((known < margin).sum() + without) / count
    return Distribution(
        mean=float(ordered.mean()), sd=float(ordered.std()), p10=p10, p50=p50, p90=p90,
        p10_low=min(low, p10) - margin - low_off, p90_high=max(high, p90) + margin + high_off,
        cvar=float(worst.mean()), p_negative=float((values < 0).mean()),
        p_negative_low=max(float(least) - chance_off, 0.0), p_negative_high=min(float(most) + chance_off, 1.0),
    )  # fmt: skip


def _by_state(ground: Ground, worth: Worth, drawn: _Drawn) -> tuple[StateOutlook, ...]:
    rows, model = ground.case.rows("scenario"), ground.model
    mean = model.probability[1:].mean(axis=0)
    margins = drawn.check.state_worst_musd if drawn.check else [0.0] * len(model.states)
    few = drawn.sampling.by_state if drawn.sampling else np.zeros((4, len(model.states)))
    return tuple(
        StateOutlook(state, str(rows[state]["name"]), float(mean[n]),
                     _distribution(worth.by_state_musd[:, n, ground.headline], margins[n], drawn, few[:, n]))
        for n, state in enumerate(model.states)
    )  # fmt: skip


def _drivers(ground: Ground, drawn: _Drawn, values: Floats) -> tuple[DriverEffect, ...]:
    model = ground.model
    first, total = _sobol(ground, drawn.emulator, drawn.worlds)
    found = []
    for place, driver in enumerate(model.drivers):
        ends = np.tile(model.middle, (2, 1))
        ends[:, place] = driver.number.quantiles(np.array([0.1, 0.9]))
        emulated: tuple[float, float] | None = None
        if driver.in_chain:
            at, emulated = _ends(ground, drawn, 2 * ground.chain.index(place))
        else:
            at = ground.value(ends, ground.base)
        found.append(
            DriverEffect(
                name=driver.name, label=driver.label, acts=driver.acts, basis=driver.basis, assumed=driver.assumed,
                figures=len(driver.figures), low=float(ends[0, place]), high=float(ends[1, place]), at_low_musd=float(at[0]),
                at_high_musd=float(at[1]), emulated_musd=emulated,
                rank_correlation=rank_correlation(drawn.numbers[:, place], values),
                first_order=first[place], total_order=total[place],
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.span_musd, one.name)))


def _ends(ground: Ground, drawn: _Drawn, which: int) -> tuple[Floats, tuple[float, float] | None]:
    """Return the value at the two ends of a driver of the chain, and by the emulator; it stands in where one has no solution."""
    middle, star = np.tile(ground.model.middle, (2, 1)), drawn.star
    at = ground.value(middle, star.unflat(star.flat[which : which + 2]))
    if drawn.ends is None:
        return at, None
    seen = ground.value(middle, ground.base.unflat(drawn.ends.at(ground.star[which : which + 2])))
    emulated = (float(seen[0]), float(seen[1])) if drawn.emulator is not None else None
    return np.where(np.isfinite(at), at, seen), emulated


def _sobol(
    ground: Ground, emulator: Emulator | None, worlds: SolvedWorlds
) -> tuple[Sequence[float | None], Sequence[float | None]]:
    """Return first-order and total indices; none where every draw was solved in full, since they take thousands more."""
    count = len(ground.model.drivers)
    unknown = [None] * count
    if emulator is None and ground.chain:
        return unknown, unknown

    def value(numbers: Floats) -> Floats:
        drawn = numbers.copy()
        drawn[:, ground.chain] = np.clip(drawn[:, ground.chain], -LIMIT, LIMIT)
        if emulator is None:
            return ground.value(drawn, worlds)
        return ground.value(drawn, ground.base.unflat(emulator.at(drawn[:, ground.chain])))

    model: Callable[[Floats], Floats] = value
    try:
        found = sobol_indices(model, [driver.number for driver in ground.model.drivers], power=_SOBOL_POWER)
    except InputError:  # a value that does not vary has no parts
        return unknown, unknown
    return found.first, found.total


def _correlation_notes(ground: Ground) -> list[str]:
    drivers, notes = ground.model.drivers, []
    if ground.correlations and ground.correlations == demand_correlations(ground.case, drivers):
        rank = next(iter(ground.correlations.values()))
        notes.append(f"demand of different kinds is taken to correlate by ranks of {rank:g}: an assumption")
    off = correlation_off([driver.name for driver in drivers], ground.correlations)
    if off > LEAST_OFF:
        notes.append(
            f"the rank correlations that are asked for cannot all be: the nearest are drawn, at most {off:.2g} from them"
        )
    return notes


def _error_note(ground: Ground, check: EmulatorCheck, errors: Mapping[str, float]) -> str:
    """Return how far the values to the headline are off, and which to others are less so."""
    aim = f"{100 * TARGET_SHARE:g} %"
    good = [
        one.name
        for one in ground.model.standings
        if errors[one.id] <= TARGET_SHARE and one.id != ground.appraisal.headline
    ]
    others = f"; those to {' and '.join(good)} by no more" if good else ""
    remedy = "exact ones" if check.worlds else "more solves, or exact ones"
    return (
        f"the values are off by {100 * (check.error_share or 0.0):.1f} % of their spread, more than {aim}{others}: "
        f"ask for {remedy}"
    )


def _notes(ground: Ground, drawn: _Drawn, errors: Mapping[str, float], *, exact: bool) -> tuple[str, ...]:
    drivers, check = ground.model.drivers, drawn.check
    assumed = [driver.label for driver in drivers if driver.assumed]
    notes = []
    if drawn.asked < FEW_DRAWS:
        notes.append(
            f"fewer than {FEW_DRAWS} draws say little of the tails: the range, the chances and the worst tenth are rough; "
            "ask for 1,000 or more"
        )
    if assumed:
        notes.append(f"ranges by confidence alone, or of assumptions: {', '.join(assumed)}")
    notes += _correlation_notes(ground)
    notes += [
        f"{project.id} is estimated to cost nothing: neither its range nor an overrun is drawn"
        for project in ground.question.plan.projects if is_free(ground.case, project.id)
    ]  # fmt: skip
    if any(driver.acts == "overrun" for driver in drivers):
        notes.append("cost runs over as works of its kind have: the mean of the draws lies below the appraisal's value")
    if ground.model.rules.carbon is not None and not ground.model.columns("carbon"):
        notes.append(f"{ground.model.rules.id} has one path of CO2e prices: it is not drawn")
    if any(driver.acts == "closures" for driver in drivers):
        notes.append(
            "trade reckons with the long run of the closures in every draw; how often they come is drawn in the accounts"
        )
    if check is not None and check.error_share is not None and check.error_share > TARGET_SHARE:
        notes.append(_error_note(ground, check, errors))
    alone = (check.alone_share or 0.0) if check is not None and check.worlds else 0.0
    if alone > TARGET_SHARE:
        notes.append(
            f"shares of the variance are of an emulator that is off by {100 * alone:.1f} % of the spread: rough"
        )
    unsolved = _unsolved(ground, drawn)
    if unsolved.worlds:
        notes.append(unsolved.said)
    if not exact and not ground.chain and not ground.left_out:
        notes.append("no driver changes what the chain finds: every draw is exact")
    return tuple(notes)
