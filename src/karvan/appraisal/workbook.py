"""A workbook with live formulas that re-traces a result: change an input, and every figure below it moves.

Three sheets. *Inputs* holds the rates and the timing; *Accounts* a row for each year, with its discount factor and present
values as formulas; *Result* the indicators as formulas over the accounts, beside the figures that the program found. Each cell
of a formula carries the program's own figure as its stored value, so that a reader without a spreadsheet sees the same.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from karvan.appraisal.audit import TOLERANCE
from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from karvan.appraisal.accounts import Appraised

_FIRST = 3  # the first row of years on the sheet of accounts, as spreadsheets count
_SHIFTS = {"start": 0.0, "mid": 0.5, "end": 1.0}
#: Spreadsheets hold dates; a fixed one keeps the bytes of a workbook the same on every run.
_CREATED = (2000, 1, 1)


def workbook_bytes(found: Appraised) -> bytes:
    """Return a workbook (.xlsx) that re-traces a result."""
    from datetime import datetime  # noqa: PLC0415 - beside its use

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": "Karvan: accounts", "created": datetime(*_CREATED)})  # noqa: DTZ001 - a fixed day
    formats = _formats(book)
    inputs, accounts, result = (book.add_worksheet(name) for name in ("Inputs", "Accounts", "Result"))
    _write_inputs(inputs, found, formats)
    columns = _write_accounts(accounts, found, formats)
    _write_result(result, found, columns, formats)
    result.activate()
    book.close()
    return buffer.getvalue()


def _formats(book: Any) -> dict[str, Any]:  # noqa: ANN401 - the library has no types
    return {
        "head": book.add_format(
            {"bold": True, "bottom": 1, "font_color": LIGHT.ink, "text_wrap": True, "valign": "top"}
        ),
        "input": book.add_format({"font_color": LIGHT.lapis, "num_format": "General"}),
        "rate": book.add_format({"font_color": LIGHT.lapis, "num_format": "0.00%"}),
        "factor": book.add_format({"num_format": "0.0000"}),
        "sum": book.add_format({"num_format": "#,##0.00"}),
        "share": book.add_format({"num_format": "0.00%"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
    }


def _write_inputs(sheet: Any, found: Appraised, formats: dict[str, Any]) -> None:  # noqa: ANN401 - as above
    """Write base year, timing and rates; blue cells are inputs."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 14)
    rows: list[tuple[str, Any, str]] = [
        ("Base year: sums are valued at its start", found.base_year, "input"),
        ("Years from the start of a year to its flow", _SHIFTS[found.discounting.timing], "input"),
    ]
    for number, (label, value, kind) in enumerate(rows):
        sheet.write(number, 0, label)
        sheet.write_number(number, 1, value, formats[kind])
    sheet.write_row(3, 0, ["Discount rate", "rate", "from year t"], formats["head"])
    for number, band in enumerate(found.discounting.bands):
        sheet.write(4 + number, 0, f"Band {number + 1}")
        sheet.write_number(4 + number, 1, band.rate, formats["rate"])
        sheet.write_number(4 + number, 2, band.from_year, formats["input"])
    below = 6 + len(found.discounting.bands)
    provenance = [f"Rule set: {found.rule_set or 'none'}"]
    if found.meta is not None:
        provenance += [f"Karvan {found.meta.karvan}", f"Hash {found.meta.hash}"]
    for number, text in enumerate([*provenance, *(f"Note: {note}." for note in found.notes)]):
        sheet.write(below + number, 0, text)


def _factor_formula(found: Appraised, row: int) -> str:
    """Return the formula of a discount factor: the product over bands of (1 + rate) ^ -(time spent in the band)."""
    moment = f"(B{row}+Inputs!$B$2)"
    bands = found.discounting.bands
    parts = []
    for number in range(len(bands)):
        rate, begins = f"Inputs!$B${5 + number}", f"(Inputs!$C${5 + number}-1)"
        ends = f"(Inputs!$C${6 + number}-1)"
        last = number + 1 == len(bands)
        if number == 0:
            spent = moment if last else f"MIN({moment},{ends})"
        else:
            upper = moment if last else f"MIN({moment},{ends})"
            spent = f"MAX(0,{upper}-{begins})"
        parts.append(f"(1+{rate})^-({spent})")
    return "=" + "*".join(parts)


