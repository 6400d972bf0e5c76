"""The signature picture: time and price against distance, after ESCAP's time/cost-distance method.

Distance runs across, cumulative time up, and price per tonne in a second panel below. Slopes are movement; vertical steps are
standing still: loading, a crossing, a change of mode or gauge, waiting for a departure. The rest of drivers on the way is part
of the slope. Each route ends in the range of single journeys, p10 to p90.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from karvan.charts import words
from karvan.charts.canvas import (
    NORMAL,
    SMALL,
    TITLE,
    Box,
    Room,
    bare,
    drawing,
    new_figure,
    points_along,
    spread_apart,
    text_size,
    write,
)
from karvan.charts.palette import LIGHT, mode_colors

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.canvas import Points
    from karvan.charts.palette import Palette

WIDTH_PT, TIME_PT, COST_PT = 760.0, 330.0, 130.0
LEFT_PT, TOP_PT, BETWEEN_PT, BOTTOM_PT = 46.0, 26.0, 22.0, 36.0
#: Steps below this share of the axis stay without a name; the first route's steps in time are named, every one.
NAMED_SHARE = {"hours": 0.02, "usd": 0.06}
#: A name farther from its step than this has a line that leads to it, in points.
LEAD_PT = 13.0
#: Distance between the ranges of two routes, and of the first from the end of the lines, in points.
RANGE_PT = 9.0
#: Widths of the lines, the first route's and the others'.
WIDTHS = (2.3, 1.2)


@dataclass(frozen=True)
class ProfileLine:
    """A route, or a route in some future, as a line of the profile.

    Attributes
    ----------
    label
        What it is called, short: it stands at the line's end.
    legs
        One row per leg: kind (``load``, ``move``, ``crossing``, ``transfer``, ``unload``), name, mode, start_km, start_h,
        start_usd_per_t, distance_km, time_h, moving_h, price_usd_per_t, gauge_break; ``wait_h``, the wait for a departure
        at the start of a leg, may be left out.
    p10_h, p90_h
        Range of the hours of single journeys.
    note
        What else stands at the line's end in the panel of prices, such as the price per container.
    """

    label: str
    legs: pd.DataFrame
    p10_h: float
    p90_h: float
    note: str = ""


class Stretch(NamedTuple):
    """A piece of a profile: from (km, h, USD per tonne) to (km, h, USD per tonne)."""

    kind: str
    name: str
    mode: str
    gauge_break: bool
    km: tuple[float, float]
    hours: tuple[float, float]
    usd: tuple[float, float]

    @property
    def stands(self) -> bool:
        """Whether goods stand still: a vertical step."""
        return self.kind != "move"


def stretches(line: ProfileLine) -> list[Stretch]:
    """Return a route as slopes and steps, in order; a wait for a departure becomes a step before its leg."""
    found = []
    for leg in line.legs.to_dict("records"):
        kind, name, mode = str(leg["kind"]), str(leg["name"]), str(leg.get("mode", ""))
        km = (float(leg["start_km"]), float(leg["start_km"] + leg["distance_km"]))
        hours = (float(leg["start_h"]), float(leg["start_h"] + leg["time_h"]))
        usd = (float(leg["start_usd_per_t"]), float(leg["start_usd_per_t"] + leg["price_usd_per_t"]))
        wait = float(leg.get("wait_h", 0.0))
        if kind == "move" and wait > 0:
            left = hours[0] + wait
            found.append(
                Stretch("wait", f"wait for {name}", mode, False, (km[0], km[0]), (hours[0], left), (usd[0], usd[0]))
            )
            hours = (left, hours[1])
        found.append(Stretch(kind, name, mode, bool(leg["gauge_break"]), km, hours, usd))
    return found


def draw_profile(lines: Sequence[ProfileLine], *, title: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw the time-distance and price-distance profile of routes, the first in front.

    Parameters
    ----------
    lines
        The routes, best first.
    title
        Above the picture.
    palette
        Colours.

    Returns
    -------
    Figure of 760 points in width.
    """
    with drawing():
        return _Profile(lines, palette).draw(title)


