"""``karvan appraisal PROJECT...``: what it says, the league table, and bad requests."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from karvan.appraisal import training, worlds
from karvan.errors import InputError

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def ask(karvan, folder):
    def run(*arguments: object):
        return karvan("appraisal", *arguments, "--case", "textbook", "--store", folder)

    return run


def test_the_answer_comes_first_and_json_has_the_same(ask):
    answer = ask("N2")
    assert answer.code == 0
    assert answer.out.startswith("N2 Alba Gate border post: not worth what it costs to Alba and Cora. ENPV USD \u22122")
    assert "By adb_2017, 2026 to 2056; N2 opens in 2028; cost USD 20 m." in answer.out
    found = json.loads(ask("projects", "N2", "--json").out)
    (one,) = found["projects"]
    assert set(one) >= {
        "id", "valued", "enpv_musd", "eirr", "bcr", "cost_musd", "p_negative", "switching", "who_gains", "break_even"
    }  # fmt: skip
    assert one["enpv_musd"]["both"] == pytest.approx(one["enpv_musd"]["alba"] + one["enpv_musd"]["cora"])
    assert sum(row["transfer_musd"] for row in one["who_gains"]) == pytest.approx(0, abs=1e-9)
    assert found["meta"]["setting"]["projects"] == ["N2@2028"]
    # the matrix by party and effect: rows add up to the party, payments of an effect to nothing
    for row in one["who_gains"]:
        for name in ("benefit_musd", "transfer_musd"):
            assert sum(entry[name] for entry in row["effects"]) == pytest.approx(row[name], abs=1e-12)
    effects = {entry["effect"] for row in one["who_gains"] for entry in row["effects"]}
    assert {"capital", "upkeep", "user_existing", "treasury"} <= effects
    for effect in effects:
        paid = [
            entry["transfer_musd"] for row in one["who_gains"] for entry in row["effects"] if entry["effect"] == effect
        ]
        assert sum(paid) == pytest.approx(0, abs=1e-9)


def test_the_league_table(ask):
    out = ask().out
    assert "0 of 4 ranked projects are worth more to Alba and Cora than they cost, by adb_2017." in out
    assert "N5: is committed: it stands with and without a decision, and is not counted." in out
    rows = list(csv.DictReader(io.StringIO(ask("--csv").out)))
    assert [row["id"] for row in rows] == ["N4", "N2", "N3", "N1", "N5"]
    assert rows[-1]["enpv_both_musd"] == ""
    assert float(rows[1]["break_even_cost_musd"]) == pytest.approx(1.44, abs=0.005)
    assert (rows[-1]["break_even_cost_musd"], rows[1]["break_even_closure_share"]) == ("", "")


def test_a_set_is_appraised_together(ask, tmp_path):
    one = json.loads(ask("N1", "N2", "--together", "--json").out)["projects"]
    assert [item["id"] for item in one] == ["N1+N2"]
    assert [item["id"] for item in one[0]["projects"]] == ["N1", "N2"]
    answer = ask("N2", "--workbook", tmp_path / "n2.xlsx", "--plot", tmp_path / "n2.svg")
    assert answer.code == 0
    assert (tmp_path / "n2.xlsx").stat().st_size > 5000
    drawn = (tmp_path / "n2.svg").read_text(encoding="utf-8")
    assert "who gains" in drawn
    # what one party is paid for and spends is nought, not what rounding leaves
    assert "0.000000" not in drawn


def test_the_page(ask, tmp_path):
    page = tmp_path / "n2.html"
    assert ask("N2", "--page", page).code == 0
    text = page.read_text(encoding="utf-8")
    for wanted in (
        "N2 Alba Gate border post", "Not worth what it costs to Alba and Cora", "Who gains, by country and party",
        "By party and effect, USD m", "Rule set adb_2017, of 2017-03-01",
        "upkeep_rail_infrastructure_pct_per_year", "time h * 0.5",
    ):  # fmt: skip
        assert wanted in text
    assert "Treasury of Alba 100 % (budget)" in text.replace("\u00a0", " ")
    assert text.count("<svg") == 3
    assert ask("N2", "--page", page).code == 0
    assert page.read_text(encoding="utf-8") == text
    assert ask("N5", "--page", page).code == 0
    assert "Not valued: N5 is committed" in page.read_text(encoding="utf-8")


@pytest.fixture
def bent_chain(monkeypatch):
    """Put a product of two scores in the place of the chain, so that nothing is solved but the base."""
    bases: list[worlds.SolvedWorlds] = []

    def solve(case, question, scores, *, progress=None, **_):
        if not bases:
            bases.append(worlds.solve_worlds(case, question, np.zeros((1, len(question.drivers)))))
        if progress is not None:
            progress(len(scores), len(scores))
        return bases[0].unflat(np.exp(0.5 * scores[:, [1]] + 0.5 * scores[:, [2]]) * bases[0].flat)

    monkeypatch.setattr(training, "solve_worlds", solve)


@pytest.mark.usefixtures("bent_chain")
def test_draws_say_how_sure_the_value_is(ask, tmp_path):
    answer = ask(
        "N2",
        "--draws",
        "500",
        "--seed",
        "3",
        "--solves",
        "40",
        "--s-curve",
        tmp_path / "n2.svg",
        "--page",
        tmp_path / "n2.html",
    )
    assert answer.code == 0
    assert "In 500 draws (seed 3) its value to Alba and Cora is USD \u22122" in answer.out
    assert "Chance of a loss: 100 %; of a return under 9.00 %: 100 %." in answer.out
    assert (
        "Emulated from 71 full solves, with 0 of the draws solved in full; on 100 fresh solves it is off by"
        in answer.out
    )
    assert "ranges by confidence alone, or of assumptions: " in answer.err.replace("\n", " ")
    assert "over 500 draws" in (tmp_path / "n2.svg").read_text(encoding="utf-8")
    page = (tmp_path / "n2.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 5
    for wanted in ("How sure", "What the value hangs on", "overrun of the cost of N2", "As closures come and go"):
        assert wanted in page
    (one,) = json.loads(ask("N2", "--draws", "500", "--seed", "3", "--solves", "40", "--json").out)["projects"]
    assert (one["draws"], one["p_negative"]) == (500, 1.0)
    found = one["uncertainty"]
    assert found["emulator"]["solves"] == 71
    assert found["p10_low_musd"] < found["p10_musd"] < found["p50_musd"] < found["p90_musd"] < found["p90_high_musd"]
    assert {row["name"] for row in found["drivers"]} >= {
        "cost_N2",
        "overrun_N2",
        "closures",
        "time_value",
        "elasticity",
    }
    (other,) = json.loads(ask("N2", "--draws", "500", "--seed", "3", "--solves", "40", "--checks", "7", "--json").out)[
        "projects"
    ]
    assert (found["emulator"]["checks"], other["uncertainty"]["emulator"]["checks"]) == (100, 7)
    assert other["uncertainty"]["p50_musd"] == found["p50_musd"]
    documented = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name in (*found, *found["emulator"], *found["drivers"][0]):
        assert f"`{name}`" in documented, name


def test_draws_of_the_league_table(ask):
    """Of the accounts alone nothing is solved; each project has the draws that it has by itself."""
    out = ask("--draws", "300", "--solves", "0")
    assert out.code == 0
    assert "P10 to P90" in out.out
    said = "Trade and flows are as the appraisal has them in every draw: the range leaves out what would change them, which is "
    assert f"{said}its own effect, growth of traffic" in " ".join(out.out.split())
    found = {one["id"]: one for one in json.loads(ask("--draws", "300", "--solves", "0", "--json").out)["projects"]}
    assert [one["p_negative"] for one in found.values()] == [1.0, 1.0, 1.0, 1.0, None]
    (alone,) = json.loads(ask("N2", "--draws", "300", "--solves", "0", "--json").out)["projects"]
    assert alone["uncertainty"]["mean_musd"] == found["N2"]["uncertainty"]["mean_musd"]
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(ask("--draws", "300", "--solves", "0", "--csv").out))}
    assert float(rows["N2"]["enpv_p10_musd"]) == found["N2"]["uncertainty"]["p10_musd"]
    assert (rows["N5"]["p_negative"], rows["N5"]["enpv_p10_musd"]) == ("", "")


def test_so_few_draws_are_said_to_say_little(ask):
    answer = ask("N2", "--draws", "1", "--solves", "0")
    assert "\nIn 1 draw (seed 1) its value" in answer.out
    note = "Note: fewer than 100 draws say little of the tails: the range, the chances and the worst tenth are rough; "
    assert f"{note}ask for 1,000 or more.\n" in answer.err
    assert note not in ask("N2", "--draws", "100", "--solves", "0").err


def test_a_discount_rate_below_zero(ask, tmp_path):
    text = (resources.files("karvan.appraisal") / "rule_sets" / "adb_2017.toml").read_text(encoding="utf-8")
    (tmp_path / "low.toml").write_text(text.replace("rate = 0.09", "rate = -0.02"), encoding="utf-8")
    answer = ask("N2", "--rule-set", tmp_path / "low.toml")
    assert answer.code == 0
    assert "discount rate, \u22122.00 % to 1.00 %: ENPV" in answer.out


def test_nothing_is_shown_where_a_part_fails(ask, monkeypatch):
    def fail(_):
        raise InputError(["found nothing; expected something."], what="Sensitivity")

    monkeypatch.setattr("karvan.appraisal.appraisal.analyse", fail)
    answer = ask("N2")
    assert (answer.code, answer.out) == (1, "")


def test_the_workbook_names_the_rule_set(ask, tmp_path):
    assert ask("N2", "--rule-set", "eu_2021", "--workbook", tmp_path / "w.xlsx").code == 0
    with zipfile.ZipFile(tmp_path / "w.xlsx") as book:
        assert b">Rule set: eu_2021<" in book.read("xl/sharedStrings.xml")


def test_without_draws_the_chance_of_a_loss_says_why(ask):
    (one,) = json.loads(ask("N2", "--json").out)["projects"]
    assert (one["p_negative"], one["p_negative_why_not"]) == (None, "no draws were asked for")


def test_what_is_not_valued_is_not_drawn(ask):
    answer = ask("N5", "--draws", "10", "--json")
    assert answer.code == 0
    (one,) = json.loads(answer.out)["projects"]
    assert (one["p_negative"], one["draws"], one["uncertainty"]) == (None, None, None)
    assert one["p_negative_why_not"] == "N5 is committed: it stands with and without a decision, and is not counted"
    assert "N5 is not valued: there is nothing to draw." in answer.err


def test_streams_as_csv(ask):
    rows = list(csv.DictReader(io.StringIO(ask("N2", "--csv").out)))
    capital = [row for row in rows if row["effect"] == "capital" and row["state"] == "open"]
    assert [(row["year"], float(row["musd"])) for row in capital] == [("2026", -10.0), ("2027", -10.0)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["N9"], "No project is called 'N9'."),
        (["N2", "--rule-set", "adb"], "No rule set is called 'adb'. Did you mean adb_2017?"),
        (["--together"], "The league table has no --change, --horizon-year or --together. Name projects."),
        (["N1", "N2", "--plot", "x.svg"], "A workbook, picture or page is of one project or set."),
        (["N5", "--workbook", "x.xlsx"], "N5 has no accounts: N5 is committed"),
        (["N2", "--workbook", "x.ods"], "A workbook cannot be written as '.ods'. Choose .xlsx."),
        (["N2@2028", "--horizon-year", "2027"], "Project N2 opens in 2028; expected 2027 to 2027"),
        (["N2", "--page", "n2.pdf"], "A page cannot be written as '.pdf'. Choose .html."),
        (["N2", "--draws", "0"], "Uncertainty: draws: found 0; expected a whole number, 1 to 1,000,000."),
        (
            ["N5", "--draws", "-5", "--seed", "-1"],
            "Uncertainty: 2 problems\n  draws: found -5; expected a whole number, 1 to 1,000,000.",
        ),
        (["N5", "--workers", "0"], "0 workers cannot work. Name 1 or more."),
        (
            ["N2", "--exact"],
            "--seed, --exact, --solves, --checks and --s-curve are of draws. Say how many: --draws 10000.",
        ),
        (["N2", "--checks", "100"], "--checks and --s-curve are of draws. Say how many: --draws 10000."),
        (["N2", "--draws", "9", "--exact", "--solves", "9"], "--exact solves every draw in full"),
        (
            ["N2", "--draws", "9", "--exact", "--checks", "9"],
            "--exact has no emulator that could be held against solves.",
        ),
        (
            ["N2", "--draws", "9", "--solves", "0", "--checks", "9"],
            "--solves 0 has no emulator that could be held against",
        ),
        (
            ["N2", "--draws", "9", "--checks", "1"],
            "Uncertainty: checks: found 1; expected a whole number, 2 to 1,000,000.",
        ),
        (["N1", "N2", "--draws", "9", "--s-curve", "x.svg"], "A picture is of one project or set."),
        (["N5", "--draws", "9", "--s-curve", "x.svg"], "Nothing was drawn: the project is not valued."),
        (["--workers", "0"], "0 workers cannot work. Name 1 or more."),
    ],
)
def test_bad_requests(ask, arguments, said):
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["--page", "n2.pdf"], "A page cannot be written as '.pdf'. Choose .html."),
        (["--plot", "n2.gif"], "A figure cannot be written as '.gif'. Choose .svg, .png, .pdf."),
        (["--draws", "9", "--s-curve", "n2"], "A figure cannot be written as 'a file without suffix'."),
        (["--workbook", "n2.xlsx"], "n2.xlsx is a folder. Name a file."),
        (["--draws", "9", "--s-curve", "n2.svg", "--plot", "./n2.svg"], "Two pictures cannot be written to one file"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_solved(karvan, tmp_path, monkeypatch, files, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n2.xlsx").mkdir()
    answer = karvan("appraisal", "N2", "--case", "textbook", "--store", "solved", *files)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert not (tmp_path / "solved").exists()


def test_an_unknown_project_is_refused_before_the_first_is_solved(karvan, tmp_path):
    answer = karvan("appraisal", "N2", "N9", "--case", "textbook", "--store", tmp_path / "solved")
    assert (answer.code, answer.out) == (1, "")
    assert "No project is called 'N9'." in answer.err
    assert not list((tmp_path / "solved").glob("*.npz"))


@pytest.mark.parametrize("project", ["N2", "N5"])
def test_a_parameter_that_accounts_read_from_the_case_is_no_change(karvan, files, tmp_path, project):
    files.add(
        "parameter.csv", "reliability_ratio", parameter_id="ramp_up_years", value="3", low="", high="", unit="years"
    )
    change = "parameter:ramp_up_years:value=10"
    asked = ("--change", change, "--store", tmp_path / "store", "--json")
    answer = karvan("appraisal", project, "--case", files.folder, *asked)
    assert (answer.code, answer.out) == (1, "")
    # the bar of progress has left its line before it
    assert answer.err.lstrip() == (
        f"karvan: {change}: ramp_up_years is read from the case itself, so that no setting changes it. "
        "Edit parameter.csv in a copy of the case.\n"
    )
    assert not list((tmp_path / "store").glob("*.npz"))


def test_a_loan_that_outlasts_the_accounts_is_an_error_before_anything_is_solved(karvan, files, tmp_path):
    files.set("finance.csv", "N1.cora", tenor_years="40", currency="CCR")
    files.set("exchange_rate.csv", "CCR.2056", year="2050")
    answer = karvan("appraisal", "N1", "--case", files.folder, "--store", tmp_path / "store", "--json")
    assert (answer.code, answer.out) == (1, "")
    # the bar of progress has left its line before it
    assert answer.err.lstrip() == (
        "karvan: Loans of projects: 2 problems\n"
        "  N1.cora, tenor_years: found 40, with a last payment in 2065; expected one by 2056, the last year of the accounts. "
        "Mend the tenor, open N1 earlier, or count until 2065 (--horizon-year 2065).\n"
        "  N1.cora, currency: found CCR without a rate of exchange in 2051 to 2066; expected one in every year of the loan "
        "and the next, 2026 to 2066. Add rows to exchange_rate.csv.\n"
    )
    assert not list((tmp_path / "store").glob("*.npz"))


def test_a_store_that_is_no_folder_is_refused_before_anything_is_solved(karvan, tmp_path):
    (tmp_path / "file").write_text("")
    answer = karvan("appraisal", "N2", "--case", "textbook", "--store", tmp_path / "file")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"karvan: {tmp_path / 'file'} cannot be written: File exists. Choose another place")
