"""Ranges side by side: hours of the best route in each future, as a dot and an interval, the price beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, ROW_PT, TOP_PT, BOTTOM_PT = 760.0, 24.0, 26.0, 34.0


@dataclass(frozen=True)
class Interval:
    """One item: hours of journeys, p10, mean and p90, and the price; NaN hours where there is no way.

    Attributes
    ----------
    label
        What it is called.
    mean_h, p10_h, p90_h
        Hours.
    price_usd
        Price in the unit that the picture names; NaN where there is none.
    note
        What stands after the price, such as the way; for an item without hours, why there are none.
    """

    label: str
    mean_h: float
    p10_h: float
    p90_h: float
    price_usd: float
    note: str = ""


def draw_intervals(
    items: Sequence[Interval], *, price_unit: str = "USD a 40-foot container", title: str = "", palette: Palette = LIGHT
) -> Figure:
    """Draw items below each other on one scale of time; the slowest is marked, and so is what has no way.

    Parameters
    ----------
    items
        From top to bottom.
    price_unit
        Heading of the column of prices.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _draw(items, price_unit, title, palette)


def _draw(items: Sequence[Interval], price_unit: str, title: str, palette: Palette) -> Figure:
    left = min(max([text_size(item.label, NORMAL)[0] for item in items] + [60.0]) + 22.0, 240.0)
    prices = [words.usd(item.price_usd).removeprefix("USD ") for item in items]
    texts = [words.shortened(item.note, 48) for item in items if not math.isnan(item.mean_h)]
    price_pt = max(text_size(text, NORMAL)[0] for text in [price_unit, *prices]) * (SMALL / NORMAL) + 10
    notes = max([text_size(text, SMALL)[0] for text in texts], default=0.0)
    right = price_pt + (notes + 14.0 if notes else 0.0) + 26.0
    top = TOP_PT + (22.0 if title else 0.0)
    height = top + ROW_PT * len(items) + BOTTOM_PT
    figure = new_figure(WIDTH_PT, height)
    plot = WIDTH_PT - left - right
    axes = figure.add_axes((left / WIDTH_PT, BOTTOM_PT / height, plot / WIDTH_PT, ROW_PT * len(items) / height))
    known = [item for item in items if not math.isnan(item.mean_h)]
    most = max([item.p90_h for item in known] + [1.0]) * 1.04
    unit, per_unit = ("days", 24.0) if most >= 96.0 else ("hours", 1.0)  # noqa: PLR2004 - four days to count
    axes.set(xlim=(0, most / per_unit), ylim=(len(items) - 0.5, -0.5), yticks=[])
    bare(axes, "bottom", "left")
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=palette.line, linewidth=0.6)
    axes.set_xlabel(f"{unit} from door to door: mean, p10 to p90", size=SMALL, color=palette.stone_ink)
    axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
    if title:
        figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
    points = plot / (most / per_unit)
    price_x = plot + 12 + price_pt
    write(axes, price_x / points, -0.85, price_unit, palette.stone_ink, align="right")
    slowest = max((item.mean_h for item in known), default=math.nan)
    several = len({round(item.mean_h, 6) for item in known}) > 1
    for row, (item, price) in enumerate(zip(items, prices, strict=True)):
        write(axes, -10 / points, row, words.shortened(item.label, 40), palette.ink, size=NORMAL, align="right")
        if math.isnan(item.mean_h):
            why = words.shortened(item.note, int((WIDTH_PT - left - 70) / text_size("x", SMALL)[0]))
            write(axes, 6 / points, row, f"no route: {why}" if why else "no route", palette.madder, bold=True)
            continue
        worst = several and item.mean_h == slowest
        _draw_interval(axes, item, row, per_unit, points, palette, worst=worst)
        write(axes, price_x / points, row, price, palette.ink, size=NORMAL, align="right")
        write(axes, (price_x + 12) / points, row, words.shortened(item.note, 48), palette.stone_ink)
    return figure


def _draw_interval(
    axes: Axes, item: Interval, row: int, per_unit: float, points: float, palette: Palette, *, worst: bool
) -> None:
    color = palette.madder if worst else palette.lapis
    low, mean, high = (value / per_unit for value in (item.p10_h, item.mean_h, item.p90_h))
    axes.plot([low, high], [row, row], color=color, linewidth=4.2 if worst else 2.2, solid_capstyle="butt", zorder=3)
    edge: dict[str, Any] = {"markeredgecolor": palette.paper, "markeredgewidth": 1.0}
    axes.plot(mean, row, marker="D" if worst else "o", markersize=7.0, color=color, zorder=4, **edge)
    text = words.days(item.mean_h) + (", slowest" if worst else "")
    width = text_size(text, SMALL)[0]
    right = axes.get_xlim()[1]
    # beside the interval, on the side with room for it
    outside = high + 7 / points + width / points <= right
    x, align = (high + 7 / points, "left") if outside else (low - 7 / points, "right")
    write(axes, x, row, text, color, align=align, level=5)
