"""Who pays for a project: shares, amounts, what is open, and who may not."""

from __future__ import annotations

import math
import shutil

import pytest

import karvan
from karvan.case.finance import funding_of
from karvan.errors import CaseError


@pytest.fixture
def make(tmp_path):
    """Return the textbook case with other rows of finance.csv: project, funder, instrument, share, amount, status."""

    def made(*rows, excludes=""):
        folder = tmp_path / "case"
        shutil.copytree(karvan.open_case("textbook").folder, folder)
        head = (folder / "finance.csv").read_text(encoding="utf-8").splitlines()[0]
        names = head.split(",")
        lines = [head]
        for number, row in enumerate(rows):
            keys = ("project_id", "funder", "instrument", "share", "amount_musd", "status")
            cells = dict(zip(keys, row, strict=True))
            cells |= {"finance_id": f"F{number}", "source": "textbook", "confidence": "high"}
            lines.append(",".join(str(cells.get(name, "")) for name in names))
        (folder / "finance.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        if excludes:
            path = folder / "stakeholder.csv"
            text = path.read_text(encoding="utf-8").splitlines()
            place = text[0].split(",").index("excludes")
            for n, line in enumerate(text):
                cells = line.split(",")
                if cells[0] == "cora_treasury":
                    cells[place] = excludes
                    text[n] = ",".join(cells)
            path.write_text("\n".join(text) + "\n", encoding="utf-8")
        return folder

    return made


def shares(case, project, cost):
    return [
        (part.funder, part.instrument, part.status, round(part.share, 9)) for part in funding_of(case, project, cost)
    ]


def test_the_rest_is_open():
    case = karvan.open_case("textbook")
    assert shares(case, "N1", 1000) == [("cora_treasury", "loan", "agreed", 0.4), ("", "unknown", "open", 0.6)]
    part = funding_of(case, "N1", 1000)[0]
    assert (part.rate_pct_per_year, part.tenor_years, part.grace_years) == (4, 15, 4)


def test_a_project_that_nobody_pays_for_is_open():
    assert shares(karvan.open_case("textbook"), "N3", 20) == [("", "unknown", "open", 1.0)]


def test_an_amount_counts_up_to_the_cost_and_the_firmer_comes_first(make):
    rows = [("N1", "alba_treasury", "budget", "", 900, "sought"), ("N1", "cora_treasury", "loan", 0.4, "", "agreed")]
    case = karvan.open_case(make(*rows))
    assert shares(case, "N1", 1000) == [
        ("cora_treasury", "loan", "agreed", 0.4),
        ("alba_treasury", "budget", "sought", 0.6),
    ]
    assert shares(case, "N1", 500)[1] == ("alba_treasury", "budget", "sought", 0.6)
    # an unknown cost leaves amounts without a share
    assert shares(case, "N1", math.nan) == [
        ("cora_treasury", "loan", "agreed", 0.4), ("alba_treasury", "budget", "sought", 0.0), ("", "unknown", "open", 0.6),
    ]  # fmt: skip


def test_what_is_withdrawn_does_not_count(make):
    case = karvan.open_case(make(("N1", "cora_treasury", "loan", 0.4, "", "withdrawn")))
    assert shares(case, "N1", 1000) == [("", "unknown", "open", 1.0)]


def test_a_funder_stays_out_of_countries_that_it_excludes(make):
    case = karvan.open_case(make(("N1", "cora_treasury", "loan", 0.4, "", "agreed"), excludes="AAA"))
    part, rest = funding_of(case, "N1", 1000)
    assert (part.barred, part.share, rest.share) == (("AAA",), 0.0, 1.0)


def test_shares_of_a_project_beyond_one_are_refused(make):
    rows = [("N1", "alba_treasury", "budget", 0.7, "", "agreed"), ("N1", "cora_treasury", "loan", 0.4, "", "agreed")]
    with pytest.raises(CaseError) as caught:
        karvan.open_case(make(*rows))
    assert (
        "finance.csv, line 3, share: found 0.4, which makes 1.1 for N1; expected shares of a project that add up to one at most. "
        "Mend a share, or set what no longer stands to withdrawn." in str(caught.value)
    )


def test_the_bundled_shares_are_those_of_their_sources():
    case = karvan.open_case("pakistan_azerbaijan")
    assert shares(case, "P01", 2000) == [("S36", "loan", "sought", 0.6), ("S37", "loan", "sought", 0.4)]
    assert sum(part.share for part in funding_of(case, "P47", 1700)) == pytest.approx(1)
    assert shares(case, "P47", 1700)[0] == ("S38", "loan", "approved", round(475 / 1700, 9))
    # the Asian Development Bank has its assistance to Afghanistan on hold
    assert list(case.rows("stakeholder")["S36"]["excludes"]) == ["AFG"]
