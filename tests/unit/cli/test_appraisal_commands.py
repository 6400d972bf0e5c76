"""``karvan appraisal``: what it prints, what it writes, and what it says to bad requests."""

from __future__ import annotations

import csv
import io
import json

import pytest

A94 = "year,benefit,cost\n" + "".join(
    f"{year},{benefit},{cost}\n"
    for year, benefit, cost in zip(
        range(1, 11), (0, 0, 5, 10, 30, 40, 40, 40, 40, 25), (10, 20, 30, 30, 20, 10, 5, 5, 5, 5), strict=True
    )
)


@pytest.fixture
def ask(karvan, tmp_path):
    def run(*arguments: str, text: str = A94):
        (tmp_path / "flows.csv").write_text(text, encoding="utf-8")
        return karvan("appraisal", "accounts", "--flows", tmp_path / "flows.csv", *arguments)

    return run


def test_the_answer_comes_first(ask):
    answer = ask("--rate", "7%", "--timing", "end")
    lines = answer.out.splitlines()
    assert lines[0] == "flows.csv: worth more than it costs: ENPV 36.01, EIRR 17.55 %."
    assert lines[1] == "Discounted to the start of 1 at 7.00 %; each year's flow falls at its end."
    assert any(line.split() == ["BCR", "over", "all", "costs", "1.338"] for line in lines)
    assert (answer.code, answer.err) == (0, "")


def test_no_sum_of_the_table_is_cut_off(ask):
    """Sums in rials fill more than the width of a page."""
    answer = ask("--rate", "9%", text="year,benefit,cost\n2026,0,84000000000000\n2027,180000000000000,500000000000\n")
    assert "…" not in answer.out
    assert answer.out.splitlines()[3].split()[:5] == ["2026", "0", "1.0000", "0", "84,000,000,000,000"]


def test_json(ask):
    found = json.loads(ask("--rate", "0.07", "--timing", "end", "--json").out)
    assert found["enpv"] == pytest.approx(36.01, abs=0.005)
    assert found["eirr_roots"] == [found["eirr"]]
    assert (found["base_year"], found["timing"], found["rule_set"]) == (1, "end", None)
    assert [row["discount_factor"] for row in found["years"]][:2] == pytest.approx([1 / 1.07, 1 / 1.07**2])
    assert found["rates"] == [{"from_t": 0, "rate": 0.07}]
    assert found["meta"]["case"] is None


def test_the_first_row_is_not_discounted_by_default(ask):
    found = json.loads(ask("--rate", "0.07", "--json").out)
    assert found["years"][0]["discount_factor"] == 1
    assert found["enpv"] == pytest.approx(36.0114348469992 * 1.07)


def test_a_rule_set_brings_rates_and_timing(ask):
    found = json.loads(ask("--rule-set", "us_a94", "--json").out)
    assert found["enpv"] == pytest.approx(36.01, abs=0.005)
    assert found["notes"] == ["unconfirmed in us_a94, that is, not yet found in its document: timing"]
    both = json.loads(ask("--rule-set", "us_a94", "--rate", "0.1", "--timing", "start", "--json").out)
    assert both["notes"] == ["the rate 0.1 was given, and takes the place of the rates of us_a94"]
    assert both["rates"] == [{"from_t": 0, "rate": 0.1}]


def test_a_banded_rule_set_and_a_base_year(ask):
    text = "year,benefit,cost\n" + "".join(f"{2026 + year},1,0\n" for year in range(40))
    found = json.loads(ask("--rule-set", "green_book_2026", "--base-year", "2025", "--json", text=text).out)
    factors = {row["t"]: row["discount_factor"] for row in found["years"]}
    assert factors[1] == pytest.approx(1 / 1.035)
    assert factors[31] == pytest.approx(0.3563 / 1.03, abs=0.0001)
    assert found["eirr"] is None
    assert found["eirr_verdict"] == "none"
    assert found["eirr_reason"] == "the net stream never changes sign, so that no rate brings its value to zero"


def test_several_rates_of_return(ask):
    answer = ask("--rate", "0.15", text="year,benefit,cost\n0,0,1000\n1,2300,0\n2,0,1320\n")
    assert "EIRR                    several: 10.00 %, 20.00 %" in answer.out
    assert answer.err == (
        "Note: the net stream changes sign 2 times and has 2 rates of return; none of them ranks a project, "
        "so look at ENPV and MIRR.\n"
    )


