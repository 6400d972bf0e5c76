"""Resources that the same streams use, one after the other: which of them can be full, and how they share a price.

Of resources in a row only the tightest can be full. Where several are as tight, only the sum of their prices is determined; it is
shared evenly, which of all splits has the smallest sum of squares. Where streams differ a little, so that the split is determined
but hardly so, the whisker :data:`karvan.flows.newton_kernels.WHISKER` leads to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows.scarcity_kernels import alike

if TYPE_CHECKING:
    from karvan.flows.problem import Bools, Floats, Ints, Resources

#: Rooms that differ by a smaller share are the same.
SAME_ROOM = 1e-9
#: Number of the clearing of a resource that has no hard limit.
_NO_LIMIT = 2


@dataclass(frozen=True, eq=False)
class Serial:
    """Resources by the streams that use them.

    Attributes
    ----------
    group, first
        Group of every resource, those with the same pairs of streams being one; the first resource of every group.
    hard
        Which resources can be full: of a group the tightest, the first of equals.
    leader
        The hard resource with which each shares a price; -1 where it has none.
    pair_order, pair_ptr
        Pairs in order of their resources, and where those of each begin.
    """

    group: Ints
    first: Ints
    hard: Bools
    leader: Ints
    pair_order: Ints
    pair_ptr: Ints

    @classmethod
    def of(cls, resources: Resources) -> Serial:
        """Return the groups of some resources."""
        order = np.argsort(resources.pair_resource, kind="stable")
        pointer = np.searchsorted(resources.pair_resource[order], np.arange(len(resources) + 1))
        figures = np.column_stack([resources.pair_weight, resources.pair_empty, resources.pair_each])
        group, first = alike(pointer, order, resources.pair_there, resources.pair_back, figures)
        hard, leader = _tightest(resources, group, len(first))
        return cls(group, first, hard, leader, order, pointer)

    def pairs(self, wanted: Ints) -> tuple[Ints, Ints]:
        """Return the pairs of some resources, one resource after the other, and how many each has."""
        begin = self.pair_ptr[wanted]
        sizes = self.pair_ptr[wanted + 1] - begin
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.pair_order[np.repeat(begin, sizes) + within], sizes

    def gathered(self, price: Floats) -> Floats:
        """Return prices with those of equals in a row put on their leader."""
        known = self.leader >= 0
        total: Floats = np.bincount(self.leader[known], price[known], minlength=len(price)).astype(np.float64)
        return total

    def shared(self, price: Floats) -> Floats:
        """Return prices with that of a leader shared evenly among its equals."""
        known = self.leader >= 0
        equals = np.bincount(self.leader[known], minlength=len(price))
        own = price / np.maximum(equals, 1)
        shared: Floats = np.where(known, own[np.maximum(self.leader, 0)], 0.0)
        return shared


def _tightest(resources: Resources, group: Ints, groups: int) -> tuple[Bools, Ints]:
    count = len(resources)
    limited = (resources.clearing != _NO_LIMIT) & np.isfinite(resources.capacity)
    room = np.where(limited, resources.capacity - resources.preload, np.inf)
    least = np.full(groups, np.inf)
    np.minimum.at(least, group, room)
    tight = np.flatnonzero(limited & (room <= least[group] * (1 + SAME_ROOM)))
    leader_of = np.full(groups, count, dtype=np.int64)
    np.minimum.at(leader_of, group[tight], tight)
    hard: Bools = np.zeros(count, dtype=bool)
    hard[leader_of[leader_of < count]] = True
    leader: Ints = np.full(count, -1, dtype=np.int64)
    leads = leader_of[group[tight]]
    # what clears by waiting does not share with what clears by price
    alike = resources.clearing[tight] == resources.clearing[leads]
    leader[tight[alike]] = leads[alike]
    return hard, leader
