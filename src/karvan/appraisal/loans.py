"""Loans year by year: what is drawn, owed, paid and charged.

A year's money is drawn at its start; interest on what is owed, and repayment, fall on its end. After the years of grace an
annuity pays the same sum each year, ``A = P i / (1 - (1 + i)^-n)``, equal principal the same share of the debt. Interest of the
years in which money is drawn may be added to the debt (interest during construction). A front-end fee is a share of the loan,
paid with the first drawing; a commitment fee a share of what is not drawn yet, paid at the end of each year.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from karvan.appraisal.discounting import annuity_share, is_number, is_whole, rate_faults
from karvan.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

Repayment = Literal["annuity", "equal_principal"]
#: Rate at which concessional loans are compared with grants: 5 %, the practice of the IMF and the World Bank.
GRANT_ELEMENT_RATE = 0.05
#: What may be left of a loan after its last year, as a share of it: rounding.
_LEFT_OVER = 1e-9


@dataclass(frozen=True)
class Loan:
    """The terms of a loan.

    Attributes
    ----------
    principal
        Sum lent.
    rate
        Interest a year, as a share.
    years
        Years from the first drawing to the last payment, grace among them.
    first_year
        Year of the first drawing.
    grace_years
        Years without repayment.
    repayment
        ``annuity`` or ``equal_principal``.
    drawn
        Shares of the principal drawn in the first years; they sum to one.
    capitalise
        Whether interest of the years of drawing is added to the debt rather than paid.
    front_end_fee, commitment_fee
        Shares of the principal, and of what is not drawn, a year.
    currency
        Code of the currency in which it is owed.
    name
        What it is called.
    """

    principal: float
    rate: float
    years: int
    first_year: int = 0
    grace_years: int = 0
    repayment: Repayment = "annuity"
    drawn: tuple[float, ...] = (1.0,)
    capitalise: bool = False
    front_end_fee: float = 0.0
    commitment_fee: float = 0.0
    currency: str = "USD"
    name: str = "loan"

    def faults(self, *, last_year: int | None = None) -> list[str]:
        """Return everything that is wrong with the terms; with the last year of a horizon, also whether it outlasts it."""
        found = rate_faults(self.rate, "rate")
        if parts := self._parts():  # what follows counts by them
            return found + parts
        if not self.principal > 0:
            found.append(f"principal: found {self.principal:g}; expected more than 0.")
        if self.years < 1:
            found.append(f"years: found {self.years}; expected 1 or more.")
        if not 0 <= self.grace_years < max(self.years, 1):
            found.append(
                f"grace_years: found {self.grace_years}; expected 0 to {self.years - 1}, fewer than the loan has."
            )
        if self.repayment not in get_args(Repayment):
            found.append(f"repayment: found {self.repayment!r}; expected one of {', '.join(get_args(Repayment))}.")
        if not self.drawn or min(self.drawn) < 0 or not abs(math.fsum(self.drawn) - 1) <= _LEFT_OVER:
            found.append(f"drawn: found shares {list(self.drawn)}; expected shares of 0 or more that sum to 1.")
        if len(self.drawn) > max(self.grace_years, 1):
            found.append(
                f"drawn: found {len(self.drawn)} years of drawing; expected at most {max(self.grace_years, 1)}, "
                "so that nothing is repaid before all is drawn. Lengthen grace_years."
            )
        found += [f"{name}: found {fee:g}; expected a share from 0 to below 1."
                  for name, fee in (("front_end_fee", self.front_end_fee), ("commitment_fee", self.commitment_fee))
                  if not 0 <= fee < 1]  # fmt: skip
        if last_year is not None and self.first_year + self.years - 1 > last_year:
            found.append(
                f"years: found a last payment in {self.first_year + self.years - 1}, after the horizon ends in {last_year}; "
                "expected one within it. Shorten the loan, or lengthen the horizon."
            )
        return found

    def _parts(self) -> list[str]:
        """Return which years are not whole, and which sums and shares are no numbers."""
        counts = {"years": self.years, "grace_years": self.grace_years, "first_year": self.first_year}
        found = [f"{name}: found {value!r}; expected a whole number." for name, value in counts.items()
                 if not is_whole(value)]  # fmt: skip
        sums = {"principal": self.principal, "front_end_fee": self.front_end_fee, "commitment_fee": self.commitment_fee}
        found += [
            f"{name}: found {value!r}; expected a number." for name, value in sums.items() if not is_number(value)
        ]
        if not all(map(is_number, self.drawn)):
            found.append(f"drawn: found shares {list(self.drawn)}; expected numbers.")
        return found


@dataclass(frozen=True)
class LoanSchedule:
    """A loan year by year, in its own currency or, converted, in another.

    Attributes
    ----------
    loan
        The terms.
    years
        Years.
    drawn, interest, capitalised, fees, principal, owed
        Drawn; interest paid; interest added to the debt; fees paid; debt repaid; debt at the end of the year.
    front_end
        The part of the fees that is paid at the start of the year, with the first drawing.
    currency
        Currency of the sums.
    """

    loan: Loan
    years: tuple[int, ...]
    drawn: tuple[float, ...]
    interest: tuple[float, ...]
    capitalised: tuple[float, ...]
    fees: tuple[float, ...]
    principal: tuple[float, ...]
    owed: tuple[float, ...]
    front_end: tuple[float, ...]
    currency: str

    @property
    def service(self) -> tuple[float, ...]:
        """Interest and repayment of each year, without fees."""
        return tuple(one + two for one, two in zip(self.interest, self.principal, strict=True))

    @property
    def paid_at_end(self) -> tuple[float, ...]:
        """All that is paid at the end of each year: interest, repayment and fees but for the front-end fee."""
        parts = zip(self.service, self.fees, self.front_end, strict=True)
        return tuple(service + fees - front_end for service, fees, front_end in parts)

    @property
    def table(self) -> pd.DataFrame:
        """One row for each year."""
        import pandas as pd  # noqa: PLC0415 - heavy

        names = ("drawn", "interest", "capitalised", "fees", "principal", "service", "owed")
        return pd.DataFrame({"year": self.years} | {name: getattr(self, name) for name in names})

    def over(self, years: Sequence[int], what: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return a stream of the schedule over other years, zero where the loan has none."""
        values = dict(zip(self.years, getattr(self, what), strict=True))
        return np.array([values.get(year, 0.0) for year in years])


