"""What the charts share: an empty figure, the size of texts, and finding room for labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from karvan.charts.svg import HALO, STYLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes

#: Sizes of text, in points: four and no more.
SMALL, NORMAL, LARGE, TITLE = 7.5, 9.0, 10.5, 13.0
POINTS_PER_INCH = 72.0

Points = np.ndarray[Any, np.dtype[np.float64]]


def drawing() -> AbstractContextManager[None]:
    """Return the context in which every figure is drawn; outside it nothing of matplotlib is changed."""
    return rc_context(STYLE)


def new_figure(width_pt: float, height_pt: float) -> Figure:
    """Return an empty figure of a size in points."""
    figure = Figure(figsize=(width_pt / POINTS_PER_INCH, height_pt / POINTS_PER_INCH), dpi=POINTS_PER_INCH)
    FigureCanvasAgg(figure)
    return figure


@lru_cache(maxsize=4096)
def text_size(text: str, size: float, *, bold: bool = False) -> tuple[float, float]:
    """Return width and height of one line of text, in points, in the widest font that it may be shown in."""
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - its font table loads slowly
    from matplotlib.textpath import text_to_path  # noqa: PLC0415 - as above

    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width), size * 1.15


@dataclass(frozen=True)
class Box:
    """A rectangle in points, its left, bottom, right and top."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Box:
        """Return the box of a size about a centre."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Whether two boxes overlap, or come nearer than the gap."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.bottom < other.top + gap
            and other.bottom < self.top + gap
        )

    def within(self, frame: Box) -> bool:
        """Whether the box lies wholly in a frame."""
        return (
            self.left >= frame.left
            and self.right <= frame.right
            and self.bottom >= frame.bottom
            and self.top <= frame.top
        )

    def count(self, points: Points) -> int:
        """Return how many of some points, an array (n, 2), lie in the box."""
        if not len(points):
            return 0
        inside = (points[:, 0] > self.left) & (points[:, 0] < self.right)
        return int((inside & (points[:, 1] > self.bottom) & (points[:, 1] < self.top)).sum())


@dataclass
class Room:
    """Where there is room for labels: what is taken, and the lines that a label had better not cover.

    Attributes
    ----------
    frame
        Labels stay within.
    taken
        Boxes that no label may meet.
    ink
        Points along lines, an array (n, 2) in points.
    """

    frame: Box
    taken: list[Box] = field(default_factory=list)
    ink: Points = field(default_factory=lambda: np.empty((0, 2)))

    def best(
        self, boxes: Iterable[Box], *, gap: float = 1.0, most_ink: float = np.inf, haste: float = 0.6
    ) -> tuple[int, Box] | None:
        """Return number and box of the best free candidate; None where all are taken or cover too much.

        Parameters
        ----------
        boxes
            Candidates, the most welcome first.
        gap
            Least distance from what is taken, in points.
        most_ink
            Most points of ink that it may cover.
        haste
            Points of ink that one place down the list is worth.
        """
        ranked: list[tuple[float, int, Box]] = []
        for rank, box in enumerate(boxes):
            if box.within(self.frame) and not any(box.meets(other, gap) for other in self.taken):
                covered = box.count(self.ink)
                if covered <= most_ink:
                    ranked.append((covered + haste * rank, rank, box))
        if not ranked:
            return None
        _, rank, box = min(ranked, key=lambda item: item[:2])
        return rank, box

    def take(self, box: Box) -> None:
        """Take a box."""
        self.taken.append(box)


def points_along(line: Points, step: float = 2.0) -> Points:
    """Return points along a polyline, an array (n, 2) in points, no farther apart than the step."""
    if len(line) < 2:  # noqa: PLR2004 - no line
        return line
    parts = []
    for start, end in pairwise(line):
        count = max(2, int(np.hypot(*(end - start)) / step) + 1)
        parts.append(start + np.linspace(0, 1, count)[:, None] * (end - start))
    return np.concatenate(parts)


def spread_apart(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Return centres for stacked labels near the wanted ones: in the same order, without overlap, within low and high.

    Pools of touching labels are moved as one to the mean of what they want, as in isotonic regression.
    """
    order = sorted(range(len(wanted)), key=lambda item: (wanted[item], item))
    pools: list[tuple[float, float, list[int]]] = []  # bottom of the pool, its height, its items
    for item in order:
        pool = (wanted[item] - heights[item] / 2, heights[item], [item])
        while pools and pools[-1][0] + pools[-1][1] > pool[0]:
            before = pools.pop()
            total = before[1] + pool[1]
            bottom = (before[0] * len(before[2]) + (pool[0] - before[1]) * len(pool[2])) / (
                len(before[2]) + len(pool[2])
            )
            pool = (bottom, total, [*before[2], *pool[2]])
        pools.append((max(low, min(pool[0], high - pool[1])), pool[1], pool[2]))
    centres = [0.0] * len(wanted)
    floor = low
    for bottom, _, items in pools:
        edge = max(bottom, floor)
        for item in items:
            centres[item] = edge + heights[item] / 2
            edge += heights[item]
        floor = edge
    return centres


def write(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    color: str,
    *,
    size: float = SMALL,
    align: str = "left",
    bold: bool = False,
    level: float = 3,
    halo: bool = False,
) -> None:
    """Write one line of text, centred in height on a point; a halo edges it with the ground where it stands on lines."""
    axes.text(
        x,
        y,
        text,
        size=size,
        color=color,
        ha=align,
        va="center_baseline",
        weight="bold" if bold else "normal",
        zorder=level,
        gid=HALO if halo else None,
    )


def bare(axes: Axes, *keep: str) -> None:
    """Remove the frame of axes but for the spines named."""
    for name, spine in axes.spines.items():
        spine.set_visible(name in keep)
    axes.tick_params(length=3, labelsize=SMALL)
