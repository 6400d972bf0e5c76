"""The record of a programme as a timeline: what happened above, what was promised below, and the day of the record across.

Events stand as marks in lanes, one lane per kind; shocks run as lines through everything. A commitment is a bar from the day it
was made to the day it fell due; where it is overdue, the bar goes on to the day of the record in another colour and hatch.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.patches import Rectangle

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, drawing, new_figure, text_size, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, LEFT_PT, RIGHT_PT = 760.0, 96.0, 12.0
LANE_PT, ROW_PT, AXIS_PT, GAP_PT = 15.0, 13.5, 18.0, 20.0
BAR_PT, FOOT_PT = 6.5, 16.0
#: Shown at least before the first entry of the main part, in days.
MARGIN_DAYS = 20
#: Entries so long before the others are set at the left edge with their year, so that they do not squeeze the rest.
OLD_QUANTILE, OLD_YEARS = 0.1, 1.0

#: Lanes of events, by kind: what people do together comes first.
LANES = (
    ("agreements", ("agreement", "mou", "contract")),
    ("visits, meetings", ("visit", "meeting", "commission", "conference", "summit")),
    ("decisions", ("decision", "finance")),
    ("statements, offers", ("statement", "offer")),
    ("delivered", ("implementation", "delivery")),
    ("slipped", ("slippage",)),
)
_MARKERS = dict(zip((name for name, _ in LANES), ("o", "s", "^", "v", "D", "X"), strict=True))


class Bar(NamedTuple):
    """A commitment as a bar: ordinals of the days made, due (NaN without a date) and done, days overdue, and its words."""

    id: str
    title: str
    status: str
    made: float
    due: float
    done: float
    overdue_days: float

    @property
    def group(self) -> str:
        """Which of the groups it belongs to."""
        if self.overdue_days > 0:
            return "overdue"
        if self.status == "open":
            return "open, no date named" if math.isnan(self.due) else "open, due later"
        return "done or dropped"


#: Groups of commitments, from top to bottom.
GROUPS = ("overdue", "open, due later", "open, no date named", "done or dropped")


def day_of(text: str, *, last: bool = False) -> float:
    """Return a date in ISO form as an ordinal, its first or last day where only a month or year is given; NaN where blank."""
    if not isinstance(text, str) or not text:
        return math.nan
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:  # noqa: PLR2004 - year, month, day
        return float(date(*parts).toordinal())
    year, month = parts[0], parts[1] if len(parts) > 1 else (12 if last else 1)
    if not last:
        return float(date(year, month, 1).toordinal())
    return float((date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).toordinal())


def draw_timeline(record: pd.DataFrame, on: date, *, title: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw the timeline of a record.

    Parameters
    ----------
    record
        One row per entry: id, entry (``event`` or ``commitment``; others are left out), date and due_on in ISO form, title,
        kind, status, overdue_days (NaN where nothing is overdue); ``done_on`` may be left out.
    on
        Day of the record.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _Timeline(record, on, palette).draw(title)


def bars(record: pd.DataFrame) -> list[Bar]:
    """Return the commitments as bars: the overdue ones first, then the open ones by due date, then what is done or dropped."""
    found = [
        Bar(
            id=str(row["id"]), title=str(row["title"]), status=str(row["status"]), made=day_of(row["date"]),
            due=day_of(row["due_on"], last=True), done=day_of(row.get("done_on", ""), last=True),
            overdue_days=float(row["overdue_days"]),
        )
        for row in record[record["entry"] == "commitment"].to_dict("records")
    ]  # fmt: skip
    return sorted(found, key=_urgency)


def _urgency(bar: Bar) -> tuple[int, float, str]:
    by = {"overdue": -bar.overdue_days, "open, due later": bar.due}.get(bar.group, bar.made)
    return GROUPS.index(bar.group), by, bar.id


class _Timeline:
    """A timeline while it is drawn."""

    def __init__(self, record: pd.DataFrame, on: date, palette: Palette) -> None:
        self.palette, self.today = palette, float(on.toordinal())
        self.bars = bars(record)
        events = record[record["entry"] == "event"]
        self.shocks = sorted(_dated(events[events["kind"] == "shock"]))
        lanes = [(name, _dated(events[events["kind"].isin(kinds)])) for name, kinds in LANES]
        self.lanes = [(name, found) for name, found in lanes if found]
        days = [day for _, found in [*self.lanes, ("", self.shocks)] for day, _, _ in found]
        days += [bar.made for bar in self.bars]
        ends = [bar.due for bar in self.bars if not math.isnan(bar.due)] + [self.today]
        self.first = _main_start(days or [self.today]) - MARGIN_DAYS
        # a promise for years ahead would squeeze the past: its bar runs out of the picture
        self.last = min(max(ends), self.today + 550.0) + MARGIN_DAYS
        self.scale = (WIDTH_PT - LEFT_PT - RIGHT_PT) / (self.last - self.first)

    def x(self, day: float) -> float:
        """Return a day as points from the left; what lies before the picture stands at its edge."""
        return LEFT_PT + (min(max(day, self.first), self.last) - self.first) * self.scale

    def draw(self, title: str) -> Figure:
        """Draw lanes, bars and what runs through both, from the top down."""
        shock_rows = self._shock_rows()
        lanes_pt = LANE_PT * len(self.lanes)
        bars_pt = ROW_PT * (len(self.bars) + len({bar.group for bar in self.bars}))
        above = (26.0 if title else 6.0) + 11.0 * (max(shock_rows, default=-1) + 1) + 4.0
        height = above + lanes_pt + AXIS_PT + (GAP_PT + bars_pt if self.bars else 0.0) + FOOT_PT
        figure = new_figure(WIDTH_PT, height)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH_PT), ylim=(0, height))
        axes.axis("off")
        if title:
            axes.text(8, height - 8, title, size=TITLE, weight="bold", va="top", color=self.palette.ink)
        top = height - above
        bottom = FOOT_PT
        self._draw_years(axes, top, top - lanes_pt, bottom)
        self._draw_lanes(axes, top)
        self._draw_shocks(axes, shock_rows, top, bottom)
        if self.bars:
            self._draw_bars(axes, top - lanes_pt - AXIS_PT - GAP_PT)
        self._draw_today(axes, top, bottom)
        return figure

    def _draw_years(self, axes: Axes, top: float, floor: float, bottom: float) -> None:
        """Draw the axis of months below the lanes, with lines at the turns of years and quarters."""
        palette = self.palette
        start, end = date.fromordinal(int(self.first)), date.fromordinal(int(self.last))
        for year in range(start.year, end.year + 1):
            for month in (1, 4, 7, 10):
                day = float(date(year, month, 1).toordinal())
                if not self.first <= day <= self.last:
                    continue
                x = self.x(day)
                axes.plot(
                    [x, x], [bottom, top], color=palette.line if month > 1 else palette.mist, linewidth=0.6, zorder=0
                )
                short = self.scale * 91 > 34  # noqa: PLR2004 - points that a month's name needs
                text = str(year) if month == 1 else date(year, month, 1).strftime("%b") if short else ""
                axes.text(
                    x + 2, floor - 4, text, size=SMALL, color=palette.ink if month == 1 else palette.stone_ink, va="top"
                )

    def _draw_lanes(self, axes: Axes, top: float) -> None:
        palette = self.palette
        for number, (name, found) in enumerate(self.lanes):
            y = top - LANE_PT * (number + 0.5)
            axes.plot([LEFT_PT, WIDTH_PT - RIGHT_PT], [y, y], color=palette.line, linewidth=0.6, zorder=0)
            write(axes, LEFT_PT - 8, y, name, palette.ink, align="right")
            face = palette.sage if name == "delivered" else palette.madder if name == "slipped" else palette.lapis
            for day, identity, _ in found:
                axes.plot(
                    self.x(day), y, marker=_MARKERS[name], markersize=5.4, color=face, markeredgecolor=palette.paper,
                    markeredgewidth=0.8, linestyle="none", zorder=6, gid=f"entry-{identity}",
                )  # fmt: skip
                near = [other for other, _, _ in found if 0 < self.x(other) - self.x(day) < 32.0]  # noqa: PLR2004 - points of a year
                if day < self.first and not near:
                    write(axes, self.x(day) + 5, y, str(date.fromordinal(int(day)).year), palette.stone_ink)

    def _shock_rows(self) -> list[int]:
        """Return the row above the lanes for the text of each shock, 0 the lowest, so that no text crosses another's line."""
        rows: list[int] = []
        lines: list[tuple[float, int]] = []
        for day, _, text in self.shocks:
            right = self.x(day) - 3
            left = right - text_size(_shock_text(day, text), SMALL)[0]
            row = max((other + 1 for x, other in lines if x > left - 4), default=0)
            rows.append(row)
            lines.append((self.x(day), row))
        return rows

    def _draw_shocks(self, axes: Axes, rows: Sequence[int], top: float, bottom: float) -> None:
        color = self.palette.madder
        floor = top - LANE_PT * len(self.lanes)
        for row, (day, _, text) in zip(rows, self.shocks, strict=True):
            x, y = self.x(day), top + 4 + 11.0 * (row + 0.5)
            axes.plot([x, x], [floor, y + 3], color=color, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1.5)
            # fainter behind the bars, whose names it crosses
            axes.plot([x, x], [bottom, floor], color=self.palette.madder_light, linewidth=1.3, zorder=0.5)
            write(axes, x - 3, y, _shock_text(day, text), color, align="right", level=7, halo=True)

    def _draw_today(self, axes: Axes, top: float, bottom: float) -> None:
        x = self.x(self.today)
        axes.plot([x, x], [bottom, top], color=self.palette.ink, linewidth=1.0, zorder=5)
        day = date.fromordinal(int(self.today))
        axes.text(
            x,
            bottom - 1,
            f"{day.day} {day.strftime('%b %Y')}",
            size=SMALL,
            color=self.palette.ink,
            ha="center",
            va="top",
        )

    def _draw_bars(self, axes: Axes, top: float) -> None:
        palette = self.palette
        text = "Promised: each bar runs from the day it was made to the day it fell due"
        axes.text(8, top + 5, text, size=NORMAL, weight="bold", color=palette.ink)
        y, group = top + ROW_PT / 2, ""
        for bar in self.bars:
            if bar.group != group:
                group = bar.group
                y -= ROW_PT
                color = palette.madder if group == "overdue" else palette.stone_ink
                write(axes, 8, y - 2, group, color, bold=True)
            y -= ROW_PT
            write(axes, LEFT_PT - 8, y, bar.id, palette.stone_ink, align="right")
            right = self._draw_bar(axes, bar, y)
            self._name_bar(axes, bar, right, y)

    def _draw_bar(self, axes: Axes, bar: Bar, y: float) -> float:
        """Draw the bar of a commitment; return its right edge."""
        palette = self.palette
        left = self.x(bar.made)
        if math.isnan(bar.due):
            # nothing was due on a day: an arrow of dots up to the day of the record, or to the day it was done
            end = self.x(bar.done if bar.status == "done" and not math.isnan(bar.done) else self.today)
            if bar.status == "dropped":
                end = left
            axes.plot(
                [left, end], [y, y], color=palette.lapis_light, linewidth=1.6, linestyle=(0, (0.8, 1.8)), zorder=3
            )
            axes.plot(left, y, marker="|", markersize=6.5, markeredgewidth=1.6, color=palette.lapis, zorder=4)
        else:
            end = self.x(bar.due)
            face = palette.lapis if bar.status == "open" else palette.mist
            corner = (left, y - BAR_PT / 2)
            axes.add_patch(Rectangle(corner, max(end - left, 1.5), BAR_PT, facecolor=face, linewidth=0, zorder=3))
        if bar.overdue_days > 0:
            late = self.x(self.today)
            axes.add_patch(
                Rectangle((end, y - BAR_PT / 2), late - end, BAR_PT, facecolor=palette.madder_light, edgecolor=palette.madder,
                          linewidth=0.7, hatch="/////", zorder=3)
            )  # fmt: skip
            end = late
        if bar.status == "done":
            x = self.x(bar.done) if not math.isnan(bar.done) else end
            edge: dict[str, Any] = {"markeredgecolor": palette.paper, "markeredgewidth": 0.8}
            axes.plot(x, y, marker="D", markersize=5.4, color=palette.sage, zorder=6, **edge)
            end = max(end, x + 3)
        elif bar.status == "dropped":
            axes.plot(end, y, marker="x", markersize=5.0, markeredgewidth=1.3, color=palette.ink, zorder=6)
            end += 3
        return end

    def _name_bar(self, axes: Axes, bar: Bar, right: float, y: float) -> None:
        """Write what was promised beside its bar: on the left where there is more room, else on the right."""
        state = (
            words.count(bar.overdue_days, "day") if bar.overdue_days > 0 else "" if bar.status == "open" else bar.status
        )
        left = self.x(bar.made)
        rooms = {"left": left - LEFT_PT - 6, "right": WIDTH_PT - right - 10}
        side = "left" if rooms["left"] > rooms["right"] else "right"
        text = _fitted(bar.title, f", {state}" if state else "", rooms[side])
        plain = self.palette.ink if bar.status == "open" else self.palette.stone_ink
        color = self.palette.madder if bar.overdue_days > 0 else plain
        x, align = (left - 5, "right") if side == "left" else (right + 6, "left")
        write(axes, x, y, text, color, align=align, level=7, halo=True)


def _dated(events: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Return events as (ordinal of the day, id, title); those without a date are left out."""
    rows: list[dict[Any, Any]] = events.to_dict("records")
    found = [(day_of(row["date"]), str(row["id"]), str(row["title"])) for row in rows]
    return [item for item in found if not math.isnan(item[0])]


def _main_start(days: Sequence[float]) -> float:
    """Return the day from which the picture runs: the first, unless a few entries lie years before the others."""
    ordered = sorted(days)
    main = ordered[int(OLD_QUANTILE * len(ordered))]
    return ordered[0] if main - ordered[0] < 365.25 * OLD_YEARS else main


def _shock_text(day: float, text: str) -> str:
    when = date.fromordinal(int(day))
    return f"{words.shortened(text, 74)} ({when.strftime('%b %Y')})"


def _fitted(title: str, state: str, room: float) -> str:
    """Return a title shortened so that it and its state fit a room in points."""
    length = len(title)
    while length > 8 and text_size(words.shortened(title, length) + state, SMALL)[0] > room:  # noqa: PLR2004 - a word
        length -= 2
    return words.shortened(title, length) + state
