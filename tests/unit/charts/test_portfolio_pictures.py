"""Pictures of a portfolio: what stands on them, and that they are the same on every run."""

from __future__ import annotations

import pytest

from karvan.charts.frontier import Step, draw_frontier
from karvan.charts.phasing import HATCHES, FunderOutlay, Works, draw_phasing
from karvan.charts.robustness import RobustRow, draw_robustness
from karvan.charts.svg import figure_svg

STEPS = [Step(500.0, 120.0, ("A",)), Step(2000.0, 410.0, ("B", "C"), ("A",), asked=True), Step(4000.0, 410.0, ())]
WORKS = [Works("A The line", 2027, 2030, "USD 2.0 bn"), Works("B The post", 2028, 2029)]
OUTLAYS = [FunderOutlay("Bank, loan", {2027: 300.0, 2028: 400.0}), FunderOutlay("open: nobody named", {2028: 50.0})]
ROWS = [RobustRow("A + B", (400.0, 500.0, -120.0)), RobustRow("A", (100.0, 120.0, 130.0))]


def texts(figure):
    return [item.get_text() for item in figure.findobj(lambda artist: hasattr(artist, "get_text")) if item.get_text()]


def test_the_frontier_names_what_comes_in_and_what_goes():
    said = texts(draw_frontier(STEPS, title="Budgets"))
    assert {"Budgets", "120", "410", "+ A", "+ B, C", "\u2212 A", "no change", "USD 500 m", "USD 2.0 bn"} <= set(said)


def test_a_frontier_on_which_nothing_pays():
    assert "nothing pays" in texts(draw_frontier([Step(500.0, 0.0, ())]))


def test_phasing_shows_works_and_who_pays():
    figure = draw_phasing(WORKS, OUTLAYS, budget_by_year={2028: 420.0})
    said = texts(figure)
    assert {"A The line", "B The post", "USD 2.0 bn", "Bank, loan", "open: nobody named", "2027", "2029"} <= set(said)
    # the bars of 2028 stand on each other: 400 and 50
    lower = figure.axes[1]
    tops = [
        bar.get_y() + bar.get_height()
        for bar in lower.patches
        if abs(bar.get_x() + bar.get_width() / 2 - 2028.5) < 0.01
    ]
    assert max(tops) == pytest.approx(450.0)


def test_many_funders_are_gathered():
    many = [FunderOutlay(f"f{number}", {2027: 1.0}) for number in range(len(HATCHES) + 3)]
    assert "4 others" in texts(draw_phasing(WORKS, many))


def test_the_worst_cell_of_a_set_is_framed():
    figure = draw_robustness(["as expected", "All open", "Afghan crossings shut"], ROWS, unit="USD m")
    framed = [bar for bar in figure.axes[0].patches if not bar.get_fill()]
    assert len(framed) == len(ROWS)
    bold = [item.get_text() for item in figure.findobj(lambda artist: hasattr(artist, "get_fontweight"))
            if item.get_fontweight() == "bold"]  # fmt: skip
    assert {"\u2212120", "100"} <= set(bold)


@pytest.mark.parametrize("draw", [
    lambda: draw_frontier(STEPS), lambda: draw_phasing(WORKS, OUTLAYS), lambda: draw_robustness(["a", "b", "c"], ROWS),
    lambda: draw_phasing([], []), lambda: draw_frontier([]),
])  # fmt: skip
def test_the_same_bytes_on_every_run(draw):
    assert figure_svg(draw()) == figure_svg(draw())
