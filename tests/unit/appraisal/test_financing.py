"""Money for a project: fees, cost of capital, taxes, an exchange rate that moves, what debt weighs; held against sums by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy_financial
import pytest
import pyxirr

from karvan.appraisal import OutcomeStore, appraise
from karvan.appraisal.terms import INFLATION, profit_tax, read_terms
from karvan.errors import InputError
from karvan.report.money import money_of

if TYPE_CHECKING:
    from tests.conftest import CaseFiles

    from karvan.appraisal import Appraisal
    from karvan.appraisal.financing_results import ProjectFinance


def name(files: CaseFiles, **parameters: str) -> None:
    for parameter, value in parameters.items():
        files.add(
            "parameter.csv", "reliability_ratio", parameter_id=parameter, value=value, low="", high="", unit="%",
            confidence="high",
        )  # fmt: skip


def finance(files: CaseFiles, project: str = "N1", *, rule_set: str = "adb_2017") -> ProjectFinance:
    found = appraise(files.open(), project, rule_set=rule_set, store=OutcomeStore()).finance
    assert found is not None
    return found


@pytest.mark.parametrize("rules", ["adb_2017", "world_bank_2016"])
def test_works_that_cost_nothing_have_accounts_and_no_cost_of_capital(files: CaseFiles, rules: str) -> None:
    name(files, cost_of_own_money_pct_per_year="8")
    files.set("project.csv", "N1", cost_musd="0", cost_low_musd="", cost_high_musd="")
    found = finance(files, rule_set=rules)
    assert found.loans == ()
    assert (found.cost_of_capital.wacc, found.cost_of_capital.why_not) == (None, "the works cost nothing")
    assert found.returns.fnpv_c == pytest.approx(found.returns.fnpv_k)


def test_fees_of_a_loan(files: CaseFiles) -> None:
    """400 at constant prices in four parts: 1 % of all at once, 0.5 % a year of what is not drawn, in dollars of the day."""
    plain = finance(files)
    files.set("finance.csv", "N1.cora", front_end_fee_pct="1", commitment_fee_pct_per_year="0.5")
    found = finance(files)
    (loan,) = found.loans
    drawn = [100 * 1.02**year for year in range(4)]
    fees = [0.01 * sum(drawn) + 0.005 * sum(drawn[1:])] + [0.005 * sum(drawn[year + 1 :]) for year in (1, 2)]
    # the front-end fee is paid with the first drawing, the others at the ends of the years
    front_end = 0.01 * sum(drawn)
    wanted = [(fee - front_end * (year == 0)) / 1.02 ** (year + 1) for year, fee in enumerate(fees)]
    wanted[0] += front_end
    assert list(loan.schedule.fees[:4]) == pytest.approx([*wanted, 0.0])
    assert loan.fees_musd == pytest.approx(sum(wanted))
    assert loan.grant_element < plain.loans[0].grant_element
    present = front_end + sum(fee / 1.09**year for year, fee in enumerate(wanted, 1)) - front_end / 1.09
    assert found.returns.fnpv_k == pytest.approx(plain.returns.fnpv_k - present)
    assert found.returns.fnpv_c == plain.returns.fnpv_c
    # fees are service of the treasuries' debt on the fiscal page
    extra = np.array(found.fiscal.service) - np.array(plain.fiscal.service)
    assert extra[:3].tolist() == pytest.approx(wanted)
    assert loan.interest_in_works_musd == pytest.approx(
        sum(0.04 * sum(drawn[: year + 1]) / 1.02 ** (year + 1) for year in range(4))
    )


def test_the_cost_of_capital_of_the_mix_is_the_default_rate(files: CaseFiles) -> None:
    """Two fifths at 4 %, deductible at 25 % (mean of 20 and 30), three fifths at 12 %, inflation 2 %: by the form of ADB."""
    plain = finance(files).cost_of_capital
    # what is known is said: two fifths at 4 %
    assert (plain.wacc, plain.known_share, plain.known_cost) == (None, 0.4, pytest.approx(1.04 / 1.02 - 1))
    name(files, cost_of_own_money_pct_per_year="12", profit_tax_AAA_pct="20", profit_tax_CCC_pct="30")
    found = finance(files)
    wanted = 0.4 * ((1 + 0.04 * 0.75) / 1.02 - 1) + 0.6 * (1.12 / 1.02 - 1)
    assert found.wacc == pytest.approx(wanted)
    assert (found.rate, found.rate_basis) == (pytest.approx(wanted), "weighted average cost of capital")
    # a rule set with a rate of its own for financial accounts keeps it
    eu = finance(files, rule_set="eu_2021")
    assert (eu.rate, eu.rate_basis, eu.wacc) == (0.04, "financial rate of the rule set", pytest.approx(wanted))


def test_the_floor_of_the_rule_set_holds(files: CaseFiles) -> None:
    """2.4 % of own money and 4 % of the loan are less than the 4 % that ADB asks for at least."""
    name(files, cost_of_own_money_pct_per_year="2.4")
    found = appraise(files.open(), "N1", store=OutcomeStore())
    assert found.finance is not None
    assert found.finance.wacc == 0.04
    parts = 0.4 * (1.04 / 1.02 - 1) + 0.6 * (1.024 / 1.02 - 1)
    assert found.finance.cost_of_capital.known_cost == pytest.approx(parts)
    said = "Cost of capital: the money for it costs 4.00 % (WACC), the least that the rule set takes; by its parts 1.02 %, real."
    assert said in money_of(found)


def test_without_a_part_the_cost_of_capital_says_which(files: CaseFiles) -> None:
    files.set("finance.csv", "N1.cora", rate_pct_per_year="")
    found = finance(files)
    assert found.wacc is None
    assert found.cost_of_capital.why_not == (
        "the cost of Treasury of Cora for N1, what is open for N1 is not given (finance.csv, or cost_of_own_money_pct_per_year)"
    )
    assert found.rate_basis == "discount rate of the rule set"
    assert "terms of Treasury of Cora for N1 are not published: it counts as the owners' own" in found.notes


def test_a_rate_without_years_costs_and_makes_no_schedule(files: CaseFiles) -> None:
    files.set("finance.csv", "N1.cora", tenor_years="", grace_years="", source="textbook;assumed")
    name(files, cost_of_own_money_pct_per_year="12")
    found = finance(files)
    assert found.wacc == pytest.approx(0.4 * (1.04 / 1.02 - 1) + 0.6 * (1.12 / 1.02 - 1))
    assert found.loans == ()
    assert "years of Treasury of Cora for N1 are not published: it counts as the owners' own" in found.notes
    assert "rates of Treasury of Cora rest on assumptions, and so does what hangs on them" in found.notes


def test_returns_against_other_programs(files: CaseFiles) -> None:
    """The streams of the fiscal side put together again: value by numpy-financial, rate by pyxirr."""
    name(files, cost_of_own_money_pct_per_year="9")
    case = files.open()
    appraisal = appraise(case, "N1", store=OutcomeStore())
    found = appraisal.finance
    assert found is not None
    flows = owners(appraisal)
    flows[:4] -= 250.0
    flows[4:] -= 20.0
    flows[-1] += 1000 * (1 - 27 / 35)
    assert found.returns.fnpv_c == pytest.approx(numpy_financial.npv(found.rate, flows), rel=1e-9)
    assert found.returns.firr_c.single == pytest.approx(pyxirr.irr(flows), abs=1e-9)
    (loan,) = found.loans
    # paid at the ends of the years, a step after what is drawn in them
    own = np.append(flows, 0.0)
    for year, drawn, interest, principal in zip(
        loan.schedule.years, loan.schedule.drawn, loan.schedule.interest, loan.schedule.principal, strict=True
    ):
        own[year - 2026] += drawn
        own[year - 2025] -= interest + principal
    assert found.returns.fnpv_k == pytest.approx(numpy_financial.npv(found.rate, own), rel=1e-9)
    assert found.returns.firr_k.single == pytest.approx(pyxirr.irr(own), abs=1e-9)


def test_a_dollar_that_grows_dearer_makes_service_dearer(files: CaseFiles) -> None:
    """At 3 % a year for both countries: as much is drawn in constant money, and each year's service costs (1.03^(t + 1)) more."""
    plain = finance(files).loans[0].schedule
    name(files, real_depreciation_AAA_pct_per_year="3", real_depreciation_CCC_pct_per_year="3")
    found = finance(files).loans[0].schedule
    assert list(found.drawn) == pytest.approx(list(plain.drawn))
    # in dollars of the day drawn, less is owed than before by each year's rate: repaid in eleven equal parts of that sum
    owed_usd = sum(100 * (1.02 / 1.03) ** year for year in range(4))
    assert found.principal[4] == pytest.approx(owed_usd / 11 * (1.03 / 1.02) ** 5)
    assert sum(found.principal) > sum(plain.principal)


