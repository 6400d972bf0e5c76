"""Full solves where they matter, and an emulator between them.

What the chain finds bends where something gets full, and it bends most in worlds far out, where many drivers point the same way.
So the emulator is fitted on solves that spread wider than draws, it says of every draw how far off it may be, and the draws of
which it knows least are solved in full. It is held against fresh worlds, drawn as draws are, under the very same rule: one of
which it knows less than of any draw that it stands for would have been solved in full.

Where a case affords too few solves for that, draws share the worlds that are solved (:mod:`karvan.appraisal.donors`), and most
are solved in the likeliest states of the crossings alone, for a fraction of the time: what they would gain in the others follows
from it as it does in those that are solved in all, which is then all that is emulated. They are drawn as draws are.

A world may have no solution. Training and checks go on without it, and a draw is left to the emulator; how many there are is in
the answer, and more than a twentieth is an error.

How many worlds are solved follows from the size of the case, never from a clock, so that the same seed gives the same bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.donors import Donors, match, sampling_error
from karvan.appraisal.emulator import fit_emulator, least_solves
from karvan.appraisal.uncertain import Uncertain, draw_figures
from karvan.appraisal.uncertain_drivers import LIMIT
from karvan.appraisal.uncertainty_results import EmulatorCheck
from karvan.appraisal.worlds import LIKELY_SHARE, solve_worlds
from karvan.case.ranges import Z90
from karvan.chain.expectation import expected_states, likely_states
from karvan.errors import NotConvergedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.draw_worth import DrawModel
    from karvan.appraisal.emulator import Emulator
    from karvan.appraisal.uncertain import Floats, Sampler
    from karvan.appraisal.uncertainty_results import SamplingError
    from karvan.appraisal.worlds import Flags, Question, SolvedWorlds
    from karvan.case import Case
    from karvan.workers.run import Progress

#: Error of the values, as a share of their standard deviation, that full solves are spent for and that they may have.
TARGET_SHARE = 0.02
#: Draws are solved in full until the emulator guesses that share of the target for what is left: a guess may be off itself.
AIM = 0.65
#: Full solves that the emulator is fitted on, beside those of one driver each; more where the first would leave too many draws.
FIRST_SOLVES, MOST_SOLVES = 192, 320
#: How much wider than draws these spread, so that few draws lie beyond them all.
WIDER = 1.4
#: Full solves that the values are held against, and the fewest where a case is too large for so many.
CHECKS, FEWEST_CHECKS = 100, 16
#: Fewest solves beside those of one driver each, where a case is large.
FEWEST_SOLVES = 16
#: Where a case affords fewer solves for each driver, draws share worlds: so many that are solved in all states, the fresh ones,
#: and others in the likeliest; at most so many of these, and at least so many if there are to be more fresh ones.
FEW_SOLVES, FEWEST_WHOLE, MOST_LIKELY, LEAST_LIKELY = 6, 12, 256, 128
#: What may be spent on full solves, in seconds of one core; and what one state of one year takes, roughly, in the worlds that are
#: drawn: so much, and so much for each row of base_flow.csv. The likeliest take less than the mean: where more is shut, more is
#: crowded.
MOST_WORK = 1100.0
STATE_WORK, ROW_WORK, LIKELY_WORK = 0.05, 0.00012, 0.6
#: Draws that say how wide the value spreads while the emulator is trained.
SPREAD_DRAWS = 1024
#: Largest share of worlds without a solution; one world may always be. Draws without one widen the interval P10 to P90, and must
#: be far fewer than the tenth on either side of it.
MOST_UNSOLVED = 0.05


@dataclass
class Ledger:
    """Worlds that were to be solved for the draws, and why some have no solution."""

    asked: int = 0
    why_not: list[str] = field(default_factory=list)

    def refuse_too_many(self, failed: int, of: int, what: str) -> None:
        """Refuse to go on where too many worlds have no solution.

        Raises
        ------
        NotConvergedError
            They are more than a twentieth.
        """
        if failed > max(MOST_UNSOLVED * of, 1):
            message = (
                f"{failed} of {of:,} {what} have no solution, more than {100 * MOST_UNSOLVED:g} %. The first: {self.why_not[0]} "
                "Draw fewer drivers, or narrow their ranges."
            )
            raise NotConvergedError(message)


@dataclass(frozen=True, eq=False)
class Ground:
    """What all draws of a plan stand on."""

    case: Case
    appraisal: Appraisal
    model: DrawModel
    question: Question
    correlations: Mapping[tuple[str, str], float]
    base: SolvedWorlds
    workers: int
    progress: Progress | None
    left_out: tuple[str, ...]
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def headline(self) -> int:
        """Place of the standing that the headline is about."""
        names = [standing.id for standing in self.model.standings]
        return names.index(self.appraisal.headline)

    @property
    def chain(self) -> list[int]:
        """Columns of the drivers that change what the chain finds."""
        return [place for place, driver in enumerate(self.model.drivers) if driver.in_chain]

    def draw(self, draws: int, seed: int, *, sampler: Sampler = "sobol") -> Floats:
        """Return draws of all drivers, scores of the chain held within their limit."""
        figures = [driver.number for driver in self.model.drivers]
        found = draw_figures(figures, draws, seed=seed, sampler=sampler, correlations=self.correlations)
        found[:, self.chain] = np.clip(found[:, self.chain], -LIMIT, LIMIT)
        return found

    def solve(self, scores: Floats, likely: Flags | None = None) -> SolvedWorlds:
        """Return worlds at scores of the chain, solved in full or in the likeliest states; those without a solution are NaN."""
        found = solve_worlds(
            self.case, self.question, scores, likely=likely, workers=self.workers, progress=self.progress
        )
        self.ledger.asked += len(found)
        self.ledger.why_not += found.why_not or ["no reason was given."] * int((~found.solved).sum())
        return found

    @cached_property
    def star(self) -> Floats:
        """Scores of the worlds in which one driver alone stands at its low end, then at its high end."""
        count = len(self.chain)
        return Z90 * np.stack([-np.eye(count), np.eye(count)], axis=1).reshape(2 * count, count)

    @staticmethod
    def split(worlds: SolvedWorlds, first: int) -> tuple[SolvedWorlds, SolvedWorlds]:
        """Return the first worlds, and the others."""
        return worlds.unflat(worlds.flat[:first]), worlds.unflat(worlds.flat[first:])

    def value(self, numbers: Floats, worlds: SolvedWorlds) -> Floats:
        """Return the value to the headline of draws."""
        found: Floats = self.model.worth(numbers, worlds).enpv_musd[:, self.headline]
        return found

    @cached_property
    def slopes(self) -> Floats:
        """By figure of a world and standing: what the value gains by one of it, with the accounts as they are."""
        middle, flat = self.model.middle[None, :], self.base.flat
        still = self.model.worth(middle, self.base).enpv_musd[0]
        steps = flat + np.eye(flat.shape[1])
        moved = self.model.worth(np.repeat(middle, len(steps), axis=0), self.base.unflat(steps)).enpv_musd
        found: Floats = moved - still
        return found

    @property
    def state_work(self) -> float:
        """What one state of one year takes, roughly, in seconds of one core."""
        return STATE_WORK + ROW_WORK * len(self.case.rows("base_flow"))

    @property
    def world_work(self) -> float:
        """What a world in full takes, roughly, in seconds of one core."""
        return int(self.base.co2e_t[0].size) * self.state_work

    @property
    def likely_work(self) -> float:
        """What one in the likeliest states takes."""
        return len(self.base.co2e_t[0]) * len(self.likely) * LIKELY_WORK * self.state_work

    @property
    def affordable(self) -> int:
        """How many worlds may be solved in full."""
        return int(MOST_WORK / self.world_work)

    @property
    def likely(self) -> dict[str, float]:
        """The likeliest states of the crossings."""
        return likely_states(expected_states(self.case, self.question.carrier), LIKELY_SHARE)

    def affordable_likely(self, whole: int) -> int:
        """Return how many worlds may be solved in the likeliest states besides so many in full."""
        return max(int((MOST_WORK - whole * self.world_work) / self.likely_work), 0)


@dataclass(frozen=True, eq=False)
class Trained:
    """Draws through the chain.

    Attributes
    ----------
    numbers
        What is drawn; with the drivers of the chain that its world has, where draws take worlds that were solved.
    star
        Worlds of one driver each; NaN where one has no solution.
    worlds
        Of every draw.
    unsolved
        Whether a draw was to be solved in full and has no solution, so that it is emulated all the same.
    emulator
        What those that were not solved come from.
    check
        How far it is off.
    sampling
        By how much draws may be off because they lie in few worlds; None where each has its own.
    """

    numbers: Floats
    star: SolvedWorlds
    worlds: SolvedWorlds
    unsolved: Flags
    emulator: Emulator
    check: EmulatorCheck
    sampling: SamplingError | None = None


@dataclass(frozen=True)
class _Spending:
    """How many worlds are solved to train the emulator, at first and at most, to hold it against, and in all.

    ``likely`` are those of the first that are solved in the likeliest states alone, as those of one driver each are then too.
    """

    first: int
    most: int
    checks: int
    worlds: int
    likely: int = 0


def _spending(ground: Ground, solves: int | None, checks: int | None) -> _Spending:
    """Return how many worlds are solved, by what is asked for or what the size of the case affords."""
    names, star = len(ground.chain), len(ground.star)
    left = ground.affordable - star
    held = min(max(left // 5, FEWEST_CHECKS), CHECKS) if checks is None else checks
    if solves is not None:
        return _Spending(solves, solves, held, star + held + solves)
    afforded = (left - held) // 2
    least = max(least_solves(names) - star - 1, FEWEST_SOLVES)
    if afforded < FEW_SOLVES * names and len(ground.likely) < len(ground.base.states):
        if checks is None:
            spare = MOST_WORK - FEWEST_WHOLE * ground.world_work - (star + LEAST_LIKELY) * ground.likely_work
            held = min(max(int(spare / ground.world_work), FEWEST_CHECKS), CHECKS)
        likely = min(max(ground.affordable_likely(held + FEWEST_WHOLE) - star, least), MOST_LIKELY)
        taken = FEWEST_WHOLE + likely
        return _Spending(taken, taken, held, star + held + taken, likely)
    first, most = (min(max(afforded, least), limit) for limit in (FIRST_SOLVES, MOST_SOLVES))
    return _Spending(first, most, held, max(ground.affordable, star + held + first))


def train(ground: Ground, numbers: Floats, *, seed: int, solves: int | None, checks: int | None) -> Trained:
    """Return what the chain finds in every draw: full solves where they matter, and an emulator between them.

    Parameters
    ----------
    ground, numbers
        What is drawn.
    seed
        Of the draws.
    solves
        Full solves, beside those of one driver each, that the emulator rests on; no draw is then solved in full. By default as
        many as it takes and the case affords.
    checks
        Fresh full solves that the values are held against; by default 100, fewer where the case is large.
    """
    spending = _spending(ground, solves, checks)
    # the training, the checks and the draws are three sequences of one seed
    train_seed, check_seed = (int(one) for one in np.random.SeedSequence(seed).generate_state(2))
    pool = _pool(ground, spending, train_seed)
    fresh = ground.draw(spending.checks, check_seed, sampler="lhs")
    taken, count = spending.first, len(ground.star)
    # all that is known to be needed is solved at once, so that processes start once
    asked = np.vstack([ground.star, pool[:taken], fresh[:, ground.chain]])
    last = count + taken
    likely = np.zeros(len(asked), dtype=np.bool_)
    likely[last - spending.likely : last] = True
    likely[:count] = spending.likely > 0
    found = ground.solve(asked, likely)
    ground.ledger.refuse_too_many(len(found) - int(found.solved.sum()), len(found), "worlds")
    seen, at_fresh = ground.split(found, last)
    known = _filled(ground, seen)
    star = ground.split(known, count)[0]
    ground.ledger.refuse_too_many(len(fresh) - int(at_fresh.solved.sum()), len(fresh), "fresh worlds")
    scores, known = asked[:last][known.solved], with_solution(known)
    emulator = _unsaid(fit(ground, scores, known), with_solution(seen))
    if spending.likely:
        return _shared(ground, numbers, _Few(emulator, known, star, asked, found, fresh))
    fresh, at_fresh = fresh[at_fresh.solved], with_solution(at_fresh)
    full = _most_doubtful(ground, numbers, emulator, known, seed)
    if len(full) > min(taken, spending.worlds - len(found)) and taken < spending.most:
        more = ground.solve(pool[taken:])
        ground.ledger.refuse_too_many(len(more) - int(more.solved.sum()), len(more), "worlds")
        scores, known = np.vstack([scores, pool[taken:][more.solved]]), known.joined(with_solution(more))
        taken = spending.most
        emulator = fit(ground, scores, known)
        full = _most_doubtful(ground, numbers, emulator, known, seed)
    left = 0 if solves is not None else max(spending.worlds - count - taken - spending.checks, 0)
    full = full[:left]
    worlds, limit, unsolved = _with_full(ground, numbers, emulator, full)
    at = fresh[:, ground.chain]
    off = _Off(fresh, ground.base.unflat(emulator.at(at)), at_fresh, _doubt(ground, emulator, at) >= limit)
    check = replace(_check(ground, emulator, known, off), full=len(full) - int(unsolved.sum()))
    return Trained(numbers, star, worlds, unsolved, emulator, check)


def _pool(ground: Ground, spending: _Spending, seed: int) -> Floats:
    """Return scores of the worlds that train, wider than draws; as draws are where these share them."""
    if spending.likely:
        return ground.draw(spending.most, seed)[:, ground.chain]
    normal = [Uncertain(driver.name, "normal", middle=0.0, sd=WIDER) for driver in ground.question.drivers]
    return np.clip(draw_figures(normal, spending.most, seed=seed), -LIMIT, LIMIT)


@dataclass(frozen=True, eq=False)
class _Few:
    """What draws share: an emulator, the worlds that it rests on, all that were solved, those of one driver each first."""

    emulator: Emulator
    known: SolvedWorlds
    star: SolvedWorlds
    scores: Floats
    found: SolvedWorlds
    fresh: Floats


def _shared(ground: Ground, numbers: Floats, few: _Few) -> Trained:
    """Return draws in worlds that were solved; one that takes a world without a solution is left to the emulator."""
    emulator, chain = few.emulator, np.array(ground.chain)
    donors = _donors(ground, few)
    value = _middle_value(ground, ground.base.unflat(emulator.at(numbers[:, ground.chain])))
    places = match(value, donors.value_musd)
    flat, solved = donors.worlds.flat[places], donors.worlds.solved
    unsolved = ~solved[places]
    flat[unsolved] = emulator.at(numbers[unsolved][:, ground.chain])
    ground.ledger.refuse_too_many(int(unsolved.sum()), len(numbers), "draws")
    taken = numbers.copy()
    taken[np.flatnonzero(~unsolved)[:, None], chain] = donors.scores[places[~unsolved]]
    there = Donors(donors.scores[solved], with_solution(donors.worlds), donors.value_musd[solved])
    first = len(few.found) - len(few.fresh)
    fresh = ground.split(few.found, first)[1]
    own = few.fresh[fresh.solved]
    alone = ground.base.unflat(emulator.at(own[:, ground.chain]))
    off = _Off(own, _rare(ground, few.found, first), with_solution(fresh), np.zeros(len(own), dtype=np.bool_), alone)
    likely = int((few.found.solved & ~few.found.whole)[len(few.star) :].sum())
    check = replace(_check(ground, emulator, few.known, off), likely=likely)
    sampling = sampling_error(ground, numbers, value, there)
    return Trained(taken, few.star, ground.base.unflat(flat), unsolved, emulator, check, sampling)


def _donors(ground: Ground, few: _Few) -> Donors:
    """Return the worlds that draws may take, valued by an emulator that has not seen them."""
    count, emulator = len(few.star), few.emulator
    scores = few.scores[count:]
    rows = emulator.at(scores)
    trained = np.flatnonzero(few.found.solved[: len(few.found) - len(few.fresh)])
    own = trained >= count
    known = ground.base.joined(few.known).flat
    unseen = np.clip(known - np.nan_to_num(emulator.left_out), known.min(axis=0), known.max(axis=0))
    rows[trained[own] - count] = unseen[1:][own]
    worlds = ground.split(_filled(ground, few.found), count)[1]
    return Donors(scores, worlds, _middle_value(ground, ground.base.unflat(rows)))


def _rare(ground: Ground, found: SolvedWorlds, first: int) -> SolvedWorlds:
    """Return fresh worlds with figures of their rarer states as they follow from the likeliest, as in all others."""
    rare = np.array([state not in ground.likely for state in found.states])
    whole = np.flatnonzero(found.whole)
    known, rows = ground.base.joined(found.unflat(found.flat[whole])), []
    for place in 1 + np.flatnonzero(whole >= first):
        one = known.unflat(known.flat)
        one.gains_musd[place][:, rare], one.co2e_t[place][:, rare] = np.nan, np.nan
        rows.append(one.filled().flat[place])
    return found.unflat(np.array(rows))


def _middle_value(ground: Ground, worlds: SolvedWorlds) -> Floats:
    """Return the value of worlds to the headline, with the accounts as they are."""
    return ground.value(np.tile(ground.model.middle, (len(worlds), 1)), worlds)


def _filled(ground: Ground, worlds: SolvedWorlds) -> SolvedWorlds:
    """Return worlds with figures of the states in which some are not solved; they rest on the world in the middle too."""
    return ground.split(ground.base.joined(worlds).filled(), 1)[1]


def _unsaid(emulator: Emulator, seen: SolvedWorlds) -> Emulator:
    """Return an emulator that says nothing of its errors where a world was not solved."""
    blank = np.vstack([np.zeros((1, seen.flat.shape[1]), dtype=np.bool_), ~np.isfinite(seen.flat)])
    left_out, guess = (np.where(blank, np.nan, errors) for errors in (emulator.left_out, emulator.left_out_guess))
    return replace(emulator, left_out=left_out, left_out_guess=guess)


def with_solution(worlds: SolvedWorlds) -> SolvedWorlds:
    """Return the worlds that have a solution."""
    return worlds.unflat(worlds.flat[worlds.solved])


def fit(ground: Ground, scores: Floats, worlds: SolvedWorlds) -> Emulator:
    """Return an emulator of these worlds, all with a solution, and the one in the middle.

    Raises
    ------
    NotConvergedError
        So many have none that the others are too few.
    """
    names = [driver.name for driver in ground.question.drivers]
    whole = int(worlds.whole.sum()) + 1
    if ground.ledger.why_not and whole < least_solves(len(names)):
        message = (
            f"{len(ground.ledger.why_not)} of {ground.ledger.asked:,} worlds have no solution, which leaves {whole} to "
            f"emulate from; {least_solves(len(names))} are needed. The first: {ground.ledger.why_not[0]} Ask for more solves."
        )
        raise NotConvergedError(message)
    by = np.abs(ground.slopes)
    # figures of other standings count a tenth
    weights = np.maximum(by[:, ground.headline], 0.1 * by.max(axis=1))
    at = np.vstack([np.zeros((1, len(names))), scores])
    return fit_emulator(at, ground.base.joined(worlds).flat, names, weights=weights)


def _doubt(ground: Ground, emulator: Emulator, scores: Floats) -> Floats:
    """Return how far off the value may be, were all figures off to the same side: a standard deviation."""
    found: Floats = emulator.error_at(scores) @ np.abs(ground.slopes[:, ground.headline])
    return found


def _most_doubtful(
    ground: Ground, numbers: Floats, emulator: Emulator, known: SolvedWorlds, seed: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the draws to be solved in full so that the others are good enough, the most doubtful first."""
    some = ground.draw(SPREAD_DRAWS, seed)
    spread = float(ground.value(some, ground.base.unflat(emulator.at(some[:, ground.chain]))).std())
    doubt = _honest(ground, emulator, known) * _doubt(ground, emulator, numbers[:, ground.chain])
    order = np.argsort(-doubt, kind="stable")
    # error that is left with the first none, one, two ... of them solved
    left = np.append(np.cumsum(doubt[order][::-1] ** 2)[::-1], 0.0)
    goal = len(doubt) * (AIM * TARGET_SHARE * spread) ** 2
    return order[: int(np.argmax(left <= goal))].astype(np.int64)


