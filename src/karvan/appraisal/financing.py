"""Money for a set of projects: what the investment earns, what its loans cost, whether they can be served, what a treasury sees.

The financial accounts are those of the owners, the countries in which the projects are built: what their operators and public
bodies receive more, less what that costs them, against works and upkeep in money. Terms of loans are in dollars of the day; they
are brought to constant prices by the inflation below, so that a loan is worth less to its lender each year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.finance import DebtCover, FinancialReturns, charges_for_target, debt_cover, financial_returns
from karvan.appraisal.fiscal import FiscalPage, fiscal_page
from karvan.appraisal.loans import Loan, LoanSchedule, convert_schedule, grant_element, schedule_loan
from karvan.appraisal.plans import GIVEN

if TYPE_CHECKING:
    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.plans import PlannedProject
    from karvan.case.finance import Funding

#: Yearly inflation of the dollar, by which terms of loans are brought to constant prices: the longer-run goal of the Federal Open
#: Market Committee (Statement on Longer-Run Goals and Monetary Policy Strategy, January 2012 and since). An assumption.
INFLATION = 0.02
#: Instruments that must be paid back.
DEBT = ("loan", "deposit")
#: Effects that reach the owners' tills.
RECEIPTS, PUBLIC_RECEIPTS = ("operator", "rent", "treasury", "transit_fee"), ("treasury", "transit_fee")


@dataclass(frozen=True)
class FundedLoan:
    """A loan or deposit of a funder for a project.

    Attributes
    ----------
    project, funding
        What it is for, and on which terms.
    schedule
        Year by year at constant prices.
    grant_element
        By the rate of comparison of 5 %, in dollars of the day.
    cover
        How far the owners' cash covers its service; None where there is no service within the years.
    """

    project: str
    funding: Funding
    schedule: LoanSchedule
    grant_element: float
    cover: DebtCover | None


@dataclass(frozen=True)
class ProjectFinance:
    """Money for a set of projects.

    Attributes
    ----------
    rate
        Rate at which financial values are discounted.
    returns
        What the investment returns, and the owners' own money.
    loans
        Loans with published terms.
    charge_usd_per_t
        Charge for each tonne of the expected traffic that would bring the investment's value to nought, beyond what is charged;
        None without traffic.
    fiscal
        What the treasuries of the projects' countries see.
    notes
        What the reader should know.
    """

    rate: float
    returns: FinancialReturns
    loans: tuple[FundedLoan, ...]
    charge_usd_per_t: float | None
    fiscal: FiscalPage
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "rate": self.rate,
            "fnpv_c_musd": self.returns.fnpv_c, "firr_c": self.returns.firr_c.single,
            "fnpv_k_musd": self.returns.fnpv_k, "firr_k": self.returns.firr_k.single,
            "sustainable": self.returns.sustainable, "short_years": list(self.returns.short_years),
            "charge_usd_per_t": self.charge_usd_per_t,
            "loans": [
                {"project": one.project, "funder": one.funding.name, "instrument": one.funding.instrument,
                 "status": one.funding.status, "share": one.funding.share, "rate_pct_per_year": one.funding.rate_pct_per_year,
                 "tenor_years": one.funding.tenor_years, "grant_element": one.grant_element,
                 "dscr_least": one.cover.least if one.cover else None, "dscr_mean": one.cover.average if one.cover else None,
                 "llcr": one.cover.loan_life if one.cover else None}
                for one in self.loans
            ],
            "fiscal": self.fiscal.table.to_dict("records"),
            "notes": list(self.notes),
        }  # fmt: skip


def finance_projects(appraisal: Appraisal) -> ProjectFinance | None:
    """Return the financial accounts of a set of projects; None where nothing is valued."""
    found, plan = appraisal.valuation, appraisal.plan
    if found is None or not appraisal.valued:
        return None
    years = list(plan.years)
    notes: list[str] = []
    home = {country for project in plan.projects for country in project.countries}
    receipts = _receipts(appraisal, home, RECEIPTS)
    investment, upkeep, given = (np.zeros(len(years)) for _ in range(3))
    own, public = np.zeros(len(years)), np.zeros(len(years))
    loans: list[tuple[PlannedProject, Funding, LoanSchedule, LoanSchedule]] = []
    for project in plan.projects:
        spent = _spent(project, years)
        investment += spent
        upkeep += np.where(np.array(years) >= project.opening, project.cost_musd * plan.upkeep_pct[0] / 100.0, 0.0)
        for part in project.funding:
            # what others give for good costs the treasuries of these countries nothing
            if part.instrument not in GIVEN or part.country in home:
                public += part.share * spent
            if part.instrument in DEBT and not math.isnan(part.rate_pct_per_year) and not math.isnan(part.tenor_years):
                nominal, real = _loan(project, part, years[0], years[-1], notes)
                loans.append((project, part, nominal, real))
            elif part.instrument == "grant":
                given += part.share * spent
            else:
                own += part.share * spent
                if part.instrument in DEBT:
                    notes.append(
                        f"terms of {part.name} for {project.id} are not published: it counts as the owners' own"
                    )
    rules = appraisal.rules
    rate = rules.financial_rate.value if rules.financial_rate is not None else rules.schedule().rate
    discounting = rules.schedule() if rules.financial_rate is None else type(rules.schedule()).at(rate)
    schedules = [real for *_, real in loans]
    returns = financial_returns(
        years, discounting, investment=investment.tolist(), revenue=receipts.tolist(), running_cost=upkeep.tolist(),
        grants=given.tolist(), equity=own.tolist(), loans=schedules,
    )  # fmt: skip
    cash = dict(zip(years, (receipts - upkeep).tolist(), strict=True))
    traffic = np.einsum("ys,ys->y", found.probability, found.traffic_t) / 1e6
    other = receipts - upkeep - investment
    charge = (
        charges_for_target(traffic.tolist(), other.tolist(), discounting, uses=(1.0,))[1.0] if traffic.any() else None
    )
    return ProjectFinance(
        rate, returns,
        tuple(FundedLoan(project.id, part, real, grant_element(nominal), debt_cover(cash, real))
              for project, part, nominal, real in loans),
        charge, _fiscal(appraisal, home, public, schedules), tuple(dict.fromkeys(notes)),
    )  # fmt: skip


def _receipts(appraisal: Appraisal, home: set[str], effects: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what bodies of some countries receive more, less what it costs them, expected by year."""
    found = appraisal.valuation
    assert found is not None  # noqa: S101 - the caller has seen to it
    mine = [effect in effects and country in home and party != "shipper" for effect, country, party in found.rows]
    total = found.benefit_musd[:, :, mine] + found.transfer_musd[:, :, mine]
    expected: np.ndarray[Any, np.dtype[np.float64]] = np.einsum("ys,ysr->y", found.probability, total)
    return expected


