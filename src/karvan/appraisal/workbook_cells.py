"""What the sheets of a workbook have in common: formats, discount factors as formulas, figures beside those of the program."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from xlsxwriter.utility import xl_col_to_name

from karvan.charts.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.appraisal.discounting import Discounting, Floats
    from karvan.appraisal.roots import RatesOfReturn

#: The first row of years on a sheet of streams, as spreadsheets count.
FIRST = 3
#: Columns of a sheet of streams: key, heading, whether it is an input.
Columns = tuple[tuple[str, str, bool], ...]
#: Columns of ratios.
_RATIOS = ("factor", "worth", "worth_end", "dscr", "short")
#: From where a spreadsheet looks for a rate of return at the lowest: it fails from -100 % itself.
_LEAST_GUESS = -0.999999
#: Label, formula, the program's figure (None where there is none, and no row), format.
Result = tuple[str, str, float | None, str]


def formats_of(book: Any) -> dict[str, Any]:  # noqa: ANN401 - the library has no types
    """Return the formats of a workbook, by what they are for."""
    return {
        "head": book.add_format(
            {"bold": True, "bottom": 1, "font_color": LIGHT.ink, "text_wrap": True, "valign": "top"}
        ),
        "input": book.add_format({"font_color": LIGHT.lapis, "num_format": "General"}),
        "rate": book.add_format({"font_color": LIGHT.lapis, "num_format": "0.00%"}),
        "factor": book.add_format({"num_format": "0.0000"}),
        "sum": book.add_format({"num_format": "#,##0.00"}),
        "share": book.add_format({"num_format": "0.00%"}),
    }


def write_bands(sheet: Any, line: int, discounting: Discounting, formats: dict[str, Any]) -> int:  # noqa: ANN401 - as above
    """Write discount rates under a heading on a line, in the columns B and C; return the line after the last."""
    sheet.write_row(line - 1, 0, ["Discount rate", "rate", "from year t"], formats["head"])
    for number, band in enumerate(discounting.bands):
        sheet.write(line + number, 0, f"Band {number + 1}")
        sheet.write_number(line + number, 1, band.rate, formats["rate"])
        sheet.write_number(line + number, 2, band.from_year, formats["input"])
    return line + 1 + len(discounting.bands)


def factor_formula(discounting: Discounting, moment: str, sheet: str, line: int) -> str:
    """Return the formula of a discount factor: the product over bands of (1 + rate) ^ -(time spent in the band).

    Parameters
    ----------
    discounting
        How many bands there are.
    moment
        Formula of the years from the valuation to the flow.
    sheet, line
        Where the bands stand: the sheet with its ``!``, empty for the same one; the line of the first.
    """
    count = len(discounting.bands)
    parts = []
    for number in range(count):
        rate, begins = f"{sheet}$B${line + number}", f"({sheet}$C${line + number}-1)"
        upper = moment if number + 1 == count else f"MIN({moment},({sheet}$C${line + number + 1}-1))"
        spent = upper if number == 0 else f"MAX(0,{upper}-{begins})"
        parts.append(f"(1+{rate})^-({spent})")
    return "=" + "*".join(parts)


def rate_rows(name: str, cells: str, rates: RatesOfReturn) -> list[Result]:
    """Return a row for every rate of return of a stream, each looked for from where it lies."""
    label = name if rates.single is not None else f"{name}, one of {len(rates.roots)}"
    return [(label, irr_formula(cells, rate), rate, "share") for rate in rates.roots]


def irr_formula(cells: str, rate: float) -> str:
    """Return the formula of a rate of return of a stream, looked for from where it lies."""
    return f"=IRR({cells},{max(rate, _LEAST_GUESS):.6f})"


def write_results(sheet: Any, line: int, rows: Sequence[Result], formats: dict[str, Any]) -> int:  # noqa: ANN401 - as above
    """Write figures as formulas beside the program's own, under a heading on a line; return the last line."""
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 3, 18)
    sheet.write_row(line - 1, 0, ["indicator", "by formula", "by Karvan", "difference"], formats["head"])
    for label, formula, value, kind in rows:
        if value is None:
            continue
        line += 1
        sheet.write(f"A{line}", label)
        sheet.write_formula(f"B{line}", formula, formats[kind], value)
        sheet.write_number(f"C{line}", value, formats[kind])
        sheet.write_formula(f"D{line}", f"=B{line}-C{line}", None, 0)
    return line


def columns_of(columns: Columns) -> dict[str, str]:
    """Return the letters of the columns by what they hold."""
    return {key: xl_col_to_name(place) for place, (key, _, _) in enumerate(columns)}


def write_line(
    sheet: Any, line: int, columns: Columns, figures: Mapping[str, Floats], formulas: Mapping[str, str], place: int,  # noqa: ANN401
    formats: dict[str, Any],
) -> None:  # fmt: skip
    """Write a row of a sheet of streams; a figure that is none is an empty text, as its formula says."""
    for number, (key, _, given) in enumerate(columns):
        value = float(figures[key][place])
        if given:
            sheet.write_number(line - 1, number, value, formats["input"])
        else:
            kind = formats["factor" if key in _RATIOS else "sum"]
            sheet.write_formula(line - 1, number, formulas[key], kind, "" if math.isnan(value) else value)
