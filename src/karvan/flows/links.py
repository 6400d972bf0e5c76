"""The link table of a dense network: what every link takes at every flow, in the network's own units.

    time_a(v) = free_flow_time_a (1 + b_a (v / capacity_a)^power_a)        Bureau of Public Roads, 1964

A blank capacity (NaN) means uncapacitated: the time is constant, as it is where b or the free-flow time is zero. A power of
zero makes it constant too, at ``free_flow_time (1 + b)``, which is what the formula says at any flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

#: Columns of figures, in the order of a TNTP file.
FIGURES = ("capacity", "length", "free_flow_time", "b", "power", "speed", "toll", "link_type")
#: Figures that a table may leave out, and what they then are.
DEFAULTS = {"capacity": np.nan, "length": 0.0, "b": 0.15, "power": 4.0, "speed": 0.0, "toll": 0.0, "link_type": 0.0}
#: Problems of one kind that an error lists before it counts the rest.
SHOWN_PROBLEMS = 5
#: Networks whose duplicates are kept, by their content.
KEPT = 4


@dataclass(frozen=True)
class LinkTable:
    """A network: its nodes, the first of which are the zones, and its links.

    Attributes
    ----------
    name
        Name of the network.
    nodes
        Names of the nodes; zones come first.
    zones
        Number of zones.
    through
        Whether each node may be passed through.
    from_node, to_node
        Ends of the links, as numbers of nodes.
    capacity, length, free_flow_time, b, power, toll
        Figures of the links. Capacity NaN: uncapacitated.
    """

    name: str
    nodes: tuple[str, ...]
    zones: int
    through: Flags
    from_node: Ints
    to_node: Ints
    capacity: Floats
    length: Floats
    free_flow_time: Floats
    b: Floats
    power: Floats
    toll: Floats

    @staticmethod
    def of(
        frame: pd.DataFrame, *, zones: Sequence[Any], not_through: Sequence[Any] = (), name: str = "links"
    ) -> LinkTable:
        """Return a network from a table with from_node, to_node and free_flow_time.

        Parameters
        ----------
        frame
            The table. It may also have capacity (blank: uncapacitated), length, b (0.15 without), power (4 without), toll.
        zones
            The places between which there is demand, in the order of the demand's rows.
        not_through
            Nodes that may not be passed through.
        name
            What errors call it.

        Raises
        ------
        InputError
            Something is wrong with it; all of it is listed.
        """
        missing = [column for column in ("from_node", "to_node", "free_flow_time") if column not in frame]
        if missing:
            raise InputError([f"has no column {column}" for column in missing], what=name)
        given = list(dict.fromkeys([node_name(zone) for zone in zones]))
        ends = [[node_name(node) for node in frame[column]] for column in ("from_node", "to_node")]
        nodes = tuple(dict.fromkeys([*given, *ends[0], *ends[1]]))
        number = {node: place for place, node in enumerate(nodes)}
        barred = [node_name(node) for node in not_through]
        problems = [] if given else ["names no zone"]
        problems += [f"not_through names node {node}, which is not there" for node in barred if node not in number]
        if "" in number:
            rows = [row + 1 for row, both in enumerate(zip(*ends, strict=True)) if "" in both][:SHOWN_PROBLEMS]
            problems.append(f"a node is blank: {', '.join(f'link {row}' for row in rows) or 'among the zones'}")
        figures = {}
        for column in ("capacity", "length", "free_flow_time", "b", "power", "toll"):
            figures[column] = np.full(len(frame), DEFAULTS.get(column, np.nan))
            try:
                if column in frame:
                    figures[column] = frame[column].to_numpy(dtype=float).copy()
            except (TypeError, ValueError) as error:
                problems.append(f"column {column} holds what is no number ({error})")
        if problems:
            raise InputError(problems, what=name)
        through = np.ones(len(nodes), dtype=bool)
        through[[number[node] for node in barred]] = False
        tails, heads = (np.array([number[node] for node in side], dtype=np.int64) for side in ends)
        table = LinkTable(name, nodes, len(given), through, tails, heads, **figures)
        table.check()
        return table

    def __len__(self) -> int:
        return self.from_node.size

    @property
    def table(self) -> pd.DataFrame:
        """The links, one row each."""
        import pandas as pd  # noqa: PLC0415 - heavy

        names = np.array(self.nodes, dtype=object)
        ends = {"from_node": names[self.from_node], "to_node": names[self.to_node]}
        return pd.DataFrame(ends | {column: getattr(self, column) for column in
                                    ("capacity", "length", "free_flow_time", "b", "power", "toll")})  # fmt: skip

    @property
    def varies(self) -> Flags:
        """Whether the time of each link depends on its flow."""
        return np.isfinite(self.capacity) & (self.free_flow_time > 0) & (self.b > 0) & (self.power > 0)

    @property
    def duplicates(self) -> int:
        """Number of links whose ends another link before them has too."""
        return _duplicates(
            len(self.nodes), *(np.asarray(each, dtype=np.int64).tobytes() for each in (self.from_node, self.to_node))
        )

    def name_of(self, link: int) -> str:
        """Return what people call a link: its number and its ends."""
        return f"link {link + 1} ({self.nodes[self.from_node[link]]} -> {self.nodes[self.to_node[link]]})"

    def check(self) -> None:
        """Check the figures.

        Raises
        ------
        InputError
            Some are wrong; all are listed.
        """
        problems = list(self._problems())
        if problems:
            raise InputError(problems, what=self.name)

    def _problems(self) -> Iterator[str]:
        if not len(self):
            yield "holds no link"
            return
        needed = np.isfinite(self.free_flow_time) & (self.free_flow_time != 0) & (self.b != 0) & (self.power != 0)
        rules = [
            ("free_flow_time", ~np.isfinite(self.free_flow_time), "no free-flow time", "give one; zero is allowed"),
            ("free_flow_time", self.free_flow_time < 0, "a negative free-flow time", "give zero or more"),
            ("b", ~np.isfinite(self.b) | (self.b < 0), "b missing or negative", "give zero or more"),
            ("power", ~np.isfinite(self.power) | (self.power < 0), "power missing or negative", "give zero or more"),
            ("capacity", needed & (self.capacity == 0), "a capacity of zero where the time depends on it",
             "leave it blank for uncapacitated, leave the link out if it is shut, or set b to 0"),
            ("capacity", self.capacity < 0, "a negative capacity", "give more than zero, or blank for uncapacitated"),
            ("length", ~np.isfinite(self.length) | (self.length < 0), "length missing or negative", "give zero or more"),
            ("toll", ~np.isfinite(self.toll) | (self.toll < 0), "toll missing or negative", "give zero or more"),
        ]  # fmt: skip
        for column, wrong, what, todo in rules:
            yield from _listed(self, column, np.flatnonzero(wrong), what, todo)


@lru_cache(maxsize=KEPT)
def _duplicates(nodes: int, from_node: bytes, to_node: bytes) -> int:
    tail, head = (np.frombuffer(ends, dtype=np.int64) for ends in (from_node, to_node))
    return int(tail.size - np.unique(tail * nodes + head).size)


def node_name(node: object) -> str:
    """Return the name of a node as text: 7 for 7.0, which tables make of 7 where a cell is blank; nothing for a blank."""
    if isinstance(node, Real):
        figure = float(node)
        if np.isnan(figure):
            return ""
        return str(int(figure)) if figure.is_integer() else str(node)
    return "" if node is None else str(node)


def _listed(links: LinkTable, column: str, wrong: Ints, what: str, todo: str) -> Iterator[str]:
    for link in wrong[:SHOWN_PROBLEMS]:
        yield f"{links.name_of(int(link))}, {column}: {what}; {todo}."
    if wrong.size > SHOWN_PROBLEMS:
        yield f"{wrong.size - SHOWN_PROBLEMS} more links with {what}."
