"""A tornado: how far each figure moves a result over its range, the strongest on top, with its switching value on the bar."""

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

WIDTH_PT, ROW_PT, TOP_PT, BOTTOM_PT, RIGHT_PT = 760.0, 27.0, 52.0, 36.0, 128.0


@dataclass(frozen=True)
class TornadoBar:
    """A figure, its ends in words, and the result at each.

    Attributes
    ----------
    label
        What it is.
    low, high
        The ends of its range, in words.
    at_low, at_high
        The result there.
    switch
        Where the result is zero, in words; empty where it never is.
    """

    label: str
    low: str
    high: str
    at_low: float
    at_high: float
    switch: str = ""


def draw_tornado(
    bars: Sequence[TornadoBar], base: float, *, unit: str = "", title: str = "", palette: Palette = LIGHT
) -> Figure:
    """Draw a tornado.

    Parameters
    ----------
    bars
        Figures; they are drawn with the widest on top.
    base
        The result with every figure at its own value.
    unit
        What the result is in.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    ranked = sorted(bars, key=lambda bar: (-abs(bar.at_high - bar.at_low), bar.label))
    with drawing():
        left = min(max([text_size(bar.label, NORMAL)[0] for bar in ranked] + [60.0]) + 20.0, 240.0)
        height = TOP_PT + ROW_PT * max(len(ranked), 1) + BOTTOM_PT
        figure = new_figure(WIDTH_PT, height)
        plot = WIDTH_PT - left - RIGHT_PT
        axes = figure.add_axes(
            (left / WIDTH_PT, BOTTOM_PT / height, plot / WIDTH_PT, 1 - (TOP_PT + BOTTOM_PT) / height)
        )
        ends = [base, 0.0, *(end for bar in ranked for end in (bar.at_low, bar.at_high))]
        # room for the words at either end of a bar
        margin = 0.16 * (max(ends) - min(ends) or 1.0)
        axes.set(xlim=(min(ends) - margin, max(ends) + margin), ylim=(max(len(ranked), 1) - 0.5, -0.5), yticks=[])
        points = plot / (axes.get_xlim()[1] - axes.get_xlim()[0])
        bare(axes, "bottom")
        axes.set_axisbelow(True)
        axes.grid(axis="x", color=palette.line, linewidth=0.6)
        axes.axvline(0, color=palette.ink, linewidth=1.0, zorder=1.5)
        axes.axvline(base, color=palette.stone, linewidth=0.8, dashes=(3, 2), zorder=1.5)
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.set_xlabel(f"result{f', {unit}' if unit else ''}", size=SMALL, color=palette.stone_ink)
        for row, bar in enumerate(ranked):
            _draw_bar(axes, bar, row, base, points, palette)
            write(
                axes,
                axes.get_xlim()[0] - 10 / points,
                row,
                words.shortened(bar.label, 40),
                palette.ink,
                size=NORMAL,
                align="right",
            )
            text = bar.switch or "never zero"
            color = palette.ink if bar.switch else palette.stone_ink
            write(axes, axes.get_xlim()[1] + 12 / points, row, text, color, size=NORMAL)
        write(axes, axes.get_xlim()[1] + 12 / points, -0.72, "zero at", palette.stone_ink, bold=True)
        write(axes, base, -0.72, f"base {words.number(base)}", palette.stone_ink, align="center")
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _draw_bar(axes: Axes, bar: TornadoBar, row: int, base: float, points: float, palette: Palette) -> None:
    """Draw what lowers the result hatched and in madder, what raises it in sage, each with the end of the range in words."""
    for end, text in ((bar.at_low, bar.low), (bar.at_high, bar.high)):
        if end == base:
            continue
        worse = end < base
        color = palette.madder if worse else palette.sage
        hatch = "////" if worse else None
        axes.barh(
            row,
            end - base,
            left=base,
            height=0.52,
            color=color,
            edgecolor=palette.paper,
            linewidth=0,
            hatch=hatch,
            zorder=2,
        )
        gap, align = (-4 / points, "right") if worse else (4 / points, "left")
        both_ways = (bar.at_low - base) * (bar.at_high - base) > 0
        if not both_ways or end == max(bar.at_low, bar.at_high, key=lambda at: abs(at - base)):
            write(axes, end + gap, row, text, color, align=align, level=4)
