"""Loans of a case's projects: repayment, fees, another money with a path, guarantees, and loans that do not fit the accounts."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import numpy_financial
import pytest

from karvan.appraisal import OutcomeStore, appraise, league_table
from karvan.errors import InputError
from karvan.report.money import money_of
from karvan.report.project import render_project

if TYPE_CHECKING:
    from tests.conftest import CaseFiles

    from karvan.appraisal.financing_results import ProjectFinance

#: Dollars of the day for a crown of Cora: straight from 0.5 in 2026 to 0.2 in 2056, as exchange_rate.csv of the textbook has it.
CROWN = {year: 0.5 - 0.01 * (year - 2026) for year in range(2026, 2057)}


def finance(files: CaseFiles, **terms: str) -> ProjectFinance:
    """Return the money of N1, which costs 1,000 in 2026 to 2029, with other terms of its loan of 400 at 4 %."""
    files.set("finance.csv", "N1.cora", **terms)
    found = appraise(files.open(), "N1", store=OutcomeStore()).finance
    assert found is not None
    return found


def lent(year: int) -> float:
    """Return the dollars of the day that are drawn: a quarter of 400 at constant prices, at 2 % of inflation."""
    return float(100 * 1.02 ** (year - 2026))


# repayment ------------------------------------------------------------------------------------------------------------


def test_an_annuity_pays_the_same_sum_each_year(files: CaseFiles) -> None:
    """Eleven payments after four years of grace, against numpy-financial."""
    found = finance(files, repayment="annuity").loans[0]
    owed = sum(lent(year) for year in range(2026, 2030))
    assert found.own.service[4:] == pytest.approx([-numpy_financial.pmt(0.04, 11, owed)] * 11)
    # at constant prices the same sum is worth less each year; it is paid at the end of it
    assert found.schedule.service[4:] == pytest.approx(
        [-numpy_financial.pmt(0.04, 11, owed) / 1.02 ** (year + 1) for year in range(4, 15)]
    )
    assert found.to_dict()["repayment"] == "annuity"


def test_equal_parts_are_taken_where_repayment_is_not_published_and_it_is_said(files: CaseFiles) -> None:
    known = finance(files)
    blank = dict.fromkeys(("currency", "repayment", "front_end_fee_pct", "commitment_fee_pct_per_year"), "")
    found = finance(files, **blank)
    assert found.loans[0].own == known.loans[0].own
    assert known.loans[0].taken == ("guaranteed_share",)
    assert found.loans[0].to_dict()["taken"] == [*blank, "guaranteed_share"]
    assert (
        "terms of Treasury of Cora for N1 that are not published: it is taken to be in dollars, repaid in equal parts, "
        "free of a front-end fee, free of a commitment fee, a debt of the treasuries"
    ) in found.notes
    assert (
        "terms of Treasury of Cora for N1 that are not published: it is taken to be a debt of the treasuries"
        in known.notes
    )


def test_a_loan_that_ends_with_the_works_is_repaid_in_the_year_after(files: CaseFiles) -> None:
    found = finance(files, tenor_years="3", grace_years="3")
    assert found.loans[0].own.principal == pytest.approx((0, 0, 0, 0, sum(lent(year) for year in range(2026, 2030))))
    assert "Treasury of Cora for N1: its 3 years end with the works; it is repaid in the next" in found.notes


def test_grace_to_the_end_of_the_tenor_means_that_all_is_repaid_at_once(files: CaseFiles) -> None:
    found = finance(files, tenor_years="10", grace_years="10")
    owed = sum(lent(year) for year in range(2026, 2030))
    assert found.loans[0].own.principal == pytest.approx((*[0.0] * 9, owed))
    assert not [note for note in found.notes if "repaid" in note]


# another money ----------------------------------------------------------------------------------------------------------


def test_a_loan_in_another_money_follows_its_path(files: CaseFiles) -> None:
    """As many crowns are drawn as the works take at the rate of their year; service costs dollars at the end of its own."""
    found = finance(files, currency="CCR").loans[0]
    assert found.own.currency == "CCR"
    crowns = [lent(year) / CROWN[year] for year in range(2026, 2030)]
    assert found.own.drawn[:4] == pytest.approx(crowns)
    assert found.own.principal[4:] == pytest.approx([sum(crowns) / 11] * 11)
    assert found.schedule.principal[4:] == pytest.approx(
        [sum(crowns) / 11 * CROWN[year + 1] / 1.02 ** (year + 1 - 2026) for year in range(2030, 2041)]
    )
    # works are paid in constant dollars, whatever the loan is owed in
    assert found.schedule.drawn[:4] == pytest.approx([100.0] * 4)


def test_what_the_money_loses_on_the_dollar_lowers_the_cost_of_capital(files: CaseFiles) -> None:
    files.add(
        "parameter.csv", "reliability_ratio", parameter_id="cost_of_own_money_pct_per_year", value="12", low="", high=""
    )
    found = finance(files, currency="CCR")
    # fifteen years from 2026 to 2040, in which the crown falls from 0.5 to 0.36 dollars
    dollars = 1.04 * (0.36 / 0.5) ** (1 / 14) - 1
    assert found.wacc == pytest.approx(max(0.4 * ((1 + dollars) / 1.02 - 1) + 0.6 * (1.12 / 1.02 - 1), 0.04))


@pytest.mark.parametrize(("currency", "gain"), [("USD", 1.0), ("CCR", 0.9)])
def test_a_loan_at_the_discount_rate_is_worth_nothing(files: CaseFiles, currency: str, gain: float) -> None:
    """9 % in constant money is 1.09 x 1.02 - 1 in dollars of the day (Fisher), and more in a money that loses a tenth a year."""
    like, path = "CCR.2056", {year: repr(0.5 * 0.9 ** (year - 2026)) for year in range(2026, 2042)}
    files.set("exchange_rate.csv", like, year="2041", rate_usd=path[2041], rate_low_usd="", rate_high_usd="")
    for year in range(2027, 2041):
        files.add("exchange_rate.csv", like, exchange_rate_id=f"CCR.{year}", year=str(year), rate_usd=path[year])
    rate = 1.09 * 1.02 / gain - 1
    found = finance(files, currency=currency, rate_pct_per_year=repr(100 * rate), commitment_fee_pct_per_year="")
    assert found.rate == pytest.approx(0.09)
    assert found.returns.fnpv_k == pytest.approx(found.returns.fnpv_c, rel=1e-9)


def test_cover_does_not_depend_on_the_money_in_which_it_is_reckoned(files: CaseFiles) -> None:
    """Crowns at a rate that stands still: the same loan."""
    plain = finance(files).loans[0]
    files.set("exchange_rate.csv", "CCR.2056", rate_usd="0.5", rate_low_usd="", rate_high_usd="")
    found = finance(files, currency="CCR").loans[0]
    assert found.grant_element == pytest.approx(plain.grant_element)
    assert (found.cover.least, found.cover.average, found.cover.loan_life) == pytest.approx(
        (plain.cover.least, plain.cover.average, plain.cover.loan_life)
    )


def test_a_year_without_a_rate_of_exchange(files: CaseFiles) -> None:
    files.set("exchange_rate.csv", "CCR.2026", year="2027")
    files.set("exchange_rate.csv", "CCR.2056", year="2038")
    with pytest.raises(InputError) as caught:
        finance(files, currency="CCR")
    assert str(caught.value) == (
        "Loans of projects: N1.cora, currency: found CCR without a rate of exchange in 2026, 2039 to 2041; expected one in every "
        "year of the loan and the next, 2026 to 2041. Add rows to exchange_rate.csv."
    )


def test_service_in_a_countrys_own_money_is_no_foreign_exchange(files: CaseFiles) -> None:
    """N1 stands in Alba and Cora; with crowns in both, the treasuries need no foreign exchange for it."""
    abroad = finance(files, currency="CCR").fiscal
    assert abroad.foreign_exchange == pytest.approx(abroad.service)
    files.set("economy.csv", "AAA", currency="CCR")
    found = finance(files, currency="CCR").fiscal
    assert found.service == abroad.service
    assert not any(found.foreign_exchange)
    assert finance(files, currency="USD").fiscal.foreign_exchange[0] > 0


# guarantees -----------------------------------------------------------------------------------------------------------


def test_what_another_body_owes_is_guaranteed_and_no_debt_of_the_treasuries(files: CaseFiles) -> None:
    """N1's operators earn less than its upkeep, so that all of the service falls to the guarantee of half of it."""
    plain = finance(files)
    found = finance(files, guaranteed_share="0.5")
    fiscal, owed = found.fiscal, np.array(plain.fiscal.debt)
    assert not any(fiscal.debt)
    assert fiscal.guaranteed == pytest.approx(0.5 * owed)
    assert found.operators == plain.operators
    assert fiscal.expected_calls == pytest.approx(0.5 * np.array(plain.fiscal.service))
    assert fiscal.foreign_exchange == pytest.approx(fiscal.expected_calls)
    # what is borrowed by another body is not spent by the treasuries
    spent = np.array(plain.fiscal.outlay) - np.array(fiscal.outlay)
    assert spent[:5] == pytest.approx([100.0] * 4 + [0.0])
    assert found.debt is not None
    assert found.debt.peak_musd == 0
    assert found.debt.peak_guaranteed_musd == pytest.approx(0.5 * max(owed))
    assert found.debt.service_musd == pytest.approx(sum(plain.fiscal.service))
    # to the owners together it is the same loan
    assert found.returns == plain.returns
    lines = money_of(appraise(files.open(), "N1", store=OutcomeStore()))
    assert "equal parts, 50 % guaranteed (agreed)" in lines[-2]
    assert lines[-1].startswith("Debt of their treasuries: none; guaranteed, at most USD 190 m; there is no cash")


