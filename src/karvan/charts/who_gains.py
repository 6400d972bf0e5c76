"""Who gains: diverging bars by country and party, real gains and payments apart, that visibly net.

Each party has two bars from the line of zero: what it really gains or loses, solid, and what it receives or pays, hatched. The
payments of all parties end in a row of their own, which is zero, and what all gain together in another.
"""

from __future__ import annotations

import math
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

WIDTH_PT, ROW_PT, HEAD_PT, TOP_PT, BOTTOM_PT, RIGHT_PT = 760.0, 22.0, 20.0, 52.0, 38.0, 110.0


@dataclass(frozen=True)
class PartyGain:
    """What a party gains: country and party in words, real gain, and payments received less paid."""

    country: str
    party: str
    benefit: float
    transfer: float


def draw_who_gains(
    parties: Sequence[PartyGain], *, unit: str = "", title: str = "", palette: Palette = LIGHT
) -> Figure:
    """Draw who gains.

    Parameters
    ----------
    parties
        One for each country and party; parties of a country stand together, in the order in which it is first named.
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
    countries = list(dict.fromkeys(party.country for party in parties))
    places: list[tuple[float, str, PartyGain | None]] = []
    y = 0.0
    for country in countries:
        places.append((y, country, None))
        y += HEAD_PT
        for party in (party for party in parties if party.country == country):
            places.append((y, "", party))
            y += ROW_PT
        y += 5.0
    total = PartyGain("", "all together", math.fsum(p.benefit for p in parties), math.fsum(p.transfer for p in parties))
    size = math.fsum(abs(p.transfer) for p in parties)
    if abs(total.transfer) <= 1e-9 * size:
        total = PartyGain("", total.party, total.benefit, 0.0)
    places.append((y + 6.0, "", total))
    height = TOP_PT + y + 6.0 + ROW_PT + BOTTOM_PT
    with drawing():
        names = [text_size(party.party, NORMAL)[0] for party in parties]
        names += [text_size(country, NORMAL, bold=True)[0] for country in countries]
        left = min(max([*names, 70.0]) + 30.0, 240.0)
        figure = new_figure(WIDTH_PT, height)
        plot = WIDTH_PT - left - RIGHT_PT
        axes = figure.add_axes(
            (left / WIDTH_PT, BOTTOM_PT / height, plot / WIDTH_PT, 1 - (TOP_PT + BOTTOM_PT) / height)
        )
        ends = [0.0, *(end for p in [*parties, total] for end in (p.benefit, p.transfer))]
        margin = 0.12 * (max(ends) - min(ends) or 1.0)
        axes.set(xlim=(min(ends) - margin, max(ends) + margin), ylim=(y + 6.0 + ROW_PT, -2.0), yticks=[])
        points = plot / (axes.get_xlim()[1] - axes.get_xlim()[0])
        bare(axes, "bottom")
        axes.set_axisbelow(True)
        axes.grid(axis="x", color=palette.line, linewidth=0.6)
        axes.axvline(0, color=palette.ink, linewidth=1.0, zorder=3)
        axes.axhline(y + 1.0, color=palette.stone, linewidth=0.8, xmin=-left / plot, clip_on=False)
        axes.xaxis.set_major_formatter(lambda value, _: words.number(value))
        axes.set_xlabel(f"present value{f', {unit}' if unit else ''}", size=SMALL, color=palette.stone_ink)
        for place, country, shown in places:
            _draw_row(axes, place, country, shown, points, palette, last=shown is total)
        _legend(axes, points, palette)
        if title:
            figure.text(8 / WIDTH_PT, 1 - 8 / height, title, size=TITLE, weight="bold", va="top", color=palette.ink)
        return figure


def _draw_row(
    axes: Axes, place: float, country: str, party: PartyGain | None, points: float, palette: Palette, *, last: bool
) -> None:
    low, high = axes.get_xlim()
    if party is None:
        write(
            axes,
            low - 12 / points,
            place + HEAD_PT / 2 + 2,
            country,
            palette.ink,
            size=NORMAL,
            align="right",
            bold=True,
        )
        return
    middle = place + ROW_PT / 2
    write(axes, low - 12 / points, middle, party.party, palette.ink, size=NORMAL, align="right", bold=last)
    thick = ROW_PT * 0.36
    for value, offset, hatched in ((party.benefit, -thick / 2, False), (party.transfer, thick / 2, True)):
        color = palette.sage if value > 0 else palette.madder
        axes.barh(middle + offset, value, height=thick, color=palette.paper if hatched else color, edgecolor=color,
                  linewidth=0.8 if hatched else 0, hatch="/////" if hatched else None, zorder=2)  # fmt: skip
    net = party.benefit + party.transfer
    sign = "+" if net > 0 else ""
    color = palette.sage if net > 0 else palette.madder if net < 0 else palette.stone_ink
    write(axes, high + 12 / points, middle, f"{sign}{words.number(net)}", color, size=NORMAL, bold=last)
    if last:
        write(
            axes,
            5 / points,
            middle + thick / 2,
            "payments net to zero" if party.transfer == 0 else "",
            palette.stone_ink,
            level=4,
        )


def _legend(axes: Axes, points: float, palette: Palette) -> None:
    """Name the two kinds of bar above the picture, and the column of sums."""
    low, high = axes.get_xlim()
    y = -12.0
    for x, text, hatched in ((low, "real gain or loss", False), (low + 130 / points, "received or paid", True)):
        axes.barh(y, 16 / points, left=x, height=7.0, color=palette.paper if hatched else palette.stone, edgecolor=palette.stone,
                  linewidth=0.8, hatch="/////" if hatched else None, clip_on=False)  # fmt: skip
        write(axes, x + 22 / points, y, text, palette.stone_ink)
    write(axes, high + 12 / points, y, "together", palette.stone_ink, bold=True)
    axes.set_xlim(low, high)
