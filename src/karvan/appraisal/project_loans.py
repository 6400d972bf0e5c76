"""Loans of a plan: the terms of finance.csv as schedules, in the money of each loan and in dollars at constant prices.

Works cost constant money of the owners; as much of a loan's money is drawn each year as that takes::

    worth(t)  = dollars of the day for one unit(t) x price of a dollar in the owners' constant money(t) / (1 + inflation)^t
    drawn(t)  = share of the funder x works(t) / worth(t)          in the loan's money, of which interest and repayment follow

What is drawn stands at the start of year t; what is owed and paid, at its end, is worth(t + 1): a loan costs in constant money
what the cost of capital says of its rate, (1 + rate) / (1 + inflation) - 1.

What is not published is taken: dollars, equal parts of the debt, no fees, a debt of the treasuries. It is said of each loan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.appraisal.finance import debt_cover
from karvan.appraisal.loans import Loan, convert_schedule, schedule_loan
from karvan.case.finance import DEBT, DOLLAR
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.appraisal.finance import DebtCover
    from karvan.appraisal.loans import LoanSchedule, Repayment
    from karvan.appraisal.plans import Plan, PlannedProject
    from karvan.appraisal.terms import MoneyTerms
    from karvan.case.finance import Funding

#: How a loan is repaid where that is not published.
EQUAL_PARTS: Repayment = "equal_principal"
#: Terms that may not be published, and what is taken then.
TAKEN = {
    "currency": "in dollars",
    "repayment": "repaid in equal parts",
    "front_end_fee_pct": "free of a front-end fee",
    "commitment_fee_pct_per_year": "free of a commitment fee",
    "guaranteed_share": "a debt of the treasuries",
}


@dataclass(frozen=True, eq=False)
class ProjectLoan:
    """A loan or deposit of a funder for a project.

    Attributes
    ----------
    project, funding
        What it is for, and on which terms.
    own, real
        Year by year in its own money, of the day; and in dollars at constant prices of the owners.
    worth
        What a unit of the first is in the second, by year, at whose start it is; one year more than the loan has.
    taken
        Columns of finance.csv that are blank, so that terms were taken.
    """

    project: PlannedProject
    funding: Funding
    own: LoanSchedule
    real: LoanSchedule
    worth: Mapping[int, float]
    taken: tuple[str, ...]

    @property
    def guaranteed(self) -> bool:
        """Whether another body than the treasuries owes it."""
        return not math.isnan(self.funding.guaranteed_share)

    def cover(self, cash: Mapping[int, float]) -> DebtCover:
        """Return the cover of its service by cash in dollars at constant prices, turned into its own money when it is due."""
        return debt_cover({year: cash[year] / self.worth[year + 1] for year in self.own.years}, self.own)

    @property
    def note(self) -> str:
        """What was taken of its terms, in words; empty where all are published."""
        if not self.taken:
            return ""
        what = ", ".join(TAKEN[column] for column in self.taken)
        return f"terms of {self.funding.name} for {self.project.id} that are not published: it is taken to be {what}"


def has_terms(part: Funding) -> bool:
    """Whether a part is owed, and on terms that make a schedule."""
    known = not math.isnan(part.rate_pct_per_year) and not math.isnan(part.tenor_years)
    return part.instrument in DEBT and part.share > 0 and known


def span_of(part: Funding, works: int) -> tuple[int, int]:
    """Return the years of grace and all years of a loan: nothing is repaid before the works are done.

    Grace to the end of the tenor means that all is repaid at once, at the end of the last year.
    """
    tenor = int(part.tenor_years)
    grace = works if math.isnan(part.grace_years) else max(min(int(part.grace_years), tenor - 1), works)
    return grace, max(tenor, grace + 1)


def repayment_of(part: Funding) -> Repayment:
    """Return how a loan is repaid; in equal parts of the debt where that is not published."""
    return "annuity" if part.repayment == "annuity" else EQUAL_PARTS


def refuse_unfit_loans(plan: Plan) -> None:
    """Refuse a plan whose loans outlast the accounts, or have a year without a rate of exchange.

    Raises
    ------
    InputError
        Every such loan is listed.
    """
    faults = loan_faults(plan)
    if faults:
        raise InputError(faults, what="Loans of projects")


def loan_faults(plan: Plan) -> list[str]:
    """Return why loans of a plan cannot be put into its accounts; nothing where they can."""
    last, found = plan.years[-1], []
    for project in plan.projects:
        for part in project.funding:
            if not has_terms(part) or math.isnan(project.cost_musd):
                continue
            first = project.years[0]
            end = first + span_of(part, len(project.years))[1] - 1
            if end > last:
                found.append(
                    f"{part.row}, tenor_years: found {part.tenor_years:g}, with a last payment in {end}; expected one by {last}, "
                    f"the last year of the accounts. Mend the tenor, open {project.id} earlier, or count until {end} "
                    f"(--horizon-year {end})."
                )
            # the last payment falls on the end of its year, the start of the next
            years = range(first, end + 2)
            known = plan.terms.usd_per_unit(part.currency or DOLLAR, years)
            missing = [year for year in years if year not in known]
            if missing:
                found.append(
                    f"{part.row}, currency: found {part.currency} without a rate of exchange in {_spans(missing)}; expected one "
                    f"in every year of the loan and the next, {first} to {end + 1}. Add rows to exchange_rate.csv."
                )
    return found


def _spans(years: Sequence[int]) -> str:
    """Return years in words, those that follow each other as one span."""
    spans: list[list[int]] = []
    for year in years:
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(one) if one == two else f"{one} to {two}" for one, two in spans)


def loan_of(project: PlannedProject, part: Funding, terms: MoneyTerms, base: int, notes: list[str]) -> ProjectLoan:
    """Return a loan whose terms are published; notes say where they were stretched.

    Parameters
    ----------
    project, part, terms
        What it is for, its terms, and those of the case.
    base
        Year of whose prices the accounts are.
    notes
        Are added to.
    """
    works = len(project.years)
    grace, tenor = span_of(part, works)
    if math.isnan(part.grace_years) or grace > part.grace_years:
        notes.append(f"{part.name} for {project.id}: nothing is repaid before the works are done, in {grace} years")
    if tenor > part.tenor_years:
        notes.append(
            f"{part.name} for {project.id}: its {part.tenor_years:g} years end with the works; it is repaid in the next"
        )
    first = project.years[0]
    worth = worth_of(project, part, terms, range(first, first + tenor + 1), base)
    lent = [share / worth[year] for year, share in zip(project.years, project.shares, strict=True)]
    total = math.fsum(lent)
    fees = (
        0.0 if math.isnan(fee) else fee / 100.0 for fee in (part.front_end_fee_pct, part.commitment_fee_pct_per_year)
    )
    front_end, commitment = fees
    own = schedule_loan(
        Loan(
            principal=project.cost_musd * part.share * total, rate=part.rate_pct_per_year / 100.0, years=tenor, first_year=first,
            grace_years=grace, repayment=repayment_of(part), drawn=tuple(one / total for one in lent),
            name=f"{part.name} for {project.id}", front_end_fee=front_end, commitment_fee=commitment,
            currency=part.currency or DOLLAR,
        )
    )  # fmt: skip
    blank = {"currency": not part.currency, "repayment": not part.repayment}
    taken = tuple(name for name in TAKEN if blank.get(name, name not in blank and math.isnan(getattr(part, name))))
    real = convert_schedule(own, worth, currency=DOLLAR, at_end={year: worth[year + 1] for year in own.years})
    return ProjectLoan(project, part, own, real, worth, taken)


def worth_of(
    project: PlannedProject, part: Funding, terms: MoneyTerms, years: Iterable[int], base: int
) -> dict[int, float]:  # fmt: skip
    """Return what a unit of a loan's money is worth in the owners' money at constant prices, by year."""
    span = list(years)
    dollar, rates = terms.dollar_in(project.countries, span, base), terms.usd_per_unit(part.currency or DOLLAR, span)
    return {year: rates[year] * dollar[year] * (1.0 + terms.inflation) ** (base - year) for year in span}


def cost_in_dollars(project: PlannedProject, part: Funding, terms: MoneyTerms) -> float:
    """Return the yearly cost of a loan in dollars of the day: its interest, and what its money gains on the dollar."""
    rate = part.rate_pct_per_year / 100.0
    if math.isnan(part.tenor_years) or part.currency in ("", DOLLAR):
        return rate
    first, years = project.years[0], span_of(part, len(project.years))[1]
    ends = terms.usd_per_unit(part.currency, (first, first + years - 1))
    if len(ends) < 2 or years < 2:  # noqa: PLR2004 - one payment in the year of drawing moves with no rate
        return rate
    gain = float(ends[first + years - 1] / ends[first]) ** (1.0 / (years - 1))
    return float((1.0 + rate) * gain - 1.0)