def _honest(ground: Ground, emulator: Emulator, known: SolvedWorlds) -> float:
    """Return by how much errors of left-out solves exceed the guesses of them; 1 where they do not."""
    by = ground.slopes[:, ground.headline]
    # what a world was not solved for has no error
    off, guess = np.nan_to_num(emulator.left_out) @ by, np.nan_to_num(emulator.left_out_guess) @ np.abs(by)
    there = guess > 0
    return max(1.0, float(np.sqrt(np.mean((off[there] / guess[there]) ** 2)))) if there.any() and len(known) else 1.0


def _with_full(
    ground: Ground, numbers: Floats, emulator: Emulator, full: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[SolvedWorlds, float, Flags]:
    """Return the worlds of all draws, the doubt from which a world is solved in full, and which of these has no solution."""
    scores = numbers[:, ground.chain]
    flat, unsolved = emulator.at(scores), np.zeros(len(scores), dtype=np.bool_)
    if not len(full):
        return ground.base.unflat(flat), math.inf, unsolved
    found = ground.solve(scores[full])
    flat[full[found.solved]] = found.flat[found.solved]
    unsolved[full] = ~found.solved
    ground.ledger.refuse_too_many(int(unsolved.sum()), len(numbers), "draws")
    return ground.base.unflat(flat), float(_doubt(ground, emulator, scores[full]).min()), unsolved


@dataclass(frozen=True, eq=False)
class _Off:
    """Fresh draws, their worlds as guessed and as solved, which would have been solved anyhow; as an emulator alone has them."""

    fresh: Floats
    guessed: SolvedWorlds
    solved: SolvedWorlds
    exact: Flags
    alone: SolvedWorlds | None = None


def _check(ground: Ground, emulator: Emulator, known: SolvedWorlds, held: _Off) -> EmulatorCheck:
    """Return how far values are off on fresh worlds."""
    guessed, full = (ground.model.worth(held.fresh, one) for one in (held.guessed, held.solved))
    by_standing = guessed.enpv_musd - full.enpv_musd
    alone = by_standing[:, ground.headline].copy()
    if held.alone is not None:
        alone = ground.value(held.fresh, held.alone) - full.enpv_musd[:, ground.headline]
    by_standing[held.exact] = 0.0
    off = by_standing[:, ground.headline]
    by_state = (guessed.by_state_musd - full.by_state_musd)[~held.exact, :, ground.headline]
    return EmulatorCheck(
        solves=emulator.solves, likely=0, full=0, checks=len(off), checks_full=int(held.exact.sum()),
        error_musd=float(np.sqrt(np.mean(off**2))), worst_musd=float(np.abs(off).max()), bias_musd=float(off.mean()),
        alone_musd=float(np.sqrt(np.mean(alone**2))), left_out_musd=_left_out_error(ground, emulator, known),
        kinds=emulator.kinds,
        standing_errors_musd=tuple(np.sqrt(np.mean(by_standing**2, axis=0)).tolist()),
        standing_worst_musd=tuple(np.abs(by_standing).max(axis=0).tolist()),
        state_worst_musd=tuple(np.abs(by_state).max(axis=0, initial=0.0).tolist()),
    )  # fmt: skip


def _left_out_error(ground: Ground, emulator: Emulator, known: SolvedWorlds) -> float:
    """Return the root mean square error of the value in worlds that are left out, with the accounts as they are."""
    flat = ground.base.joined(known).flat
    full = _middle_value(ground, ground.base.unflat(flat))
    # what a world was not solved for has no error
    found = _middle_value(ground, ground.base.unflat(flat - np.nan_to_num(emulator.left_out)))
    return float(np.sqrt(np.mean((found - full) ** 2)))