def schedule_loan(loan: Loan, *, last_year: int | None = None) -> LoanSchedule:
    """Return a loan year by year, audited: all that is lent is repaid.

    Parameters
    ----------
    loan
        The terms.
    last_year
        Last year of the horizon that it must not outlast.

    Raises
    ------
    InputError
        The terms cannot be; every fault is listed.
    AuditError
        Its years do not follow from each other, or something is left of the debt.
    """
    faults = loan.faults(last_year=last_year)
    if faults:
        raise InputError(faults, what=f"Loan {loan.name!r}")
    owed, undrawn = 0.0, loan.principal
    rows: list[tuple[float, float, float, float, float, float]] = []
    debt = 0.0
    for place in range(loan.years):
        drawn = loan.principal * loan.drawn[place] if place < len(loan.drawn) else 0.0
        owed, undrawn = owed + drawn, max(undrawn - drawn, 0.0)
        fees = loan.commitment_fee * (undrawn if place < len(loan.drawn) else 0.0)
        fees += loan.front_end_fee * loan.principal if place == 0 else 0.0
        accrued = owed * loan.rate
        added = accrued if loan.capitalise and place < len(loan.drawn) and place < loan.grace_years else 0.0
        owed += added
        debt = owed if place == loan.grace_years else debt
        left = _left(loan, debt, loan.years - place - 1) if place >= loan.grace_years else owed
        rows.append((drawn, accrued - added, added, fees, owed - left, left))
        owed = left
    drawn_, interest, capitalised, fees_, principal, left_ = (tuple(column) for column in zip(*rows, strict=True))
    years = tuple(loan.first_year + place for place in range(loan.years))
    found = LoanSchedule(
        loan, years, drawn_, interest, capitalised, fees_, principal, left_,
        front_end=(loan.front_end_fee * loan.principal, *[0.0] * (loan.years - 1)), currency=loan.currency,
    )  # fmt: skip
    audit_schedule(found)
    return found


def _left(loan: Loan, debt: float, payments: int) -> float:
    """Return what is owed of a debt with so many payments to come: what they are worth, at the rate of the loan.

    Carried on from year to year, rounding would grow with the debt's interest: 100 % over 50 years by 2^50.
    """
    span = loan.years - loan.grace_years
    if payments == 0:
        return 0.0
    if loan.repayment == "equal_principal":
        return debt * (payments / span)
    return debt * (annuity_share(loan.rate, span) / annuity_share(loan.rate, payments))


