"""The marks of the map: crossings as gates across their lines, ports, gauge breaks, and the key that explains them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from karvan.charts import words
from karvan.charts.canvas import SMALL, Box, text_size, write
from karvan.charts.map_lines import SEA_MODES, Stroke, draw_lines
from karvan.charts.palette import link_style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from karvan.charts.canvas import Points
    from karvan.charts.palette import Palette

#: Length of the longest gate and thickness of a gate, in points; no gate is shorter than the shortest.
LONGEST_GATE, GATE_WIDTH, SHORTEST_GATE = 26.0, 2.6, 5.0
#: Links shorter than this on the page say little of the direction of their line.
SHORT_LINK_PT = 5.0
PORT_SIDE, BREAK_SIDE = 5.0, 5.2
ROW_PT, SAMPLE_PT, GAP_PT = 15.0, 26.0, 16.0


@dataclass(frozen=True)
class Gate:
    """A crossing on the map.

    Attributes
    ----------
    id, name
        The crossing.
    centre, along
        Its point, and the unit vector of the line that it crosses.
    hours
        Mean hours of formalities and waiting, of its slower mode.
    shut
        ``no``, ``partly`` (one mode or direction) or ``yes``.
    """

    id: str
    name: str
    centre: Points
    along: Points
    hours: float
    shut: str


def gates(links: pd.DataFrame, crossings: pd.DataFrame, where: Mapping[str, Points]) -> list[Gate]:
    """Return the gates of the crossings that a standing land link passes.

    Parameters
    ----------
    links
        Links as :func:`karvan.charts.map_lines.shown_links` returns them.
    crossings
        Rows of border.csv.
    where
        Points of the nodes.
    """
    standing = links[(links["status"] == "existing") & (links["crossing_id"] != "") & ~links["mode"].isin(SEA_MODES)]
    beside = _beside(links)
    found = []
    for crossing, theirs in standing.groupby("crossing_id", sort=True):
        rows = crossings[(crossings["crossing_id"] == crossing) & crossings["mode"].isin(theirs["mode"])]
        if rows.empty:
            continue
        ends = list(zip(theirs["from_node_id"], theirs["to_node_id"], strict=True))
        centre = np.mean([(where[start] + where[end]) / 2 for start, end in ends], axis=0)
        shut = (rows["status"] == "shut").to_numpy()
        found.append(
            Gate(
                id=str(crossing),
                name=str(rows["name"].iloc[0]),
                centre=centre,
                along=_direction(ends, beside, where),
                hours=float(rows.groupby("mode")["time_h"].mean().max()),
                shut="yes" if shut.all() else "partly" if shut.any() else "no",
            )
        )
    return found


def _beside(links: pd.DataFrame) -> dict[str, set[str]]:
    beside: dict[str, set[str]] = {}
    for start, end in zip(links["from_node_id"], links["to_node_id"], strict=True):
        beside.setdefault(start, set()).add(end)
        beside.setdefault(end, set()).add(start)
    return beside


def _direction(
    ends: Sequence[tuple[str, str]], beside: Mapping[str, Collection[str]], where: Mapping[str, Points]
) -> Points:
    """Return the mean direction of the lines through a crossing; where its links are short, that of the lines beyond."""
    total = np.zeros(2)
    for start, end in ends:
        way = where[end] - where[start]
        if np.hypot(*way) < SHORT_LINK_PT:
            behind = [where[node] for node in beside[start] if node != end] or [where[start]]
            ahead = [where[node] for node in beside[end] if node != start] or [where[end]]
            way = np.mean(ahead, axis=0) - np.mean(behind, axis=0)
        length = np.hypot(*way)
        if length > 0:
            total += way / length * (1.0 if total @ way >= 0 else -1.0)
    length = np.hypot(*total)
    return total / length if length > 0 else np.array([1.0, 0.0])


def gate_length(hours: float, most_hours: float) -> float:
    """Return the length of a gate in points: as the hours, the longest of the map at full length."""
    return max(SHORTEST_GATE, LONGEST_GATE * hours / most_hours) if most_hours > 0 else SHORTEST_GATE


def draw_gates(axes: Axes, found: Iterable[Gate], palette: Palette, *, faded: bool, lit: Collection[str]) -> list[Box]:
    """Draw gates; return the boxes that they take."""
    shown = list(found)
    most = max((gate.hours for gate in shown), default=0.0)
    boxes = []
    for gate in shown:
        length = gate_length(gate.hours, most)
        bright = not faded or gate.id in lit
        corners = _bar(gate.centre, gate.along, length, GATE_WIDTH)
        edge = palette.madder if bright else palette.stone_ink if gate.shut == "no" else palette.madder
        face = {"no": palette.paper, "partly": palette.madder_light, "yes": palette.madder}[gate.shut]
        axes.add_patch(
            Polygon(corners, closed=True, facecolor=face, edgecolor=edge, linewidth=0.9, zorder=18 if bright else 8)
        )
        low, high = corners.min(axis=0), corners.max(axis=0)
        boxes.append(Box(low[0], low[1], high[0], high[1]))
    return boxes


def _bar(centre: Points, along: Points, length: float, width: float) -> Points:
    across = np.array([-along[1], along[0]])
    half, side = across * length / 2, along * width / 2
    return np.array([centre + half + side, centre + half - side, centre - half - side, centre - half + side])


def gauge_break_nodes(links: pd.DataFrame) -> list[str]:
    """Return the nodes at which standing rail links of two gauges meet."""
    rails = links[(links["mode"] == "rail") & (links["status"] == "existing")]
    gauges: dict[str, set[int]] = {}
    for start, end, gauge in zip(rails["from_node_id"], rails["to_node_id"], rails["gauge_mm"], strict=True):
        for node in (start, end):
            gauges.setdefault(node, set()).add(int(gauge))
    return sorted(node for node, found in gauges.items() if len(found) > 1)


def draw_square(axes: Axes, point: Points, face: str, edge: str, level: float = 16) -> Box:
    """Draw the mark of a port; return its box."""
    half = PORT_SIDE / 2
    corners = point + np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    axes.add_patch(Polygon(corners, closed=True, facecolor=face, edgecolor=edge, linewidth=1.1, zorder=level))
    return Box.around(point[0], point[1], PORT_SIDE, PORT_SIDE)


def draw_diamond(axes: Axes, point: Points, color: str, ground: str) -> Box:
    """Draw the mark of a gauge break; return its box."""
    half = BREAK_SIDE / 2
    corners = point + np.array([[0, half], [half, 0], [0, -half], [-half, 0]])
    axes.add_patch(Polygon(corners, closed=True, facecolor=color, edgecolor=ground, linewidth=0.6, zorder=17))
    return Box.around(point[0], point[1], BREAK_SIDE, BREAK_SIDE)


# the key --------------------------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """An entry of the key: what is drawn (``line``, ``gate``, ``port`` or ``break``), the word beside it, and details."""

    kind: str
    text: str
    mode: str = ""
    gauge_mm: int = 0
    status: str = ""
    hours: float = 0.0


def key_entries(
    strokes: Iterable[Stroke], found: Sequence[Gate], *, ports: bool, shut_ports: bool, breaks: bool
) -> list[Entry]:
    """Return the entries of the key: only what the map shows."""
    entries = [
        *_line_entries({(stroke.mode, stroke.gauge_mm, stroke.status) for stroke in strokes}),
        *_gate_entries(found),
    ]
    marks = ((ports, Entry("port", "port")), (shut_ports, Entry("port", "port, shut", status="shut")))
    entries += [entry for shown, entry in (*marks, (breaks, Entry("break", "break of gauge"))) if shown]
    return entries


def _line_entries(kinds: Collection[tuple[str, int, str]]) -> list[Entry]:
    gauges = sorted({gauge for mode, gauge, status in kinds if mode == "rail" and status == "existing"}, reverse=True)
    entries = [Entry("line", f"rail, {gauge} mm", "rail", gauge, "existing") for gauge in gauges]
    for status, text in (("under_construction", "under construction"), ("proposed", "proposed")):
        rails = sorted(gauge for mode, gauge, state in kinds if mode == "rail" and state == status)
        entries += [Entry("line", f"rail, {text}", "rail", rails[-1], status)] if rails else []
    modes = {mode for mode, _, _ in kinds}
    entries += [Entry("line", "road", "road", 0, "existing")] if "road" in modes else []
    entries += [Entry("line", "ferry and sea", "ferry", 0, "existing")] if modes.intersection(SEA_MODES) else []
    return entries


def _gate_entries(found: Sequence[Gate]) -> list[Entry]:
    if not found:
        return []
    most = max(gate.hours for gate in found)
    # the longest that fits into a row of the key at the scale of the map
    steps = [step for step in (72.0, 48.0, 24.0, 12.0, 6.0, 3.0) if gate_length(step, most) <= ROW_PT - 1.0]
    hours = next((step for step in steps if step <= most), most)
    entries = [Entry("gate", f"crossing, {words.hours(hours)}", hours=hours)]
    for shut, text in (("yes", "shut"), ("partly", "partly shut")):
        entries += [Entry("gate", text, status=shut, hours=hours)] if any(gate.shut == shut for gate in found) else []
    return entries


def key_rows(entries: Sequence[Entry], width: float) -> list[list[tuple[float, Entry]]]:
    """Return the entries in rows that fit a width in points, each with its left edge."""
    rows: list[list[tuple[float, Entry]]] = [[]]
    edge = 0.0
    for entry in entries:
        needed = _sample_width(entry) + 5.0 + text_size(entry.text, SMALL)[0]
        if rows[-1] and edge + needed > width:
            rows.append([])
            edge = 0.0
        rows[-1].append((edge, entry))
        edge += needed + GAP_PT
    return rows


def _sample_width(entry: Entry) -> float:
    return SAMPLE_PT if entry.kind == "line" else 8.0


def draw_key(
    axes: Axes, rows: Sequence[Sequence[tuple[float, Entry]]], top: float, most_hours: float, palette: Palette
) -> None:
    """Draw the key's rows downwards from a height in points."""
    for number, row in enumerate(rows):
        y = top - ROW_PT * (number + 0.5)
        for left, entry in row:
            _draw_sample(axes, entry, left, y, most_hours, palette)
            x = left + _sample_width(entry) + 5.0
            write(axes, x, y, entry.text, palette.ink)


