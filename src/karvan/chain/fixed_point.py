"""Trade and flows solved together: costs move trade, trade moves tonnes, tonnes move costs.

Tonnes begin as they are without the change. In every round the flows of each state give costs, trade answers to their mean, and
the flows are solved again with the new tonnes, until neither tonnes nor costs move. More tonnes make a full link dearer, which
holds trade back, so that rounds alternate around the fixed point; Anderson's acceleration (Journal of the ACM 12(4), 1965) on the
logarithms of the multipliers takes the alternation out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from karvan.chain.response import answer
from karvan.chain.sides import expected_level, expected_logsum, level_sides
from karvan.errors import NotConvergedError
from karvan.flows.equilibrium import TOLERANCE as EQUILIBRIUM
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from karvan.chain.goods import Floats, Goods
    from karvan.chain.response import Response
    from karvan.chain.sides import Side
    from karvan.flows.corridor_solve import Solved
    from karvan.trade import TradeMatrix

#: Largest change of tonnes between two rounds, as a share of them, and of cost, as a share of the goods' price where they arrive.
#: No figure shown is that precise; each round costs an equilibrium in every state.
TOLERANCE = 1e-6
#: Few settings need ten; some drawn worlds, where one full line holds goods that would grow manyfold, need more than thirty.
MOST_ROUNDS = 60
#: While the tonnes are still those without the answer of trade, flows are solved to this; each round solves them closer.
FIRST = 1e-5
#: The flows of a round are solved to this share of the change of tonnes that led to it, or as close as they ever are once the
#: tonnes move by no more than so many times the tolerance: that round may be the last. Where another was, it is solved again.
CLOSER = 1e-3
NEARLY = 3.0
#: A state is left as it stands for a round where its probability times the change of tonnes since it was solved is no more than
#: this share of the change that is still made; in the first round, and in what may be the last, no state is.
RARE = 0.03
#: Where this share of the states are solved, all are.
MANY = 0.75
#: After so many rounds they do not meet easily, and no state is left as it stands.
EASY_ROUNDS = 5
#: Rounds that the acceleration looks back on.
MEMORY = 4
#: No tonnes are more than doubled in a step, for full lines hold back much of what would grow, and flows are hard to solve with
#: tonnes that will not be; this many times as far after a step that left less to do.
FARTHEST, FARTHER = float(np.log(2.0)), 4.0


@dataclass(frozen=True)
class ChainConvergence:
    """How trade and flows met.

    Attributes
    ----------
    rounds
        Times that trade answered.
    tonnes_change
        Largest relative change of tonnes that the last answer would still make: the residual of the fixed point.
    cost_change
        Largest change of cost in the last round, as a share of the delivered price.
    contraction
        Largest ratio of the changes of two rounds after the first; zero where there was one round.
    tolerance
        What was asked for.
    """

    rounds: int
    tonnes_change: float
    cost_change: float
    contraction: float
    tolerance: float = TOLERANCE

    def to_dict(self) -> dict[str, float]:
        """Return it as JSON can hold it."""
        return {
            "rounds": self.rounds, "tonnes_change": self.tonnes_change, "cost_change": self.cost_change,
            "contraction": self.contraction, "tolerance": self.tolerance,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Meeting:
    """Where trade and flows met.

    Attributes
    ----------
    before, side
        The flows of every state before, free to choose from the same routes, and with the tonnes of the fixed point.
    multiplier
        Tonnes over those without the change, of all goods.
    response
        The answer of trade to the costs of these flows.
    logsum_usd
        Expected logsum of all goods.
    convergence
        How they met.
    """

    before: Side
    side: Side
    multiplier: Floats
    response: Response
    logsum_usd: Floats
    convergence: ChainConvergence


def meet(
    goods: Goods, matrix: TradeMatrix, before: Side, after: Side, *, theta: float, margin: float = 0.0,
    tolerance: float = TOLERANCE,
) -> Meeting:  # fmt: skip
    """Return where trade and flows meet.

    Parameters
    ----------
    goods, matrix
        Tonnes under the setting before trade answers, and dollars.
    before, after
        The sides; `after` still with the tonnes of `goods`.
    theta
        Elasticity that works.
    margin
        As :func:`karvan.chain.response.trade_cost_hat` has it.
    tolerance
        To which they meet; a coarser one is for a first look: its flows are as rough, and no routes are sought for them.

    Raises
    ------
    NotConvergedError
        They do not meet.
    """
    ground = _Ground(goods, before)
    multiplier, side, last_logsum, wage = np.ones(len(goods)), after, ground.logsum, None
    seek = tolerance <= TOLERANCE
    closest = EQUILIBRIUM if seek else CLOSER * tolerance
    closer = np.inf
    changes: list[float] = []
    rounds, solved = _Rounds(), _Due(after.states, multiplier)

    def answered(logsum: Floats) -> Response:
        return answer(goods, matrix, ground.level, logsum - ground.logsum, theta=theta, margin=margin, start=wage)

    for count in range(1, MOST_ROUNDS + 1):
        was = ground
        # the first answer does without, and is never the last: most routes are found with the tonnes to which it leads
        if count > 1:
            ground, side = ground.beside(side, min(closer, FIRST))
        if ground is not was:
            rounds.answer_again(lambda logsum: answered(logsum).multiplier)
        logsum = expected_logsum(goods, side)
        found = answered(logsum)
        wage = found.solved.after.wage_hat
        moves = np.log(found.multiplier / multiplier)
        changes.append(float(np.abs(np.expm1(moves)).max(initial=0.0)))
        dearer = np.abs(logsum - last_logsum) / (goods.value_usd_per_t + ground.level)
        if changes[-1] <= tolerance and closer > closest:
            changes.pop()
            closer = closest
            side = after.again(goods, multiplier, side, side.states, tolerance=closer, seek=seek)
            continue
        if changes[-1] <= tolerance:
            cost_change = float(np.nanmax(dearer, initial=0.0))
            report = ChainConvergence(count, changes[-1], cost_change, _contraction(changes), tolerance)
            return Meeting(ground.side, side, multiplier, found, logsum, report)
        worst = int(np.abs(moves).argmax())
        # tonnes that would grow tenfold say no more about what may rest, or be left rough, than those that would double
        size = min(changes[-1], float(np.abs(moves).max(initial=0.0)), 1.0)
        multiplier = np.exp(rounds.following(np.log(multiplier), moves, logsum))
        last_logsum = logsum
        closer = closest if changes[-1] <= NEARLY * tolerance else max(CLOSER * size, closest)
        # in the first round every state finds the ways that it lacks, all at once; later they would one after the other
        every = closer == closest or count == 1 or count > EASY_ROUNDS
        states = solved.due(multiplier, 0.0 if every else RARE * size)
        side = after.again(goods, multiplier, side, states, tolerance=closer, seek=seek)
    message = (
        f"Trade and flows did not meet in {MOST_ROUNDS} rounds: tonnes of {' '.join(goods.ends[worst])} still move by "
        f"{changes[-1]:.1g} of themselves. Use a smaller change, a lower elasticity, or check the capacities on their way."
    )
    raise NotConvergedError(message)


class _Ground:
    """What a setting is compared with: its flows, and logsum and mean cost of the goods on the mean of its states."""

    def __init__(self, goods: Goods, side: Side) -> None:
        self.goods, self.side = goods, side
        self.logsum, self.level = expected_logsum(goods, side), expected_level(goods, side)
        self.seen: Mapping[str, Solved] = {}

    def beside(self, other: Side, tolerance: float) -> tuple[_Ground, Side]:
        """Return both sides free to choose from the routes of each other: what these alone are worth is no gain.

        The other is solved to a tolerance.
        """
        new = [
            state for state, found in other.solved.items()
            if state not in self.seen or found.chosen is not self.seen[state].chosen
        ]  # fmt: skip
        side, other = level_sides(self.side, other, new, tolerance=tolerance)
        ground = self if side is self.side else _Ground(self.goods, side)
        ground.seen = other.solved
        return ground, other


class _Due:
    """The tonnes with which every state was solved last."""

    def __init__(self, states: Mapping[str, float], multiplier: Floats) -> None:
        self.states = states
        self.last = dict.fromkeys(states, multiplier)

    def due(self, multiplier: Floats, change: float) -> list[str]:
        """Return the states to solve with these tonnes: those that may move what is expected by more than some change.

        All, where most are: the last ones would be solved later, and one by one.
        """
        found = [
            state for state, probability in self.states.items()
            if probability * float(np.abs(np.log(multiplier / self.last[state])).max(initial=0.0)) >= change
        ]  # fmt: skip
        if len(found) >= MANY * len(self.states):
            found = [*self.states]
        self.last.update(dict.fromkeys(found, multiplier))
        return found


class _Rounds:
    """Anderson's acceleration of ``x <- x + moves(x)``."""

    def __init__(self) -> None:
        self.points: list[Floats] = []
        self.moves: list[Floats] = []
        self.logsums: list[Floats] = []
        self.far, self.left = FARTHEST, np.inf

    def answer_again(self, multiplier_of: Callable[[Floats], Floats]) -> None:
        """Find the moves of the points anew, where what their logsums are compared with has changed."""
        self.moves = [
            np.log(multiplier_of(logsum)) - point for logsum, point in zip(self.logsums, self.points, strict=True)
        ]

    def following(self, point: Floats, moves: Floats, logsum: Floats) -> Floats:
        """Return the point to try next; moves follow from the logsum of the goods at the point."""
        self.points = [*self.points, point][-MEMORY - 1 :]
        self.moves = [*self.moves, moves][-MEMORY - 1 :]
        self.logsums = [*self.logsums, logsum][-MEMORY - 1 :]
        left = float(np.abs(moves).max(initial=0.0))
        if len(self.points) > 1:
            self.far = FARTHER * self.far if left < self.left else FARTHEST
        self.left = left
        step = self._step(moves)
        return point + step * min(1.0, self.far / max(float(step.max(initial=0.0)), self.far))

    def _step(self, moves: Floats) -> Floats:
        """Return where the acceleration leads."""
        if len(self.points) == 1:
            return moves
        steps, turns = np.diff(self.points, axis=0).T, np.diff(self.moves, axis=0).T
        with one_thread():
            weight = np.linalg.lstsq(turns, moves, rcond=1e-10)[0]
            step: Floats = moves - (steps + turns) @ weight
        return step


def _contraction(changes: list[float]) -> float:
    ratios = [two / one for one, two in pairwise(changes) if one > 0]
    return max(ratios, default=0.0)
