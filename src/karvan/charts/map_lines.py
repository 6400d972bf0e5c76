"""The lines of the map: links projected, joined end to end where nothing branches, and drawn by mode, gauge and status."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection

from karvan.charts.canvas import Box, points_along
from karvan.charts.palette import link_style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from matplotlib.axes import Axes

    from karvan.charts.canvas import Points
    from karvan.charts.palette import LineStyle, Palette

#: A sailing so much longer than the great circle goes round a continent: its arc would cross the land.
DETOUR = 1.6
#: Height of a sea arc over its chord, as a share of the chord.
ARC_BULGE = 0.16
#: Shares of nodes left outside the frame at either end, and the margin about the others.
FRAME_QUANTILE, FRAME_MARGIN = 0.008, 0.05
#: Length of the exit of a sailing that leaves the map, in points.
STUB_PT = 22.0
#: Distance of a road from the railway beside it, in points.
ROAD_ASIDE_PT = 1.7
SHORT_HOP_KM = 250.0
EARTH_RADIUS_KM = 6371.0088

SEA_MODES = ("sea", "ferry")


@dataclass(frozen=True)
class Projection:
    """Degrees to points of the page: longitude shrunk by the cosine of the mean latitude, one scale for both axes.

    Attributes
    ----------
    lon, lat
        Degrees at the lower left corner of the frame.
    shrink
        Cosine of the mean latitude.
    scale
        Points per degree of latitude.
    frame
        The map's rectangle on the page, in points.
    """

    lon: float
    lat: float
    shrink: float
    scale: float
    frame: Box

    @classmethod
    def fit(cls, lon: Points, lat: Points, width: float, tallest: float) -> Projection:
        """Return the projection that shows nearly all of some points, arrays in degrees, in a width in points."""
        ends = [np.quantile(values, [FRAME_QUANTILE, 1 - FRAME_QUANTILE]) for values in (lon, lat)]
        shrink = math.cos(math.radians(float(np.mean(ends[1]))))
        spans = [max(float(high - low), 0.4) * (1 + 2 * FRAME_MARGIN) for low, high in ends]
        middles = [float(high + low) / 2 for low, high in ends]
        # a corridor that runs straight east still gets a map of some height
        across, up = max(spans[0] * shrink, 0.5 * spans[1]), max(spans[1], 0.42 * spans[0] * shrink)
        scale = min(width / across, tallest / up)
        height = min(up * scale, tallest)
        return cls(
            lon=middles[0] - width / scale / shrink / 2,
            lat=middles[1] - height / scale / 2,
            shrink=shrink,
            scale=scale,
            frame=Box(0.0, 0.0, width, height),
        )

    def points(self, lon: Any, lat: Any) -> Points:  # noqa: ANN401 - numbers or arrays
        """Return degrees as points, an array (n, 2)."""
        x = (np.asarray(lon, dtype=float) - self.lon) * self.shrink * self.scale
        y = (np.asarray(lat, dtype=float) - self.lat) * self.scale
        return np.column_stack([np.atleast_1d(x), np.atleast_1d(y)])


def fit_land(nodes: pd.DataFrame, links: pd.DataFrame, width: float, tallest: float) -> Projection:
    """Return the projection that shows the nodes that links on land join; all nodes where there are none.

    Parameters
    ----------
    nodes, links
        As :func:`karvan.charts.network_map.draw_network_map` has them.
    width, tallest
        Room in points.
    """
    land = links[~links["mode"].isin(SEA_MODES)]
    used = pd.unique(pd.concat([land["from_node_id"], land["to_node_id"]]))
    framed = nodes.loc[nodes.index.isin(used)] if len(used) else nodes
    lon, lat = (framed[name].to_numpy(dtype=float) for name in ("x_coord", "y_coord"))
    return Projection.fit(lon, lat, width, tallest)


@dataclass(frozen=True)
class Stroke:
    """A polyline of the map.

    Attributes
    ----------
    mode, gauge_mm, status
        What it is: ``status`` is ``existing`` for all that stands.
    lit
        Whether it is part of the route shown.
    line
        Its points, an array (n, 2).
    """

    mode: str
    gauge_mm: int
    status: str
    lit: bool
    line: Points


@dataclass(frozen=True)
class Exit:
    """A port with sailings that leave the map: its node, its point, the point at its end, and where they go."""

    node: str
    start: Points
    end: Points
    names: tuple[str, ...]
    lit: bool


def shown_links(links: pd.DataFrame) -> pd.DataFrame:
    """Return the links that the map shows, with ``status`` existing for all that stand; defunct ones are left out."""
    shown = links[links["built"] | links["status"].isin(["under_construction", "proposed"])].copy()
    shown.loc[shown["built"], "status"] = "existing"
    shown["gauge_mm"] = shown["gauge_mm"].fillna(0).astype(int)
    return shown


def land_strokes(links: pd.DataFrame, where: Mapping[str, Points], lit: Collection[str]) -> list[Stroke]:
    """Return the rail and road links as strokes, as long as may be, so that dashes run through."""
    groups: dict[tuple[str, int, str, bool], list[tuple[str, str]]] = {}
    for link, row in zip(links.index, links.to_dict("records"), strict=True):
        if row["mode"] not in SEA_MODES:
            key = (row["mode"], row["gauge_mm"], row["status"], str(link) in lit)
            groups.setdefault(key, []).append((row["from_node_id"], row["to_node_id"]))
    rails = {frozenset(edge) for (mode, *_), edges in groups.items() if mode == "rail" for edge in edges}
    strokes = []
    for (mode, gauge, status, bright), edges in sorted(groups.items()):
        for chain in chains(edges):
            line = np.array([where[node] for node in chain])
            if mode == "road":
                line = _beside_rails(chain, line, rails)
            strokes.append(Stroke(mode, gauge, status, bright, line))
    return strokes


def _beside_rails(chain: list[str], line: Points, rails: Collection[frozenset[str]]) -> Points:
    """Return the line of a road, moved aside where a railway joins the same two nodes."""
    parts = []
    for number, edge in enumerate(pairwise(chain)):
        part = line[number : number + 2]
        way = part[1] - part[0]
        length = float(np.hypot(*way))
        if frozenset(edge) in rails and length > 0:
            part = part + ROAD_ASIDE_PT * np.array([-way[1], way[0]]) / length
        parts.append(part)
    return np.concatenate(parts)


def chains(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return edges joined into chains that end where the edges branch or end; every edge is in one chain."""
    beside: dict[str, list[str]] = {}
    left: set[frozenset[str]] = set()
    for start, end in edges:
        edge = frozenset((start, end))
        if start != end and edge not in left:
            left.add(edge)
            beside.setdefault(start, []).append(end)
            beside.setdefault(end, []).append(start)
    found: list[list[str]] = []
    ends = [node for node in sorted(beside) if len(beside[node]) != 2]  # noqa: PLR2004 - two edges run through
    for start in [*ends, *sorted(beside)]:
        for following in sorted(beside[start]):
            # each walk takes edges away, so that what is left must be asked anew
            found += [_walk(start, following, beside, left)] if frozenset((start, following)) in left else []
    return found