@pytest.mark.parametrize(
    ("rows", "rates"),
    [
        (["0,100", *["30.1,0.1"] * 4, "12.3,12.30000001"], "several: just above \u2212100 %, 7.71 %"),
        (["0,100", *["10,1"] * 58, "0,0.00001"], "several: just above \u2212100 %, 8.94 %"),
        (["0,100000000", "1,0"], "just above \u2212100 %"),
        (["0,1e20", "0.00001,0"], "just above \u2212100 %"),
    ],
)
def test_a_rate_of_return_near_a_whole_loss_is_an_answer(ask, tmp_path, rows, rates):
    text = "year,benefit,cost\n" + "".join(f"{2020 + place},{row}\n" for place, row in enumerate(rows))
    answer = ask("--rate", "9%", "--workbook", tmp_path / "a.xlsx", text=text)
    assert answer.code == 0
    assert f"EIRR                    {rates}\n" in answer.out


def test_a_rate_of_return_beyond_the_range_of_numbers(ask):
    answer = ask("--rate", "9%", text="year,benefit,cost\n2020,0,5e-324\n2021,1e30,0\n")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == (
        "karvan: Rates of return: found a rate beyond the range of numbers; "
        "expected flows that do not differ so much in size. Mend the smallest.\n"
    )


def test_csv_has_a_row_for_each_year(ask):
    rows = list(csv.DictReader(io.StringIO(ask("--rate", "0.07", "--csv").out)))
    assert len(rows) == 10
    assert list(rows[0]) == [
        "year", "t", "discount_factor", "benefit", "cost", "net", "benefit_pv", "cost_pv", "net_pv", "net_pv_sum"
    ]  # fmt: skip


def test_workbook_and_picture(ask, tmp_path):
    answer = ask("--rate", "0.07", "--workbook", tmp_path / "a.xlsx", "--plot", tmp_path / "a.svg")
    assert answer.err == (f"Workbook written to {tmp_path / 'a.xlsx'}\nCash flow written to {tmp_path / 'a.svg'}\n")
    assert (tmp_path / "a.xlsx").read_bytes().startswith(b"PK")
    assert "present value so far" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Discount rate: found neither; expected a rate, a rule set, or both."),
        (("--rate", "nine"), "Discount rate: found 'nine'; expected a number. Write 0.09 or 9%."),
        (
            ("--rate", "9"),
            "Discounting: rate from year 0: found 9 (900 %); expected a share of one, at most 1 (100 %). Write 9 % as 0.09.",
        ),
        (
            ("--rate", "-1"),
            (
                "Discounting: rate from year 0: found -1 (-100 %); expected more than -1, "
                "since at -100 % nothing is left to discount."
            ),
        ),
        (("--rule-set", "adb"), "No rule set is called 'adb'. Did you mean adb_2017?"),
        (("--rate", "0.1", "--timing", "noon"), "No timing is called 'noon'. There are: start, mid, end."),
        (
            ("--rate", "0.1", "--base-year", "2026"),
            (
                "Base year: found 2026, 2025 years from the first year of the streams, 1; expected at most 100. "
                "Name a year as the streams count them."
            ),
        ),
        (("--rate", "0.1", "--workbook", "a.csv"), "A workbook cannot be written as '.csv'. Choose .xlsx."),
    ],
)
def test_bad_requests(ask, arguments, message):
    assert ask(*arguments) == (1, "", f"karvan: {message}\n")


def test_a_bad_file_is_told_in_full(ask):
    answer = ask("--rate", "0.1", "--json", text="year,benefit,cost\n2026,x,1\n2028,1\n")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines()[0] == "karvan: flows.csv: 3 problems"


def test_the_rule_sets(karvan):
    answer = karvan("appraisal", "rules")
    assert [line.split(":")[0] for line in answer.out.splitlines() if "_" in line.split(":")[0] and ": " in line] == [
        "adb_2017", "eu_2021", "green_book_2026", "us_a94", "world_bank_2016"
    ]  # fmt: skip
    assert "unconfirmed" in answer.out


def test_one_rule_set_in_json(karvan):
    (found,) = json.loads(karvan("appraisal", "rules", "green_book_2026", "--json").out)["rule_sets"]
    first = found["figures"][0]
    assert (first["figure"], first["value"], first["status"]) == ("discount rate from year 0", 0.035, "read")
    assert first["source"]["publisher"] == "HM Treasury"


def test_a_value_of_nothing_is_neither_a_gain_nor_a_loss(ask):
    answer = ask("--rate", "0.1", text="year,benefit,cost\n0,0,1000\n1,2300,0\n2,0,1320\n")
    assert answer.out.startswith("flows.csv: worth just what it costs: ENPV 0, EIRR several")
    assert "0.000000" not in answer.out


def test_streams_of_nothing(ask):
    answer = ask("--rate", "0.1", text="year,benefit,cost\n0,0,0\n1,0,0\n")
    assert answer.out.startswith("flows.csv: nothing to appraise: ENPV 0, EIRR none.")
    assert "payback                 never" in answer.out
