"""The frontier: what the best set is worth under each budget, with what comes in at each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.charts import words
from karvan.charts.canvas import NORMAL, SMALL, TITLE, bare, drawing, new_figure, write
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from karvan.charts.palette import Palette

WIDTH_PT, HEIGHT_PT = 760.0, 330.0
LEFT_PT, RIGHT_PT, TOP_PT, BOTTOM_PT = 76.0, 24.0, 48.0, 44.0
#: Names that fit beside a step.
SHOWN_NAMES = 4


@dataclass(frozen=True)
class Step:
    """The best set of a budget: budget and worth, what comes in and what goes, and whether the budget is the one asked about."""

    budget: float
    value: float
    added: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    asked: bool = False


def draw_frontier(steps: Sequence[Step], *, title: str = "", palette: Palette = LIGHT) -> Figure:
    """Draw a frontier.

    Parameters
    ----------
    steps
        One for each budget, lowest first; USD m.
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
        width, height = WIDTH_PT - LEFT_PT - RIGHT_PT, HEIGHT_PT - TOP_PT - BOTTOM_PT
        axes = figure.add_axes((LEFT_PT / WIDTH_PT, BOTTOM_PT / HEIGHT_PT, width / WIDTH_PT, height / HEIGHT_PT))
        top = max([step.value for step in steps] + [1.0])
        axes.set(
            xlim=(-0.5, max(len(steps), 1) - 0.5), ylim=(min([step.value for step in steps] + [0.0]) * 1.15, top * 1.3)
        )
        axes.set_xticks(range(len(steps)), [words.budget(step.budget) for step in steps])
        bare(axes, "bottom", "left")
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=palette.line, linewidth=0.6)
        axes.axhline(0, color=palette.ink, linewidth=1.0, zorder=1.5)
        axes.yaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.set_ylabel("worth, USD m of present value", size=SMALL, color=palette.stone_ink)
        axes.set_xlabel("budget", size=SMALL, color=palette.stone_ink)
        axes.plot(range(len(steps)), [step.value for step in steps], color=palette.lapis, linewidth=1.4, zorder=2)
        points = height / (axes.get_ylim()[1] - axes.get_ylim()[0])
        for place, step in enumerate(steps):
            _draw_step(axes, place, step, points, palette)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / HEIGHT_PT, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _draw_step(axes: Axes, place: int, step: Step, points: float, palette: Palette) -> None:
    color = palette.saffron if step.asked else palette.lapis
    axes.plot(place, step.value, marker="D" if step.asked else "o", markersize=7 if step.asked else 5.5, color=color,
              markeredgecolor=palette.paper, linestyle="none", zorder=4)  # fmt: skip
    lines = [words.number(step.value)]
    if step.added:
        more = len(step.added) - SHOWN_NAMES
        lines.append("+ " + ", ".join(step.added[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else ""))
    if step.left_out:
        more = len(step.left_out) - SHOWN_NAMES
        lines.append(
            f"{words.MINUS} " + ", ".join(step.left_out[:SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")
        )
    if not step.added and not step.left_out:
        lines.append("no change" if place else "nothing pays")
    for number, line in enumerate(reversed(lines)):
        bold = number == len(lines) - 1
        tone = (
            palette.ink
            if bold
            else palette.sage
            if line.startswith("+")
            else palette.madder
            if line.startswith(words.MINUS)
            else palette.stone_ink
        )
        write(axes, place, step.value + (12 + 11 * number) / points, line, tone, size=NORMAL if bold else SMALL, align="center",
              bold=bold, level=5, halo=True)  # fmt: skip