class _Profile:
    """A profile while it is drawn."""

    def __init__(self, lines: Sequence[ProfileLine], palette: Palette) -> None:
        self.lines, self.palette = lines, palette
        self.parts = [stretches(line) for line in lines]
        longest = max((part.km[1] for parts in self.parts for part in parts), default=1.0)
        self.most_h = max(
            [part.hours[1] for parts in self.parts for part in parts] + [line.p90_h for line in lines] + [1.0]
        )
        self.most_usd = max([part.usd[1] for parts in self.parts for part in parts] + [1.0])
        # days where there are at least four of them to count
        self.unit, self.per_unit = ("days", 24.0) if self.most_h >= 96.0 else ("hours", 1.0)  # noqa: PLR2004 - h
        labels = [text_size(text, NORMAL, bold=True)[0] for line in lines for text in _end_texts(line)]
        prices = [text_size(self._price(number), NORMAL, bold=True)[0] for number in range(len(lines))]
        ranges = RANGE_PT * (len(lines) + 0.8)
        self.right_pt = max(max(labels, default=0.0) + ranges, max(prices, default=0.0) + 2 * RANGE_PT) + 14.0
        self.plot_pt = WIDTH_PT - LEFT_PT - self.right_pt
        self.km_per_pt = (longest or 1.0) / self.plot_pt

    def draw(self, title: str) -> Figure:
        """Draw both panels."""
        top = TOP_PT + (22.0 if title else 0.0)
        height = top + TIME_PT + BETWEEN_PT + COST_PT + BOTTOM_PT
        figure = new_figure(WIDTH_PT, height)
        if title:
            figure.text(
                8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=self.palette.ink
            )
        cost_bottom = BOTTOM_PT
        time_bottom = BOTTOM_PT + COST_PT + BETWEEN_PT
        box = (LEFT_PT / WIDTH_PT, time_bottom / height, self.plot_pt / WIDTH_PT, TIME_PT / height)
        time = figure.add_axes(box)
        cost = figure.add_axes((box[0], cost_bottom / height, box[2], COST_PT / height), sharex=time)
        self._scale(time, self.most_h * 1.03 / self.per_unit, f"{self.unit} from the door")
        self._scale(cost, self.most_usd * 1.06, "USD per tonne")
        time.tick_params(labelbottom=False)
        time.set_xlim(0, self.plot_pt * self.km_per_pt)
        cost.set_xlabel("km from the origin", size=SMALL, color=self.palette.stone_ink)
        self._shade(time)
        for number in reversed(range(len(self.lines))):
            self._draw_line(time, number, "hours", self.per_unit)
            self._draw_line(cost, number, "usd", 1.0)
        self._name_steps(time, "hours", self.most_h * 1.03, TIME_PT)
        self._name_steps(cost, "usd", self.most_usd * 1.06, COST_PT)
        self._end_time(time)
        self._end_cost(cost)
        return figure

    def _scale(self, axes: Axes, most: float, unit: str) -> None:
        axes.set_ylim(0, most)
        bare(axes, "bottom", "left")
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=self.palette.line, linewidth=0.6)
        # upright above the axis: nobody has to turn their head for the unit
        axes.text(
            0, 1.02, unit, size=SMALL, color=self.palette.stone_ink, ha="left", va="bottom", transform=axes.transAxes
        )
        for spine in ("bottom", "left"):
            axes.spines[spine].set_color(self.palette.stone)
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value))

    def _shade(self, axes: Axes) -> None:
        """Shade the hours in which the first route's goods stand still, from the axis to the step."""
        for part in self.parts[0] if self.parts else ():
            if part.stands and part.hours[1] > part.hours[0]:
                low, high = (hours / self.per_unit for hours in part.hours)
                right = max(part.km[0], 4 * self.km_per_pt)
                axes.fill_between([0, right], low, high, color=self.palette.madder_light, linewidth=0, zorder=0.5)

    def _draw_line(self, axes: Axes, number: int, what: str, per_unit: float) -> None:
        """Draw one route: slopes in the colour of their mode, steps in that of what stops them."""
        palette = self.palette
        width = WIDTHS[min(number, 1)]
        level = 20 - number
        for part in self.parts[number]:
            low, high = (value / per_unit for value in getattr(part, what))
            color = mode_colors(palette, part.mode)[0]
            if part.stands:
                color = palette.madder if part.kind == "crossing" else palette.ink
            axes.plot(
                part.km, (low, high), color=color, linewidth=width + (0.7 if part.stands else 0.0), zorder=level,
                solid_capstyle="butt" if part.stands else "round", clip_on=False,
            )  # fmt: skip
            if part.gauge_break and what == "hours":
                axes.plot(
                    part.km[0], (low + high) / 2, marker="D", markersize=4.5, color=palette.ink,
                    markeredgecolor=palette.paper, markeredgewidth=0.7, zorder=level + 0.5,
                )  # fmt: skip
        if len(self.lines) > 1:
            self._number(axes, number, what, per_unit)

    def _number(self, axes: Axes, number: int, what: str, per_unit: float) -> None:
        """Write the route's number on a slope, where it is farthest from the other routes."""
        most, height = (self.most_h, TIME_PT) if what == "hours" else (self.most_usd, COST_PT)
        others = [parts for other, parts in enumerate(self.parts) if other != number]
        ink = self._ink(others, what, most, height)
        best, room = None, -1.0
        for part in self.parts[number]:
            if part.stands:
                continue
            for share in (0.5, 0.3, 0.7):
                low, high = getattr(part, what)
                km, value = part.km[0] + share * (part.km[1] - part.km[0]), low + share * (high - low)
                away = np.hypot(*(ink - [km / self.km_per_pt, value / most * height]).T).min() if len(ink) else 0.0
                # far enough is enough: then a long slope reads better than a short one
                score = min(float(away), 16.0) + 8.0 * (part.km[1] - part.km[0]) / self.plot_pt / self.km_per_pt
                if score > room + 1e-9:
                    best, room = (km, value / per_unit), score
        if best is not None:
            paper, edge = self.palette.paper, self.palette.stone
            ring = {"boxstyle": "circle,pad=0.22", "facecolor": paper, "edgecolor": edge, "linewidth": 0.7}
            looks: dict[str, Any] = {"size": SMALL, "color": self.palette.ink, "ha": "center", "va": "center_baseline"}
            axes.text(*best, str(number + 1), zorder=31, bbox=ring, **looks)

    # names of steps ---------------------------------------------------------------------------------------------------

    def _name_steps(self, axes: Axes, what: str, most: float, height: float) -> None:
        """Name the first route's steps, then the big ones of the others where there is room; a shared step is named once."""
        per_unit = self.per_unit if what == "hours" else 1.0
        room = Room(Box(2.0, 1.0, self.plot_pt + 4.0, height), ink=self._ink(self.parts, what, most, height))
        named: list[tuple[str, float]] = []
        for part in self._big_steps(what, most):
            x, (low, high) = part.km[0] / self.km_per_pt, getattr(part, what)
            if any(part.name == name and abs(x - place) < 12.0 for name, place in named):  # noqa: PLR2004 - points
                continue
            text = f"{_step_name(part)}, {words.hours(high - low) if what == 'hours' else words.usd(high - low)}"
            width, line = text_size(text, SMALL)
            y, half = (low + high) / 2 / most * height, (high - low) / 2 / most * height
            found = room.best(_beside(x, y, half, width, line), most_ink=(0.4 if what == "hours" else 0.1) * width)
            if found is None and what == "hours" and part in self.parts[0]:
                found = room.best(_around(x, y, width, line))
            if found is None:
                continue
            _, box = found
            room.take(box)
            named.append((part.name, x))
            left = box.left >= x
            color = self.palette.madder if part.kind == "crossing" else self.palette.ink
            middle = (box.bottom + box.top) / 2
            side = box.left if left else box.right
            if abs(middle - y) > max(LEAD_PT, half):
                ends = [
                    [x * self.km_per_pt, side * self.km_per_pt],
                    [y / height * most / per_unit, middle / height * most / per_unit],
                ]
                axes.plot(*ends, color=color, linewidth=0.6, zorder=6)
            write(
                axes, side * self.km_per_pt, middle / height * most / per_unit, text, color,
                align="left" if left else "right", level=30, halo=True,
            )  # fmt: skip

    def _big_steps(self, what: str, most: float) -> list[Stretch]:
        steps = [part for parts in self.parts for part in parts if part.stands]
        first = set(self.parts[0]) if self.parts else set()
        sizes = {part: getattr(part, what)[1] - getattr(part, what)[0] for part in steps}
        big = [
            part for part, size in sizes.items()
            if size >= NAMED_SHARE[what] * most or (what == "hours" and part in first and size > 0)
        ]  # fmt: skip
        return sorted(
            big,
            key=lambda part: (
                part not in first,
                getattr(part, what)[0] - getattr(part, what)[1],
                part.km[0],
                part.name,
            ),
        )

    def _ink(self, routes: Sequence[Sequence[Stretch]], what: str, most: float, height: float) -> Points:
        lines = []
        for parts in routes:
            for part in parts:
                ends = zip(part.km, getattr(part, what), strict=True)
                lines.append(
                    points_along(np.array([[km / self.km_per_pt, value / most * height] for km, value in ends]))
                )
        return np.concatenate(lines) if lines else np.empty((0, 2))

    # ends -------------------------------------------------------------------------------------------------------------

    def _end_time(self, axes: Axes) -> None:
        """Draw the range of each route beside the plot and write what it is."""
        points_per_h = TIME_PT / (self.most_h * 1.03)
        heights = [2 * NORMAL * 1.3 + 4.0] * len(self.lines)
        ends = [parts[-1].hours[1] if parts else 0.0 for parts in self.parts]
        centres = spread_apart([end * points_per_h for end in ends], heights, 0.0, TIME_PT + 12.0)
        ranges = RANGE_PT * (len(self.lines) + 0.8)
        palette = self.palette
        left = (self.plot_pt + ranges + 4.0) * self.km_per_pt
        for number, (line, end, centre) in enumerate(zip(self.lines, ends, centres, strict=True)):
            x = (self.plot_pt + RANGE_PT * (number + 1)) * self.km_per_pt
            low, mean, high = (hours / self.per_unit for hours in (line.p10_h, end, line.p90_h))
            width = WIDTHS[min(number, 1)]
            shared: dict[str, Any] = {"color": palette.ink, "clip_on": False}
            axes.plot([x, x], [low, high], linewidth=width, zorder=25, solid_capstyle="butt", **shared)
            dot: dict[str, Any] = {
                "marker": "o",
                "markersize": 4.6,
                "markeredgecolor": palette.paper,
                "markeredgewidth": 0.7,
            }
            axes.plot(x, mean, zorder=26, **dot, **shared)
            for text, shift in zip(_end_texts(line), (0.62, -0.62), strict=True):
                y = (centre + shift * NORMAL * 1.15) / points_per_h / self.per_unit
                write(axes, left, y, text, palette.ink, size=NORMAL, bold=number == 0 and shift > 0)
            lead = [mean, centre / points_per_h / self.per_unit]
            axes.plot(
                [x, left - 1.5 * self.km_per_pt], lead, color=palette.mist, linewidth=0.7, clip_on=False, zorder=1
            )

    def _price(self, number: int) -> str:
        """Return the text at a route's end in the panel of prices."""
        end, note = (self.parts[number][-1].usd[1] if self.parts[number] else float("nan")), self.lines[number].note
        mark = f"{number + 1}: " if len(self.lines) > 1 else ""
        return f"{mark}{words.usd(end)} per t" + (f", {note}" if note else "")

    def _end_cost(self, axes: Axes) -> None:
        points_per_usd = COST_PT / (self.most_usd * 1.06)
        ends = [parts[-1].usd[1] if parts else 0.0 for parts in self.parts]
        heights = [NORMAL * 1.35] * len(self.lines)
        centres = spread_apart([end * points_per_usd for end in ends], heights, 0.0, COST_PT + 10.0)
        for number, (end, centre) in enumerate(zip(ends, centres, strict=True)):
            left = (self.plot_pt + RANGE_PT * 2) * self.km_per_pt
            first = number == 0 and len(self.lines) > 1
            write(axes, left, centre / points_per_usd, self._price(number), self.palette.ink, size=NORMAL, bold=first)
            last = self.parts[number][-1].km[1] if self.parts[number] else 0.0
            lead = [end, centre / points_per_usd]
            ends_km = [last, left - 3 * self.km_per_pt]
            axes.plot(ends_km, lead, color=self.palette.mist, linewidth=0.7, clip_on=False, zorder=1)