def audit_schedule(schedule: LoanSchedule) -> None:
    """Check a loan year by year: interest is of what is owed, payments are equal, and all that is lent is repaid.

    Raises
    ------
    AuditError
        It does not hold.
    """
    loan, before = schedule.loan, 0.0
    least = _LEFT_OVER * max(*schedule.owed, loan.principal)
    annuities = (
        schedule.service[loan.grace_years :] if loan.repayment == "annuity" else schedule.principal[loan.grace_years :]
    )
    for place, year in enumerate(schedule.years):
        lent = before + schedule.drawn[place]
        interest = schedule.interest[place] + schedule.capitalised[place]
        owed = lent + schedule.capitalised[place] - schedule.principal[place]
        if abs(interest - lent * loan.rate) > least:
            raise AuditError(
                f"interest of loan {loan.name!r} in {year} is {interest}, but {lent * loan.rate} at its rate"
            )
        if abs(owed - schedule.owed[place]) > least:
            raise AuditError(
                f"loan {loan.name!r} owes {schedule.owed[place]} at the end of {year}, but {owed} by its parts"
            )
        before = schedule.owed[place]
    if abs(before) > least:
        raise AuditError(f"{before} of loan {loan.name!r} is left after its last payment")
    if max(annuities) - min(annuities) > least:
        raise AuditError(f"payments of loan {loan.name!r} are {min(annuities)} to {max(annuities)}, and not equal")


def convert_schedule(
    schedule: LoanSchedule, rates: Mapping[int, float], *, currency: str, at_end: Mapping[int, float] | None = None
) -> LoanSchedule:  # fmt: skip
    """Return a schedule in another currency, each year at its own rate of exchange.

    Parameters
    ----------
    schedule
        The loan.
    rates
        Price of one unit of the loan's currency, by year.
    currency
        Code of the other currency.
    at_end
        The same at the end of each year, for what is owed and paid there; by default that of the year.

    Raises
    ------
    InputError
        A year has no rate of exchange, or one that is no number above zero.
    """
    later = rates if at_end is None else at_end
    faults = [
        f"{schedule.currency} in {currency}, {when}{year}: found {path.get(year, 'no rate of exchange')}; "
        "expected a rate above 0. Add it to the path."
        for when, path in (("", rates), *([("end of ", later)] if at_end is not None else []))
        for year in schedule.years
        if not (is_number(path.get(year)) and path[year] > 0)
    ]
    if faults:
        raise InputError(faults, what=f"Loan {schedule.loan.name!r}")

    def converted(name: str, path: Mapping[int, float]) -> tuple[float, ...]:
        return tuple(value * path[year] for year, value in zip(schedule.years, getattr(schedule, name), strict=True))

    parts = {name: converted(name, rates) for name in ("drawn", "front_end")}
    parts |= {name: converted(name, later) for name in ("interest", "capitalised", "principal", "owed")}
    yearly = (paid - first for paid, first in zip(schedule.fees, schedule.front_end, strict=True))
    fees = tuple(
        front_end + paid * later[year]
        for year, front_end, paid in zip(schedule.years, parts["front_end"], yearly, strict=True)
    )
    return LoanSchedule(loan=schedule.loan, years=schedule.years, currency=currency, fees=fees, **parts)


def grant_element(schedule: LoanSchedule, *, rate: float = GRANT_ELEMENT_RATE) -> float:
    """Return the grant element: one less the present value of what is paid over that of what is drawn.

    Money is drawn at the start of a year and paid back at the end of it, as the schedule has it; fees count as paid, the
    front-end fee with the first drawing.

    Raises
    ------
    InputError
        The rate is no rate.
    """
    if faults := rate_faults(rate, "rate"):
        raise InputError(faults, what=f"Grant element of loan {schedule.loan.name!r}")
    places = np.arange(len(schedule.years), dtype=float)
    paid = math.fsum(np.array(schedule.paid_at_end) * (1.0 + rate) ** -(places + 1.0))
    paid += math.fsum(np.array(schedule.front_end) * (1.0 + rate) ** -places)
    return 1.0 - paid / math.fsum(np.array(schedule.drawn) * (1.0 + rate) ** -places)


def level_payment(rate: float, periods: int, principal: float, *, final: float = 0.0) -> float:
    """Return the equal payment at the end of each period that repays a principal and leaves a final sum saved.

    Raises
    ------
    InputError
        The rate or a sum is none, or the periods are below one or not whole.
    """
    faults = rate_faults(rate, "rate")
    sums = {"principal": principal, "final": final}
    faults += [f"{name}: found {value}; expected a number." for name, value in sums.items() if not is_number(value)]
    faults += [] if is_whole(periods) and periods >= 1 else [f"periods: found {periods}; expected 1 or more, whole."]
    if faults:
        raise InputError(faults, what="Equal payments")
    share = annuity_share(rate, periods)
    growth = periods * math.log1p(rate)
    # what is saved bears interest
    saving = share * math.exp(-growth) if rate >= 0 else rate / math.expm1(growth)
    return principal * share + final * saving
