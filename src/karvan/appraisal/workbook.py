"""A workbook with live formulas that re-traces a result: change an input, and every figure below it moves.

*Inputs* holds the rates and the timing; *Accounts* a row for each year, with its discount factor and present values as formulas;
*Result* the indicators as formulas over the accounts, beside the figures that the program found. For projects of a case,
*Standings* does the same for everybody whose gains are counted, *Money* and a sheet for each loan
(:mod:`karvan.appraisal.workbook_money`) for the owners' accounts and their debt, and *Fiscal*
(:mod:`karvan.appraisal.workbook_fiscal`) for what treasuries see. Each cell of a formula carries the program's
own figure as its stored value, so that a reader without a spreadsheet sees the same.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from karvan.appraisal.audit import TOLERANCE
from karvan.appraisal.discounting import SHIFTS
from karvan.appraisal.workbook_cells import (
    FIRST,
    Result,
    factor_formula,
    formats_of,
    irr_formula,
    rate_rows,
    write_bands,
    write_results,
)
from karvan.appraisal.workbook_fiscal import write_fiscal
from karvan.appraisal.workbook_money import write_money

if TYPE_CHECKING:
    from karvan.appraisal.accounts import Appraised
    from karvan.appraisal.appraisal import Appraisal

#: Spreadsheets hold dates; a fixed one keeps the bytes of a workbook the same on every run.
_CREATED = (2000, 1, 1)


def workbook_bytes(found: Appraised, *, project: Appraisal | None = None) -> bytes:
    """Return a workbook (.xlsx) that re-traces a result.

    Parameters
    ----------
    found
        The accounts.
    project
        What they are of, where they are of projects of a case: all standings and the money side follow.
    """
    from datetime import datetime  # noqa: PLC0415 - beside its use

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": "Karvan: accounts", "created": datetime(*_CREATED)})  # noqa: DTZ001 - a fixed day
    formats = formats_of(book)
    inputs, accounts, result = (book.add_worksheet(name) for name in ("Inputs", "Accounts", "Result"))
    _write_inputs(inputs, found, formats)
    columns = _write_accounts(accounts, found, formats)
    _write_result(result, found, columns, formats)
    if project is not None:
        _write_standings(book.add_worksheet("Standings"), project, columns, formats)
        if project.finance is not None:
            write_money(book, project, project.finance, formats)
            write_fiscal(book, project, project.finance, formats)
    result.activate()
    book.close()
    return buffer.getvalue()


def _write_inputs(sheet: Any, found: Appraised, formats: dict[str, Any]) -> None:  # noqa: ANN401 - the library has no types
    """Write base year, timing and rates; blue cells are inputs."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 14)
    rows: list[tuple[str, Any, str]] = [
        ("Base year: sums are valued at its start", found.base_year, "input"),
        ("Years from the start of a year to its flow", SHIFTS[found.discounting.timing], "input"),
    ]
    for number, (label, value, kind) in enumerate(rows):
        sheet.write(number, 0, label)
        sheet.write_number(number, 1, value, formats[kind])
    below = write_bands(sheet, 4, found.discounting, formats) + 1
    provenance = [f"Rule set: {found.rule_set or 'none'}"]
    if found.meta is not None:
        provenance += [f"Karvan {found.meta.karvan}", f"Hash {found.meta.hash}"]
    for number, text in enumerate([*provenance, *(f"Note: {note}." for note in found.notes)]):
        sheet.write(below + number, 0, text)


