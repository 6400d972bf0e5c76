"""Accounts: yearly streams of named benefits and costs, and everything that follows from them alone.

Whoever brings the streams, a file or the model, the same functions say what they are worth. The two ratios name their
denominator: ``all_costs`` sets benefits against every cost, ``capital`` sets benefits less running costs against capital.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from karvan.appraisal.audit import audit_accounts
from karvan.appraisal.discounting import is_number, is_whole
from karvan.appraisal.indicators import (
    benefit_cost_ratio,
    first_year_return,
    modified_rate_of_return,
    payback,
    present_value,
)
from karvan.appraisal.roots import JUST_ABOVE_LOSS, RatesOfReturn, as_written, rates_of_return
from karvan.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from karvan.appraisal.discounting import Discounting, Floats
    from karvan.case import Meta

Kind = Literal["benefit", "cost"]
Denominator = Literal["all_costs", "capital"]
#: Farther from the first row, a base year is most likely a slip.
_FARTHEST_BASE = 100
#: Sums above this are slips, and their products would leave the range of numbers; so do factors.
_LARGEST = 1e30
#: Streams of more years count something else, such as days; all their rates of return take minutes to find, and more.
MOST_YEARS = 1000


@dataclass(frozen=True)
class Item:
    """A stream of one kind of benefit or cost.

    Attributes
    ----------
    name
        What it is.
    kind
        ``benefit`` or ``cost``; both count up: a cost of 5 is an outlay of 5.
    values
        One per year.
    capital
        Whether a cost is of the investment, rather than of running it.
    """

    name: str
    kind: Kind
    values: tuple[float, ...]
    capital: bool = False


@dataclass(frozen=True)
class Accounts:
    """Streams over the same years.

    Attributes
    ----------
    years
        Consecutive years.
    items
        The streams.
    unit
        What a sum is in, such as ``USD m``; empty where nothing is known of it.
    """

    years: tuple[int, ...]
    items: tuple[Item, ...]
    unit: str = ""

    @classmethod
    def of(cls, years: Iterable[int], items: Iterable[Item], *, unit: str = "") -> Accounts:
        """Return accounts, checked.

        Raises
        ------
        InputError
            Years are none, not consecutive or more than a thousand, a stream has another length or no number, or a name stands
            twice.
        """
        given, streams = tuple(years), tuple(items)
        faults = year_faults(given)
        if len(given) > MOST_YEARS:
            faults.append(
                f"years: found {len(given):,}; expected at most {MOST_YEARS:,}. Add up what falls in one year."
            )
        listed = tuple(int(year) for year in given) if not faults else given
        names = [item.name for item in streams]
        faults += [f"{name}: found twice; expected once. Give each stream a name of its own." for name in _twice(names)]
        for item in streams:
            if item.kind not in get_args(Kind):
                faults.append(f"{item.name}: found the kind {item.kind!r}; expected benefit or cost.")
            if len(item.values) != len(listed):
                faults.append(
                    f"{item.name}: found {len(item.values)} values; expected {len(listed)}, one for each year. "
                    "Write 0 where nothing happens."
                )
            for year, value in zip(listed, item.values, strict=False):
                if not is_number(value):
                    faults.append(f"{item.name}, {year}: found no number; expected one. Write 0 where nothing happens.")
                elif abs(value) > _LARGEST:
                    faults.append(f"{item.name}, {year}: found {value:g}; expected at most {_LARGEST:g} in size.")
        if not streams:
            faults.append("streams: found none; expected a benefit or a cost.")
        if faults:
            raise InputError(faults, what="Accounts")
        return cls(listed, streams, unit)

    def total(self, kind: Kind, *, capital: bool | None = None) -> Floats:
        """Return the sum of the streams of a kind, year by year; of capital or running costs only where asked."""
        chosen = [item for item in self.items if item.kind == kind and capital in (None, item.capital)]
        return np.sum([item.values for item in chosen], axis=0) if chosen else np.zeros(len(self.years))

    @property
    def net(self) -> Floats:
        """Benefits less costs, year by year."""
        return self.total("benefit") - self.total("cost")

    @property
    def net_as_written(self) -> list[Fraction]:
        """Benefits less costs, year by year, of the decimals that the streams are written in: 0.1 and 0.2 less 0.3 is nothing."""
        streams = [
            [as_written(value) * (1 if item.kind == "benefit" else -1) for value in item.values] for item in self.items
        ]
        return [sum(values, Fraction(0)) for values in zip(*streams, strict=True)]

    def item(self, name: str) -> Item:
        """Return a stream by its name.

        Raises
        ------
        UnknownNameError
            There is none of this name.
        """
        found = next((item for item in self.items if item.name == name), None)
        if found is None:
            raise UnknownNameError("stream", name, [item.name for item in self.items])
        return found

    def scaled(self, factors: Mapping[str, float]) -> Accounts:
        """Return the accounts with streams multiplied, by name."""
        for name in factors:
            self.item(name)
        items = [
            Item(
                item.name, item.kind, tuple(value * factors.get(item.name, 1.0) for value in item.values), item.capital
            )
            for item in self.items
        ]
        return Accounts(self.years, tuple(items), self.unit)


def year_faults(years: Sequence[int]) -> list[str]:
    """Return what is wrong with years: none, a part of one, twice the same, or not consecutive."""
    faults = [] if len(years) else ["years: found none; expected one or more."]
    parts = [year for year in years if year != year // 1]
    if parts:
        return [f"years: found {year}; expected whole years." for year in parts]
    faults += [f"years: found {year} twice; expected each year once. Add its rows up." for year in _twice(years)]
    for one, two in pairwise(years):
        if two < one:
            faults.append(f"years: found {two} after {one}; expected ascending years. Sort the rows.")
        elif two > one + 1:
            missing = f"{one + 1}" if two == one + 2 else f"{one + 1} to {two - 1}"
            faults.append(
                f"years: found {two} after {one}; expected {missing} between them. Write 0 where nothing happens."
            )
    return faults


def _twice(names: Sequence[Any]) -> list[Any]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


@dataclass(frozen=True)
class Appraised:
    """Accounts with what they are worth.

    Attributes
    ----------
    accounts
        The streams.
    discounting, base_year
        How they were discounted, and the year at whose start sums are valued.
    factors
        Discount factor of each year.
    enpv, benefits_pv, costs_pv, capital_pv
        Net present value, and present values of benefits, of all costs, and of those of capital.
    item_pv
        Present value of each stream, by name.
    rates
        Every rate of return.
    mirr
        Modified rate of return, financed and reinvested at the discount rate; None where there is none.
    bcr_all_costs, bcr_capital
        Ratios of benefits to costs over all costs, and over capital; None where the denominator is not above zero.
    bcr_denominator
        Which of the two is meant where one stands alone.
    first_year_return, opening_year
        Return of the first year with a benefit, and that year; None where there is none.
    payback_years, discounted_payback_years
        Years from the first flow until the running sum stays above zero; None where it ends below.
    notes
        What the reader should know.
    rule_set
        Rule set that it was done under; None where there was none.
    meta
        Where it comes from; None where the accounts came from no file.
    """

    accounts: Accounts
    discounting: Discounting
    base_year: int
    factors: tuple[float, ...]
    enpv: float
    benefits_pv: float
    costs_pv: float
    capital_pv: float
    item_pv: dict[str, float]
    rates: RatesOfReturn
    mirr: float | None
    bcr_all_costs: float | None
    bcr_capital: float | None
    bcr_denominator: Denominator
    first_year_return: float | None
    opening_year: int | None
    payback_years: float | None
    discounted_payback_years: float | None
    notes: tuple[str, ...] = ()
    rule_set: str | None = None
    meta: Meta | None = field(default=None, compare=False)

    @property
    def eirr(self) -> float | None:
        """The rate of return, where there is just one."""
        return self.rates.single

    @property
    def bcr(self) -> float | None:
        """The ratio of benefits to costs, over the denominator that is named beside it."""
        return self.bcr_all_costs if self.bcr_denominator == "all_costs" else self.bcr_capital

    @property
    def switching(self) -> dict[str, float | None]:
        """By stream, the share by which it would have to change for ENPV to be zero; None where it is worth nothing."""
        signs = {item.name: -1.0 if item.kind == "benefit" else 1.0 for item in self.accounts.items}
        return {name: signs[name] * self.enpv / pv if pv else None for name, pv in self.item_pv.items()}

    @property
    def table(self) -> pd.DataFrame:
        """Year by year: t, discount factor, streams, net flow, and present values of benefit, cost and net flow."""
        import pandas as pd  # noqa: PLC0415 - heavy

        factors = np.array(self.factors)
        benefit, cost = self.accounts.total("benefit"), self.accounts.total("cost")
        columns: dict[str, Any] = {
            "year": self.accounts.years,
            "t": [year - self.base_year for year in self.accounts.years],
            "discount_factor": factors,
        }
        columns |= {item.name: item.values for item in self.accounts.items}
        columns |= {"benefit": benefit, "cost": cost, "net": benefit - cost}
        columns |= {"benefit_pv": benefit * factors, "cost_pv": cost * factors, "net_pv": (benefit - cost) * factors}
        columns["net_pv_sum"] = np.cumsum(columns["net_pv"])
        return pd.DataFrame(columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json") if self.meta else None,
            "rule_set": self.rule_set,
            "base_year": self.base_year,
            "timing": self.discounting.timing,
            "rates": [{"from_t": band.from_year, "rate": band.rate} for band in self.discounting.bands],
            "enpv": self.enpv,
            "eirr": self.eirr,
            "eirr_roots": list(self.rates.roots),
            "eirr_verdict": self.rates.verdict,
            "eirr_reason": self.rates.reason,
            "sign_changes": self.rates.sign_changes,
            "mirr": self.mirr,
            "bcr": self.bcr,
            "bcr_denominator": self.bcr_denominator,
            "bcr_all_costs": self.bcr_all_costs,
            "bcr_capital": self.bcr_capital,
            "benefits_pv": self.benefits_pv,
            "costs_pv": self.costs_pv,
            "capital_pv": self.capital_pv,
            "item_pv": dict(self.item_pv),
            "switching": [{"stream": name, "change": change} for name, change in self.switching.items()],
            "first_year_return": self.first_year_return,
            "opening_year": self.opening_year,
            "payback_years": self.payback_years,
            "discounted_payback_years": self.discounted_payback_years,
            "years": self.table.to_dict("records"),
            "notes": list(self.notes),
        }


def appraise_accounts(
    accounts: Accounts,
    discounting: Discounting,
    *,
    base_year: int | None = None,
    bcr_denominator: Denominator = "all_costs",
    notes: Iterable[str] = (),
    meta: Meta | None = None,
) -> Appraised:
    """Return what accounts are worth, audited.

    Parameters
    ----------
    accounts
        The streams.
    discounting
        Rates and timing.
    base_year
        Sums are valued at the start of this year (default: the first).
    bcr_denominator
        Which ratio of benefits to costs stands for both.
    notes
        What the reader should know besides what is found here.
    meta
        Where the accounts come from.

    Raises
    ------
    InputError
        The base year is none, or lies more than a hundred years from the streams; or the ratio is none of the two.
    AuditError
        The result fails its audit.
    """
    if bcr_denominator not in get_args(Denominator):
        fault = f"found {bcr_denominator!r}; expected one of {', '.join(get_args(Denominator))}."
        raise InputError([fault], what="Denominator of the ratio")
    base = _base_year(accounts, base_year)
    factors = discounting.factors([year - base for year in accounts.years])
    if float(np.max(factors)) > _LARGEST:
        last = accounts.years[-1]
        fault = f"found rates so far below zero that a sum of {last} grows beyond all measure; expected higher ones."
        raise InputError([fault], what="Discounting")
    benefits, costs, net = accounts.total("benefit"), accounts.total("cost"), accounts.net
    benefits_pv, costs_pv = present_value(benefits, factors), present_value(costs, factors)
    capital = accounts.total("cost", capital=True)
    rates = rates_of_return(accounts.net_as_written)
    capital_pv = present_value(capital, factors)
    fyrr, opening = first_year_return(
        benefits.tolist(), costs.tolist(), discounting, capital=capital.tolist(), first_t=accounts.years[0] - base
    )
    found = Appraised(
        accounts=accounts,
        discounting=discounting,
        base_year=base,
        factors=tuple(factors.tolist()),
        enpv=present_value(net, factors),
        benefits_pv=benefits_pv,
        costs_pv=costs_pv,
        capital_pv=capital_pv,
        item_pv={item.name: present_value(item.values, factors) for item in accounts.items},
        rates=rates,
        mirr=modified_rate_of_return(net.tolist(), discounting, first_t=accounts.years[0] - base),
        bcr_all_costs=benefit_cost_ratio(benefits_pv, costs_pv),
        bcr_capital=benefit_cost_ratio(benefits_pv - (costs_pv - capital_pv), capital_pv),
        bcr_denominator=bcr_denominator,
        first_year_return=fyrr,
        opening_year=None if opening is None else accounts.years[opening],
        payback_years=payback(net),
        discounted_payback_years=payback(net * factors),
        notes=(*notes, *_notes(accounts, rates, bcr_denominator)),
        meta=meta,
    )
    audit_accounts(found)
    return found


def _base_year(accounts: Accounts, wanted: int | None) -> int:
    first = accounts.years[0]
    if wanted is not None and not is_whole(wanted):
        raise InputError([f"found {wanted!r}; expected a whole number."], what="Base year")
    if wanted is not None and abs(first - wanted) > _FARTHEST_BASE:
        fault = (
            f"found {wanted}, {abs(first - wanted)} years from the first year of the streams, {first}; "
            f"expected at most {_FARTHEST_BASE}. Name a year as the streams count them."
        )
        raise InputError([fault], what="Base year")
    return first if wanted is None else wanted


def _notes(accounts: Accounts, rates: RatesOfReturn, denominator: Denominator) -> list[str]:
    notes = [rates.reason] if rates.reason else []
    if denominator == "capital" and not any(item.capital for item in accounts.items):
        notes.append(
            "there is no ratio over capital, since no stream is of it: the name of its column begins with cost_capital"
        )
    if rates.verdict == "one" and rates.sign_changes > 1:
        notes.append(
            f"the net stream changes sign {rates.sign_changes} times; it has one rate of return, "
            "but a higher discount rate need not lower its value"
        )
    if JUST_ABOVE_LOSS in rates.roots:
        notes.append("a rate of return lies nearer to -100 % than numbers tell; it is given as the nearest above")
    first = next((value for value in accounts.net_as_written if value), 0)
    if rates.verdict == "one" and first > 0:
        notes.append(
            "the net stream begins with a gain: its rate of return is what that gain costs, and the lower it is, the better"
        )
    for kind in ("benefit", "cost"):
        years = [str(year) for year, value in zip(accounts.years, accounts.total(kind), strict=True) if value < 0]
        if years and kind == "cost" and not (accounts.total(kind) > 0).any():
            notes.append(
                "no cost is above zero, and those below count as gains: costs count up, an outlay of 300 is a cost of 300"
            )
        elif years:
            notes.append(
                f"the {kind} is negative in {', '.join(years)}; it lowers the {kind}s, and so moves the ratios"
            )
    return notes
