"""Pictures of an appraisal: the same figures give the same bytes, and what must be written on them is."""

from __future__ import annotations

import re

import numpy as np
import pytest

from karvan.charts.cash_flow import draw_cash_flow
from karvan.charts.palette import DARK
from karvan.charts.s_curve import draw_s_curve
from karvan.charts.svg import figure_svg
from karvan.charts.tornado import TornadoBar, draw_tornado
from karvan.charts.who_gains import PartyGain, draw_who_gains

BARS = [
    TornadoBar("upkeep", "\u221220 %", "+50 %", 250, -160, "+22 %"),
    TornadoBar("capital cost", "USD 4.6 bn", "USD 8.2 bn", 400, -2600, "+4 %"),
    TornadoBar("carbon price", "low", "high", 134, 320),
]
PARTIES = [
    PartyGain("Pakistan", "shippers", 900, -300),
    PartyGain("Azerbaijan", "port", -15, 60),
    PartyGain("Pakistan", "railway", -200, 240),
]
DRAWS = {
    "cash flow": lambda: draw_cash_flow(
        [2026, 2027, 2028], [0, 60, 70], [100, 5, 5], [-100, -50, 3.72], unit="USD m", title="N1"
    ),
    "tornado": lambda: draw_tornado(BARS, 134, unit="USD m", title="What it hangs on"),
    "S-curve": lambda: draw_s_curve(np.linspace(-100, 300, 4001), unit="USD m", title="How sure"),
    "who gains": lambda: draw_who_gains(PARTIES, unit="USD m", title="Who gains"),
}


def texts(figure) -> list[str]:
    return re.findall(r">([^<>]+)</text>", figure_svg(figure))


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_figures_give_the_same_svg(name):
    assert figure_svg(DRAWS[name]()) == figure_svg(DRAWS[name]())


def test_the_cash_flow_names_its_end():
    assert {"present value so far", "3.72", "benefits", "costs", "2026", "a year, USD m"} <= set(
        texts(DRAWS["cash flow"]())
    )


def test_long_sums_are_whole_on_the_axis_of_a_cash_flow():
    figure = draw_cash_flow([2026, 2027], [0, 9e11], [5e11, 0], [-5e11, 4e11], unit="rupees")
    figure.canvas.draw()
    (axes,) = figure.axes
    shown = [*axes.get_yticklabels(), axes.yaxis.label]
    assert min(text.get_window_extent().x0 for text in shown if text.get_text()) >= 0


def test_a_tornado_has_the_switching_value_of_every_bar_the_widest_on_top():
    found = texts(DRAWS["tornado"]())
    assert found.index("capital cost") < found.index("upkeep") < found.index("carbon price")
    assert {"+4 %", "+22 %", "never zero", "USD 8.2 bn", "USD 4.6 bn", "base 134"} <= set(found)


def test_an_s_curve_has_its_points_and_the_chance_of_loss():
    assert {"P10  \u221260", "P50  100", "P90  260", "chance of loss 25 %"} <= set(texts(DRAWS["S-curve"]()))


def test_who_gains_nets_visibly_and_keeps_countries_together():
    found = texts(DRAWS["who gains"]())
    assert found.index("Pakistan") < found.index("shippers") < found.index("railway") < found.index("Azerbaijan")
    assert {"+600", "+40", "+45", "+685", "payments net to zero", "all together"} <= set(found)


def test_payments_that_do_not_net_are_not_said_to():
    assert "payments net to zero" not in texts(draw_who_gains([PartyGain("Pakistan", "shippers", 5, -3)]))


@pytest.mark.parametrize(
    "figure",
    [
        lambda: draw_cash_flow([2026], [0], [0], [0], palette=DARK),
        lambda: draw_tornado([], 0.0),
        lambda: draw_s_curve([5.0]),
        lambda: draw_who_gains([PartyGain("Pakistan", "shippers", 0, 0)]),
    ],
    ids=["cash flow", "tornado", "S-curve", "who gains"],
)
def test_next_to_nothing_still_draws(figure):
    assert figure_svg(figure()).startswith("<?xml")


@pytest.mark.parametrize(
    "draws",
    [
        -1600 - 560 * np.linspace(-2.5, 2.5, 500) ** 2,  # all of them losses, the best near the top
        np.linspace(-60, -1, 500),
        np.expm1(np.linspace(-4, 5, 500)) * 100 - 2000,  # a long tail above
        100 - np.exp(np.linspace(-4, 9, 500)),  # a long tail below
    ],
)
def test_the_labels_of_an_s_curve_meet_no_curve_and_no_other(draws):
    figure = draw_s_curve(draws, unit="USD m")
    figure.canvas.draw()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    curve = next(line for line in axes.lines if len(line.get_xdata()) > 100)
    points = axes.transData.transform(curve.get_xydata())
    assert not any(box.contains(*point) for box in boxes for point in points)
    assert not any(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])
