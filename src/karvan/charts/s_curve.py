"""An S-curve: the chance that a result stays below each value, with P10, P50, P90 and the chance of loss written on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

    Floats = np.ndarray[Any, np.dtype[np.float64]]

WIDTH_PT, HEIGHT_PT = 760.0, 320.0
_LEFT_PT, _RIGHT_PT, _TOP_PT, _BOTTOM_PT = 58.0, 40.0, 40.0, 42.0
#: Points of the curve: more than can be seen.
_POINTS = 400
_MEDIAN = 0.5
#: Where the chance of loss is written, from the foot to the top, and half the height of its line with some air.
_TOP, _FOOT, _HALF = 0.965, 0.25, 0.045


def draw_s_curve(values: Sequence[float], *, unit: str = "", title: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw an S-curve.

    Parameters
    ----------
    values
        The result of each draw.
    unit
        What it is in.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    loss = float((ordered < 0).mean())
    shares = np.sort([*np.linspace(0.001, 0.999, _POINTS), min(max(loss, 0.001), 0.999)])
    curve = np.quantile(ordered, shares)
    with drawing():
        figure = new_figure(WIDTH_PT, HEIGHT_PT)
        plot = WIDTH_PT - _LEFT_PT - _RIGHT_PT
        axes = figure.add_axes(
            (_LEFT_PT / WIDTH_PT, _BOTTOM_PT / HEIGHT_PT, plot / WIDTH_PT, 1 - (_TOP_PT + _BOTTOM_PT) / HEIGHT_PT)
        )
        low, high = min(float(curve[0]), 0.0), max(float(curve[-1]), 0.0)
        margin = 0.05 * (high - low or 1.0)
        axes.set(xlim=(low - margin, high + margin), ylim=(0, 1.0))
        points = plot / (high - low + 2 * margin)
        bare(axes, "bottom", "left")
        axes.grid(color=palette.line, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.axvline(0, color=palette.ink, linewidth=1.0, zorder=2)
        axes.fill_between(
            np.minimum(curve, 0.0),
            shares,
            where=list(shares <= loss),
            color=palette.madder_light,
            linewidth=0,
            zorder=1,
        )
        axes.plot(curve, shares, color=palette.lapis, linewidth=2.0, zorder=3)
        _label(axes, ordered, points, palette)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
        axes.yaxis.set_major_formatter(lambda value, _: f"{value * 100:.0f} %")
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.set_ylabel("of draws lie below", size=SMALL, color=palette.stone_ink)
        axes.set_xlabel(f"result{f', {unit}' if unit else ''}", size=SMALL, color=palette.stone_ink)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / HEIGHT_PT, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _label(axes: Axes, ordered: Floats, points: float, palette: Palette) -> None:
    """Write the three points and the chance of loss: above the curve what stands left of it, below it what stands right."""
    low, high = axes.get_xlim()
    style: dict[str, Any] = {"size": NORMAL, "halo": True, "level": 5}
    busy = (high, high)
    for share in (0.1, _MEDIAN, 0.9):
        value = float(np.quantile(ordered, share))
        axes.plot(value, share, "o", color=palette.lapis, markersize=5.5, zorder=4, markeredgecolor=palette.paper)
        right = value < low + 0.72 * (high - low)
        text = f"P{share * 100:.0f}  {words.number(value)}"
        x, y, align = (9 / points, -0.035, "left") if right else (-9 / points, 0.035, "right")
        write(axes, value + x, share + y, text, palette.ink, align=align, bold=share == _MEDIAN, **style)
        busy = (high, high) if right else (value + x - text_size(text, NORMAL)[0] / points, value + x)
    text = f"chance of loss {words.percent(float((ordered < 0).mean()))}"
    x, y, align = _free_place(ordered, (low, high), busy, points, text)
    write(axes, x, y, text, palette.madder, align=align, bold=True, **style)


def _free_place(
    ordered: Floats, limits: tuple[float, float], busy: tuple[float, float], points: float, text: str
) -> tuple[float, float, str]:
    """Return where a text meets no curve: at the top beside zero, else in the corner above the curve, else in that below it.

    The top is taken where P90 is written left of the curve, that is from where to where of busy.
    """
    low, high = limits
    width = (text_size(text, NORMAL, bold=True)[0] + 8) / points
    gap = 8 / points
    beside = [(-gap, _TOP, "right"), (gap, _TOP, "left")]
    places = [
        *(beside if -low > 0.3 * (high - low) else beside[::-1]),
        (low + gap, _TOP, "left"),
        (high - gap, _FOOT, "right"),
    ]
    for x, y, align in places:
        begins, ends = (x - width, x) if align == "right" else (x, x + width)
        under, over = np.quantile(ordered, (max(0.0, y - _HALF), min(1.0, y + _HALF)))
        taken = y == _TOP and begins < busy[1] and busy[0] < ends
        if low <= begins and ends <= high and (ends < under or over < begins) and not taken:
            return x, y, align
    return places[-1]
