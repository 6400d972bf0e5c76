"""The map of flows: lines as wide as what they carry, by mode; what is full is edged in red, with its price or queue.

Lines run straight from node to node, as on the map of the network; neither borders nor coasts are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, Box, Room, drawing, new_figure, points_along, write
from karvan.charts.map_labels import Label, place_countries, place_labels, short_name
from karvan.charts.map_lines import SEA_MODES, arc, detours, fit_land, land_points, shown_links
from karvan.charts.palette import LIGHT, mode_colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.canvas import Points
    from karvan.charts.palette import Palette

WIDTH_PT, TALLEST_PT = 760.0, 600.0
MARGIN_PT, TITLE_PT, KEY_PT = 8.0, 24.0, 34.0
#: Widths of the widest and of the narrowest line with a flow, in points.
WIDEST_PT, NARROWEST_PT = 9.0, 0.7
#: How far the red edge of what is full stands out on either side, in points.
EDGE_PT = 1.8
#: Use from which a line counts as full.
FULL_SHARE = 0.98
#: Towns and ports named without being asked for: the busiest.
MOST_TOWNS = 26


def draw_flow_map(
    nodes: pd.DataFrame,
    links: pd.DataFrame,
    flows: pd.DataFrame,
    *,
    narrows: Sequence[tuple[str, str]] = (),
    labels: Sequence[str] = (),
    title: str = "",
    palette: Palette = LIGHT,
) -> Figure:
    """Draw what runs where.

    Parameters
    ----------
    nodes, links
        As :func:`karvan.charts.network_map.draw_network_map` has them.
    flows
        One row per link, by link: flow_t_per_year of both directions, and utilisation of the fuller one.
    narrows
        Nodes or links that are full, the dearest first, and what the map says of each.
    labels
        Nodes to name first.
    title
        Above the map.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _FlowMap(nodes, links, flows, palette).draw(narrows, labels, title)