def test_taxes_on_profits_by_hand() -> None:
    """Works of 100 written off over four years from opening; losses carried forward; 25 %."""
    earnings = [0.0, 10.0, 40.0, 40.0, 40.0, 40.0]
    found = profit_tax(earnings, [100.0, 0, 0, 0, 0, 0], tax=0.25, life_years=4, opening=1)
    # profits -15, 15, 15, 15, 40: the first loss is made up for in the second year
    assert found == pytest.approx([0.0, 0.0, 0.0, 3.75, 3.75, 10.0])
    assert profit_tax(earnings, [0.0] * 6, tax=0.0, life_years=4, opening=1) == [0.0] * 6


def test_taxes_part_operators_from_treasuries_and_leave_the_owners_as_they_are(files: CaseFiles) -> None:
    """N4 so cheap that the railway of Bela earns by it: the tax that it pays is what its treasury receives more."""
    files.set("project.csv", "N4", cost_musd="0.01")
    plain = finance(files, "N4")
    name(files, profit_tax_BBB_pct="20")
    found = finance(files, "N4")
    assert found.operators.tax_pv_musd > 0
    assert found.operators.fnpv_musd == pytest.approx(plain.operators.fnpv_musd - found.operators.tax_pv_musd)
    assert found.returns == plain.returns
    more = np.array(found.fiscal.receipts) - np.array(plain.fiscal.receipts)
    assert sum(value / 1.09**year for year, value in enumerate(more)) == pytest.approx(found.operators.tax_pv_musd)
    assert any("before tax" in note for note in plain.notes)
    assert not any("before tax" in note for note in found.notes)