def _write_accounts(sheet: Any, found: Appraised, formats: dict[str, Any]) -> dict[str, str]:  # noqa: ANN401 - as above
    """Write a row for each year; return the letters of the columns by what they hold."""
    items = found.accounts.items
    names = ["year", "t", "discount_factor", *(item.name for item in items)]
    sums = ["benefit", "cost", "net", "benefit_pv", "cost_pv", "net_pv", "net_pv_sum"]
    letters = {name: xl_col_to_name(place) for place, name in enumerate(names)}
    letters |= {f"={name}": xl_col_to_name(len(names) + place) for place, name in enumerate(sums)}
    shown = ["year", "t", "discount factor", *(item.name for item in items), "all benefits", "all costs", "net",
             "PV of benefits", "PV of costs", "PV of net", "PV of net so far"]  # fmt: skip
    sheet.write(0, 0, "Streams in blue are inputs; everything else is a formula.")
    sheet.write_row(1, 0, shown, formats["head"])
    sheet.set_column(0, len(shown) - 1, 13)
    sheet.freeze_panes(2, 1)
    for place, row in enumerate(found.table.to_dict("records")):
        line = _FIRST + place
        sheet.write_number(f"A{line}", row["year"], formats["input"])
        sheet.write_formula(f"B{line}", f"=A{line}-Inputs!$B$1", None, row["t"])
        sheet.write_formula(f"C{line}", _factor_formula(found, line), formats["factor"], row["discount_factor"])
        for item in items:
            sheet.write_number(f"{letters[item.name]}{line}", item.values[place], formats["input"])
        for name, formula in _sum_formulas(found, letters, line).items():
            sheet.write_formula(f"{letters[f'={name}']}{line}", formula, formats["sum"], row[name])
    return letters


def _sum_formulas(found: Appraised, letters: dict[str, str], line: int) -> dict[str, str]:
    def added(kind: str) -> str:
        cells = [f"{letters[item.name]}{line}" for item in found.accounts.items if item.kind == kind]
        return "=" + ("+".join(cells) or "0")

    benefit, cost, net = (f"{letters[f'={name}']}{line}" for name in ("benefit", "cost", "net"))
    here = f"{letters['=net_pv']}{line}"
    before = f"{letters['=net_pv_sum']}{line - 1}+" if line > _FIRST else ""
    return {
        "benefit": added("benefit"),
        "cost": added("cost"),
        "net": f"={benefit}-{cost}",
        "benefit_pv": f"={benefit}*C{line}",
        "cost_pv": f"={cost}*C{line}",
        "net_pv": f"={net}*C{line}",
        "net_pv_sum": f"={before}{here}",
    }


def _write_result(sheet: Any, found: Appraised, letters: dict[str, str], formats: dict[str, Any]) -> None:  # noqa: ANN401
    """Write each indicator as a formula, beside the program's figure and their difference."""
    last = _FIRST + len(found.accounts.years) - 1

    def column(name: str) -> str:
        return f"Accounts!${letters[name]}${_FIRST}:${letters[name]}${last}"

    rows: list[tuple[str, str, float | None, str]] = [
        ("Present value of benefits", f"=SUM({column('=benefit_pv')})", found.benefits_pv, "sum"),
        ("Present value of costs", f"=SUM({column('=cost_pv')})", found.costs_pv, "sum"),
        ("ENPV", f"=SUMPRODUCT({column('=net')},{column('discount_factor')})", found.enpv, "sum"),
        ("BCR over all costs", "=B2/B3", found.bcr_all_costs, "factor"),
    ]
    if found.eirr is not None:
        rows.append(("EIRR", f"=IRR({column('=net')},{found.eirr:.3f})", found.eirr, "share"))
    else:
        rows += [(f"EIRR, one of {len(found.rates.roots)}", f"=IRR({column('=net')},{rate:.6f})", rate, "share")
                 for rate in found.rates.roots]  # fmt: skip
    if len(found.discounting.bands) == 1:
        rows.append(("MIRR", f"=MIRR({column('=net')},Inputs!$B$5,Inputs!$B$5)", found.mirr, "share"))
    rows += [
        (f"Present value of {item.name}", f"=SUMPRODUCT({column(item.name)},{column('discount_factor')})",
         found.item_pv[item.name], "sum")
        for item in found.accounts.items
    ]  # fmt: skip
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 3, 18)
    sheet.write_row(0, 0, ["indicator", "by formula", "by Karvan", "difference"], formats["head"])
    line = 1
    for label, formula, value, kind in rows:
        if value is None:
            continue
        line += 1
        sheet.write(f"A{line}", label)
        sheet.write_formula(f"B{line}", formula, formats[kind], value)
        sheet.write_number(f"C{line}", value, formats[kind])
        sheet.write_formula(f"D{line}", f"=B{line}-C{line}", None, 0)
    if not found.rates.roots:
        sheet.write(f"A{line + 1}", f"No EIRR: {found.rates.reason}.")
    sheet.write(f"A{line + 3}", f"Differences beyond {TOLERANCE:g} of the sums are faults; IRR stops at 0.00001 %.")
