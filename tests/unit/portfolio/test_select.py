"""Reading options, choosing among them, and what is said where that cannot be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from karvan.errors import AuditError, InputError, RequestError
from karvan.portfolio import Option, knapsack, read_options, select_options
from karvan.portfolio import select as select_module

HEADER = "group,option,cost,value\n"


def option(group, name, cost, value):
    return Option(group, name, Fraction(cost), Fraction(value))


@pytest.fixture
def write(tmp_path):
    def put(text):
        path = tmp_path / "options.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return put


def test_options_are_read_exactly(write):
    path = write("\ufeff" + "option, group,cost,value,note\nsingle,line,0.1,1e2,why\n\ndouble,line,0.30,-2,\n")
    assert read_options(path) == (option("line", "single", "0.1", 100), option("line", "double", "0.3", -2))


def test_every_fault_of_a_file_is_named_at_once(write):
    path = write(HEADER + "a,x,ten,1\na,,1,1\nb,y,-3,2\nb,z,1\nc,w,1,2\nc,w,3,4\n")
    with pytest.raises(InputError) as error:
        read_options(path)
    assert str(error.value) == (
        f"{path}: 5 problems\n"
        "  line 2, cost: found 'ten'; expected a number. Correct it.\n"
        "  line 3, option: blank. Give a name.\n"
        "  line 4, cost: found -3; expected zero or more. Correct it.\n"
        "  line 5: 3 cells, the header has 4. Give one cell a column.\n"
        "  line 7: option w of group c stands in line 6 already. Give it another name."
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "2 problems"),
        ("group,option,cost\n", "line 1: no column value. Add it to the header."),
        ("group,option,cost,value,cost\n", "line 1: column cost stands there twice. Keep one."),
        (HEADER, "no option. Give at least one row."),
        (HEADER + "a,b,nan,1\n", "line 2, cost: found 'nan'; expected a number. Correct it."),
    ],
)
def test_a_file_that_holds_no_options(write, text, fault):
    path = write(text)
    with pytest.raises(InputError) as error:
        read_options(path)
    assert fault.replace("2 problems", "4 problems") in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RequestError) as error:
        read_options(tmp_path / "none.csv")
    assert str(error.value) == (
        f"{tmp_path / 'none.csv'} cannot be read: No such file or directory. "
        "Name a CSV file with the columns group, option, cost, value."
    )


def test_a_budget_below_every_option():
    with pytest.raises(RequestError) as error:
        select_options([option("rail", "single", 20, 9), option("road", "one", 12.5, 4)], budget=10)
    assert str(error.value) == (
        "The budget of 10 lies below the cost of every option; the cheapest is one of group road at 12.5. Raise the budget."
    )


@pytest.mark.parametrize("budget", [-1, float("nan"), float("inf")])
def test_a_budget_that_is_none(budget):
    with pytest.raises(InputError, match=r"budget: found .*; expected zero or more\. Name another budget\."):
        select_options([option("a", "b", 1, 1)], budget=budget)


def test_no_option_is_worth_taking():
    found = select_options([option("a", "b", 1, -1), option("c", "d", 0, 0)], budget=5)
    assert (found.chosen, found.value, found.cost) == ((), 0, 0)


def test_a_budget_met_to_the_last_cent():
    # in floating point 0.1 + 0.2 lies above 0.3
    found = select_options([option("a", "x", "0.1", 1), option("b", "y", "0.2", 1)], budget=Fraction("0.3"))
    assert [item.group for item in found.chosen] == ["a", "b"]


def test_a_budget_missed_by_less_than_the_solver_sees():
    # one part in 10^12 above the budget is nothing to the solver, and too much for the books
    options = [option("a", "x", Fraction(1, 2) + Fraction(1, 10**12), 3), option("b", "y", Fraction(1, 2), 2)]
    found = select_options(options, budget=1)
    assert [(item.group, item.value) for item in found.chosen] == [("a", 3)]


def test_of_equal_sets_the_cheapest():
    options = [option("a", "dear", 9, 5), option("a", "cheap", 3, 5), option("b", "z", 4, 2), option("c", "z", 1, 2)]
    found = select_options(options, budget=8)
    assert [(item.group, item.option) for item in found.chosen] == [("a", "cheap"), ("b", "z"), ("c", "z")]
    found = select_options(options, budget=4)
    assert [(item.group, item.option) for item in found.chosen] == [("a", "cheap"), ("c", "z")]


@pytest.mark.parametrize(
    ("chosen", "bound", "what"),
    [
        ((option("a", "x", 1, 1), option("a", "y", 1, 1)), 2, "two options of one group were chosen"),
        ((option("a", "x", 4, 1),), 1, "the selection costs 4, above the budget of 3"),
        ((option("a", "x", 1, 1),), 0, "the selection is worth 1, its bound is 0"),
        ((option("a", "x", 1, 1),), 1, "the selection is worth 1; with y of group b it is better"),
    ],
)
def test_a_wrong_answer_of_the_solver_is_found(monkeypatch, chosen, bound, what):
    monkeypatch.setattr(select_module, "_solve", lambda *_: (chosen, Fraction(bound)))
    with pytest.raises(AuditError, match=what):
        select_options([option("a", "x", 1, 1), option("b", "y", 2, 1)], budget=3)


def test_one_in_ten_million_counts():
    """A solver in floating point, with a tolerance of one in a million, takes the cheap option for as good."""
    options = [
        option("a", "x", 10, 10_000_000),
        option("a", "y", 1, 9_999_999),
        option("b", "z", 3, 1),
        option("c", "q", 7, 5),
    ]
    found = select_options(options, budget=14)
    # y and q alone are worth 10,000,004 for 8
    assert [item.option for item in found.chosen] == ["y", "z", "q"]
    assert (found.value, found.upper_bound, found.proven) == (10_000_005, 10_000_005, True)


def test_a_search_that_leaves_some_out_says_so(monkeypatch):
    """Options that all bring one more than they cost: with two states at a time the best is not proven."""
    monkeypatch.setattr(knapsack, "WIDTHS", (2,))
    monkeypatch.setattr(knapsack.pack, "__kwdefaults__", {"widths": (2,)})
    options = [option(str(cost), "take", cost, cost + 1) for cost in (11, 13, 17, 19, 23, 29, 31, 37)]
    found = select_options(options, budget=71)
    # 11 + 13 + 17 + 29 and four more
    assert found.value < 74 <= found.upper_bound
    assert found.to_dict()["proven"] is False
    monkeypatch.undo()
    assert select_options(options, budget=71).value == 74


@pytest.mark.parametrize("text", ["1e31", "1e-999999999", "9" * 61])
def test_figures_beyond_all_measure(write, text):
    path = write(HEADER + f"a,b,{text},1\n")
    with pytest.raises(InputError) as error:
        read_options(path)
    assert str(error.value) == (
        f"{path}: line 2, cost: found '{text}'; expected a number of at most 60 digits, between 1e-30 and 1e30. Correct it."
    )


def test_a_cell_without_end(write):
    path = write(HEADER + f"a,{'x' * 200_000},1,1\n")
    with pytest.raises(RequestError, match=r"cannot be read: field larger than field limit .*\. Name a CSV file"):
        read_options(path)
