"""Streams that someone brings: every fault of a file at once, each with its place."""

from __future__ import annotations

import pytest

from karvan.appraisal.reading import parse_flows, read_flows
from karvan.errors import InputError


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse_flows(text, file="flows.csv")
    return caught.value.problems


def test_the_three_columns():
    found = parse_flows("year,benefit,cost\n2026,0,100\n2027,60.5,-1e1\n", file="flows.csv")
    assert found.years == (2026, 2027)
    assert [(item.name, item.kind, item.values, item.capital) for item in found.items] == [
        ("benefit", "benefit", (0, 60.5), False),
        ("cost", "cost", (100, -10), False),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("year,benefit,cost\n2026,0,100\n2027," + "1" * 131_073 + ",5\n", 3),
        ('year,benefit,cost\n2026,0,"100\n' + "2027,60,5\n" * 20_000, 2),
    ],
)
def test_a_cell_without_end_is_told_by_its_line(text, line):
    assert problems(text) == (
        (
            f"flows.csv, line {line}: found a cell of more than 131,072 characters; expected a number or a name. "
            "Close its quotation mark, or shorten it."
        ),
    )


def test_columns_may_be_split_and_stand_in_any_order():
    found = parse_flows(
        "cost_capital_track, year ,benefit_time,cost_upkeep,benefit_fees\n5,1,2,3,4\n\n", file="flows.csv"
    )
    assert [(item.name, item.kind, item.capital) for item in found.items] == [
        ("cost_capital_track", "cost", True),
        ("benefit_time", "benefit", False),
        ("cost_upkeep", "cost", False),
        ("benefit_fees", "benefit", False),
    ]


def test_every_fault_is_told_at_once():
    text = (
        'year,benefit,cost\n2026,0,100\n2027,n/a,5\n2027,60,\n2030,"1,200",5\n2029,60\nsoon,60,5,7\n2031.5,inf,1_000\n'
    )
    assert problems(text.replace("soon", "2031").replace("2031.5", "2032")) == (
        "flows.csv, line 3, benefit: found 'n/a'; expected a number. Write a plain number.",
        "flows.csv, line 4, cost: found a blank cell; expected a number. Write 0 where nothing happens.",
        (
            "flows.csv, line 4, year: found 2027 again, as on line 3; expected each year once. "
            "Add the two rows up, or correct the year."
        ),
        "flows.csv, line 5, benefit: found '1,200'; expected a number. Write it with a decimal point and without separators.",
        "flows.csv, line 5, year: found 2030 after 2027; expected 2028. Add 2028, with 0 where nothing happens.",
        (
            "flows.csv, line 6: found 2 cells; expected 3, one for each column. "
            "Streams are of equal length: give every column a cell in every row."
        ),
        "flows.csv, line 6, year: found 2029 after 2030; expected ascending years. Sort the rows.",
        (
            "flows.csv, line 7: found 4 cells; expected 3, one for each column. "
            "Streams are of equal length: give every column a cell in every row."
        ),
        "flows.csv, line 8, benefit: found 'inf'; expected a number. Write a plain number.",
        "flows.csv, line 8, cost: found '1_000'; expected a number. Write a plain number.",
    )
    assert "flows.csv, line 7, year: found 'soon'; expected a year. Write a plain number." in problems(text)
    assert "flows.csv, line 8, year: found '2031.5'; expected a year. Write a whole number." in problems(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("found an empty file; expected the columns year, benefit and cost.",)),
        ("\n \n", ("found an empty file; expected the columns year, benefit and cost.",)),
        ("year,benefit,cost\n", ("flows.csv: found no rows; expected one row for each year. Add them.",)),
        ("cash\n5\n", None),
        (
            "year;benefit;cost\n1;2;3\n",
            ("flows.csv, line 1: found columns set apart by ; or tab; expected commas. Save it with commas.",),
        ),
        (
            "year,benefits,cost\n1,2,3\n",
            (
                "flows.csv, line 1, benefit: found no such column; expected the columns year, benefit and cost. Add benefit.",
                (
                    "flows.csv, line 1, benefits: found an unknown column; expected the columns year, benefit and cost. "
                    "Did you mean benefit? Streams of your own are called benefit_NAME or cost_NAME."
                ),
            ),
        ),
        (
            "year,cost,cost\n1,2,3\n",
            (
                "flows.csv, line 1, benefit: found no such column; expected the columns year, benefit and cost. Add benefit.",
                "flows.csv, line 1, cost: found the column twice; expected it once. Rename or remove one.",
            ),
        ),
        (
            "2026,0,100\n2027,60,0\n",
            None,
        ),
    ],
)
def test_files_that_are_no_streams(text, expected):
    found = problems(text)
    if expected is None:
        assert any("Add year." in problem for problem in found)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("year", "found", "todo"),
    [
        ("1e18", "'1e18'", "Write a year up to 9999."),
        ("-10000", "'-10000'", "Write a year up to 9999."),
        ("2026.5", "'2026.5'", "Write a whole number."),
    ],
)
def test_years_that_are_slips(year, found, todo):
    (problem,) = problems(f"year,benefit,cost\n{year},0,1\n")
    assert str(problem) == f"flows.csv, line 2, year: found {found}; expected a year. {todo}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("year,benefit,cost\n2026,0,-300\n2027,400,0\n", "cost"),
        ("year,benefit,cost_works,cost_upkeep\n2026,0,-300,0\n2027,400,-5,5\n", "cost_works, cost_upkeep"),
        ("year,benefit,cost_capital,cost_upkeep\n2026,0,-300,0\n2027,400,0,5\n", "cost_capital"),
    ],
)
def test_outlays_below_zero_are_no_gains(text, names):
    assert problems(text) == (
        (
            f"flows.csv, line 1, {names}: found no sum above zero; expected costs that count up. "
            "Write an outlay of 300 as a cost of 300, and what is saved as a benefit."
        ),
    )