def owners(appraisal: Appraisal) -> np.ndarray:
    """Return what the owners of N1 receive by year, from the rows of its accounts."""
    valuation = appraisal.valuation
    assert valuation is not None
    mine = [
        effect in ("operator", "rent", "treasury", "transit_fee") and country in ("AAA", "CCC") and party != "shipper"
        for effect, country, party in valuation.rows
    ]
    return np.einsum("ys,ysr->y", valuation.probability, (valuation.benefit_musd + valuation.transfer_musd)[:, :, mine])


def test_works_that_wear_out_are_built_again_in_money(files: CaseFiles) -> None:
    """N1 opens in 2030; at a life of ten years it is built again in 2040 and 2050, and 3 of 10 years are left after 2056."""
    name(files, asset_life_rail_years="10")
    found = appraise(files.open(), "N1", store=OutcomeStore())
    flows = owners(found)
    flows[:4] -= 250.0
    flows[4:] -= 20.0
    flows[[14, 24]] -= 1000.0
    flows[-1] += 1000 * (1 - 7 / 10)
    assert found.finance is not None
    assert found.finance.returns.fnpv_c == pytest.approx(numpy_financial.npv(0.09, flows), rel=1e-9)


def test_what_is_left_by_net_flows_is_discounted_as_its_years_are(files: CaseFiles) -> None:
    """By the Green Book from 2026 to 2086, 3.5 % to 2056 and 3.0 % after: built again in 2065, 13 of 35 years are left."""
    found = appraise(files.open(), "N1", rule_set="green_book_2026", store=OutcomeStore())
    flows = owners(found)
    flows[:4] -= 250.0
    flows[4:] -= 20.0
    left = flows[-1] * sum(1.03**-year for year in range(1, 14))
    flows[39] -= 1000.0
    flows[-1] += left
    factors = [1.035**-year if year <= 30 else 1.035**-30 * 1.03 ** (30 - year) for year in range(61)]
    assert found.finance is not None
    assert found.finance.returns.fnpv_c == pytest.approx(sum(np.array(factors) * flows), rel=1e-9)


