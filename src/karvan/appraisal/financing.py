"""Money for a set of projects: what the investment earns, what its loans cost, whether they can be served, what a treasury sees.

The financial accounts are those of the owners, the countries in which the projects are built: what their operators and public
bodies receive more, less what that costs them, against works and upkeep in money. Taxes on profits stay between these two, and
part the operators' own account from the treasury's. Loans are served in their own money of the day; they are brought to constant
prices by its rate of exchange and by inflation, so that a loan in dollars is worth less to its lender each year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.discounting import Discounting
from karvan.appraisal.finance import (
    Capital,
    charges_for_target,
    cost_of_capital,
    financial_returns,
    residual_by_life,
)
from karvan.appraisal.financing_results import (
    CostOfCapital,
    DebtBurden,
    FinancialFlows,
    FundedLoan,
    OperatorsReturn,
    ProjectFinance,
)
from karvan.appraisal.fiscal import FiscalPage, Guarantee, fiscal_page
from karvan.appraisal.indicators import present_value
from karvan.appraisal.loans import grant_element
from karvan.appraisal.plans import GIVEN
from karvan.appraisal.project_loans import ProjectLoan, cost_in_dollars, has_terms, loan_faults, loan_of
from karvan.appraisal.roots import rates_of_return
from karvan.appraisal.side_sums import PUBLIC
from karvan.appraisal.terms import profit_tax
from karvan.case.finance import DEBT, DOLLAR

if TYPE_CHECKING:
    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.plans import Plan, PlannedProject
    from karvan.appraisal.rules import RuleSet
    from karvan.appraisal.terms import MoneyTerms

Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Effects that reach the owners' tills, and those that reach public bodies.
EARNED, PUBLIC_RECEIPTS = ("operator", "rent"), ("treasury", "transit_fee")
#: Shares of the expected tonnes for which a charge is named.
USES = (0.5, 0.75, 1.0)
RECEIPTS = (*EARNED, *PUBLIC_RECEIPTS)


@dataclass(frozen=True, eq=False)
class _Flows:
    """Streams in money of the owners, by year."""

    receipts: Floats
    investment: Floats
    upkeep: Floats
    residual: float


@dataclass(frozen=True, eq=False)
class _Funds:
    """Who pays, by year, the treasuries among them; the loans with published terms."""

    given: Floats
    own: Floats
    public: Floats
    loans: list[ProjectLoan]


def why_no_finance(appraisal: Appraisal) -> str:
    """Return why there are no financial accounts; empty where there are."""
    if appraisal.valuation is None or not appraisal.valued:
        return appraisal.why_not
    return " ".join(loan_faults(appraisal.plan))


def finance_projects(appraisal: Appraisal) -> ProjectFinance | None:
    """Return the financial accounts of a set of projects; None where nothing is valued, or a loan does not fit the accounts."""
    plan, rules = appraisal.plan, appraisal.rules
    if why_no_finance(appraisal):
        return None
    years = list(plan.years)
    notes: list[str] = []
    home = list(plan.owners)
    mix = _cost_of_capital(plan.projects, plan.terms, rules, home)
    basis, discounting = _discounting(rules, mix.wacc)
    flows = _flows(appraisal, home, discounting)
    funds = _funds(appraisal, home, notes)
    returns = financial_returns(
        years, discounting, investment=flows.investment.tolist(), revenue=flows.receipts.tolist(),
        running_cost=flows.upkeep.tolist(), residual_value=flows.residual, grants=funds.given.tolist(), equity=funds.own.tolist(),
        loans=[loan.real for loan in funds.loans], currency=DOLLAR,
    )  # fmt: skip
    cash = dict(zip(years, (flows.receipts - flows.upkeep).tolist(), strict=True))
    operators, taxes, earned = _operators(appraisal, home, flows, discounting)
    fiscal = _fiscal(appraisal, home, funds, taxes, earned)
    assumed = [part.name for project in plan.projects for part in project.funding
               if part.assumed and part.share and not math.isnan(part.rate_pct_per_year)]  # fmt: skip
    if assumed:
        notes.append(
            f"rates of {', '.join(dict.fromkeys(assumed))} rest on assumptions, and so does what hangs on them"
        )
    if not plan.terms.taxes:
        notes.append("the case names no taxes on profits (profit_tax_COUNTRY_pct): operators' returns are before tax")
    kept = FinancialFlows(
        flows.receipts,
        flows.upkeep,
        flows.investment,
        flows.residual,
        funds.given,
        funds.own,
        _traffic(appraisal),
        earned,
        discounting,
    )
    return ProjectFinance(
        flows=kept, rate=discounting.rate, rate_basis=basis, cost_of_capital=mix, returns=returns, operators=operators,
        loans=tuple(FundedLoan(loan.project.id, loan.funding, loan.own, loan.real, grant_element(loan.own), loan.cover(cash),
                               loan.taken) for loan in funds.loans),
        charges_usd_per_t=_charges(appraisal, flows, discounting), fiscal=fiscal,
        debt=_burden(funds.loans, fiscal, cash, plan.terms, home, discounting), notes=tuple(dict.fromkeys(notes)),
    )  # fmt: skip


# the rate ---------------------------------------------------------------------------------------------------------------


def _cost_of_capital(
    projects: tuple[PlannedProject, ...], terms: MoneyTerms, rules: RuleSet, home: list[str]
) -> CostOfCapital:  # fmt: skip
    """Return the weighted average cost of the money for the projects, or why it is not known, and what is known of it."""
    total = math.fsum(project.cost_musd for project in projects)
    if not total:
        return CostOfCapital(None, "the works cost nothing", 0.0, None)
    sources, missing = [], []
    for project in projects:
        for part in project.funding:
            if not part.share:
                continue
            name = f"{part.name or 'what is open'} for {project.id}"
            debt = part.instrument in DEBT
            cost: float | None = terms.own_money
            if debt:
                cost = None if math.isnan(part.rate_pct_per_year) else cost_in_dollars(project, part, terms)
            elif part.instrument == "grant":
                cost = 0.0
            if cost is None:
                missing.append(name)
            else:
                sources.append(Capital(name, part.share * project.cost_musd / total, cost, deductible=debt))
    tax = math.fsum(terms.taxes.get(country, 0.0) for country in home) / len(home)
    known = math.fsum(source.share for source in sources)
    parts = [replace(one, share=one.share / known) for one in sources]
    cost = cost_of_capital(parts, tax=tax, inflation=terms.inflation) if known > 0 else None
    if missing:
        why = f"the cost of {', '.join(missing)} is not given (finance.csv, or cost_of_own_money_pct_per_year)"
        return CostOfCapital(None, why, min(known, 1.0), cost)
    floor = rules.wacc_floor.value if rules.wacc_floor is not None else None
    wacc = cost_of_capital(sources, tax=tax, inflation=terms.inflation, floor=floor)
    return CostOfCapital(wacc, "", 1.0, cost)


def _discounting(rules: RuleSet, wacc: float | None) -> tuple[str, Discounting]:
    """Return at what financial values are discounted: the rule set's financial rate, else the cost of capital, else its rate."""
    timing = rules.discounting.timing
    if rules.financial_rate is not None:
        return "financial rate of the rule set", Discounting.at(rules.financial_rate.value, timing=timing)
    if wacc is not None:
        return "weighted average cost of capital", Discounting.at(wacc, timing=timing)
    return "discount rate of the rule set", rules.schedule()


