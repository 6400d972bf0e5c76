"""The labels of the map: towns, ports and crossings where there is room, and countries in small capitals among their nodes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.charts import words
from karvan.charts.canvas import LARGE, NORMAL, SMALL, Box, Room, text_size, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from karvan.charts.canvas import Points
    from karvan.charts.palette import Palette

#: Longest label, in characters.
LONGEST = 26
#: A hair space between the letters of a country's name.
_SPACE = "\u200a"


@dataclass(frozen=True)
class Label:
    """A label that wants a place at a point: its text and looks.

    Attributes
    ----------
    text
        One line.
    point
        What it names, in points.
    color, size, bold
        Its looks.
    offset
        Distance from the point, in points.
    must
        Whether it is set even where it covers lines.
    reach
        How many times the offset it may stand away where it must be set.
    """

    text: str
    point: Points
    color: str
    size: float = SMALL
    bold: bool = False
    offset: float = 4.0
    must: bool = False
    reach: float = 1.9


#: Where a label may stand: factors of its half-size from the point, the best first.
_PLACES = (
    (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1),
)  # fmt: skip


def short_name(name: str) -> str:
    """Return a place's name without what stands in brackets or behind a stroke, cut to a label's length."""
    plain = re.sub(r"\s*\([^)]*\)", "", name).split(" / ")[0].strip()
    plain = re.sub(r" (International )?Sea( Trade )? ?[Pp]ort$", " Port", plain)
    plain = re.sub(r"(?<=\w) (Junction|Cantonment|Railway Station)$", "", plain)
    return words.shortened(plain or name, LONGEST)


def place_labels(axes: Axes, labels: Iterable[Label], room: Room) -> list[Label]:
    """Draw labels where there is room, the first first; return those that were drawn.

    A label that covers much of the lines is left out, unless it must be set.
    """
    drawn = []
    for label in labels:
        width, height = text_size(label.text, label.size, bold=label.bold)
        boxes = [_box(label, width, height, place) for place in _places(label)]
        # a line that runs through a label leaves about half a point of ink for each point of its width
        found = room.best(boxes, most_ink=np.inf if label.must else 0.55 * width)
        if found is None:
            continue
        _, box = found
        room.take(box)
        drawn.append(label)
        _draw(axes, label, box)
    return drawn


def _places(label: Label) -> list[tuple[float, float, float]]:
    steps = (1.0, label.reach) if label.must else (1.0,)
    return [(x, y, step) for step in steps for x, y in _PLACES]


def _box(label: Label, width: float, height: float, place: tuple[float, float, float]) -> Box:
    across, up, step = place
    # at the corners the label may come nearer: its own corner is rounded by the empty space about letters
    near = label.offset * step * (0.6 if across and up else 1.0)
    x = label.point[0] + across * (width / 2 + near)
    y = label.point[1] + up * (height / 2 + near)
    return Box.around(x, y, width, height)


def _draw(axes: Axes, label: Label, box: Box) -> None:
    # anchored on the side of its point, so that it stays beside it in a narrower font
    middle = (box.left + box.right) / 2
    if box.left >= label.point[0]:
        x, align = box.left, "left"
    elif box.right <= label.point[0]:
        x, align = box.right, "right"
    else:
        x, align = middle, "center"
    y = (box.bottom + box.top) / 2
    write(axes, x, y, label.text, label.color, size=label.size, align=align, bold=label.bold, level=30, halo=True)


def place_countries(axes: Axes, nodes: pd.DataFrame, points: Points, room: Room, palette: Palette) -> None:
    """Draw the names of countries in small capitals, as near to the middle of their nodes as there is room.

    Parameters
    ----------
    axes
        The map.
    nodes
        Nodes, with ``country``.
    points
        Their points, an array (n, 2).
    room
        What is taken already.
    palette
        Colours.
    """
    order = nodes["country"].value_counts()
    for code in order.index:
        theirs = points[(nodes["country"] == code).to_numpy()]
        inside = theirs[[Box(*point, *point).within(room.frame) for point in theirs]]
        if not len(inside):
            continue
        text = _SPACE.join(words.country(str(code)).upper())
        size = LARGE if len(inside) > 15 else NORMAL if len(inside) > 9 else SMALL  # noqa: PLR2004 - large, middling, small
        width, height = text_size(text, size)
        centre = (inside.min(axis=0) + inside.max(axis=0)) / 4 + inside.mean(axis=0) / 2
        # never so far from its nodes that it would name the neighbour
        reach = np.maximum((inside.max(axis=0) - inside.min(axis=0)) / 2, [1.0, 1.5 * height])
        boxes = [Box.around(x, y, width, height) for x, y in _near(centre, reach)]
        found = room.best(boxes, gap=2.0, most_ink=2.2 * width, haste=1.2)
        if found is None:
            continue
        _, box = found
        room.take(box)
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        write(axes, x, y, text, palette.stone_ink, size=size, align="center", level=1)


def _near(centre: Points, reach: Points) -> list[Sequence[float]]:
    """Return points on a grid about a centre, the nearest first."""
    steps = np.linspace(-0.9, 0.9, 13)
    grid = [(across, up) for across in steps for up in steps]
    ranked = sorted(grid, key=lambda place: (round(place[0] ** 2 + place[1] ** 2, 6), place))
    return [centre + reach * np.array(place) for place in ranked]