def test_what_debt_weighs(files: CaseFiles) -> None:
    """Most is owed when all is drawn; the economies of Alba and Cora together have a product of 1,800 (economy.csv)."""
    found = finance(files)
    debt = found.debt
    assert debt is not None
    owed = sum(100 * 1.02**year for year in range(4)) / 1.02**4
    assert (debt.peak_year, debt.peak_musd) == (2029, pytest.approx(owed))
    assert debt.peak_gdp_share == pytest.approx(owed / 1800)
    assert debt.service_musd == pytest.approx(sum(found.fiscal.service))
    factors = 1.09 ** -np.arange(31.0)
    assert debt.receipts_over_service == pytest.approx(
        (factors @ np.array(found.fiscal.receipts)) / (factors @ np.array(found.fiscal.service))
    )
    # one loan alone: all loans together are covered as that one is
    assert debt.dscr_least == pytest.approx(found.loans[0].cover.least)
    assert debt.peak_guaranteed_musd == 0


def test_without_loans_there_is_no_debt(files: CaseFiles) -> None:
    found = finance(files, "N2")
    assert (found.loans, found.debt) == ((), None)


def test_sentences_of_money(files: CaseFiles) -> None:
    name(files, cost_of_own_money_pct_per_year="9")
    files.set("finance.csv", "N1.cora", commitment_fee_pct_per_year="0.5")
    lines = money_of(appraise(files.open(), "N1", store=OutcomeStore()))
    assert lines[0].startswith("In money, at 4.90 % (weighted average cost of capital): FNPV of the investment USD ")
    assert lines[1] == "Cost of capital: the money for it costs 4.90 % (WACC)."
    assert lines[2].startswith("To the countries in which it is built: cash is short in 31 years, from 2026")
    assert lines[3].startswith("A charge of USD ")
    assert lines[4].startswith(
        "Treasury of Cora for N1, loan of 40 % in USD at 4 % over 15 years, equal parts (agreed): grant element "
    )
    assert lines[4].endswith("fees USD 3.04 m.")
    assert lines[5].startswith(
        "Debt of their treasuries: at most USD 381 m (21 % of their GDP), in 2029; there is no cash"
    )


def test_terms_that_cannot_be_are_told_with_the_case(files: CaseFiles) -> None:
    name(
        files, profit_tax_AAA_pct="120", real_depreciation_AAA_pct_per_year="-100", inflation_usd_pct_per_year="100",
    )  # fmt: skip
    assert [problem.partition("value: ")[2] for problem in files.problems()] == [
        "found 120 for profit_tax_AAA_pct; expected 0 to 99. Correct the number.",
        "found -100 for real_depreciation_AAA_pct_per_year; expected -99 to 99. Correct the number.",
        "found 100 for inflation_usd_pct_per_year; expected -99 to 99. Correct the number.",
    ]


def test_terms_of_countries_that_are_not_there(files: CaseFiles) -> None:
    name(files, profit_tax_XXX_pct="20", real_depreciation_YYY_pct_per_year="2")
    with pytest.raises(InputError) as caught:
        appraise(files.open(), "N1")
    assert str(caught.value).splitlines() == [
        "Terms of money: 2 problems",
        "  profit_tax_XXX_pct: found the country 'XXX'; expected one of AAA, BBB, CCC.",
        "  real_depreciation_YYY_pct_per_year: found the country 'YYY'; expected one of AAA, BBB, CCC.",
    ]


def test_a_case_without_terms_has_the_inflation_of_the_program(files: CaseFiles) -> None:
    terms = read_terms(files.open())
    assert (terms.inflation, terms.own_money, dict(terms.taxes)) == (INFLATION, None, {})
    name(files, inflation_usd_pct_per_year="0")
    assert read_terms(files.open()).inflation == 0.0
