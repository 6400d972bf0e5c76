"""The cash flow of a project: benefits up, costs down, year by year, and the running present value as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, HEIGHT_PT = 760.0, 300.0
_LEFT_PT, _RIGHT_PT, _TOP_PT, _BOTTOM_PT = 64.0, 150.0, 34.0, 40.0


def draw_cash_flow(
    years: Sequence[int],
    benefits: Sequence[float],
    costs: Sequence[float],
    present_sum: Sequence[float],
    *,
    unit: str = "",
    title: str = "",
    palette: Palette = LIGHT,
) -> Figure:
    """Draw a cash flow.

    Parameters
    ----------
    years
        Years.
    benefits, costs
        Sums of each year; both count up.
    present_sum
        Present value of the net flow, added up to each year.
    unit
        What sums are in.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        figure = new_figure(WIDTH_PT, HEIGHT_PT)
        axes = figure.add_axes(
            (
                _LEFT_PT / WIDTH_PT,
                _BOTTOM_PT / HEIGHT_PT,
                1 - (_LEFT_PT + _RIGHT_PT) / WIDTH_PT,
                1 - (_TOP_PT + _BOTTOM_PT) / HEIGHT_PT,
            )
        )
        up, down, line = np.asarray(benefits, float), -np.asarray(costs, float), np.asarray(present_sum, float)
        axes.bar(years, up, width=0.72, color=palette.sage, linewidth=0, zorder=2)
        axes.bar(
            years, down, width=0.72, color=palette.madder, linewidth=0, zorder=2, hatch="////", edgecolor=palette.paper
        )
        axes.plot(years, line, color=palette.ink, linewidth=1.6, zorder=4)
        axes.plot(years[-1], line[-1], "o", color=palette.ink, markersize=4.5, zorder=5)
        axes.axhline(0, color=palette.ink, linewidth=0.8, zorder=3)
        _frame(axes, years, palette)
        left = _make_room(axes)
        axes.set_ylabel(f"a year{f', {unit}' if unit else ''}", size=SMALL, color=palette.stone_ink)
        _labels(axes, years, up, down, line, left, palette)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / HEIGHT_PT, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _frame(axes: Axes, years: Sequence[int], palette: Palette) -> None:
    bare(axes, "left")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=palette.line, linewidth=0.6)
    axes.set_xlim(years[0] - 0.6, years[-1] + 0.6)
    step = next((step for step in (1, 2, 5, 10, 20) if len(years) / step <= 13), 50)  # noqa: PLR2004 - labels beside each other
    axes.set_xticks([year for year in years if (year - years[0]) % step == 0])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: words.number(value))


def _make_room(axes: Axes) -> float:
    """Widen the left margin to the longest sum on the axis; return the margin, in points."""
    low, high = axes.get_ylim()
    shown = [words.number(tick) for tick in axes.get_yticks() if low <= tick <= high]
    left = max(_LEFT_PT, 26 + max(text_size(text, SMALL)[0] for text in shown))
    _, bottom, _, height = axes.get_position().bounds
    axes.set_position((left / WIDTH_PT, bottom, 1 - (left + _RIGHT_PT) / WIDTH_PT, height))
    return left


def _labels(
    axes: Axes,
    years: Sequence[int],
    up: np.ndarray,
    down: np.ndarray,
    line: np.ndarray,
    left: float,
    palette: Palette,
) -> None:
    """Name the line at its end, and the bars beside the picture."""
    low, high = axes.get_ylim()
    per_point = (high - low) / (HEIGHT_PT - _TOP_PT - _BOTTOM_PT)
    x = years[-1] + 0.6 + 8 * (len(years) + 0.2) / (WIDTH_PT - left - _RIGHT_PT)
    wanted = [
        (line[-1], "present value so far", f"{words.number(line[-1])}", palette.ink),
        (max(float(up[-1]), 0.0), "benefits", "", palette.sage),
        (min(float(down[-1]), 0.0), "costs", "", palette.madder),
    ]
    from karvan.charts.canvas import spread_apart  # noqa: PLC0415 - beside its use

    heights = [(24.0 if value else 13.0) * per_point for _, _, value, _ in wanted]
    centres = spread_apart([place for place, *_ in wanted], heights, low, high)
    for centre, (_, name, value, color) in zip(centres, wanted, strict=True):
        if value:
            write(axes, x, centre + 5.5 * per_point, name, color, bold=True)
            write(axes, x, centre - 6.5 * per_point, value, color, size=NORMAL)
        else:
            write(axes, x, centre, name, color, bold=True)
