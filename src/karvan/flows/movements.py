"""What goods pass on their way that can be counted or be full: directions of links, crossings and terminals.

A *movement* is a link in one direction, a row of border.csv, or a terminal, for one form of cargo. A link that passes a border
is one movement, though the network has two arcs for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.case.remember import remembered
from karvan.network import ArcKind

if TYPE_CHECKING:
    from karvan.flows.problem import Floats, Ints
    from karvan.network import Arcs, Network


@dataclass(frozen=True, eq=False)
class Movements:
    """The movements of one form of cargo.

    Attributes
    ----------
    keys
        Of each: ``link``, ``border`` or ``terminal``, its row, and the direction (``+``, ``-``, or empty).
    of_arc
        Movement of every arc, -1 where it is none or belongs to an arc before it.
    whole
        Movement of every arc, those that belong to an arc before them included.
    length_km, move_h
        Of each link: distance and hours in motion.
    """

    keys: tuple[tuple[str, str, str], ...]
    of_arc: Ints
    whole: Ints
    length_km: Floats
    move_h: Floats

    def on(self, arcs: Arcs) -> Movements:
        """Return the same movements with the figures of other arcs in the same places."""
        figures = _figures(self.whole, len(self.keys), arcs.length_km, arcs.move_h)
        return Movements(self.keys, self.of_arc, self.whole, *figures)


def movements_of(network: Network, arcs: Arcs) -> Movements:
    """Return the movements of a network's arcs."""
    links = network.applied.rows("link")
    number: dict[tuple[str, str, str], int] = {}
    of_arc = np.full(len(arcs), -1, dtype=np.int64)
    whole = np.full(len(arcs), -1, dtype=np.int64)
    states = network.index.states
    move, border = int(ArcKind.MOVE), int(ArcKind.BORDER)
    for a, kind in enumerate(arcs.kind.tolist()):
        if kind == move:
            tail = states[arcs.tail[a]]
            if tail.kind == "mode":
                way, counts = ("+" if tail.place == links[arcs.row[a]]["from_node_id"] else "-"), True
            else:
                # before a border at sea the whole link, after a border on land its second half
                way, counts = tail.mode, tail.kind == "before"
            movement = number.setdefault(("link", arcs.row[a], way), len(number))
            whole[a] = movement
            if counts:
                of_arc[a] = movement
        elif kind == border:
            of_arc[a] = whole[a] = number.setdefault(("border", arcs.border[a], ""), len(number))
        elif arcs.row[a]:
            of_arc[a] = whole[a] = number.setdefault(("terminal", arcs.row[a], ""), len(number))
    return Movements(tuple(number), of_arc, whole, *_figures(whole, len(number), arcs.length_km, arcs.move_h))


@remembered(16)
def _figures(whole: Ints, count: int, length_km: Floats, move_h: Floats) -> tuple[Floats, Floats]:
    """Return kilometres and hours in motion of every movement."""
    known = whole >= 0
    length, move = (
        np.bincount(whole[known], column[known], minlength=count).astype(np.float64) for column in (length_km, move_h)
    )
    return length, move
