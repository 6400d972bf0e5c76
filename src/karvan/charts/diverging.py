"""Gains and losses: bars that run right and left of a zero line, in panels that share one width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, ROW_PT, HEAD_PT, GAP_PT, FOOT_PT = 760.0, 17.0, 24.0, 14.0, 22.0


@dataclass(frozen=True)
class Bar:
    """One item: what it is called, by how much it gains, and the range of that where it is known.

    Attributes
    ----------
    label
        What it is called.
    value
        Gain, below zero for a loss.
    low, high
        Range; NaN where there is none.
    note
        What stands after the figure.
    """

    label: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """Bars on one scale: a heading with the unit, and the items from top to bottom."""

    heading: str
    bars: Sequence[Bar]


def draw_diverging(panels: Sequence[Panel], *, title: str = "", foot: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw panels of diverging bars below each other: gains right in sage, losses left in madder, the sign beside each.

    Parameters
    ----------
    panels
        From top to bottom; each has a scale of its own.
    title, foot
        Above and below the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _draw([panel for panel in panels if panel.bars], title, foot, palette)


def _draw(panels: Sequence[Panel], title: str, foot: str, palette: Palette) -> Figure:
    top = 30.0 if title else 8.0
    heights = [HEAD_PT + ROW_PT * len(panel.bars) + GAP_PT for panel in panels]
    height = top + sum(heights) + (FOOT_PT if foot else 4.0)
    figure = new_figure(WIDTH_PT, height)
    if title:
        figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
    if foot:
        figure.text(8 / WIDTH_PT, 8 / height, foot, size=SMALL, va="bottom", color=palette.stone_ink)
    labels = [text_size(words.shortened(bar.label, 44), NORMAL)[0] for panel in panels for bar in panel.bars]
    left = min(max([*labels, 60.0]) + 22.0, 260.0)
    y = height - top
    for panel, size in zip(panels, heights, strict=True):
        figure.text(8 / WIDTH_PT, y / height, panel.heading, size=NORMAL, weight="bold", va="top", color=palette.ink)
        rows = ROW_PT * len(panel.bars)
        bottom = y - HEAD_PT - rows
        axes = figure.add_axes((left / WIDTH_PT, bottom / height, (WIDTH_PT - left - 12) / WIDTH_PT, rows / height))
        _draw_panel(axes, panel.bars, WIDTH_PT - left - 12, palette)
        y -= size
    return figure


def _draw_panel(axes: Axes, bars: Sequence[Bar], width: float, palette: Palette) -> None:
    ends = [end for bar in bars for end in (bar.value, bar.low, bar.high) if end == end]  # noqa: PLR0124 - NaN is not itself
    texts = [_figure(bar) for bar in bars]
    room = max(text_size(text, SMALL)[0] for text in texts) + 14
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    span = (high - low) or 1.0
    # room for the figures outside the bars, on the sides that have bars
    share = room / width
    scale = span / max(1 - share * ((low < 0) + (high > 0)), 0.2)
    axes.set(
        xlim=(low - share * scale * (low < 0), high + share * scale * (high > 0)),
        ylim=(len(bars) - 0.5, -0.5),
        yticks=[],
    )
    axes.set_xticks([])
    bare(axes)
    axes.axvline(0, color=palette.stone, linewidth=0.8, zorder=4)
    points = width / (axes.get_xlim()[1] - axes.get_xlim()[0])
    edge = axes.get_xlim()[0]
    for row, (bar, text) in enumerate(zip(bars, texts, strict=True)):
        write(axes, edge - 10 / points, row, words.shortened(bar.label, 44), palette.ink, size=NORMAL, align="right")
        gains = bar.value >= 0
        axes.barh(row, bar.value, height=0.62, color=palette.sage if gains else palette.madder, zorder=2)
        ends_here = [bar.value]
        if bar.low == bar.low and bar.high == bar.high:
            axes.plot(
                [bar.low, bar.high], [row, row], color=palette.ink, linewidth=1.2, solid_capstyle="butt", zorder=3
            )
            ends_here += [bar.low, bar.high]
        x = max([*ends_here, 0.0]) + 5 / points if gains else min([*ends_here, 0.0]) - 5 / points
        write(axes, x, row, text, palette.ink, align="left" if gains else "right", level=5)


def _figure(bar: Bar) -> str:
    sign = "+" if bar.value > 0 else ""
    return f"{sign}{words.number(bar.value)}" + (f"  {bar.note}" if bar.note else "")
