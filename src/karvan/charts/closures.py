"""The record of closures and what may follow: one lane per group of crossings, the past to the left, probability to the right.

Both sides share a scale from nought to one: to the left the share of the group that was shut, to the right the probability
that it is shut, with its range. A closure that counts for the states is filled; one of a single crossing, or a short one, is
hatched.
"""

from __future__ import annotations

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

WIDTH_PT, LANE_PT, GAP_PT, FOOT_PT, HEAD_PT, RIGHT_PT = 760.0, 66.0, 22.0, 30.0, 16.0, 84.0
#: A closure of a few days would be thinner than a hairline: it is drawn this wide at least, in years.
LEAST_YEARS = 0.06
#: Ticks along the years at most.
MOST_TICKS = 12
#: Labels of the last figures stand so far apart at least, as a share of the lane.
LABEL_GAP = 0.2


@dataclass(frozen=True)
class ClosureBar:
    """A closure: first and last day as decimal years, the share shut, and whether it counts for the states."""

    start_year: float
    end_year: float
    share_shut: float
    counts: bool


@dataclass(frozen=True)
class Lane:
    """A group: its closures, and the probability that it is shut in the years to come.

    Attributes
    ----------
    label, note
        Its name, and what the record says in a few words.
    bars
        Closures.
    years
        Years to come, as decimal years.
    probability, low, high
        Probability that the group is shut, and its range, one each per year.
    """

    label: str
    note: str
    bars: Sequence[ClosureBar]
    years: Sequence[float]
    probability: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def draw_closures(lanes: Sequence[Lane], today: float, *, title: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw groups below each other on one axis of years.

    Parameters
    ----------
    lanes
        From top to bottom.
    today
        Day of the record as a decimal year.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _draw(lanes, today, title, palette)


def _draw(lanes: Sequence[Lane], today: float, title: str, palette: Palette) -> Figure:
    left = min(max([text_size(lane.label, NORMAL)[0] for lane in lanes] + [60.0]) + 30.0, 220.0)
    head = HEAD_PT + (24.0 if title else 0.0)
    height = head + len(lanes) * (LANE_PT + GAP_PT) + FOOT_PT
    figure = new_figure(WIDTH_PT, height)
    plot = WIDTH_PT - left - RIGHT_PT
    first = min([bar.start_year for lane in lanes for bar in lane.bars] + [today - 1.0])
    last = max([year for lane in lanes for year in lane.years] + [today + 1.0])
    first = float(int(first))
    for number, lane in enumerate(lanes):
        bottom = FOOT_PT + (len(lanes) - 1 - number) * (LANE_PT + GAP_PT)
        axes = figure.add_axes((left / WIDTH_PT, bottom / height, plot / WIDTH_PT, LANE_PT / height))
        axes.set(xlim=(first, last), ylim=(0, 1), yticks=[0, 0.5, 1])
        axes.set_yticklabels(["0", "", "1"])
        is_last = number == len(lanes) - 1
        bare(axes, "bottom", "left")
        axes.tick_params(labelbottom=is_last)
        step = next(years for years in (1, 2, 5, 10, 20, 50) if (last - first) / years <= MOST_TICKS or years == 50)  # noqa: PLR2004 - the last
        axes.set_xticks([year for year in range(int(first), int(last) + 1) if year % step == 0])
        axes.axvline(today, color=palette.ink, linewidth=0.9, zorder=4)
        _draw_past(axes, lane, palette)
        _draw_ahead(axes, lane, palette)
        points = plot / (last - first)
        write(axes, first - 18 / points, 0.5, lane.label, palette.ink, size=NORMAL, align="right")
        write(axes, first, 1 + 9 / LANE_PT, lane.note, palette.stone_ink)
        if number == 0:
            write(axes, today + 4 / points, 1 + 9 / LANE_PT, "probability of being shut, p10 to p90", palette.stone_ink)
    if title:
        figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
    return figure


def _draw_past(axes: Axes, lane: Lane, palette: Palette) -> None:
    for bar in lane.bars:
        width = max(bar.end_year - bar.start_year, LEAST_YEARS)
        style: dict[str, Any] = {"color": palette.madder}
        if not bar.counts:
            style = {"facecolor": palette.madder_light, "edgecolor": palette.madder, "hatch": "////"}
        axes.bar(bar.start_year, bar.share_shut, width, align="edge", linewidth=0.5, zorder=3, **style)


def _draw_ahead(axes: Axes, lane: Lane, palette: Palette) -> None:
    if not lane.years:
        return
    axes.fill_between(lane.years, lane.low, lane.high, color=palette.lapis_light, alpha=0.45, linewidth=0, zorder=2)
    axes.plot(lane.years, lane.probability, color=palette.lapis, linewidth=1.8, zorder=5)
    right = axes.get_xlim()[1]
    span = right - axes.get_xlim()[0]
    text = words.percent(lane.probability[-1])
    y = min(max(lane.probability[-1], 0.06), 0.94)
    write(axes, right + span * 0.008, y, text, palette.lapis, bold=True)
    ends = percent_range(lane.low[-1], lane.high[-1])
    write(
        axes,
        right + span * 0.008,
        y + LABEL_GAP if y + LABEL_GAP < 1 else y - LABEL_GAP,
        ends,
        palette.stone_ink,
        size=SMALL,
    )


def percent_range(low: float, high: float) -> str:
    """Return two shares as a range in per cent, with the sign once where both have figures."""
    first, second = words.percent(low), words.percent(high)
    if first == second:
        return first
    plain = first[0].isdigit() and second[0].isdigit()
    return f"{first.removesuffix(' %')}\u2013{second}" if plain else words.between(first, second)