def _write_accounts(sheet: Any, found: Appraised, formats: dict[str, Any]) -> dict[str, str]:  # noqa: ANN401 - as above
    """Write a row for each year; return the letters of the columns by what they hold."""
    items = found.accounts.items
    names = ["year", "t", "discount_factor", *(item.name for item in items)]
    sums = ["benefit", "cost", "net", "benefit_pv", "cost_pv", "net_pv", "net_pv_sum", "gain_pv", "step"]
    letters = {name: xl_col_to_name(place) for place, name in enumerate(names)}
    letters |= {f"={name}": xl_col_to_name(len(names) + place) for place, name in enumerate(sums)}
    shown = ["year", "t", "discount factor", *(item.name for item in items), "all benefits", "all costs", "net",
             "PV of benefits", "PV of costs", "PV of net", "PV of net so far", "PV of net above zero",
             "years with the first flow"]  # fmt: skip
    sheet.write(0, 0, "Streams in blue are inputs; everything else is a formula.")
    sheet.write_row(1, 0, shown, formats["head"])
    sheet.set_column(0, len(shown) - 1, 13)
    sheet.freeze_panes(2, 1)
    net = [float(value) for value in found.table["net"]]
    idle = len(net) - len(np.trim_zeros(net, "f"))
    for place, row in enumerate(found.table.to_dict("records")):
        line = FIRST + place
        figures = row | {"gain_pv": max(0.0, row["net_pv"]), "step": max(0, place - idle + 1)}
        sheet.write_number(f"A{line}", row["year"], formats["input"])
        sheet.write_formula(f"B{line}", f"=A{line}-Inputs!$B$1", None, row["t"])
        factor = factor_formula(found.discounting, f"(B{line}+Inputs!$B$2)", "Inputs!", 5)
        sheet.write_formula(f"C{line}", factor, formats["factor"], row["discount_factor"])
        for item in items:
            sheet.write_number(f"{letters[item.name]}{line}", item.values[place], formats["input"])
        for name, formula in _sum_formulas(found, letters, line).items():
            sheet.write_formula(f"{letters[f'={name}']}{line}", formula, formats["sum"], figures[name])
    return letters


def _sum_formulas(found: Appraised, letters: dict[str, str], line: int) -> dict[str, str]:
    def added(kind: str) -> str:
        cells = [f"{letters[item.name]}{line}" for item in found.accounts.items if item.kind == kind]
        return "=" + ("+".join(cells) or "0")

    benefit, cost, net = (f"{letters[f'={name}']}{line}" for name in ("benefit", "cost", "net"))
    here = f"{letters['=net_pv']}{line}"
    before = f"{letters['=net_pv_sum']}{line - 1}+" if line > FIRST else ""
    step, begun = f"IF({net}<>0,1,0)", f"{letters['=step']}{line - 1}"
    return {
        "benefit": added("benefit"),
        "cost": added("cost"),
        "net": f"={benefit}-{cost}",
        "benefit_pv": f"={benefit}*C{line}",
        "cost_pv": f"={cost}*C{line}",
        "net_pv": f"={net}*C{line}",
        "net_pv_sum": f"={before}{here}",
        "gain_pv": f"=MAX(0,{here})",
        "step": f"=IF({begun}>0,{begun}+1,{step})" if line > FIRST else f"={step}",
    }


def _write_result(sheet: Any, found: Appraised, letters: dict[str, str], formats: dict[str, Any]) -> None:  # noqa: ANN401
    """Write each indicator as a formula, beside the program's figure and their difference."""
    last = FIRST + len(found.accounts.years) - 1

    def column(name: str) -> str:
        return f"Accounts!${letters[name]}${FIRST}:${letters[name]}${last}"

    net = column("=net")
    rows: list[Result] = [
        ("Present value of benefits", f"=SUM({column('=benefit_pv')})", found.benefits_pv, "sum"),
        ("Present value of costs", f"=SUM({column('=cost_pv')})", found.costs_pv, "sum"),
        ("ENPV", f"=SUMPRODUCT({net},{column('discount_factor')})", found.enpv, "sum"),
        ("BCR over all costs", "=B2/B3", found.bcr_all_costs, "factor"),
        *rate_rows("EIRR", net, found.rates),
    ]
    # the function MIRR would count the years before the first flow
    gains, steps, factors = column("=gain_pv"), column("=step"), column("discount_factor")
    grown = f"SUMIF({steps},1,{factors})/Accounts!${letters['discount_factor']}${last}"
    ratio = f"SUM({gains})/(SUM({gains})-SUM({column('=net_pv')}))"
    rows.append(("MIRR", f"=({ratio}*{grown})^(1/(MAX({steps})-1))-1", found.mirr, "share"))
    rows += [
        (f"Present value of {item.name}", f"=SUMPRODUCT({column(item.name)},{column('discount_factor')})",
         found.item_pv[item.name], "sum")
        for item in found.accounts.items
    ]  # fmt: skip
    line = write_results(sheet, 1, rows, formats)
    if not found.rates.roots:
        sheet.write(f"A{line + 1}", f"No EIRR: {found.rates.reason}.")
    sheet.write(f"A{line + 3}", f"Differences beyond {TOLERANCE:g} of the sums are faults; IRR stops at 0.00001 %.")


