"""The fiscal sheet of a workbook: what the treasuries of the projects' countries owe, answer for, pay abroad and bear, by year.

What is owed and paid comes from the sheets of the loans, so that their terms move it. Inputs are what treasuries lay out and
receive besides, and the operators' cash: a guarantee is called for the part of a year's service that this does not cover.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.workbook_cells import FIRST, Result, columns_of, write_line, write_results
from karvan.appraisal.workbook_money import factor_cell, guaranteed_cell, loan_cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.discounting import Floats
    from karvan.appraisal.financing_results import FundedLoan, ProjectFinance
    from karvan.appraisal.workbook_cells import Columns

    #: Loans by their numbers.
    Loans = list[tuple[int, FundedLoan]]

_FISCAL: Columns = (
    ("year", "year", True), ("factor", "discount factor", False), ("debt", "debt at the end", False),
    ("guaranteed", "guaranteed at the end", False), ("drawn", "drawn", False), ("service", "service, with fees", False),
    ("due", "service that others owe", False), ("cash", "operators' cash after upkeep and taxes", True),
    ("short", "share of that service without cash", False), ("calls", "expected calls", False),
    ("foreign", "foreign exchange", False), ("outlay", "outlay", True), ("receipts", "receipts", True),
    ("cost", "net cost of the year", False),
)  # fmt: skip


def write_fiscal(book: Any, project: Appraisal, finance: ProjectFinance, formats: dict[str, Any]) -> None:  # noqa: ANN401 - no types
    """Write what treasuries see; the sheets of the loans and of the owners' accounts are there."""
    sheet, at, page = book.add_worksheet("Fiscal"), columns_of(_FISCAL), finance.fiscal
    sheet.write(
        0, 0, "Treasuries of the projects' countries, expected, USD m at constant prices. Streams in blue are inputs."
    )
    sheet.write_row(FIRST - 2, 0, [heading for _, heading, _ in _FISCAL], formats["head"])
    sheet.set_column(1, len(_FISCAL) - 1, 18)
    figures = _figures(finance)
    for place, year in enumerate(page.years):
        line = FIRST + place
        here = {key: f"{letter}{line}" for key, letter in at.items()}
        formulas = _formulas(project, finance, here, year) | {"factor": f"={factor_cell(finance, place)}"}
        write_line(sheet, line, _FISCAL, figures, formulas, place, formats)
    last = FIRST + len(page.years) - 1
    gdp = math.fsum(project.plan.terms.gdp_musd.get(country, math.nan) for country in project.plan.owners)
    sheet.write(last + 1, 0, "Gross domestic product, USD m, of the year of trade.csv")
    if gdp > 0:
        sheet.write_number(last + 1, 1, gdp, formats["input"])
    rows = _results({key: f"{letter}{FIRST}:{letter}{last}" for key, letter in at.items()}, finance, f"B{last + 2}")
    write_results(sheet, last + 4, rows, formats)


def _results(cells: Mapping[str, str], finance: ProjectFinance, gdp: str) -> list[Result]:
    """Return what follows from the years, with the ranges of the columns and the cell of gross domestic product."""
    page, debt = finance.fiscal, finance.debt
    rows: list[Result] = [
        ("Net cost of all years", f"=SUM({cells['cost']})", math.fsum(page.cost), "sum"),
        ("Foreign exchange of all years", f"=SUM({cells['foreign']})", math.fsum(page.foreign_exchange), "sum"),
    ]
    if debt is None:
        return rows
    paid = f"(SUMPRODUCT({cells['service']},{cells['factor']})+SUMPRODUCT({cells['calls']},{cells['factor']}))"
    received = f"SUMPRODUCT({cells['receipts']},{cells['factor']})"
    return [
        *rows,
        ("Most that treasuries owe", f"=MAX({cells['debt']})", debt.peak_musd, "sum"),
        ("The same, of gross domestic product", f"=MAX({cells['debt']})/{gdp}", debt.peak_gdp_share, "share"),
        ("Most that they guarantee", f"=MAX({cells['guaranteed']})", debt.peak_guaranteed_musd, "sum"),
        ("Receipts over service and expected calls", f"={received}/{paid}", debt.receipts_over_service, "factor"),
    ]


def _formulas(project: Appraisal, finance: ProjectFinance, here: Mapping[str, str], year: int) -> dict[str, str]:
    """Return the formulas of a year, but for its discount factor."""
    loans: Loans = list(enumerate(finance.loans, 1))
    own = [(number, loan) for number, loan in loans if not loan.guaranteed]
    backed = [(number, loan) for number, loan in loans if loan.guaranteed]

    def added(some: Iterable[tuple[int, FundedLoan]], *parts: str, by_share: bool = False) -> str:
        cells = [
            (number, cell) for number, _ in some for part in parts for cell in loan_cells(finance, number, part, year)
        ]
        return "+".join(f"{guaranteed_cell(number)}*{cell}" if by_share else cell for number, cell in cells) or "0"

    abroad, backed_abroad = _abroad(project, own), _abroad(project, backed)
    short, cash, due = here["short"], here["cash"], here["due"]
    return {
        "debt": f"={added(own, 'owed_musd')}",
        "guaranteed": f"={added(backed, 'owed_musd', by_share=True)}",
        "drawn": f"={added(own, 'drawn_musd')}",
        "service": f"={added(own, 'service_musd', 'fees_musd')}",
        "due": f"={added(backed, 'service_musd')}",
        "short": f"=IF({due}>0,1-MAX(0,MIN({cash},{due}))/{due},0)",
        "calls": f"={short}*({added(backed, 'service_musd', by_share=True)})",
        "foreign": f"={added(abroad, 'service_musd', 'fees_musd')}"
                   f"+{short}*({added(backed_abroad, 'service_musd', by_share=True)})",
        "cost": f"={here['outlay']}+{here['service']}+{here['calls']}-{here['receipts']}-{here['drawn']}",
    }  # fmt: skip


def _abroad(project: Appraisal, loans: Loans) -> Loans:
    """Return the loans that are no debt in the own money of all countries of the works."""
    return [(number, loan) for number, loan in loans if loan.own.loan.currency != project.plan.owners_currency]


def _figures(finance: ProjectFinance) -> dict[str, Floats]:
    """Return the program's own figures by column."""
    page, years = finance.fiscal, list(finance.fiscal.years)
    nothing = np.zeros(len(years))
    own, backed = (
        [loan.schedule for loan in finance.loans if loan.guaranteed is guaranteed] for guaranteed in (False, True)
    )
    due = sum((loan.over(years, "service") for loan in backed), nothing)
    cash = finance.flows.operators
    return {
        "year": np.array(years, dtype=float), "factor": finance.flows.discounting.factors(range(len(years))),
        "debt": np.array(page.debt), "guaranteed": np.array(page.guaranteed),
        "drawn": sum((loan.over(years, "drawn") for loan in own), nothing), "service": np.array(page.service), "due": due,
        "cash": cash, "short": np.where(due > 0, 1.0 - np.clip(cash, 0.0, due) / np.where(due > 0, due, 1.0), 0.0),
        "calls": np.array(page.expected_calls), "foreign": np.array(page.foreign_exchange), "outlay": np.array(page.outlay),
        "receipts": np.array(page.receipts), "cost": np.array(page.cost),
    }  # fmt: skip
