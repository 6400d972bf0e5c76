"""States of the network: a place together with the mode and gauge that goods are on there.

A node becomes one state per mode and gauge of the links that touch it, plus a gate on either side: goods enter the network
at the gate out and leave it at the gate in, so that nothing can pass through a gate. A link between two countries has a
state before and one after its border in each direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

#: Modes in the order of their codes.
MODES = ("rail", "road", "sea", "ferry")
#: Modes whose formalities are done in port.
SEA_MODES = frozenset({"sea", "ferry"})
#: Forms of cargo; a network has one set of arcs for each.
FORMS = ("container", "bulk")


class State(NamedTuple):
    """Where goods are: the kind of state, the node, zone or link, and for ``mode`` states the mode and gauge in mm.

    Kinds: ``mode``, ``gate_out``, ``gate_in``, ``zone_out``, ``zone_in``, ``before``, ``after``. The last two are the sides
    of a border, with the link as place and the direction (``+`` or ``-``) as mode.
    """

    kind: str
    place: str
    mode: str = ""
    gauge_mm: int = 0


@dataclass(frozen=True)
class StateIndex:
    """The states of a network and the number of each."""

    states: tuple[State, ...]

    @cached_property
    def number(self) -> dict[State, int]:
        """Number of each state."""
        return {state: number for number, state in enumerate(self.states)}

    @cached_property
    def at_node(self) -> dict[str, tuple[int, ...]]:
        """Numbers of the ``mode`` states of each node."""
        found: dict[str, list[int]] = {}
        for number, state in enumerate(self.states):
            if state.kind == "mode":
                found.setdefault(state.place, []).append(number)
        return {node: tuple(numbers) for node, numbers in found.items()}

    def __len__(self) -> int:
        return len(self.states)