def _write_standings(
    sheet: Any, project: Appraisal, columns: dict[str, str], formats: dict[str, Any]  # noqa: ANN401 - as above
) -> None:  # fmt: skip
    """Write benefits, costs and what is left of every standing by year, and its indicators below.

    Those of the headline are of the sheet of accounts, whose columns are given.
    """
    found = [(one, project.accounts(one.id)) for one in project.standings]
    sheet.write(
        0, 0, "Streams in blue are inputs: gains and costs of everybody whose gains are counted, expected, USD m."
    )
    heads = [f"{one.name}: {what}" for one, _ in found for what in ("benefit", "cost", "net")]
    sheet.write_row(1, 0, ["year", "discount factor", *heads], formats["head"])
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, len(heads) + 1, 18)
    sheet.freeze_panes(2, 1)
    last = FIRST + len(project.years) - 1
    for line in range(FIRST, last + 1):
        year, factor = (
            project.years[line - FIRST],
            next(one.factors[line - FIRST] for _, one in found if one is not None),
        )
        sheet.write_formula(f"A{line}", f"=Accounts!A{line}", None, year)
        sheet.write_formula(f"B{line}", f"=Accounts!C{line}", formats["factor"], factor)
    rows: list[Result] = []
    for number, (standing, accounts) in enumerate(found):
        if accounts is None:
            continue
        letters = [xl_col_to_name(2 + 3 * number + place) for place in range(3)]
        sums = [accounts.accounts.total("benefit"), accounts.accounts.total("cost"), accounts.accounts.net]
        for place in range(len(project.years)):
            line = FIRST + place
            for letter, kind, values in zip(letters[:2], ("benefit", "cost"), sums, strict=False):
                if standing.id == project.headline:
                    there = f"=Accounts!{columns[f'={kind}']}{line}"
                    sheet.write_formula(f"{letter}{line}", there, formats["sum"], values[place])
                else:
                    sheet.write_number(f"{letter}{line}", values[place], formats["input"])
            sheet.write_formula(
                f"{letters[2]}{line}", f"={letters[0]}{line}-{letters[1]}{line}", formats["sum"], sums[2][place]
            )
        benefit, cost, net = (f"{letter}{FIRST}:{letter}{last}" for letter in letters)
        factors = f"$B${FIRST}:$B${last}"
        rows.append((f"ENPV, {standing.name}", f"=SUMPRODUCT({net},{factors})", accounts.enpv, "sum"))
        ratio = f"=SUMPRODUCT({benefit},{factors})/SUMPRODUCT({cost},{factors})"
        rows.append((f"BCR over all costs, {standing.name}", ratio, accounts.bcr_all_costs, "factor"))
        eirr = project.eirr_of(standing.id)
        if eirr is not None:
            rows.append((f"EIRR, {standing.name}", irr_formula(net, eirr), eirr, "share"))
    write_results(sheet, last + 2, rows, formats)