def _walk(start: str, following: str, beside: Mapping[str, list[str]], left: set[frozenset[str]]) -> list[str]:
    chain = [start, following]
    left.discard(frozenset(chain))
    while len(beside[chain[-1]]) == 2:  # noqa: PLR2004 - two edges run through
        onward = [node for node in beside[chain[-1]] if frozenset((chain[-1], node)) in left]
        if not onward:
            break
        left.discard(frozenset((chain[-1], onward[0])))
        chain.append(onward[0])
    return chain


def sea_strokes(
    links: pd.DataFrame, where: Mapping[str, Points], names: Mapping[str, str], lit: Collection[str], frame: Box
) -> tuple[list[Stroke], list[Exit]]:
    """Return sea and ferry links as arcs that bulge away from the land, and exits where they would cross it."""
    land = land_points(links, where)
    strokes: list[Stroke] = []
    far: dict[str, dict[str, bool]] = {}
    for link, row in zip(links.index, links.to_dict("records"), strict=True):
        if row["mode"] not in SEA_MODES:
            continue
        ends = row["from_node_id"], row["to_node_id"]
        start, end = where[ends[0]], where[ends[1]]
        bright = str(link) in lit
        if row.get("detour", False):
            for here, there in (ends, ends[::-1]):
                known = far.setdefault(here, {})
                known[names[there]] = known.get(names[there], False) or bright
        else:
            strokes.append(Stroke(row["mode"], 0, row["status"], bright, arc(start, end, land)))
    exits = []
    for node, goals in sorted(far.items()):
        if Box(*where[node], *where[node]).within(frame):
            tip = where[node] + STUB_PT * _seaward(where[node], land)
            exits.append(Exit(node, where[node], tip, tuple(goals), any(goals.values())))
    return strokes, exits


