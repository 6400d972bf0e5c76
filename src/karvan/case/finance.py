"""Who pays for a project: the rows of finance.csv, and what they leave open.

An amount counts up to the cost; what no row covers is open and falls to the countries in which the project is built. Rows that
are withdrawn do not count. A funder that excludes one of a project's countries is not eligible; its row is kept apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from karvan.case.model import Case

#: Statuses that count, the firmest first; `withdrawn` does not.
STANDING = ("agreed", "approved", "offered", "sought")
#: Instruments that must be paid back.
DEBT = ("loan", "deposit")
#: Currency in which a case counts.
DOLLAR = "USD"


@dataclass(frozen=True)
class Funding:
    """What one funder pays of a project.

    Attributes
    ----------
    funder, name, country
        Who pays, its name, and its country (``INT`` for an international one); all empty for what is open.
    instrument, status
        How, and how far it has come; ``unknown`` and ``open`` for what is open.
    share
        Part of the capital cost.
    rate_pct_per_year, tenor_years, grace_years
        Terms; NaN where not known.
    barred
        Countries of the project in which the funder does not fund; it then pays nothing and its share is in what is open.
    row
        Its row of finance.csv; empty for what is open.
    currency, repayment
        What a loan is owed in, and how it is repaid; empty where not known.
    front_end_fee_pct, commitment_fee_pct_per_year, guaranteed_share
        Fees, and the part that a treasury answers for where another body owes it; NaN where not known, and where the
        treasuries owe it themselves.
    assumed
        Whether its row rests on an assumption.
    """

    funder: str
    name: str
    country: str
    instrument: str
    status: str
    share: float
    rate_pct_per_year: float = math.nan
    tenor_years: float = math.nan
    grace_years: float = math.nan
    barred: tuple[str, ...] = ()
    row: str = ""
    currency: str = ""
    repayment: str = ""
    front_end_fee_pct: float = math.nan
    commitment_fee_pct_per_year: float = math.nan
    guaranteed_share: float = math.nan
    assumed: bool = False


def funding_of(case: Case, project: str, cost_musd: float) -> tuple[Funding, ...]:
    """Return who pays for a project, in parts that add up to one; the last is what is open, where something is.

    Parameters
    ----------
    case
        The corridor.
    project
        Its id.
    cost_musd
        Capital cost that amounts are held against; NaN where it is not known, and amounts then count for nothing.
    """
    parties = case.rows("stakeholder")
    countries = set(case.rows("project")[project]["country"])
    found, left = [], 1.0
    rows = [(name, row) for name, row in case.rows("finance").items()
            if row["project_id"] == project and row["status"] in STANDING]  # fmt: skip
    for name, row in sorted(
        rows, key=lambda one: (STANDING.index(one[1]["status"]), one[1]["funder"], one[1]["instrument"])
    ):
        party = parties[row["funder"]]
        barred = tuple(sorted(countries & set(party["excludes"])))
        wanted = row["share"] if not math.isnan(row["share"]) else _share(row["amount_musd"], cost_musd)
        share = 0.0 if barred else min(wanted, left)
        left -= share
        found.append(
            Funding(
                row["funder"],
                party["name"],
                party["country"],
                row["instrument"],
                row["status"],
                share,
                row["rate_pct_per_year"],
                row["tenor_years"],
                row["grace_years"],
                barred,
                name,
                currency=row["currency"],
                repayment=row["repayment"],
                front_end_fee_pct=row["front_end_fee_pct"],
                commitment_fee_pct_per_year=row["commitment_fee_pct_per_year"],
                guaranteed_share=row["guaranteed_share"],
                assumed=case.is_assumption("finance", name),
            )
        )
    if left > 1e-9:  # noqa: PLR2004 - rounding
        found.append(Funding("", "", "", "unknown", "open", left))
    return tuple(found)


def _share(amount_musd: float, cost_musd: float) -> float:
    return min(amount_musd / cost_musd, 1.0) if cost_musd > 0 else 0.0
