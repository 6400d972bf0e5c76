"""The money side of a project in sentences: what it earns, whether it pays its way, its loans, and what its debt weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from karvan.charts import words

if TYPE_CHECKING:
    from karvan.appraisal import Appraisal
    from karvan.appraisal.financing_results import FundedLoan, ProjectFinance


def money_of(found: Appraisal) -> list[str]:
    """Return what the money side comes to, in sentences; nothing where there is no value."""
    money = found.finance
    if money is None:
        return [f"No accounts of money: {found.finance_why_not}"] if found.valued else []
    return [*_returns(money), _cash(money), *_charge(money), *[_loan(one) for one in money.loans], *_debt(money)]


def _rate(value: float | None) -> str:
    return "none" if value is None else words.rate(value)


def _returns(money: ProjectFinance) -> list[str]:
    mix = money.cost_of_capital
    if mix.wacc is not None:
        floor = "" if mix.known_cost is None or mix.wacc <= mix.known_cost else (
            f", the least that the rule set takes; by its parts {words.rate(mix.known_cost)}, real"
        )  # fmt: skip
        wacc = f"the money for it costs {words.rate(mix.wacc)} (WACC){floor}"
    elif mix.known_cost is None:
        wacc = f"not known, since {mix.why_not}"
    else:
        known = f"{words.percent(mix.known_share)} of the money costs {words.rate(mix.known_cost)}, real"
        wacc = f"not known, since {mix.why_not}; {known}"
    returns, operators = money.returns, money.operators
    tax = f", after {words.musd(operators.tax_pv_musd)} of tax" if operators.tax_pv_musd else ""
    said = (
        f"In money, at {words.rate(money.rate)} ({money.rate_basis}): FNPV of the investment {words.musd(returns.fnpv_c)} (FIRR "
        f"{_rate(returns.firr_c.single)}), of the owners' own money {words.musd(returns.fnpv_k)} "
        f"({_rate(returns.firr_k.single)}), to operators alone {words.musd(operators.fnpv_musd)} ({_rate(operators.firr)}){tax}."
    )
    return [said, f"Cost of capital: {wacc}."]


def _cash(money: ProjectFinance) -> str:
    short = money.returns.short_years
    cash = "its own receipts and money pay its way in every year" if not short else (
        f"cash is short in {words.count(len(short), 'year')}, from {short[0]}: others must pay"
    )  # fmt: skip
    return f"To the countries in which it is built: {cash}."


def _charge(money: ProjectFinance) -> list[str]:
    if money.charge_usd_per_t is None:
        return []
    more, sign = ("more", 1.0) if money.charge_usd_per_t > 0 else ("less", -1.0)
    whole = words.number(sign * money.charge_usd_per_t)
    half = words.number(sign * money.charges_usd_per_t[0.5])
    return [
        f"A charge of USD {whole} {more} a tonne would bring it to nought at that rate; USD {half} if half of them come."
    ]


def _loan(one: FundedLoan) -> str:
    fees = "" if not one.fees_musd else f", fees {words.musd(one.fees_musd)}"
    terms, loan = one.funding, one.own.loan
    how = "the same sum each year" if loan.repayment == "annuity" else "equal parts"
    guaranteed = "" if not terms.guaranteed_share > 0 else f", {words.percent(terms.guaranteed_share)} guaranteed"
    return (
        f"{terms.name} for {one.project}, {terms.instrument} of {words.percent(terms.share)} in {loan.currency} at "
        f"{terms.rate_pct_per_year:g} % over {loan.years} years, {how}{guaranteed} ({terms.status}): grant element "
        f"{words.percent(one.grant_element)}, least DSCR {words.number(one.cover.least)}, "
        f"LLCR {words.number(one.cover.loan_life)}, interest during works {words.musd(one.interest_in_works_musd)}{fees}."
    )


def _debt(money: ProjectFinance) -> list[str]:
    debt = money.debt
    if debt is None:
        return []
    share = "" if debt.peak_gdp_share is None else f" ({words.percent(debt.peak_gdp_share)} of their GDP)"
    cash = "there is no cash for its service in the worst year" if debt.dscr_least <= 0 else (
        f"cash covers its service {words.number(debt.dscr_least)} times in the worst year"
    )  # fmt: skip
    backed = "" if not debt.peak_guaranteed_musd else f"; guaranteed, at most {words.musd(debt.peak_guaranteed_musd)}"
    ratio = debt.receipts_over_service
    receipts = "pay nothing for it" if ratio is None else "receive nothing more for it" if ratio <= 0 else (
        f"receive {words.number(ratio)} times what they pay for it"
    )  # fmt: skip
    peak = f"at most {words.musd(debt.peak_musd)}{share}, in {debt.peak_year}" if debt.peak_musd else "none"
    return [f"Debt of their treasuries: {peak}{backed}; {cash}, and treasuries {receipts}."]