def test_a_guarantee_is_called_for_what_cash_does_not_cover(files: CaseFiles) -> None:
    """N4 so cheap that the railway of Bela can serve a loan for it: interest of the works is called, and part of year one."""
    files.set("project.csv", "N4", cost_musd="0.01")
    files.add(
        "finance.csv", "N1.cora", finance_id="N4.cora", project_id="N4", share="1", tenor_years="10", grace_years="",
        guaranteed_share="1",
    )  # fmt: skip
    found = appraise(files.open(), "N4", store=OutcomeStore())
    assert found.finance is not None
    assert found.valuation is not None
    (loan,) = found.finance.loans
    due = loan.schedule.service
    railway = found.valuation.rows.index(("operator", "BBB", "railway"))
    total = found.valuation.benefit_musd + found.valuation.transfer_musd
    # it opens in 2028; upkeep takes 2 % of what it cost
    earned = float(found.valuation.probability[2] @ total[2, :, railway]) - 0.02 * 0.01
    assert 0 < earned < due[2]
    calls = found.finance.fiscal.expected_calls
    assert calls[:3] == pytest.approx((due[0], due[1], due[2] - earned))
    assert not any(calls[3:])
    assert min(due[2:10]) > 0


# loans that do not fit ------------------------------------------------------------------------------------------------


