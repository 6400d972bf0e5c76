"""The map of a network: rail by gauge, roads, sailings, crossings as gates, and a route that lights up.

Lines run straight from node to node: a schema of the network, not of the country. Neither borders nor coasts are drawn, since
none come with a case; the names of countries stand among their nodes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, Box, Room, drawing, new_figure, points_along
from karvan.charts.map_labels import Label, place_countries, place_labels, short_name
from karvan.charts.map_lines import (
    SEA_MODES,
    detours,
    draw_strokes,
    fit_land,
    land_strokes,
    sea_strokes,
    shown_links,
)
from karvan.charts.map_marks import (
    ROW_PT,
    draw_diamond,
    draw_gates,
    draw_key,
    draw_square,
    gates,
    gauge_break_nodes,
    key_entries,
    key_rows,
)
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.canvas import Points
    from karvan.charts.map_lines import Exit, Stroke
    from karvan.charts.map_marks import Gate
    from karvan.charts.palette import Palette

#: Width of the figure and greatest height of the map, in points.
WIDTH_PT, TALLEST_PT = 760.0, 620.0
MARGIN_PT, TITLE_PT, KEY_GAP_PT = 8.0, 24.0, 8.0
#: Most labels of towns that nobody asked for.
MOST_LABELS = 60
#: What an unasked label is worth, by type of node.
_WORTH = {"port": 2.5, "city": 2.0, "terminal": 1.0, "dry_port": 0.5, "junction": 1.0, "station": 0.5, "border": -2.0}


def draw_network_map(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    crossings: pd.DataFrame,
    *,
    highlight: Collection[str] = (),
    labels: Sequence[str] | None = None,
    title: str = "",
    palette: Palette = LIGHT,
) -> Figure:
    """Draw the map of a network.

    Parameters
    ----------
    nodes
        One row per node, by node: name, x_coord and y_coord in degrees, node_type, country.
    links
        One row per link, by link: from_node_id, to_node_id, mode, gauge_mm, length_km, status, built, crossing_id.
    crossings
        Rows of border.csv: crossing_id, name, mode, node_id (ports), time_h, status.
    highlight
        Links of a route, which lights up while the rest steps back.
    labels
        Nodes to name first, the most important first; others follow where there is room. None leaves the choice to the map.
    title
        Above the map.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _Map(nodes, links, crossings, frozenset(highlight), palette).draw(labels, title)