def detours(links: pd.DataFrame, nodes: pd.DataFrame) -> pd.Series[bool]:
    """Return which links are far longer than the great circle between their ends."""
    degrees = nodes.loc[:, ["x_coord", "y_coord"]].to_numpy(dtype=np.float64)
    ends = [
        np.radians(degrees[nodes.index.get_indexer(pd.Index(links[name]))]) for name in ("from_node_id", "to_node_id")
    ]
    (lon_a, lat_a), (lon_b, lat_b) = ends[0].T, ends[1].T
    chord = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    direct = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    # short hops follow the coast: they may be long for their chord, yet leave the land alone
    far = (links["length_km"].to_numpy(dtype=np.float64) > DETOUR * direct) & (direct > SHORT_HOP_KM)
    return pd.Series(far, index=links.index, dtype=bool)


def arc(start: Points, end: Points, land: Points) -> Points:
    """Return a curve between two points that bulges to the side with more room from the land, an array (25, 2)."""
    chord = end - start
    normal = np.array([-chord[1], chord[0]])
    middle = (start + end) / 2
    share = np.linspace(0, 1, 25)[:, None]
    best, room = None, -1.0
    for side in (1.0, -1.0):
        control = middle + side * 2 * ARC_BULGE * normal
        curve = (1 - share) ** 2 * start + 2 * share * (1 - share) * control + share**2 * end
        space = float(_distance(curve[6:19], land).mean()) if len(land) else 0.0
        if space > room:
            best, room = curve, space
    assert best is not None  # noqa: S101 - one of the two sides
    return best


def land_points(links: pd.DataFrame, where: Mapping[str, Points]) -> Points:
    """Return points along the links on land, an array (n, 2) in points."""
    land = links[~links["mode"].isin(SEA_MODES)]
    lines = [
        np.array([where[start], where[end]])
        for start, end in zip(land["from_node_id"], land["to_node_id"], strict=True)
    ]
    return np.concatenate([points_along(line, 8.0) for line in lines]) if lines else np.empty((0, 2))


def _distance(points: Points, others: Points) -> Points:
    away = points[:, None, :] - others[None, :, :]
    nearest: Points = np.hypot(away[:, :, 0], away[:, :, 1]).min(axis=1)
    return nearest


def _seaward(start: Points, land: Points) -> Points:
    """Return the direction in which there is the most room from the land."""
    angles = np.radians(np.arange(0, 360, 15))
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    if not len(land):
        return np.array([1.0, 0.0])
    room = _distance(start + 2.5 * STUB_PT * ways, land)
    # the mean with its neighbours: straight out, not along the coast
    smooth = room + np.roll(room, 1) + np.roll(room, -1)
    best: Points = ways[int(smooth.argmax())]
    return best


def draw_strokes(axes: Axes, strokes: Iterable[Stroke], palette: Palette, *, faded: bool) -> None:
    """Draw strokes, roads below rail below what is lit; faded draws all that is not lit lighter."""
    order = {"road": 2, "sea": 3, "ferry": 3, "rail": 4}
    groups: dict[tuple[str, int, str, bool], list[Points]] = {}
    for stroke in strokes:
        groups.setdefault((stroke.mode, stroke.gauge_mm, stroke.status, stroke.lit), []).append(stroke.line)
    for (mode, gauge, status, lit), lines in sorted(groups.items()):
        style = link_style(palette, mode, gauge, status, lit=lit)
        color = style.color if lit or not faded else stepped_back(palette, mode)
        level = order[mode] + (10 if lit else 0)
        if lit:
            axes.add_collection(
                LineCollection(lines, colors=palette.paper, linewidths=style.width_pt + 2.4, zorder=level - 0.5)
            )
        draw_lines(axes, lines, style, color, palette.paper, level)


def stepped_back(palette: Palette, mode: str) -> str:
    """Return the colour of what has stepped back behind a route."""
    return {"rail": palette.lapis_light, "road": palette.saffron_light}.get(mode, palette.turquoise_light)


def draw_lines(axes: Axes, lines: list[Points], style: LineStyle, color: str, ground: str, level: float) -> None:
    """Draw lines of one style; a double line is a wide one with the ground in its middle."""
    dash = (0.0, list(style.dash)) if style.dash else "solid"
    shared = {"capstyle": "butt", "joinstyle": "round"}
    axes.add_collection(
        LineCollection(lines, colors=color, linewidths=style.width_pt, linestyles=[dash], zorder=level, **shared)
    )
    if style.double:
        middle = style.width_pt * 0.42
        axes.add_collection(LineCollection(lines, colors=ground, linewidths=middle, zorder=level + 0.1, **shared))
