"""Predicted against observed: each observation a point with its interval, on equal logarithmic scales.

On the diagonal the prediction is right; the band is half as much again either way. Filled marks were not seen by calibration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, HEIGHT_PT = 760.0, 400.0
#: Ratio of the band about the diagonal.
BAND = 1.5
#: Mark of each class: shape first, so that meaning does not rest on hue.
MARKS = {"regular": "o", "pilot": "s", "plan": "^", "claim": "D"}
#: Round figures that an axis may carry.
TICKS = (1.0, 2.0, 5.0)


@dataclass(frozen=True)
class Compared:
    """One observation: the observed value, the prediction with p10 and p90, its class, and whether calibration saw it."""

    name: str
    observed: float
    predicted: float
    p10: float
    p90: float
    group: str
    seen: bool


def draw_validation(
    panels: Sequence[tuple[str, str, Sequence[Compared]]], *, title: str = "", palette: Palette = LIGHT
) -> Figure:
    """Draw panels side by side, each a heading, a unit and its observations; the worst of each is named.

    Parameters
    ----------
    panels
        Heading, unit of both axes, and what is compared; a panel without observations is left out.
    title
        Above the picture.
    palette
        Colours.
    """
    with drawing():
        shown = [panel for panel in panels if panel[2]]
        figure = new_figure(WIDTH_PT, HEIGHT_PT)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / HEIGHT_PT, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        room = 1.0 / max(len(shown), 1)
        for number, (heading, unit, items) in enumerate(shown):
            axes = figure.add_axes((number * room + 0.075, 0.17, room - 0.1, 0.68))
            _panel(axes, heading, unit, items, palette)
        _legend(figure, palette)
        return figure


def _panel(axes: Axes, heading: str, unit: str, items: Sequence[Compared], palette: Palette) -> None:
    values = [value for item in items for value in (item.observed, item.p10, item.p90)]
    low, high = min(values) / 1.25, max(values) * 1.25
    axes.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    ticks = [step * 10.0**power for power in range(-3, 7) for step in TICKS if low <= step * 10.0**power <= high]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks, [words.number(tick) for tick in ticks])
        axis.set_ticks([], minor=True)
    bare(axes, "bottom", "left")
    axes.set_axisbelow(True)
    axes.grid(color=palette.line, linewidth=0.6)
    ends = [low, high]
    axes.fill_between(
        ends, [end / BAND for end in ends], [end * BAND for end in ends], color=palette.line, alpha=0.55, lw=0
    )
    axes.plot(ends, ends, color=palette.stone, linewidth=1.0)
    axes.set_xlabel(f"observed, {unit}", size=SMALL, color=palette.stone_ink)
    axes.set_ylabel(f"predicted with p10 to p90, {unit}", size=SMALL, color=palette.stone_ink)
    axes.set_title(heading, size=NORMAL, weight="bold", loc="left", color=palette.ink)
    colors = _colors(palette)
    for item in items:
        color = colors.get(item.group, palette.stone)
        axes.plot([item.observed] * 2, [item.p10, item.p90], color=color, linewidth=1.1, alpha=0.75, zorder=3)
        face = palette.paper if item.seen else color
        axes.plot(
            item.observed, item.predicted, marker=MARKS.get(item.group, "o"), markersize=5.5, markerfacecolor=face,
            markeredgecolor=color, markeredgewidth=1.2, linestyle="", zorder=4,
        )  # fmt: skip
    _name_worst(axes, items, palette)


def _name_worst(axes: Axes, items: Sequence[Compared], palette: Palette) -> None:
    """Name the observation that is furthest off, beyond its interval, where the diagonal is not."""
    worst = max(items, key=lambda item: abs(math.log(item.predicted / item.observed)))
    above = worst.predicted > worst.observed
    axes.annotate(
        words.shortened(worst.name, 34), (worst.observed, worst.p90 if above else worst.p10),
        xytext=(0, 3 if above else -3), textcoords="offset points", size=SMALL, ha="center",
        va="bottom" if above else "top", color=palette.ink, zorder=5,
    )  # fmt: skip


def _colors(palette: Palette) -> dict[str, str]:
    return {"regular": palette.lapis, "pilot": palette.turquoise, "plan": palette.saffron, "claim": palette.madder}


def _legend(figure: Figure, palette: Palette) -> None:
    from matplotlib.lines import Line2D  # noqa: PLC0415 - matplotlib loads slowly

    colors = _colors(palette)
    marks = [
        Line2D([], [], marker=mark, linestyle="", markersize=5.5, color=colors[group], label=group)
        for group, mark in MARKS.items()
    ]
    hollow = Line2D(
        [], [], marker="o", linestyle="", markersize=5.5, markerfacecolor=palette.paper, markeredgecolor=palette.ink,
        label="hollow: calibration saw it",
    )  # fmt: skip
    band = Line2D([], [], color=palette.line, linewidth=6, label="within half as much again")
    figure.legend(
        handles=[*marks, hollow, band], loc="lower center", ncols=6, frameon=False, fontsize=SMALL,
        labelcolor=palette.ink,
    )  # fmt: skip