class _Map:
    """A map while it is drawn: what is shown, where, and the room that is left."""

    def __init__(
        self, nodes: pd.DataFrame, links: pd.DataFrame, crossings: pd.DataFrame, lit: frozenset[str], palette: Palette
    ) -> None:
        self.palette, self.lit, self.crossings = palette, lit, crossings
        self.links = shown_links(links)
        self.links["detour"] = detours(self.links, nodes)
        self.projection = fit_land(nodes, self.links, WIDTH_PT - 2 * MARGIN_PT, TALLEST_PT)
        self.frame = self.projection.frame
        self.nodes = nodes
        self.points: Points = self.projection.points(nodes["x_coord"], nodes["y_coord"])
        self.where = {str(node): point for node, point in zip(nodes.index, self.points, strict=True)}
        names = {str(node): short_name(str(name)) for node, name in nodes["name"].items()}
        self.names = names
        sea, self.exits = sea_strokes(self.links, self.where, names, lit, self.frame)
        self.strokes: list[Stroke] = [*land_strokes(self.links, self.where, lit), *sea]
        self.gates: list[Gate] = [
            gate for gate in gates(self.links, crossings, self.where) if self._inside(gate.centre)
        ]
        self.breaks = [node for node in gauge_break_nodes(self.links) if self._inside(self.where[node])]
        self.room = Room(self.frame, ink=self._ink())

    def _inside(self, point: Points) -> bool:
        return Box(*point, *point).within(self.frame)

    def _ink(self) -> Points:
        lines = [points_along(stroke.line) for stroke in self.strokes]
        return np.concatenate(lines) if lines else np.empty((0, 2))

    def draw(self, labels: Sequence[str] | None, title: str) -> Figure:
        """Draw everything, from the ground up."""
        ports = self._ports()
        shut = {node for node, is_shut in ports.items() if is_shut}
        entries = key_entries(
            self.strokes, self.gates, ports=len(ports) > len(shut), shut_ports=bool(shut), breaks=bool(self.breaks)
        )
        rows = key_rows(entries, self.frame.right)
        below = KEY_GAP_PT + ROW_PT * len(rows)
        above = TITLE_PT if title else 0.0
        width, height = self.frame.right + 2 * MARGIN_PT, self.frame.top + below + above + 2 * MARGIN_PT
        figure = new_figure(width, height)
        ground, axes = self._axes(figure, width, height, below)
        if title:
            ground.text(
                MARGIN_PT, height - MARGIN_PT - 4, title, size=TITLE, color=self.palette.ink, va="top", weight="bold"
            )
        draw_strokes(axes, self.strokes, self.palette, faded=bool(self.lit))
        passed = set(self.links.loc[self.links.index.isin(list(self.lit)), "crossing_id"])
        self.room.taken += draw_gates(axes, self.gates, self.palette, faded=bool(self.lit), lit=passed)
        self._draw_marks(axes, ports)
        self._draw_labels(axes, labels, ports, passed)
        place_countries(axes, self.nodes, self.points, self.room, self.palette)
        most = max((gate.hours for gate in self.gates), default=0.0)
        key = figure.add_axes((MARGIN_PT / width, 0, self.frame.right / width, (below + MARGIN_PT) / height))
        key.set(xlim=(0, self.frame.right), ylim=(0, below + MARGIN_PT))
        key.axis("off")
        draw_key(key, rows, below + MARGIN_PT - KEY_GAP_PT, most, self.palette)
        return figure

    def _axes(self, figure: Figure, width: float, height: float, below: float) -> tuple[Axes, Axes]:
        """Return axes in points over the whole page, and over the map alone, which cuts off what leaves it."""
        ground = figure.add_axes((0, 0, 1, 1))
        ground.set(xlim=(0, width), ylim=(0, height))
        ground.axis("off")
        bottom = below + MARGIN_PT
        axes = figure.add_axes((MARGIN_PT / width, bottom / height, self.frame.right / width, self.frame.top / height))
        axes.set(xlim=(0, self.frame.right), ylim=(0, self.frame.top), xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color=self.palette.line, linewidth=0.8)
        return ground, axes

    def _ports(self) -> dict[str, bool]:
        """Return the nodes that sailings call at, and whether their formalities are shut."""
        sailing = self.links[self.links["mode"].isin(SEA_MODES) & (self.links["status"] == "existing")]
        called = sorted({*sailing["from_node_id"], *sailing["to_node_id"]})
        rows = self.crossings[self.crossings["node_id"] != ""].groupby("node_id")["status"]
        shut = rows.agg(lambda values: bool((values == "shut").all())) if len(self.crossings) else pd.Series(dtype=bool)
        return {node: bool(shut.get(node, False)) for node in called if self._inside(self.where[node])}

    def _draw_marks(self, axes: Axes, ports: dict[str, bool]) -> None:
        palette = self.palette
        for exit_ in self.exits:
            color = palette.turquoise if exit_.lit or not self.lit else palette.turquoise_light
            arrow = {
                "arrowstyle": "-|>,head_width=0.15,head_length=0.3",
                "color": color,
                "linewidth": 2.0 if exit_.lit else 0.8,
                "shrinkA": 2,
                "shrinkB": 0,
            }
            ends = [(float(point[0]), float(point[1])) for point in (exit_.end, exit_.start)]
            axes.annotate("", ends[0], ends[1], arrowprops=arrow, zorder=3)
        for node, shut in ports.items():
            face, edge = (palette.madder, palette.madder) if shut else (palette.paper, palette.turquoise)
            self.room.take(draw_square(axes, self.where[node], face, edge))
        for node in self.breaks:
            self.room.take(draw_diamond(axes, self.where[node], palette.ink, palette.paper))

    def _draw_labels(self, axes: Axes, labels: Sequence[str] | None, ports: dict[str, bool], passed: set[str]) -> None:
        palette = self.palette
        wanted = [self._town(node, first=True) for node in labels or () if self._inside(self.where[node])]
        wanted += [self._gate_label(gate, bold=True) for gate in self.gates if gate.id in passed]
        wanted += [self._exit_label(exit_) for exit_ in self.exits]
        if not self.lit:
            shut = sorted((gate for gate in self.gates if gate.shut == "yes"), key=lambda gate: -gate.hours)
            wanted += [self._gate_label(gate) for gate in shut]
            known = set(labels or ())
            wanted += [self._town(node) for node in self._by_worth(ports) if node not in known][:MOST_LABELS]
        drawn = place_labels(axes, wanted, self.room)
        towns = {label.point.tobytes() for label in drawn}
        marked = {*ports, *self.breaks}
        for node, point in self.where.items():
            if point.tobytes() in towns and node not in marked:
                axes.plot(*point, marker="o", markersize=2.6, color=palette.ink, markeredgewidth=0, zorder=16)

    def _gate_label(self, gate: Gate, *, bold: bool = False) -> Label:
        text = f"{short_name(gate.name)}, {'shut' if gate.shut == 'yes' else words.hours(gate.hours)}"
        return Label(text, gate.centre, self.palette.madder, bold=bold, offset=6.0, must=True, reach=2.8)

    def _town(self, node: str, *, first: bool = False) -> Label:
        size = NORMAL if first else SMALL
        return Label(
            self.names[node], self.where[node], self.palette.ink, size=size, bold=first, offset=4.2, must=first
        )

    def _exit_label(self, exit_: Exit) -> Label:
        color = self.palette.turquoise if exit_.lit or not self.lit else self.palette.stone_ink
        names = [name.removesuffix(" Port") for name in exit_.names]
        goals = words.listed([*names[:2], f"{len(names) - 2} more"] if len(names) > 3 else names)  # noqa: PLR2004 - short enough
        return Label(f"to {goals}", exit_.end, color, offset=2.5)

    def _by_worth(self, ports: dict[str, bool]) -> list[str]:
        """Return the nodes in the order in which they deserve a label: ports, towns, and where lines meet."""
        standing = self.links[self.links["status"] == "existing"]
        degree = pd.concat([standing["from_node_id"], standing["to_node_id"]]).value_counts()
        worth = {
            str(node): float(degree.get(node, 0)) + _WORTH.get(str(kind), 0.0) + (1.0 if node in ports else 0.0)
            for node, kind in self.nodes["node_type"].items()
            if self._inside(self.where[str(node)]) and degree.get(node, 0) > 0
        }
        return sorted(worth, key=lambda node: (-worth[node], node))