def _end_texts(line: ProfileLine) -> tuple[str, str]:
    """Return the two lines of text at a route's end: what it is, and its time with the range."""
    end = float(line.legs["start_h"].iloc[-1] + line.legs["time_h"].iloc[-1]) if len(line.legs) else float("nan")
    return words.shortened(line.label, 40), words.spread(end, line.p10_h, line.p90_h)


def _step_name(part: Stretch) -> str:
    """Return a step's name as the picture has room for it."""
    return words.shortened(part.name, 34)


def _beside(x: float, y: float, half: float, width: float, height: float) -> list[Box]:
    """Return boxes beside a step: right of its middle, where the line has not yet been, then left of it, then along it."""
    shifts = [0.0, -0.5 * half, 0.5 * half, -half - 2, half + 2, -half - 11, half + 11]
    right = [Box.around(x + 5.0 + width / 2, y + shift, width, height) for shift in shifts]
    left = [Box.around(x - 5.0 - width / 2, y + shift, width, height) for shift in shifts]
    return [box for pair in zip(right, left, strict=True) for box in pair]


def _around(x: float, y: float, width: float, height: float) -> list[Box]:
    """Return boxes farther from a step, above and below in turn and either side, for a name that a line leads to."""
    shifts = [sign * step * 12.0 for step in range(1, 14) for sign in (-1, 1)]
    offsets = [side * (14.0 + width / 2) for side in (1, -1)]
    return [Box.around(x + offset, y + shift, width, height) for shift in shifts for offset in offsets]
