"""Financial accounts: what the investment and the money put into it return, and whether debts can be paid.

::

    FNPV(C), FIRR(C)    flows of the investment itself: revenue - running cost - investment + residual value
    FNPV(K), FIRR(K)    the same plus grants and loans drawn, less what loans cost: the return on the owners' own money;
                        what loans cost is paid a year after what they lend: one at the discount rate is worth nothing
    WACC                sum of w_i ((1 + k_i (1 - tax)) / (1 + inflation) - 1), at least a floor (the form that ADB uses);
                        inflation is that of the money of each source
    DSCR                cash available for debt service / interest and repayment
    LLCR, PLCR          present value of that cash over the life of the loan, and of the project, at the loan's rate / the debt
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from karvan.appraisal.accounts import year_faults
from karvan.appraisal.discounting import is_number, is_whole, rate_faults
from karvan.appraisal.indicators import present_value
from karvan.appraisal.roots import RatesOfReturn, rates_of_return
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from karvan.appraisal.discounting import Discounting, Floats
    from karvan.appraisal.loans import LoanSchedule

#: Sums of shares come out as one but for rounding.
_ROUNDING = 1e-9
#: Cash below this share of the largest flow is none.
_NO_CASH = 1e-9
#: More than twice the tonnes that are planned were most likely meant in per cent.
_MOST_USE = 2.0
#: Net flows do not outlast this.
_MOST_YEARS = 1000


@dataclass(frozen=True)
class Capital:
    """A source of money.

    Attributes
    ----------
    name
        What it is called.
    share
        Its share of all money.
    cost
        Its nominal cost a year.
    deductible
        Whether its cost lowers taxes.
    inflation
        Of the currency that it is in; None where that is the inflation of all.
    """

    name: str
    share: float
    cost: float
    deductible: bool = False
    inflation: float | None = None


@dataclass(frozen=True)
class FinancialReturns:
    """What an investment returns to all money, and to the owners' own.

    Attributes
    ----------
    fnpv_c, firr_c
        On the investment.
    fnpv_k, firr_k
        On the owners' own money.
    cash
        What is left of all receipts and payments, added up to each year.
    short_years
        Years at whose end it is below zero: the project cannot pay its way there.
    """

    fnpv_c: float
    firr_c: RatesOfReturn
    fnpv_k: float
    firr_k: RatesOfReturn
    cash: tuple[float, ...]
    short_years: tuple[int, ...]

    @property
    def sustainable(self) -> bool:
        """Whether cash is never short."""
        return not self.short_years


def financial_returns(
    years: Sequence[int],
    discounting: Discounting,
    *,
    investment: Sequence[float],
    revenue: Sequence[float],
    running_cost: Sequence[float],
    residual_value: float = 0.0,
    grants: Sequence[float] = (),
    equity: Sequence[float] = (),
    loans: Iterable[LoanSchedule] = (),
    currency: str | None = None,
) -> FinancialReturns:
    """Return the financial accounts of an investment.

    Parameters
    ----------
    years
        Years of all streams.
    discounting
        Rates and timing; t counts from the first year.
    investment, revenue, running_cost
        Streams, all counting up.
    residual_value
        In the last year.
    grants, equity
        Given, and paid in by the owners, by year; equity enters the cash only, since K is its return.
    loans
        Schedules in the currency of the streams (:func:`karvan.appraisal.loans.convert_schedule`).
    currency
        Of the streams (default: that of the loans, which must then have one).

    Raises
    ------
    InputError
        Years are not consecutive, a stream has another length or no number, a loan outlasts the years or is in another currency;
        every fault is listed.
    """
    streams = {"investment": investment, "revenue": revenue, "running_cost": running_cost,
               "grants": grants if len(grants) else [0.0] * len(years),
               "equity": equity if len(equity) else [0.0] * len(years)}  # fmt: skip
    schedules = tuple(loans)
    _check_streams(years, streams, schedules, residual_value, currency)
    parts = {name: np.asarray(values, dtype=float) for name, values in streams.items()}
    residual = np.zeros(len(years))
    residual[-1] = residual_value
    investment_flows = parts["revenue"] - parts["running_cost"] - parts["investment"] + residual
    drawn = sum((loan.over(years, "drawn") for loan in schedules), np.zeros(len(years)))
    paid = sum((loan.over(years, "service") + loan.over(years, "fees") for loan in schedules), np.zeros(len(years)))
    given = investment_flows + parts["grants"]
    # a residual value is no cash: nothing is sold
    cash = np.cumsum(given + drawn - paid - residual + parts["equity"])
    factors = discounting.factors(range(len(years)))
    front_end, at_end = (
        sum((loan.over(years, what) for loan in schedules), np.zeros(len(years)))
        for what in ("front_end", "paid_at_end")
    )
    own = own_money(given, drawn - front_end, at_end) if schedules else given
    least = -_NO_CASH * max(float(np.abs(given + drawn - paid).max()), 1.0)
    return FinancialReturns(
        fnpv_c=present_value(investment_flows, factors),
        firr_c=rates_of_return(investment_flows.tolist()),
        fnpv_k=present_value(own, discounting.factors(range(len(own)))),
        firr_k=rates_of_return(own.tolist()),
        cash=tuple(cash.tolist()),
        short_years=tuple(year for year, left in zip(years, cash, strict=True) if left < least),
    )


def own_money(given: Floats, drawn: Floats, paid: Floats) -> Floats:
    """Return the owners' flows, one more than the streams have years.

    What is lent, less the front-end fee, falls with the works that it pays for, at the start of the loan's year; what is paid at
    its end, a year later.
    """
    flows = np.append(given + drawn, 0.0)
    flows[1:] -= paid
    # works less what is lent for them may come out as nothing but for rounding
    flows[np.abs(flows) < _ROUNDING * np.abs(given).max()] = 0.0
    return flows


def _check_streams(
    years: Sequence[int], streams: Mapping[str, Sequence[float]], schedules: Sequence[LoanSchedule], residual_value: float,
    currency: str | None,
) -> None:  # fmt: skip
    faults = year_faults(years)
    faults += [
        f"{name}: found {len(values)} values; expected {len(years)}, one for each year. Write 0 where nothing happens."
        for name, values in streams.items()
        if len(values) != len(years)
    ]
    faults += [
        f"{name}, {year}: found {value}; expected a number. Write 0 where nothing happens."
        for name, values in streams.items()
        for year, value in zip(years, values, strict=False)
        if not math.isfinite(value)
    ]
    faults += [] if math.isfinite(residual_value) else [f"residual_value: found {residual_value}; expected a number."]
    faults += outlasting(years, schedules)
    wanted = currency or (schedules[0].currency if schedules else None)
    faults += [
        f"loan {schedule.loan.name!r}: found sums in {schedule.currency}; expected {wanted}, as "
        f"{'the streams are' if currency else 'those of the first loan are'}. Convert its schedule."
        for schedule in schedules
        if schedule.currency != wanted
    ]
    if faults:
        raise InputError(faults, what="Financial accounts")


def outlasting(years: Sequence[int], schedules: Iterable[LoanSchedule]) -> list[str]:
    """Return which loans have years that the accounts have not."""
    return [
        f"loan {schedule.loan.name!r}: found {schedule.years[0]} to {schedule.years[-1]}; expected within the horizon, "
        f"{years[0]} to {years[-1]}. Shorten the loan, or lengthen the horizon."
        for schedule in schedules
        if len(years) and (schedule.years[0] < years[0] or schedule.years[-1] > years[-1])
    ]


def cost_of_capital(sources: Sequence[Capital], *, tax: float, inflation: float, floor: float | None = None) -> float:
    """Return the weighted average cost of capital in real terms after tax, at least the floor.

    Inflation is that of every source without one of its own.

    Raises
    ------
    InputError
        Shares do not sum to one, or a share, a cost, the tax, an inflation or the floor is none; every fault is listed.
    """
    faults = [f"{source.name}: found a share of {source.share:g}; expected 0 to 1." for source in sources
              if not 0 <= source.share <= 1]  # fmt: skip
    faults += [fault for source in sources for fault in rate_faults(source.cost, f"{source.name}, cost")]
    faults += [fault for source in sources if source.inflation is not None
               for fault in rate_faults(source.inflation, f"{source.name}, inflation")]  # fmt: skip
    total = math.fsum(source.share for source in sources)
    if not abs(total - 1) <= _ROUNDING:
        faults.append(f"shares: found a sum of {total:g}; expected 1.")
    faults += [] if 0 <= tax < 1 else [f"tax: found {tax:g}; expected a share from 0 to below 1."]
    faults += rate_faults(inflation, "inflation") + ([] if floor is None else rate_faults(floor, "floor"))
    if faults:
        raise InputError(faults, what="Cost of capital")

    def real(source: Capital) -> float:
        nominal = source.cost * (1.0 - (tax if source.deductible else 0.0))
        return (1.0 + nominal) / (1.0 + (inflation if source.inflation is None else source.inflation)) - 1.0

    cost = math.fsum(source.share * real(source) for source in sources)
    return cost if floor is None else max(cost, floor)


@dataclass(frozen=True)
class DebtCover:
    """How far cash covers the service of debt.

    Attributes
    ----------
    by_year, least, average
        Cash over service (DSCR): by year, at its least and on average.
    loan_life, project_life
        Present value of cash over the debt, to the last service (LLCR), and to the last year of the cash (PLCR).
    """

    by_year: dict[int, float]
    least: float
    average: float
    loan_life: float
    project_life: float


def debt_cover(cash: Mapping[int, float], schedule: LoanSchedule) -> DebtCover:
    """Return the cover of a loan by the cash that is available for it.

    Parameters
    ----------
    cash
        Cash available for debt service, by year; years after the last service count for the life of the project.
    schedule
        The loan.

    Raises
    ------
    InputError
        A year with service has no cash named, or a year has cash that is no number.
    """
    service = {year: due for year, due in zip(schedule.years, schedule.service, strict=True) if due > 0}
    faults = [f"{year}: found no cash; expected a figure for each year of service. Write 0 where there is none."
              for year in service if not math.isfinite(cash.get(year, math.nan))]  # fmt: skip
    faults += [f"{year}: found cash of {cash[year]}; expected a number. Write 0 where there is none."
               for year in sorted(set(cash) - set(service)) if not math.isfinite(cash[year])]  # fmt: skip
    if faults:
        raise InputError(faults, what=f"Cover of loan {schedule.loan.name!r}")
    ratios = {year: cash[year] / due for year, due in service.items()}
    first = min(service)
    place = schedule.years.index(first)
    rate = schedule.loan.rate
    # what is owed at the start of that year, and what is drawn later, at its value then
    debt = schedule.owed[place] + schedule.principal[place] - schedule.capitalised[place]
    debt += math.fsum(drawn * (1.0 + rate) ** -step for step, drawn in enumerate(schedule.drawn[place + 1 :], 1))
    worth = {year: cash[year] * (1.0 + rate) ** -(year - first + 1) for year in cash if year >= first}
    return DebtCover(
        by_year=ratios,
        least=min(ratios.values()),
        average=math.fsum(ratios.values()) / len(ratios),
        loan_life=math.fsum(worth[year] for year in service) / debt,
        project_life=math.fsum(worth.values()) / debt,
    )


def charges_for_target(
    tonnes: Sequence[float],
    other_flows: Sequence[float],
    discounting: Discounting,
    *,
    cost_per_t: float = 0.0,
    uses: Sequence[float] = (0.5, 0.75, 1.0),
) -> dict[float, float]:
    """Return the charge per tonne that brings value to zero at the rate given, by use of the planned tonnage.

    Parameters
    ----------
    tonnes
        Planned, by year.
    other_flows
        Net flows without the charge and without what each tonne costs, by year: investment, upkeep, other receipts.
    discounting
        The target: at its rate the value is to be zero, such as the hurdle or the cost of capital.
    cost_per_t
        What running a tonne costs.
    uses
        Shares of the planned tonnage.

    Raises
    ------
    InputError
        Streams differ in length or have no number, there are no tonnes or fewer, or a use or the cost of a tonne is none.
    """
    faults = [f"use: found {use:g}; expected a share above 0, at most {_MOST_USE:g}. Write 50 % as 0.5." for use in uses
              if not 0 < use <= _MOST_USE]  # fmt: skip
    faults += [] if is_number(cost_per_t) else [f"cost_per_t: found {cost_per_t}; expected a number."]
    if len(tonnes) != len(other_flows):
        faults.append(
            f"streams: found {len(tonnes)} years of tonnes and {len(other_flows)} of flows; expected as many of both."
        )
    elif not all(math.isfinite(value) for value in (*tonnes, *other_flows)):
        faults.append("streams: found a year without a number; expected one. Write 0 where nothing happens.")
    elif min(tonnes, default=0.0) < 0:
        faults.append(f"tonnes: found {min(tonnes):g} in a year; expected 0 or more.")
    elif not math.fsum(tonnes) > 0:
        faults.append("tonnes: found none; expected some. Without traffic no charge can pay.")
    if faults:
        raise InputError(faults, what="Charge for a target")
    factors = discounting.factors(range(len(tonnes)))
    worth, needed = present_value(tonnes, factors), -present_value(other_flows, factors)
    return {use: needed / (use * worth) + cost_per_t for use in uses}


def residual_by_life(costs: Sequence[float], lives: Sequence[float], ages: Sequence[float]) -> float:
    """Return a residual value as the share of each asset's life that remains, times its cost.

    Raises
    ------
    InputError
        Lists differ in length, a cost is no number, a life is not above zero, or an age is below it.
    """
    faults = [f"asset {number}: found a cost of {cost}; expected a number." for number, cost in enumerate(costs, 1)
              if not is_number(cost)]  # fmt: skip
    faults += [f"asset {number}: found a life of {life:g} years; expected more than 0." for number, life in enumerate(lives, 1)
               if not (life > 0 and math.isfinite(life))]  # fmt: skip
    faults += [f"asset {number}: found an age of {age:g} years; expected 0 or more." for number, age in enumerate(ages, 1)
               if not (age >= 0 and math.isfinite(age))]  # fmt: skip
    if not len(costs) == len(lives) == len(ages):
        faults.append(
            f"assets: found {len(costs)} costs, {len(lives)} lives and {len(ages)} ages; expected as many of each."
        )
    if faults:
        raise InputError(faults, what="Residual value")
    return math.fsum(cost * max(0.0, 1.0 - age / life) for cost, life, age in zip(costs, lives, ages, strict=True))


def residual_by_flows(last_net_flow: float, remaining_years: int, rate: float, *, growth: float = 0.0) -> float:
    """Return a residual value in the last year of the horizon: the net flows of the years that remain, at that year's value.

    Raises
    ------
    InputError
        The remaining years are below zero, beyond a thousand or no whole number, the flow, the rate or the growth is none, or the
        value is beyond all measure.
    """
    faults = rate_faults(rate, "rate") + rate_faults(growth, "growth")
    faults += [] if is_number(last_net_flow) else [f"last net flow: found {last_net_flow}; expected a number."]
    if not (is_whole(remaining_years) and 0 <= remaining_years <= _MOST_YEARS):
        faults.append(f"remaining years: found {remaining_years}; expected a whole number, 0 to {_MOST_YEARS}.")
    if not faults:
        with np.errstate(over="ignore"):
            flows = last_net_flow * ((1.0 + growth) / (1.0 + rate)) ** np.arange(1.0, remaining_years + 1.0)
        if np.isfinite(flows).all():
            return math.fsum(flows)
        faults.append(
            f"growth: found {growth:g} at a rate of {rate:g}; expected flows that do not grow beyond all measure."
        )
    raise InputError(faults, what="Residual value")