# streams ----------------------------------------------------------------------------------------------------------------


def _flows(appraisal: Appraisal, home: list[str], discounting: Discounting) -> _Flows:
    plan = appraisal.plan
    receipts = _receipts(appraisal, home, RECEIPTS)
    investment, upkeep = np.zeros(len(plan.years)), np.zeros(len(plan.years))
    ages = []
    for project in plan.projects:
        built_again = _renewals(project, plan.life_years, plan.years[-1])
        investment += _invested(project, plan)
        upkeep += _upkeep(project, plan.years, plan.upkeep_pct[0])
        ages.append(float(plan.years[-1] - max([project.opening, *built_again]) + 1))
    costs = [project.cost_musd for project in plan.projects]
    if appraisal.rules.residual_value == "remaining_life":
        residual = residual_by_life(costs, [plan.life_years] * len(costs), ages)
    else:
        weights = costs if any(costs) else [1.0] * len(costs)
        age = math.fsum(weight * age for weight, age in zip(weights, ages, strict=True)) / math.fsum(weights)
        last = len(plan.years) - 1
        later = discounting.factors(range(last, last + max(0, round(plan.life_years - age)) + 1))
        residual = float(receipts[-1] - upkeep[-1]) * float(later[1:].sum() / later[0])
    return _Flows(receipts, investment, upkeep, residual)


