"""Robustness as a small table: sets by futures, what each is worth, and the worst cell of a set marked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, ROW_PT, HEAD_PT, TOP_PT, BOTTOM_PT = 760.0, 24.0, 46.0, 38.0, 26.0
LEAST_CELL_PT = 56.0


@dataclass(frozen=True)
class RobustRow:
    """A set: its words, and what it is worth in each future."""

    label: str
    values: tuple[float, ...]


def draw_robustness(
    futures: Sequence[str], rows: Sequence[RobustRow], *, unit: str = "", title: str = "", palette: Palette = LIGHT
) -> Figure:
    """Draw the table.

    Parameters
    ----------
    futures
        Heads of the columns.
    rows
        One for each set, the chosen one first.
    unit
        What worths are in.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        wide = max([text_size(row.label, NORMAL, bold=True)[0] for row in rows] + [60.0]) + 22.0
        left = min(wide, WIDTH_PT - LEAST_CELL_PT * len(futures) - 8.0)
        cell = (WIDTH_PT - left - 8.0) / max(len(futures), 1)
        height = TOP_PT + HEAD_PT + ROW_PT * len(rows) + BOTTOM_PT
        figure = new_figure(WIDTH_PT, height)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH_PT), ylim=(0, height))
        axes.axis("off")
        for column, name in enumerate(futures):
            for number, line in enumerate(_wrapped(name, cell - 6.0)):
                y = height - TOP_PT - 8 - 10.5 * number
                write(axes, left + cell * (column + 0.5), y, line, palette.stone_ink, align="center")
        size = max([abs(value) for row in rows for value in row.values if math.isfinite(value)] + [1e-9])
        for number, row in enumerate(rows):
            y = height - TOP_PT - HEAD_PT - ROW_PT * (number + 0.5)
            label = words.shortened(row.label, max(8, int(left / 6.2)))
            write(axes, left - 10, y, label, palette.ink, size=NORMAL, align="right", bold=number == 0)
            _draw_cells(axes, row, (left, y), cell, size, palette)
        foot = "each future held for ever, but the first; framed: the worst of a set"
        write(axes, 8, 12, f"{unit}; {foot}" if unit else foot, palette.stone_ink, size=SMALL)
        if title:
            axes.text(8, height - 8, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _draw_cells(
    axes: Axes, row: RobustRow, place: tuple[float, float], cell: float, size: float, palette: Palette
) -> None:
    """Draw what a set is worth in each future, the deeper in colour the more; its worst is framed."""
    left, y = place
    worst = min(row.values, default=math.nan)
    for column, value in enumerate(row.values):
        x = left + cell * column
        color = palette.sage if value >= 0 else palette.madder
        alpha = 0.12 + 0.38 * abs(value) / size
        axes.barh(y, cell - 3, left=x + 1.5, height=ROW_PT - 3, color=color, alpha=alpha, linewidth=0)
        if value == worst and row.values.count(worst) < len(row.values):
            edge = palette.madder
            axes.barh(y, cell - 4, left=x + 2, height=ROW_PT - 4, fill=False, edgecolor=edge, linewidth=1.4)
        write(axes, x + cell / 2, y, words.number(value), palette.ink, size=NORMAL, align="center", bold=value == worst)


def _wrapped(text: str, width: float) -> list[str]:
    """Return a text as lines of at most a width in points, four at most."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_size(f"{lines[-1]} {word}", SMALL)[0] <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines[:4]
