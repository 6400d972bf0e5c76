"""Phasing: the works of every project as bars over the years, and the outlays by year and funder below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, ROW_PT, TOP_PT, GAP_PT, OUTLAY_PT, BOTTOM_PT, RIGHT_PT = 760.0, 22.0, 40.0, 26.0, 130.0, 34.0, 170.0
#: So many years are all named; of more, every fifth.
FEW_YEARS = 16
#: Hatches that tell funders apart besides their colour.
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----")


@dataclass(frozen=True)
class Works:
    """The works of a project: its words, first year, year of opening, and what is beside its bar."""

    label: str
    start: int
    opening: int
    note: str = ""


@dataclass(frozen=True)
class FunderOutlay:
    """What a funder lays out by year, USD m."""

    label: str
    by_year: Mapping[int, float] = field(default_factory=dict)


def draw_phasing(
    works: Sequence[Works], outlays: Sequence[FunderOutlay], *, budget_by_year: Mapping[int, float] | None = None,
    title: str = "",
    palette: Palette = LIGHT,
) -> Figure:  # fmt: skip
    """Draw the phasing.

    Parameters
    ----------
    works
        One bar each, in the order given.
    outlays
        Outlays by funder, the largest first; more than six are one.
    budget_by_year
        What may be laid out in a year, as a line.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    shown = _gathered(outlays)
    years = sorted(
        {year for item in works for year in (item.start, item.opening)}
        | {year for item in shown for year in item.by_year}
    )
    first, last = (years[0], years[-1] + 1) if years else (0, 1)
    with drawing():
        left = min(max([text_size(item.label, NORMAL)[0] for item in works] + [60.0]) + 22.0, 250.0)
        bars = ROW_PT * max(len(works), 1)
        height = TOP_PT + bars + GAP_PT + OUTLAY_PT + BOTTOM_PT
        figure = new_figure(WIDTH_PT, height)
        plot = WIDTH_PT - left - RIGHT_PT
        upper = figure.add_axes(
            (left / WIDTH_PT, (BOTTOM_PT + OUTLAY_PT + GAP_PT) / height, plot / WIDTH_PT, bars / height)
        )
        lower = figure.add_axes((left / WIDTH_PT, BOTTOM_PT / height, plot / WIDTH_PT, OUTLAY_PT / height))
        _draw_works(upper, works, (first, last), plot, palette)
        _draw_outlays(lower, shown, budget_by_year or {}, (first, last), plot, palette)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _gathered(outlays: Sequence[FunderOutlay]) -> list[FunderOutlay]:
    """Return at most six funders, the last of them the rest."""
    if len(outlays) <= len(HATCHES):
        return list(outlays)
    kept, rest = list(outlays[: len(HATCHES) - 1]), outlays[len(HATCHES) - 1 :]
    sums: dict[int, float] = {}
    for item in rest:
        for year, musd in item.by_year.items():
            sums[year] = sums.get(year, 0.0) + musd
    return [*kept, FunderOutlay(f"{len(rest)} others", sums)]


def _draw_works(axes: Axes, works: Sequence[Works], span: tuple[int, int], plot: float, palette: Palette) -> None:
    axes.set(xlim=span, ylim=(max(len(works), 1) - 0.5, -0.5), yticks=[], xticks=[])
    bare(axes)
    points = plot / (span[1] - span[0])
    for year in range(span[0], span[1] + 1):
        axes.axvline(year, color=palette.line, linewidth=0.6, zorder=0)
    for row, item in enumerate(works):
        axes.barh(row, item.opening - item.start, left=item.start, height=0.46, color=palette.lapis_light,
        edgecolor=palette.lapis,
                  linewidth=0.8, zorder=2)  # fmt: skip
        axes.plot(
            item.opening, row, marker=">", color=palette.sage, markersize=6.5, linestyle="none", zorder=4, clip_on=False
        )
        write(axes, span[0] - 8 / points, row, words.shortened(item.label, 44), palette.ink, size=NORMAL, align="right")
        if item.note:
            write(axes, span[1] + 10 / points, row, item.note, palette.stone_ink)


def _draw_outlays(
    axes: Axes,
    outlays: Sequence[FunderOutlay],
    budget: Mapping[int, float],
    span: tuple[int, int],
    plot: float,
    palette: Palette,
) -> None:
    colors = (palette.lapis, palette.saffron, palette.turquoise, palette.sage, palette.madder, palette.stone)
    years = list(range(span[0], span[1]))
    base = [0.0] * len(years)
    points = plot / (span[1] - span[0])
    for number, item in enumerate(outlays):
        heights = [item.by_year.get(year, 0.0) for year in years]
        axes.bar([year + 0.5 for year in years], heights, bottom=base, width=0.72, color=colors[number % len(colors)],
                 edgecolor=palette.paper, linewidth=0.4, hatch=HATCHES[number % len(HATCHES)] or None, zorder=2)  # fmt: skip
        base = [one + two for one, two in zip(base, heights, strict=True)]
    top = max([*base, *budget.values(), 1.0]) * 1.15
    axes.set(xlim=span, ylim=(0, top))
    axes.set_xticks(
        [year + 0.5 for year in years],
        [str(year) if len(years) <= FEW_YEARS or year % 5 == 0 else "" for year in years],
    )
    bare(axes, "bottom")
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=palette.line, linewidth=0.6)
    axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
    axes.set_ylabel("outlay, USD m a year", size=SMALL, color=palette.stone_ink)
    for year, musd in budget.items():
        if span[0] <= year < span[1]:
            axes.plot([year + 0.1, year + 0.9], [musd, musd], color=palette.madder, linewidth=1.6, zorder=4)
    for number, item in enumerate(outlays):
        y = top * (0.94 - 0.13 * number)
        axes.barh(y, 14 / points, left=span[1] + 10 / points, height=top * 0.07, color=colors[number % len(colors)],
                  hatch=HATCHES[number % len(HATCHES)] or None, edgecolor=palette.paper, linewidth=0.4,
                  clip_on=False)  # fmt: skip
        write(axes, span[1] + 30 / points, y, words.shortened(item.label, 30), palette.ink)
    axes.set(xlim=span, ylim=(0, top))