def _renewals(project: PlannedProject, life_years: float, last: int) -> list[int]:
    """Return the years in which worn-out works are built again."""
    life = max(round(life_years), 1)
    return list(range(project.opening + life, last + 1, life))


def _spent(project: PlannedProject, years: tuple[int, ...]) -> Floats:
    by_year = dict(zip(project.years, project.shares, strict=True))
    return np.array([project.cost_musd * by_year.get(year, 0.0) for year in years])


def _invested(project: PlannedProject, plan: Plan) -> Floats:
    """Return the cost of works by year, of those that are built again as well."""
    again = np.isin(plan.years, _renewals(project, plan.life_years, plan.years[-1]))
    found: Floats = _spent(project, plan.years) + project.cost_musd * again
    return found


def _upkeep(project: PlannedProject, years: tuple[int, ...], pct: float) -> Floats:
    found: Floats = np.where(np.array(years) >= project.opening, project.cost_musd * pct / 100.0, 0.0)
    return found


def _receipts(
    appraisal: Appraisal, home: list[str], effects: tuple[str, ...], *, operators_only: bool = False
) -> Floats:  # fmt: skip
    """Return what bodies of some countries receive more, less what it costs them, expected by year."""
    found = appraisal.valuation
    assert found is not None  # noqa: S101 - the caller has seen to it
    mine = [
        effect in effects and country in home and party != "shipper" and not (operators_only and party in PUBLIC)
        for effect, country, party in found.rows
    ]
    total = found.benefit_musd[:, :, mine] + found.transfer_musd[:, :, mine]
    expected: Floats = np.einsum("ys,ysr->y", found.probability, total)
    return expected


def _charges(appraisal: Appraisal, flows: _Flows, discounting: Discounting) -> dict[float, float]:
    """Return the charge on each tonne that would bring the investment to nought, by share of the expected ones that come.

    Whoever promises to pay it for all expected tonnes, whether they come or not, bears what parts the charges.
    """
    traffic = _traffic(appraisal)
    other = flows.receipts - flows.upkeep - flows.investment
    other[-1] += flows.residual
    return charges_for_target(traffic.tolist(), other.tolist(), discounting, uses=USES) if traffic.any() else {}


def _traffic(appraisal: Appraisal) -> Floats:
    """Return the tonnes expected by year, in millions."""
    found = appraisal.valuation
    assert found is not None  # noqa: S101 - the caller has seen to it
    traffic: Floats = np.einsum("ys,ys->y", found.probability, found.traffic_t) / 1e6
    return traffic


def _operators(
    appraisal: Appraisal, home: list[str], flows: _Flows, discounting: Discounting
) -> tuple[OperatorsReturn, Floats, Floats]:  # fmt: skip
    """Return what the operators alone earn on the investment, after tax where there is one; that tax, and their cash, by year."""
    plan = appraisal.plan
    earned, taxes = np.zeros(len(plan.years)), np.zeros(len(plan.years))
    for country in home:
        mine = [project for project in plan.projects if country in project.countries]
        here = _receipts(appraisal, [country], EARNED, operators_only=True)
        works, upkeep = np.zeros(len(plan.years)), np.zeros(len(plan.years))
        for project in mine:
            works += _invested(project, plan) / len(project.countries)
            upkeep += _upkeep(project, plan.years, plan.upkeep_pct[0]) / len(project.countries)
        earned += here
        taxes += profit_tax(
            (here - upkeep).tolist(), works.tolist(), tax=plan.terms.taxes.get(country, 0.0), life_years=plan.life_years,
            opening=min(project.opening for project in mine) - plan.years[0],
        )  # fmt: skip
    net = earned - flows.upkeep - flows.investment - taxes
    net[-1] += flows.residual
    factors = discounting.factors(range(len(plan.years)))
    return OperatorsReturn(
        present_value(net, factors), rates_of_return(net.tolist()).single, present_value(taxes, factors)
    ), taxes, earned - flows.upkeep - taxes  # fmt: skip


# money ------------------------------------------------------------------------------------------------------------------


