"""Draws in worlds that were solved, where a case affords too few of them for an emulator to tell what lies between.

What the chain finds bends where something gets full, on strips that are narrower than such worlds lie apart. So a draw is not
given what is emulated for it but a world that was solved, with the drivers of the chain that it has: one of the two between
whose emulated values its own lies. What a draw gains is then what the chain found, and the emulator only says how many draws
a world stands for. Statisticians know it as predictive mean matching (Rubin 1986, "Statistical matching using file concatenation
with adjusted weights and multiple imputations", *Journal of Business & Economic Statistics* 4(1); Little 1988, "Missing-data
adjustments in large surveys", the same, 6(3)).

What remains unknown is what other worlds would have said: the error of a sample. It is found by leaving out a twentieth of the
worlds at a time, the draws among them taking others (the delete-a-group jackknife: Kott 2001, "The delete-a-group jackknife",
*Journal of Official Statistics* 17(4)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.uncertainty_results import SamplingError

if TYPE_CHECKING:
    from karvan.appraisal.draw_worth import Worth
    from karvan.appraisal.training import Ground
    from karvan.appraisal.uncertain import Floats
    from karvan.appraisal.worlds import SolvedWorlds

Places = np.ndarray[Any, np.dtype[np.int64]]
#: Parts of the worlds that are left out in turn, and draws that say what they make.
PARTS, SAMPLED = 20, 4096


@dataclass(frozen=True, eq=False)
class Donors:
    """Worlds that draws may take, drawn as draws are.

    Attributes
    ----------
    scores
        Of the drivers of the chain, an array (worlds, drivers).
    worlds
        What they gain; NaN where one has no solution.
    value_musd
        Value to the headline that an emulator gives which has not seen them, with the accounts as they are.
    """

    scores: Floats
    worlds: SolvedWorlds
    value_musd: Floats

    def without(self, part: int) -> Donors:
        """Return them without one of their parts."""
        kept = np.arange(len(self.scores)) % PARTS != part
        return Donors(self.scores[kept], self.worlds.unflat(self.worlds.flat[kept]), self.value_musd[kept])


def match(wanted: Floats, given: Floats) -> Places:
    """Return for each value wanted the place of the next below or above it that is given, in turn; of the last beyond all.

    Parameters
    ----------
    wanted, given
        Values, in any order; at least one is given.
    """
    order, last = np.argsort(given, kind="stable"), len(given) - 1
    above = np.searchsorted(given[order], wanted)
    turn = np.empty(len(wanted), dtype=np.int64)
    turn[np.argsort(wanted, kind="stable")] = np.arange(len(wanted)) % 2
    found: Places = order[np.clip(above - turn, 0, last)]
    return found


def sampling_error(ground: Ground, numbers: Floats, value_musd: Floats, donors: Donors) -> SamplingError:
    """Return by how much draws may be off because they lie in so few worlds: standard errors.

    Parameters
    ----------
    ground, numbers
        What is drawn.
    value_musd
        Value to the headline that is emulated for each draw, with the accounts as they are.
    donors
        The worlds that draws take, all with a solution.
    """
    some = slice(0, SAMPLED)
    found = []
    for part in range(min(PARTS, len(donors.scores))):
        left = donors.without(part)
        places = match(value_musd[some], left.value_musd)
        taken = numbers[some].copy()
        taken[:, ground.chain] = left.scores[places]
        worth = ground.model.worth(taken, left.worlds.unflat(left.worlds.flat[places]))
        found.append(_figures(ground, worth))
    parts = np.stack(found)
    error = np.sqrt((len(parts) - 1) / len(parts) * np.sum((parts - parts.mean(axis=0)) ** 2, axis=0))
    cut = len(ground.model.standings)
    return SamplingError(len(donors.scores), error[:, :cut], error[:, cut:])


def _figures(ground: Ground, worth: Worth) -> Floats:
    """Return the mean, P10, P90 and the chance of a loss of values to each standing, then of those in each state."""
    values = np.hstack([worth.enpv_musd, worth.by_state_musd[:, :, ground.headline]])
    p10, p90 = np.quantile(values, (0.1, 0.9), axis=0)
    return np.stack([values.mean(axis=0), p10, p90, (values < 0).mean(axis=0)])