@pytest.mark.parametrize("costs", ["300,0\n2027,400,-50,5", "300,-5\n2027,400,0,-5", "0,0\n2027,400,0,0"])
def test_a_cost_may_be_below_zero(costs):
    parse_flows(f"year,benefit,cost_capital,cost_upkeep\n2026,0,{costs}\n", file="flows.csv")


def test_more_rows_than_years_are_told_once():
    text = "year,benefit,cost\n" + "2026,5,1\n" * 1001
    assert problems(text) == (
        "flows.csv: found 1,001 rows; expected at most 1,000, one for each year. Add up what falls in one year.",
    )


def test_thousands_set_apart_by_a_narrow_blank():
    (problem,) = problems("year,benefit,cost\n2026,0,1\u202f300\n")
    assert problem.endswith("Write it with a decimal point and without separators.")


def test_a_workbook_is_called_one(tmp_path):
    path = tmp_path / "flows.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    with pytest.raises(InputError, match=r"found a workbook; expected a CSV file\. Save its sheet as CSV in UTF-8\."):
        read_flows(path)


def test_a_file_from_a_spreadsheet(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_bytes("\ufeffyear,benefit,cost\r\n1,2,3\r\n".encode())
    found, content = read_flows(path)
    assert found.years == (1,)
    assert content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda _: None,
            "found no such file or directory; expected a CSV file with the columns year, benefit and cost.",
        ),
        (
            lambda path: path.mkdir(),
            "found a folder; expected a CSV file with the columns year, benefit and cost.",
        ),
        (
            lambda path: path.write_bytes(b"year,benefit,cost\n1,\xff,2\n"),
            "found bytes that are not UTF-8; expected UTF-8. Save it so.",
        ),
    ],
)
def test_files_that_cannot_be_read(tmp_path, make, message):
    path = tmp_path / "flows.csv"
    make(path)
    with pytest.raises(InputError) as caught:
        read_flows(path)
    assert str(caught.value) == f"{path}: {message}"


def test_rows_out_of_order_are_not_told_to_be_missing():
    assert problems("year,benefit,cost\n2027,1,0\n2026,0,1\n2028,1,0\n") == (
        "flows.csv, line 3, year: found 2026 after 2027; expected ascending years. Sort the rows.",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "year,benefit,cost,\n2026,0,1,\n",
            (
                "flows.csv, line 1: found column 4 without a name; expected the columns year, benefit and cost. "
                "Name it, or remove it; a comma at the end of each line makes one."
            ),
        ),
        (
            "year,benefit,cost_Capital\n2026,0,1\n",
            (
                "flows.csv, line 1, cost_Capital: found an unknown column; expected the columns year, benefit and cost. "
                "Write cost_capital: names of columns have small letters, digits and _ only."
            ),
        ),
        (
            "year,benefit,cost,note\n2026,0,1,dear\n",
            (
                "flows.csv, line 1, note: found an unknown column; expected the columns year, benefit and cost. "
                "Streams of your own are called benefit_NAME or cost_NAME."
            ),
        ),
        (
            "year,benefit,cost\n2026,0,\u221210\n",
            "flows.csv, line 2, cost: found '\u221210'; expected a number. Write a sum below zero with a hyphen: -10.",
        ),
        (
            "year,benefit,benefit_time,benefit_fees,cost\n2026,3,1,2,0\n2027,0.3,0.1,0.2,0\n",
            (
                "flows.csv, line 1, benefit: found the sum of benefit_time, benefit_fees; "
                "expected streams that stand beside each other. Remove it, or them: streams are added up, and would count twice."
            ),
        ),
    ],
)
def test_slips_have_their_own_advice(text, problem):
    assert problems(text) == (problem,)


def test_a_stream_beside_its_namesakes_is_no_sum():
    found = parse_flows("year,benefit,benefit_time,cost\n2026,3,1,2\n", file="flows.csv")
    assert [item.name for item in found.items] == ["benefit", "benefit_time", "cost"]