def test_a_loan_that_outlasts_the_accounts_is_refused(files: CaseFiles) -> None:
    """Forty years from 2026; the accounts of the rule set end in 2056."""
    with pytest.raises(InputError) as caught:
        finance(files, tenor_years="40")
    assert str(caught.value) == (
        "Loans of projects: N1.cora, tenor_years: found 40, with a last payment in 2065; expected one by 2056, the last year of "
        "the accounts. Mend the tenor, open N1 earlier, or count until 2065 (--horizon-year 2065)."
    )


def test_counting_longer_makes_room_for_a_loan(files: CaseFiles) -> None:
    files.set("finance.csv", "N1.cora", tenor_years="33")
    found = appraise(files.open(), "N1", store=OutcomeStore(), horizon_year=2058).finance
    assert found is not None
    assert found.loans[0].schedule.years == tuple(range(2026, 2059))
    assert sum(found.loans[0].own.principal) == pytest.approx(sum(found.loans[0].own.drawn))


def test_economic_accounts_need_no_loans(files: CaseFiles) -> None:
    """Searches over many dates, and the league table, go on without the money of a project whose loan does not fit."""
    store = OutcomeStore()
    plain = appraise(files.open(), "N1", store=store)
    files.set("finance.csv", "N1.cora", tenor_years="40")
    found = appraise(files.open(), "N1", store=store, loans_must_fit=False)
    assert found.enpv_musd == plain.enpv_musd
    assert found.finance is None
    assert found.finance_why_not.startswith("N1.cora, tenor_years: found 40, with a last payment in 2065;")
    answer = found.to_dict()
    assert (answer["finance"], answer["finance_why_not"]) == (None, found.finance_why_not)
    assert money_of(found) == [f"No accounts of money: {found.finance_why_not}"]
    assert f"No accounts of money: {found.finance_why_not}" in render_project(files.open(), found)
    league = {one.asked[0]: one for one in league_table(files.open(), store=store)}
    assert league["N1"].valued


def test_the_schedule_of_a_loan_is_in_the_answer(files: CaseFiles) -> None:
    found = finance(files, front_end_fee_pct="1")
    (loan,) = found.to_dict()["loans"]
    assert (loan["currency"], loan["grace_years"], loan["guaranteed_share"]) == ("USD", 4, None)
    assert [row["year"] for row in loan["years"]] == list(range(2026, 2041))
    table = found.loans[0].schedule
    assert [row["fees_musd"] for row in loan["years"]] == list(table.fees)
    assert {name for row in loan["years"] for name in row} == {
        "year", "drawn_musd", "interest_musd", "principal_musd", "fees_musd", "owed_musd",
    }  # fmt: skip
    assert dataclasses.replace(found.loans[0], taken=()).to_dict()["taken"] == []