class _FlowMap:
    def __init__(self, nodes: pd.DataFrame, links: pd.DataFrame, flows: pd.DataFrame, palette: Palette) -> None:
        self.palette, self.nodes = palette, nodes
        shown = shown_links(links)
        shown["detour"] = detours(shown, nodes)
        self.links = shown[(shown["status"] == "existing") & ~shown["detour"]]
        self.tonnes = flows["flow_t_per_year"].reindex(self.links.index).fillna(0.0)
        self.use = flows["utilisation"].reindex(self.links.index).fillna(0.0)
        self.projection = fit_land(nodes, self.links, WIDTH_PT - 2 * MARGIN_PT, TALLEST_PT)
        self.frame = self.projection.frame
        self.points: Points = self.projection.points(nodes["x_coord"], nodes["y_coord"])
        self.where = {str(node): point for node, point in zip(nodes.index, self.points, strict=True)}
        self.most = max(float(self.tonnes.max()) if len(self.tonnes) else 0.0, 1.0)
        self.lines = self._lines()

    def _lines(self) -> dict[str, Points]:
        ground = land_points(self.links, self.where)
        rails = {frozenset(pair) for pair in self._ends("rail")}
        lines = {}
        for link, row in zip(self.links.index, self.links.to_dict("records"), strict=True):
            a, b = str(row["from_node_id"]), str(row["to_node_id"])
            line = np.array([self.where[a], self.where[b]])
            if row["mode"] in SEA_MODES:
                line = arc(line[0], line[1], ground)
            elif row["mode"] == "road" and frozenset((a, b)) in rails:
                line = line + 0.5 * (self.width(float(self.tonnes[link])) + 3.0) * _aside(line)
            lines[str(link)] = line
        return lines

    def _ends(self, mode: str) -> list[tuple[str, str]]:
        mine = self.links[self.links["mode"] == mode]
        return [(str(a), str(b)) for a, b in zip(mine["from_node_id"], mine["to_node_id"], strict=True)]

    def width(self, tonnes: float) -> float:
        """Return the width of a line in points: in proportion to its tonnes, none thinner than can be seen."""
        return max(NARROWEST_PT, WIDEST_PT * tonnes / self.most)

    def draw(self, narrows: Sequence[tuple[str, str]], labels: Sequence[str], title: str) -> Figure:
        above = TITLE_PT if title else 0.0
        width, height = self.frame.right + 2 * MARGIN_PT, self.frame.top + KEY_PT + above + 2 * MARGIN_PT
        figure = new_figure(width, height)
        ground = figure.add_axes((0, 0, 1, 1))
        ground.set(xlim=(0, width), ylim=(0, height))
        ground.axis("off")
        if title:
            ground.text(
                MARGIN_PT, height - MARGIN_PT - 4, title, size=TITLE, color=self.palette.ink, va="top", weight="bold"
            )
        bottom = KEY_PT + MARGIN_PT
        axes = figure.add_axes((MARGIN_PT / width, bottom / height, self.frame.right / width, self.frame.top / height))
        axes.set(xlim=(0, self.frame.right), ylim=(0, self.frame.top), xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color=self.palette.line, linewidth=0.8)
        self._draw_lines(axes)
        self._draw_labels(axes, narrows, labels)
        self._draw_key(ground)
        return figure

    def _draw_lines(self, axes: Axes) -> None:
        palette = self.palette
        order = [str(link) for link in self.tonnes.sort_values(ascending=False, kind="stable").index]
        empty = [self.lines[link] for link in order if self.tonnes[link] <= 0]
        axes.add_collection(LineCollection(empty, colors=palette.mist, linewidths=0.5, zorder=1))
        loaded = [link for link in order if self.tonnes[link] > 0]
        full = [link for link in loaded if self.use[link] >= FULL_SHARE]
        widths = {link: self.width(float(self.tonnes[link])) for link in loaded}
        axes.add_collection(
            LineCollection(
                [self.lines[link] for link in full],
                colors=palette.madder,
                linewidths=[widths[link] + 2 * EDGE_PT for link in full],
                capstyle="round",
                zorder=4,
            )
        )
        colors = [mode_colors(palette, str(self.links.at[link, "mode"]))[0] for link in loaded]
        axes.add_collection(
            LineCollection(
                [self.lines[link] for link in loaded],
                colors=colors,
                linewidths=[widths[link] for link in loaded],
                capstyle="round",
                zorder=5,
            )
        )

    def _draw_labels(self, axes: Axes, narrows: Sequence[tuple[str, str]], labels: Sequence[str]) -> None:
        room = Room(
            self.frame, ink=np.concatenate([points_along(line) for line in self.lines.values()] or [np.empty((0, 2))])
        )
        wanted = []
        seen: set[bytes] = set()
        for place, text in narrows:
            point = self._point(place)
            if point is None or point.tobytes() in seen:
                continue
            seen.add(point.tobytes())
            axes.plot(*point, marker="D", markersize=4.4, color=self.palette.madder, markeredgecolor=self.palette.paper,
                      markeredgewidth=0.7, zorder=18)  # fmt: skip
            wanted.append(Label(text, point, self.palette.madder, bold=True, offset=6.0, must=True, reach=2.8))
        towns = list(dict.fromkeys([*labels, *self._busiest()]))
        wanted += [
            Label(short_name(str(self.nodes.at[node, "name"])), self.where[node], self.palette.ink,
                  size=NORMAL if node in labels else SMALL, offset=5.0)
            for node in towns if self._inside(self.where[node])
        ]  # fmt: skip
        place_labels(axes, wanted, room)
        place_countries(axes, self.nodes, self.points, room, self.palette)

    def _point(self, place: str) -> Points | None:
        """Return the point of a node, or the middle of a link; None where the map does not show it."""
        if place in self.lines:
            line = self.lines[place]
            point = (line[0] + line[-1]) / 2 if len(line) == 2 else line[len(line) // 2]  # noqa: PLR2004 - straight
        elif place in self.where:
            point = self.where[place]
        else:
            return None
        return point if self._inside(point) else None

    def _inside(self, point: Points) -> bool:
        return Box(*point, *point).within(self.frame)

    def _busiest(self) -> list[str]:
        """Return the nodes with the most tonnes through them."""
        passed: dict[str, float] = {}
        for link, tonnes in self.tonnes.items():
            for name in ("from_node_id", "to_node_id"):
                node = str(self.links.at[link, name])
                passed[node] = passed.get(node, 0.0) + float(tonnes)
        towns = [node for node in passed if passed[node] > 0 and self.nodes.at[node, "node_type"] in ("city", "port")]
        return sorted(towns, key=lambda node: (-passed[node], node))[:MOST_TOWNS]

    def _draw_key(self, ground: Axes) -> None:
        palette, y, x = self.palette, KEY_PT / 2, MARGIN_PT
        for mode, text in (("rail", "rail"), ("road", "road"), ("sea", "sea and ferry")):
            ground.plot([x, x + 22], [y, y], color=mode_colors(palette, mode)[0], linewidth=3.0, solid_capstyle="butt")
            write(ground, x + 27, y, text, palette.ink)
            x += 27 + 5.2 * len(text) + 14
        for share in (1.0, 0.5, 0.1):
            tonnes = share * self.most
            ground.plot([x, x + 22], [y, y], color=palette.stone, linewidth=self.width(tonnes), solid_capstyle="butt")
            text = f"{words.number(tonnes / 1e6, digits=2)} Mt a year"
            write(ground, x + 27, y, text, palette.ink)
            x += 27 + 5.2 * len(text) + 10
        ground.plot([x, x + 22], [y, y], color=palette.madder, linewidth=3.0 + 2 * EDGE_PT, solid_capstyle="butt")
        ground.plot([x, x + 22], [y, y], color=palette.lapis, linewidth=3.0, solid_capstyle="butt")
        write(ground, x + 27, y, "full", palette.ink)
        x += 60
        ground.plot([x + 5], [y], marker="D", markersize=4.4, color=palette.madder, linewidth=0)
        write(ground, x + 14, y, "bottleneck", palette.ink)


def _aside(line: Points) -> Points:
    """Return the unit vector across a line."""
    way = line[1] - line[0]
    length = float(np.hypot(*way))
    across: Points = np.array([-way[1], way[0]]) / length if length > 0 else np.zeros(2)
    return across
