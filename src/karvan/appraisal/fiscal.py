"""The fiscal page: what a project does to a treasury, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.finance import outlasting
from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from karvan.appraisal.loans import LoanSchedule


@dataclass(frozen=True)
class Guarantee:
    """Debt of another that the treasury answers for.

    Attributes
    ----------
    schedule
        The loan.
    share
        Share of its service that is guaranteed.
    probability
        Chance in a year that the guarantee is called for that year's service: one for all years, or by year.
    """

    schedule: LoanSchedule
    share: float
    probability: float | Mapping[int, float]

    def calls(self, years: Sequence[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return what is expected to be paid for it, by year."""
        chance = self.probability
        chances = [chance.get(year, 0.0) if isinstance(chance, Mapping) else chance for year in years]
        return np.array(chances) * self.share * self.schedule.over(years, "service")

    def faults(self) -> list[str]:
        """Return what is wrong with its share and chances."""
        chance = self.probability
        chances = {f", {year}": one for year, one in chance.items()} if isinstance(chance, Mapping) else {"": chance}
        figures = {"share": self.share} | {f"probability{when}": one for when, one in chances.items()}
        return [f"guarantee of {self.schedule.loan.name!r}, {name}: found {value:g}; expected 0 to 1."
                for name, value in figures.items() if not 0 <= value <= 1]  # fmt: skip


@dataclass(frozen=True)
class FiscalPage:
    """A treasury's account of a project.

    Attributes
    ----------
    years
        Years.
    debt, guaranteed
        Owed by the treasury, and guaranteed by it, at the end of the year.
    service, expected_calls
        Paid for its own debt, fees among it; expected to be paid for guarantees.
    foreign_exchange
        Paid abroad, of service, of expected calls and of purchases.
    outlay, receipts
        Equity, grants and subsidies; taxes and dividends.
    cost
        Net cost of the year: outlay, service and expected calls, less receipts and what is drawn.
    """

    years: tuple[int, ...]
    debt: tuple[float, ...]
    guaranteed: tuple[float, ...]
    service: tuple[float, ...]
    expected_calls: tuple[float, ...]
    foreign_exchange: tuple[float, ...]
    outlay: tuple[float, ...]
    receipts: tuple[float, ...]
    cost: tuple[float, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each year."""
        import pandas as pd  # noqa: PLC0415 - heavy

        return pd.DataFrame(
            {name.removesuffix("s") if name == "years" else name: getattr(self, name) for name in _COLUMNS}
        )


_COLUMNS = (
    "years", "debt", "guaranteed", "service", "expected_calls", "foreign_exchange", "outlay", "receipts", "cost"
)  # fmt: skip


def fiscal_page(
    years: Sequence[int],
    *,
    loans: Iterable[LoanSchedule] = (),
    guarantees: Iterable[Guarantee] = (),
    outlay: Sequence[float] = (),
    receipts: Sequence[float] = (),
    purchases_abroad: Sequence[float] = (),
    home_currency: str,
) -> FiscalPage:
    """Return what a project does to a treasury.

    Parameters
    ----------
    years
        Years.
    loans
        Debts of the treasury, in one currency of account.
    guarantees
        Debts of others that it answers for.
    outlay, receipts
        By year, without debt.
    purchases_abroad
        Part of the project's cost that is paid in foreign exchange, by year.
    home_currency
        Service and calls of loans in any other currency count as foreign exchange.

    Raises
    ------
    InputError
        A stream has another length, a loan outlasts the years, or a share or probability lies outside 0 to 1; every fault is
        listed.
    """
    own, backed = tuple(loans), tuple(guarantees)
    given = {"outlay": outlay, "receipts": receipts, "purchases_abroad": purchases_abroad}
    streams = {
        name: np.asarray(values if len(values) else [0.0] * len(years), dtype=float) for name, values in given.items()
    }
    faults = [f"{name}: found {len(values)} values; expected {len(years)}, one for each year."
              for name, values in streams.items() if len(values) != len(years)]  # fmt: skip
    faults += outlasting(years, (*own, *(backing.schedule for backing in backed)))
    faults += [fault for backing in backed for fault in backing.faults()]
    if faults:
        raise InputError(faults, what="Fiscal page")

    def added(schedules: Iterable[LoanSchedule], *names: str) -> Any:  # noqa: ANN401 - an array
        return sum((loan.over(years, name) for loan in schedules for name in names), np.zeros(len(years)))

    service = added(own, "service", "fees")
    nothing = np.zeros(len(years))
    guaranteed = sum((backing.share * added([backing.schedule], "owed") for backing in backed), nothing)
    calls = sum((backing.calls(years) for backing in backed), nothing)
    abroad = [loan for loan in own if loan.loan.currency != home_currency]
    called_abroad = [backing.calls(years) for backing in backed if backing.schedule.loan.currency != home_currency]
    foreign = added(abroad, "service", "fees") + sum(called_abroad, nothing) + streams["purchases_abroad"]
    cost = streams["outlay"] + service + calls - streams["receipts"] - added(own, "drawn")
    columns = (added(own, "owed"), guaranteed, service, calls, foreign, streams["outlay"], streams["receipts"], cost)
    return FiscalPage(tuple(years), *(tuple(column.tolist()) for column in columns))