def _funds(appraisal: Appraisal, home: list[str], notes: list[str]) -> _Funds:
    plan = appraisal.plan
    years = plan.years
    given, own, public = (np.zeros(len(years)) for _ in range(3))
    loans: list[ProjectLoan] = []
    for project in plan.projects:
        spent = _spent(project, years)
        for part in project.funding if project.cost_musd else ():
            lent = has_terms(part)
            # what others give for good, or lend to another body, costs the treasuries of these countries nothing
            theirs = part.country in home if part.instrument in GIVEN else not lent or math.isnan(part.guaranteed_share)
            public += part.share * spent * theirs
            if lent:
                loans.append(loan_of(project, part, plan.terms, years[0], notes))
            elif part.instrument == "grant":
                given += part.share * spent
            else:
                own += part.share * spent
                if part.instrument in DEBT:
                    what = "terms" if math.isnan(part.rate_pct_per_year) else "years"
                    notes.append(
                        f"{what} of {part.name} for {project.id} are not published: it counts as the owners' own"
                    )
    notes += [loan.note for loan in loans if loan.note]
    return _Funds(given, own, public, loans)


def _fiscal(
    appraisal: Appraisal, home: list[str], funds: _Funds, taxes: Floats, earned: Floats
) -> FiscalPage:  # fmt: skip
    """Return what the treasuries of the projects' countries see: what they spend, owe and answer for, fees and taxes."""
    found, plan = appraisal.valuation, appraisal.plan
    assert found is not None  # noqa: S101 - the caller has seen to it
    mine = [
        effect in (*PUBLIC_RECEIPTS, "capital", "upkeep")
        and country in home
        and party not in ("shipper", "funder", "owner")
        for effect, country, party in found.rows
    ]
    total = found.benefit_musd[:, :, mine] + found.transfer_musd[:, :, mine]
    receipts = np.einsum("ys,ysr->y", found.probability, total) + taxes
    # the schedules are in dollars already; whose money a loan is owed in stands in its terms
    return fiscal_page(
        appraisal.years, loans=[loan.real for loan in funds.loans if not loan.guaranteed],
        guarantees=_guarantees(plan, [loan for loan in funds.loans if loan.guaranteed], earned),
        outlay=funds.public.tolist(), receipts=receipts.tolist(),
        home_currency=plan.owners_currency,
    )  # fmt: skip


def _guarantees(plan: Plan, loans: list[ProjectLoan], earned: Floats) -> list[Guarantee]:
    """Return the guarantees; each is called for the part of a year's service that the operators' cash does not cover."""
    due = sum((loan.real.over(plan.years, "service") for loan in loans), np.zeros(len(plan.years)))
    short = np.where(due > 0, 1.0 - np.clip(earned, 0.0, due) / np.where(due > 0, due, 1.0), 0.0)
    chance = dict(zip(plan.years, short.tolist(), strict=True))
    return [Guarantee(loan.real, loan.funding.guaranteed_share, chance) for loan in loans]


def _burden(
    loans: list[ProjectLoan], fiscal: FiscalPage, cash: dict[int, float], terms: MoneyTerms, home: list[str],
    discounting: Discounting,
) -> DebtBurden | None:  # fmt: skip
    """Return whether the debt can be borne; None without debt."""
    if not loans:
        return None
    years = fiscal.years
    peak = max(range(len(years)), key=lambda place: fiscal.debt[place])
    gdp = math.fsum(terms.gdp_musd.get(country, math.nan) for country in home)
    due = sum(
        (loan.real.over(years, "service") + loan.real.over(years, "fees") for loan in loans), np.zeros(len(years))
    )
    served = {year: one for year, one in zip(years, due.tolist(), strict=True) if one > 0}
    ratios = [cash[year] / one for year, one in served.items()]
    factors = discounting.factors(range(len(years)))
    paid = np.array(fiscal.service) + np.array(fiscal.expected_calls)
    service, receipts = (present_value(values, factors) for values in (paid, np.array(fiscal.receipts)))
    return DebtBurden(
        peak_musd=fiscal.debt[peak], peak_year=years[peak], peak_gdp_share=fiscal.debt[peak] / gdp if gdp > 0 else None,
        peak_guaranteed_musd=max(fiscal.guaranteed), service_musd=math.fsum(served.values()), dscr_least=min(ratios),
        dscr_mean=math.fsum(ratios) / len(ratios), receipts_over_service=receipts / service if service > 0 else None,
    )  # fmt: skip