def _draw_sample(axes: Axes, entry: Entry, left: float, y: float, most_hours: float, palette: Palette) -> None:
    if entry.kind == "line":
        style = link_style(palette, entry.mode, entry.gauge_mm, entry.status)
        share = np.linspace(0, 1, 15)
        rise = 3.0 * np.sin(np.pi * share) if entry.mode in SEA_MODES else np.zeros(15)
        draw_lines(
            axes, [np.column_stack([left + SAMPLE_PT * share, y - 1 + rise])], style, style.color, palette.paper, 4
        )
        return
    centre = np.array([left + 4.0, y])
    if entry.kind == "gate":
        face = {"": palette.paper, "partly": palette.madder_light, "yes": palette.madder}[entry.status]
        corners = _bar(centre, np.array([1.0, 0.0]), gate_length(entry.hours, most_hours), GATE_WIDTH)
        axes.add_patch(Polygon(corners, closed=True, facecolor=face, edgecolor=palette.madder, linewidth=0.9))
        axes.add_line(Line2D([left - 1, left + 2.2], [y, y], color=palette.saffron, linewidth=0.7))
        axes.add_line(Line2D([left + 5.8, left + 9], [y, y], color=palette.saffron, linewidth=0.7))
    elif entry.kind == "port":
        shut = entry.status == "shut"
        draw_square(
            axes, centre, palette.madder if shut else palette.paper, palette.madder if shut else palette.turquoise
        )
    else:
        draw_diamond(axes, centre, palette.ink, palette.paper)
