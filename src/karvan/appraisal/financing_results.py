"""Results of the money side of an appraisal: returns, loans, what debt weighs, the fiscal page."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.appraisal.discounting import Discounting, Floats
    from karvan.appraisal.finance import DebtCover, FinancialReturns
    from karvan.appraisal.fiscal import FiscalPage
    from karvan.appraisal.loans import LoanSchedule
    from karvan.case.finance import Funding


@dataclass(frozen=True)
class FundedLoan:
    """A loan or deposit of a funder for a project.

    Attributes
    ----------
    project, funding
        What it is for, and on which terms.
    own, schedule
        Year by year in its own money, of the day; and in dollars at constant prices.
    grant_element
        By the rate of comparison of 5 %, in its own money, fees among what is paid.
    cover
        How far the owners' cash covers its service.
    taken
        Columns of finance.csv that are blank, so that its terms were taken.
    """

    project: str
    funding: Funding
    own: LoanSchedule
    schedule: LoanSchedule
    grant_element: float
    cover: DebtCover
    taken: tuple[str, ...] = ()

    @property
    def guaranteed(self) -> bool:
        """Whether another body than the treasuries owes it."""
        return not math.isnan(self.funding.guaranteed_share)

    @property
    def fees_musd(self) -> float:
        """Fees paid, at constant prices, not discounted."""
        return sum(self.schedule.fees)

    @property
    def interest_in_works_musd(self) -> float:
        """Interest of the years in which money is drawn, at constant prices, not discounted."""
        parts = zip(self.schedule.drawn, self.schedule.interest, self.schedule.capitalised, strict=True)
        return sum(paid + added for drawn, paid, added in parts if drawn > 0)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        terms, cover, loan = self.funding, self.cover, self.own.loan
        parts = ("drawn", "interest", "principal", "fees", "owed")
        years = [{"year": year} | {f"{part}_musd": getattr(self.schedule, part)[place] for part in parts}
                 for place, year in enumerate(self.schedule.years)]  # fmt: skip
        return {
            "project": self.project, "funder": terms.name, "instrument": terms.instrument, "status": terms.status,
            "share": terms.share, "rate_pct_per_year": terms.rate_pct_per_year, "tenor_years": loan.years,
            "grace_years": loan.grace_years, "currency": loan.currency, "repayment": loan.repayment,
            "front_end_fee": loan.front_end_fee, "commitment_fee": loan.commitment_fee,
            "guaranteed_share": terms.guaranteed_share if self.guaranteed else None,
            "taken": list(self.taken),
            "fees_musd": self.fees_musd, "interest_in_works_musd": self.interest_in_works_musd,
            "grant_element": self.grant_element, "dscr_least": cover.least, "dscr_mean": cover.average,
            "llcr": cover.loan_life, "years": years,
        }  # fmt: skip


@dataclass(frozen=True)
class CostOfCapital:
    """What the money for a set of projects costs, real, after relief of tax.

    Attributes
    ----------
    wacc, why_not
        Weighted average of all parts, at least the rule set's floor; None where a part has no known cost, and which.
    known_share, known_cost
        Share of the works whose money has a known cost, and what that costs; None where no part has one.
    """

    wacc: float | None
    why_not: str
    known_share: float
    known_cost: float | None


@dataclass(frozen=True)
class OperatorsReturn:
    """What the operators of the owners' countries alone earn on the investment, without their treasuries.

    Attributes
    ----------
    fnpv_musd, firr
        After taxes on profits, where the case names them; None where there is no single rate.
    tax_pv_musd
        Those taxes, at present value.
    """

    fnpv_musd: float
    firr: float | None
    tax_pv_musd: float


@dataclass(frozen=True)
class DebtBurden:
    """Whether debt can be borne, all loans together.

    Attributes
    ----------
    peak_musd, peak_year, peak_gdp_share
        Most that treasuries owe, when, and as a share of gross domestic product (of the year of trade.csv) of the countries in
        which the projects are built; None where one has none of its own.
    peak_guaranteed_musd
        Most of what others owe that treasuries answer for.
    service_musd
        Interest, repayment and fees of all loans and years, not discounted.
    dscr_least, dscr_mean
        The owners' cash over the service of all loans, in the worst year and on average.
    receipts_over_service
        What treasuries receive over what they pay for debt and expect to pay for guarantees, present values: 1 where the one pays
        for the other; None where they pay nothing.
    """

    peak_musd: float
    peak_year: int
    peak_gdp_share: float | None
    peak_guaranteed_musd: float
    service_musd: float
    dscr_least: float
    dscr_mean: float
    receipts_over_service: float | None


@dataclass(frozen=True, eq=False)
class FinancialFlows:
    """Streams of the owners' accounts by year of the plan, at constant prices, in USD m.

    Attributes
    ----------
    receipts, upkeep, works
        What their operators and public bodies receive more; upkeep; works and works built again.
    residual
        Residual value, in the last year.
    grants, own
        Given, and paid in by the owners.
    tonnes_m
        Tonnes expected on the busiest part of what is built, in millions.
    operators
        What operators have after upkeep and taxes on profits.
    discounting
        How they are discounted.
    """

    receipts: Floats
    upkeep: Floats
    works: Floats
    residual: float
    grants: Floats
    own: Floats
    tonnes_m: Floats
    operators: Floats
    discounting: Discounting


@dataclass(frozen=True)
class ProjectFinance:
    """Money for a set of projects.

    Attributes
    ----------
    flows
        The streams that all of it is made of.
    rate, rate_basis
        Rate at which financial values are discounted, and which it is.
    cost_of_capital
        What the money costs, or why that is not known.
    returns
        What the investment returns, and the owners' own money.
    operators
        What the operators alone earn.
    loans
        Loans with published terms.
    charges_usd_per_t
        By share of the expected tonnes that come: the charge for each that would bring the investment's value to nought, beyond
        what is charged, were receipts otherwise as they are expected; empty without traffic.
    fiscal
        What the treasuries of the projects' countries see.
    debt
        Whether the debt can be borne; None without debt.
    notes
        What the reader should know.
    """

    flows: FinancialFlows
    rate: float
    rate_basis: str
    cost_of_capital: CostOfCapital
    returns: FinancialReturns
    operators: OperatorsReturn
    loans: tuple[FundedLoan, ...]
    charges_usd_per_t: Mapping[float, float]
    fiscal: FiscalPage
    debt: DebtBurden | None
    notes: tuple[str, ...]

    @property
    def wacc(self) -> float | None:
        """Weighted average cost of the money for the projects; None where a part of it has no known cost."""
        return self.cost_of_capital.wacc

    @property
    def charge_usd_per_t(self) -> float | None:
        """Charge that would do it were all expected tonnes to come; None without traffic."""
        return self.charges_usd_per_t.get(1.0)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        charges = self.charges_usd_per_t.items()
        return {
            "rate": self.rate, "rate_basis": self.rate_basis, "wacc": self.wacc, "wacc_why_not": self.cost_of_capital.why_not,
            "known_cost": self.cost_of_capital.known_cost, "known_cost_share": self.cost_of_capital.known_share,
            "fnpv_c_musd": self.returns.fnpv_c, "firr_c": self.returns.firr_c.single,
            "fnpv_k_musd": self.returns.fnpv_k, "firr_k": self.returns.firr_k.single,
            "operators": vars(self.operators),
            "sustainable": self.returns.sustainable, "short_years": list(self.returns.short_years),
            "charge_usd_per_t": self.charge_usd_per_t,
            "charges": [{"use_share": use, "usd_per_t": charge} for use, charge in charges],
            "loans": [one.to_dict() for one in self.loans],
            "debt": None if self.debt is None else vars(self.debt),
            "fiscal": self.fiscal.table.to_dict("records"),
            "notes": list(self.notes),
        }  # fmt: skip