def _spent(project: PlannedProject, years: list[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    by_year = dict(zip(project.years, project.shares, strict=True))
    return np.array([project.cost_musd * by_year.get(year, 0.0) for year in years])


def _loan(
    project: PlannedProject, part: Funding, base: int, last: int, notes: list[str]
) -> tuple[LoanSchedule, LoanSchedule]:  # fmt: skip
    """Return a loan in dollars of the day, and at constant prices."""
    works = len(project.years)
    grace = works if math.isnan(part.grace_years) else max(int(part.grace_years), works)
    if math.isnan(part.grace_years) or grace > part.grace_years:
        notes.append(f"{part.name} for {project.id}: nothing is repaid before the works are done, in {grace} years")
    # a loan that would outlast the accounts is repaid faster; one due at once after its grace is repaid in the year after
    tenor = max(int(part.tenor_years), grace + 1)
    if project.years[0] + tenor - 1 > last:
        tenor = last - project.years[0] + 1
        notes.append(f"{part.name} for {project.id} is repaid by {last}, the last year of the accounts")
    inflated = [
        share * (1.0 + INFLATION) ** (year - base) for year, share in zip(project.years, project.shares, strict=True)
    ]
    total = math.fsum(inflated)
    terms = Loan(
        principal=project.cost_musd * part.share * total, rate=part.rate_pct_per_year / 100.0, years=tenor,
        first_year=project.years[0], grace_years=grace, repayment="equal_principal",
        drawn=tuple(one / total for one in inflated), name=f"{part.name} for {project.id}",
    )  # fmt: skip
    nominal = schedule_loan(terms, last_year=last)
    worth = {year: (1.0 + INFLATION) ** (base - year) for year in nominal.years}
    return nominal, convert_schedule(nominal, worth, currency="USD")


def _fiscal(
    appraisal: Appraisal, home: set[str], spent: np.ndarray[Any, np.dtype[np.float64]], loans: list[LoanSchedule]
) -> FiscalPage:
    """Return what the treasuries of the projects' countries see: what they spend, debt in dollars, fees and taxes."""
    found = appraisal.valuation
    assert found is not None  # noqa: S101 - the caller has seen to it
    mine = [
        effect in (*PUBLIC_RECEIPTS, "capital", "upkeep")
        and country in home
        and party not in ("shipper", "funder", "owner")
        for effect, country, party in found.rows
    ]
    total = found.benefit_musd[:, :, mine] + found.transfer_musd[:, :, mine]
    receipts = np.einsum("ys,ysr->y", found.probability, total)
    return fiscal_page(
        appraisal.years, loans=loans, outlay=spent.tolist(), receipts=receipts.tolist(), home_currency="home"
    )  # fmt: skip
