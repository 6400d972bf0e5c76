"""The money side of a workbook: the owners' accounts and each loan as live formulas.

*Money* has a row for each year of the plan, and one more for what falls due at the end of the last. A sheet for each loan holds
its terms, its schedule in its own money of the day, and the same in dollars at constant prices, from which *Money* takes what is
drawn, served and charged; the loan takes back the cash that covers it. Nothing that depends on a repayment enters the debt of
which repayments are a part: a spreadsheet has no circle to break.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.audit import TOLERANCE
from karvan.appraisal.discounting import SHIFTS
from karvan.appraisal.finance import own_money
from karvan.appraisal.loans import GRANT_ELEMENT_RATE
from karvan.appraisal.plans import capital_stream
from karvan.appraisal.workbook_cells import (
    Result,
    columns_of,
    factor_formula,
    rate_rows,
    write_bands,
    write_line,
    write_results,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.appraisal.appraisal import Appraisal
    from karvan.appraisal.discounting import Floats
    from karvan.appraisal.financing_results import FundedLoan, ProjectFinance
    from karvan.appraisal.plans import PlannedProject
    from karvan.appraisal.workbook_cells import Columns

_MONEY: Columns = (
    ("year", "year", True), ("t", "t", False), ("factor", "discount factor", False),
    ("receipts", "receipts", True), ("upkeep", "upkeep", True), ("works", "works", False), ("residual", "residual value", True),
    ("grants", "grants", True), ("own", "paid in by the owners", True), ("tonnes", "tonnes, m", True),
    ("drawn", "loans drawn", False), ("service", "interest and repayment", False), ("fees", "fees", False),
    ("front_end", "front-end fees among them", False), ("c", "flow of the investment", False), ("c_pv", "PV of it", False),
    ("k", "flow of the owners' money: what loans cost a year later", False), ("k_pv", "PV of it", False),
    ("cash", "cash, added up", False), ("cover_cash", "cash for debt", False), ("dscr", "DSCR, fees among the service", False),
)  # fmt: skip
_LOAN: Columns = (
    ("year", "year", True), ("place", "years since the first drawing", False),
    ("works", "works, USD m at constant prices", False),
    ("usd", "USD of the day for a unit", True), ("dollar", "owners' constant money for a USD", True),
    ("worth", "constant USD for a unit of the day", False),
    ("usd_end", "USD of the day for a unit, at its end", True),
    ("dollar_end", "owners' constant money for a USD, at its end", True),
    ("worth_end", "constant USD for a unit of the day, at its end", False),
    ("drawn", "drawn", False), ("undrawn", "not drawn yet", False), ("before", "debt, were nothing repaid", False),
    ("added", "interest added to it", False), ("debt", "debt with what is drawn", False), ("interest", "interest paid", False),
    ("front_end", "front-end fee", False), ("fees", "fees", False), ("repaid", "repaid", False),
    ("owed", "owed at the end", False), ("service", "interest and repayment", False),
    ("drawn_musd", "drawn, USD m", False), ("interest_musd", "interest, USD m", False), ("fees_musd", "fees, USD m", False),
    ("front_end_musd", "front-end fee among them, USD m", False),
    ("repaid_musd", "repaid, USD m", False), ("service_musd", "interest and repayment, USD m", False),
    ("owed_musd", "owed, USD m", False), ("in_works_musd", "interest during the works, USD m", False),
    ("cash", "cash for debt, in its money", False), ("dscr", "DSCR", False), ("step", "years of service", False),
    ("cash_pv", "cash at its rate", False), ("debt_pv", "debt at its rate", False),
    ("paid_pv", "paid, at the rate of comparison", False), ("drawn_pv", "drawn, at that rate", False),
)  # fmt: skip
#: Lines of the terms of a loan, all in column B.
_TERMS = {"rate": 2, "grace": 3, "years": 4, "annuity": 5, "capitalise": 6, "front_end": 7, "commitment": 8, "share": 9,
          "inflation": 10, "comparison": 11, "guaranteed": 12, "begins": 13, "level": 14}  # fmt: skip
_LOAN_HEAD = 16
#: Line of the heading of the discount rates.
_BANDS = 3


def write_money(book: Any, project: Appraisal, finance: ProjectFinance, formats: dict[str, Any]) -> None:  # noqa: ANN401 - no types
    """Write the owners' accounts, and a sheet for each loan."""
    sheet = book.add_worksheet("Money")
    names = [f"Loan_{number}" for number in range(1, len(finance.loans) + 1)]
    sheets = [book.add_worksheet(name) for name in names]
    head = _write_rates(sheet, finance, formats)
    _write_flows(sheet, head, project, finance, formats)
    plans = {one.id: one for one in project.plan.projects}
    at = columns_of(_money_columns(project))
    for own, loan in zip(sheets, finance.loans, strict=True):
        first = head + 1 + loan.own.years[0] - project.years[0]
        lines = {year: first + place for place, year in enumerate(loan.own.years)}
        cells = [f"Money!{at['cover_cash']}{line}" for line in lines.values()]
        works = [f"=Money!{at[f'works {loan.project}']}{line}" if year in plans[loan.project].years else "=0"
                 for year, line in lines.items()]  # fmt: skip
        money = dict(zip(project.years, (finance.flows.receipts - finance.flows.upkeep).tolist(), strict=True))
        figures = _loan_figures(project, plans[loan.project], loan, np.array([money[year] for year in loan.own.years]))
        _write_loan(own, project, loan, figures, (works, cells), formats)


def loan_cells(finance: ProjectFinance, number: int, key: str, year: int) -> list[str]:
    """Return the cell of a loan, by its number from 1, that holds a column of a year; none where the loan has no such year."""
    years = finance.loans[number - 1].own.years
    if not years[0] <= year <= years[-1]:
        return []
    return [f"Loan_{number}!{columns_of(_LOAN)[key]}{_LOAN_HEAD + 1 + year - years[0]}"]


def guaranteed_cell(number: int) -> str:
    """Return the cell of the share of a loan that treasuries answer for."""
    return f"Loan_{number}!$B${_TERMS['guaranteed']}"


def factor_cell(finance: ProjectFinance, place: int) -> str:
    """Return the cell of the discount factor of a year, by its place."""
    return f"Money!{columns_of(_MONEY)['factor']}{_BANDS + len(finance.flows.discounting.bands) + 3 + place}"


def _money_columns(project: Appraisal) -> Columns:
    """Return the columns of the owners' accounts: the works of each project stand last, so that loans can follow them."""
    parts = [(f"works {one.id}", f"works of {one.id}", True) for one in project.plan.projects]
    return (*_MONEY, *parts, ("works again", "works built again", True))


def _write_rates(sheet: Any, finance: ProjectFinance, formats: dict[str, Any]) -> int:  # noqa: ANN401 - as above
    """Write how financial values are discounted; return the line of the heading of the streams."""
    sheet.write(0, 0, f"Discounted at the {finance.rate_basis}. Streams in blue are inputs; USD m at constant prices.")
    sheet.write(1, 0, "Years from the start of a year to its flow")
    sheet.write_number(1, 1, SHIFTS[finance.flows.discounting.timing], formats["input"])
    return write_bands(sheet, _BANDS, finance.flows.discounting, formats) + 1


def _write_flows(sheet: Any, head: int, project: Appraisal, finance: ProjectFinance, formats: dict[str, Any]) -> None:  # noqa: ANN401
    columns, years, flows = _money_columns(project), list(project.years), finance.flows
    at = columns_of(columns)
    figures = _money_figures(project, finance)
    sheet.write_row(head - 1, 0, [heading for _, heading, _ in columns], formats["head"])
    sheet.set_column(0, len(columns) - 1, 18)
    first, last = head + 1, head + 1 + len(years)
    for line in range(first, last + 1):
        place = line - first
        formulas = _money_formulas(at, line, first, finance, years, place)
        formulas["factor"] = factor_formula(flows.discounting, f"({at['t']}{line}+$B$2)", "", _BANDS + 1)
        write_line(sheet, line, columns, figures, formulas, place, formats)

    def cells(key: str, until: int = last) -> str:
        return f"{at[key]}{first}:{at[key]}{until}"

    returns, debt = finance.returns, finance.debt
    rows: list[Result] = [
        ("FNPV on the investment", f"=SUM({cells('c_pv')})", returns.fnpv_c, "sum"),
        *rate_rows("FIRR on the investment", cells("c", last - 1), returns.firr_c),
        ("FNPV on the owners' money", f"=SUM({cells('k_pv')})", returns.fnpv_k, "sum"),
        *rate_rows("FIRR on the owners' money", cells("k"), returns.firr_k),
        ("Least cash, added up", f"=MIN({cells('cash', last - 1)})", min(returns.cash), "sum"),
    ]
    for use, charge in finance.charges_usd_per_t.items():
        formula = f"=-SUM({cells('c_pv')})/({use:g}*SUMPRODUCT({cells('tonnes')},{cells('factor')}))"
        rows.append(
            (f"Charge that pays for it, USD a tonne, {use:.0%} come".replace("%", " %"), formula, charge, "sum")
        )
    if debt is not None:
        rows += [
            (
                "Service and fees of all loans",
                f"=SUM({cells('service')})+SUM({cells('fees')})",
                debt.service_musd,
                "sum",
            ),
            ("Least DSCR of all loans", f"=MIN({cells('dscr')})", debt.dscr_least, "factor"),
            ("Mean DSCR of all loans", f"=AVERAGE({cells('dscr')})", debt.dscr_mean, "factor"),
        ]
    write_results(sheet, last + 2, rows, formats)


def _money_formulas(
    at: Mapping[str, str], line: int, first: int, finance: ProjectFinance, years: Sequence[int], place: int
) -> dict[str, str]:
    """Return the formulas of a year of the owners' accounts, but for its discount factor."""
    here = {key: f"{letter}{line}" for key, letter in at.items()}
    before = {key: f"{letter}{line - 1}" for key, letter in at.items()}
    parts: dict[str, list[str]] = {"drawn": [], "service": [], "fees": [], "front_end": []}
    for number in range(1, len(finance.loans) + 1):
        for key in parts:
            parts[key] += loan_cells(finance, number, f"{key}_musd", years[0] + place)
    added = {key: "=" + ("+".join(cells) or "0") for key, cells in parts.items()}
    later = f"-{before['service']}-{before['fees']}+{before['front_end']}" if line > first else ""
    due = f"({here['service']}+{here['fees']})"
    total = f"{before['cash']}+" if line > first else ""
    return added | {
        "t": f"={here['year']}-{at['year']}${first}",
        "works": "=" + "+".join(cell for key, cell in here.items() if key.startswith("works ")),
        "c": f"={here['receipts']}-{here['upkeep']}-{here['works']}+{here['residual']}",
        "c_pv": f"={here['c']}*{here['factor']}",
        "k": f"={here['c']}+{here['grants']}+{here['drawn']}-{here['front_end']}{later}",
        "k_pv": f"={here['k']}*{here['factor']}",
        "cash": f"={total}{here['c']}-{here['residual']}+{here['grants']}+{here['own']}+{here['drawn']}-{due}",
        "cover_cash": f"={here['receipts']}-{here['upkeep']}",
        "dscr": f'=IF({due}>0,{here["cover_cash"]}/{due},"")',
    }


def _money_figures(project: Appraisal, finance: ProjectFinance) -> dict[str, Floats]:
    """Return the program's own figures by column, with a year after the last."""
    flows, years = finance.flows, list(project.years)

    def more(values: Floats) -> Floats:
        return np.append(values, 0.0)

    loans = [one.schedule for one in finance.loans]
    drawn, service, fees, front_end = (
        sum((loan.over(years, what) for loan in loans), np.zeros(len(years)))
        for what in ("drawn", "service", "fees", "front_end")
    )
    residual = np.zeros(len(years))
    residual[-1] = flows.residual
    c = flows.receipts - flows.upkeep - flows.works + residual
    factors = flows.discounting.factors(range(len(years) + 1))
    k = own_money(c + flows.grants, drawn - front_end, service + fees - front_end)
    cover, due = flows.receipts - flows.upkeep, service + fees
    cash = np.array(finance.returns.cash)
    parts = {f"works {one.id}": capital_stream(one, years) for one in project.plan.projects}
    again = flows.works - sum(parts.values(), np.zeros(len(years)))
    parts["works again"] = np.where(again > TOLERANCE * flows.works, again, 0.0)  # what adding up leaves is none
    return {key: more(values) for key, values in parts.items()} | {
        "year": np.array([*years, years[-1] + 1], dtype=float), "t": np.arange(len(years) + 1.0), "factor": factors,
        "receipts": more(flows.receipts), "upkeep": more(flows.upkeep), "works": more(flows.works), "residual": more(residual),
        "grants": more(flows.grants), "own": more(flows.own), "tonnes": more(flows.tonnes_m), "drawn": more(drawn),
        "service": more(service), "fees": more(fees), "front_end": more(front_end),
        "c": more(c), "c_pv": more(c) * factors, "k": k, "k_pv": k * factors,
        "cash": np.append(cash, cash[-1]), "cover_cash": more(cover),
        "dscr": more(np.where(due > 0, cover / np.where(due > 0, due, 1.0), math.nan)) * np.where(more(due) > 0, 1.0, math.nan),
    }  # fmt: skip


# loans ------------------------------------------------------------------------------------------------------------------


def _write_loan(
    sheet: Any, project: Appraisal, loan: FundedLoan, figures: Mapping[str, Floats], money: tuple[Sequence[str], Sequence[str]],  # noqa: ANN401
    formats: dict[str, Any],
) -> None:  # fmt: skip
    """Write the terms of a loan, its schedule and what follows from it; works and cash are in cells of the owners' accounts."""
    at, count = columns_of(_LOAN), len(loan.own.years)
    first, last = _LOAN_HEAD + 1, _LOAN_HEAD + count
    works, cash = money
    _write_terms(sheet, project, loan, at, (first, last), formats)
    sheet.write_row(_LOAN_HEAD - 1, 0, [heading for _, heading, _ in _LOAN], formats["head"])
    sheet.set_column(1, len(_LOAN) - 1, 16)
    base = project.years[0]
    for place in range(count):
        line = first + place
        formulas = _loan_formulas(at, line, (first, last), cash[place], base) | {"works": works[place]}
        write_line(sheet, line, _LOAN, figures, formulas, place, formats)

    def cells(key: str) -> str:
        return f"{at[key]}{first}:{at[key]}{last}"

    rows: list[Result] = [
        ("Lent, in its own money", f"=SUM({cells('drawn')})", loan.own.loan.principal, "sum"),
        ("Fees, USD m", f"=SUM({cells('fees_musd')})", loan.fees_musd, "sum"),
        ("Interest during the works, USD m", f"=SUM({cells('in_works_musd')})", loan.interest_in_works_musd, "sum"),
        ("Grant element", f"=1-SUM({cells('paid_pv')})/SUM({cells('drawn_pv')})", loan.grant_element, "share"),
        ("Least DSCR", f"=MIN({cells('dscr')})", loan.cover.least, "factor"),
        ("Mean DSCR", f"=AVERAGE({cells('dscr')})", loan.cover.average, "factor"),
        ("LLCR", f"=SUM({cells('cash_pv')})/SUM({cells('debt_pv')})", loan.cover.loan_life, "factor"),
    ]
    write_results(sheet, last + 2, rows, formats)


def _write_terms(
    sheet: Any, project: Appraisal, loan: FundedLoan, at: Mapping[str, str], span: tuple[int, int], formats: dict[str, Any]  # noqa: ANN401
) -> None:  # fmt: skip
    terms, own = loan.own.loan, loan.own
    sheet.write(0, 0, f"{terms.name}, in {terms.currency} m of the day. Cells in blue are inputs.")
    given: list[tuple[str, str, float, str]] = [
        ("rate", "Interest a year", terms.rate, "rate"), ("grace", "Years without repayment", terms.grace_years, "input"),
        ("years", "Years from the first drawing to the last payment", terms.years, "input"),
        ("annuity", "Repaid as an annuity: 1; in equal parts of the debt: 0", float(terms.repayment == "annuity"), "input"),
        ("capitalise", "Interest of the years of drawing is added to the debt: 1", float(terms.capitalise), "input"),
        ("front_end", "Front-end fee, of all that is lent", terms.front_end_fee, "rate"),
        ("commitment", "Commitment fee a year, of what is not drawn", terms.commitment_fee, "rate"),
        ("share", "Share of the works", loan.funding.share, "rate"),
        ("inflation", "Inflation of the dollar a year", project.plan.terms.inflation, "rate"),
        ("comparison", "Rate at which its grant element is reckoned", GRANT_ELEMENT_RATE, "rate"),
        ("guaranteed", "Share that treasuries answer for; 1 where they owe it", loan.funding.guaranteed_share if loan.guaranteed
         else 1.0, "rate"),
    ]  # fmt: skip
    for key, label, value, kind in given:
        sheet.write(_TERMS[key] - 1, 0, label)
        sheet.write_number(_TERMS[key] - 1, 1, value, formats[kind])
    first, last = span
    rate, left = f"$B${_TERMS['rate']}", f"($B${_TERMS['years']}-$B${_TERMS['grace']})"
    begins, ends = f"$B${_TERMS['begins']}", own.loan.years - own.loan.grace_years
    debt = math.fsum(own.drawn) + math.fsum(own.capitalised)
    level = debt / ends if terms.rate == 0 else debt * terms.rate / -math.expm1(-ends * math.log1p(terms.rate))
    lent, added = (f"SUM({at[key]}{first}:{at[key]}{last})" for key in ("drawn", "added"))
    derived = {
        "begins": ("Debt when repayment begins", f"={lent}+{added}", debt),
        "level": ("Interest and repayment a year, as an annuity",
                  f"=IF({rate}=0,{begins}/{left},{begins}*{rate}/(1-(1+{rate})^-({left})))", level),
    }  # fmt: skip
    for key, (label, formula, value) in derived.items():
        sheet.write(_TERMS[key] - 1, 0, label)
        sheet.write_formula(_TERMS[key] - 1, 1, formula, formats["sum"], value)


def _loan_formulas(at: Mapping[str, str], line: int, span: tuple[int, int], cash: str, base: int) -> dict[str, str]:
    """Return the formulas of a year of a loan."""
    first, last = span
    here = {key: f"{letter}{line}" for key, letter in at.items()}
    before = {key: f"{letter}{line - 1}" for key, letter in at.items()} if line > first else None
    term = {key: f"$B${number}" for key, number in _TERMS.items()}
    drawn = f"{at['drawn']}${first}:{at['drawn']}"
    rate, all_drawn = term["rate"], f"SUM({drawn}${last})"
    drawing = f"{here['undrawn']}+{here['drawn']}>1E-9*{all_drawn}"
    repaid = (
        f"IF({term['annuity']}=1,{term['level']}-{here['interest']},{term['begins']}/({term['years']}-{term['grace']}))"
    )
    step = f"IF({here['service']}>0,1,0)"
    compared, own = f"(1+{term['comparison']})", f"(1+{rate})"
    return {
        "place": f"={here['year']}-{at['year']}${first}",
        "worth": f"={here['usd']}*{here['dollar']}/(1+{term['inflation']})^({here['year']}-{base})",
        "worth_end": f"={here['usd_end']}*{here['dollar_end']}/(1+{term['inflation']})^({here['year']}+1-{base})",
        "drawn": f"={term['share']}*{here['works']}/{here['worth']}",
        "undrawn": f"={all_drawn}-SUM({drawn}{line})",
        "before": f"={here['drawn']}" + (f"+{before['before']}+{before['added']}" if before else ""),
        "added": f"=IF({term['capitalise']}=1,IF({here['place']}<{term['grace']},IF({drawing},{here['before']}*{rate},0),0),0)",
        "debt": f"={here['drawn']}" + (f"+{before['owed']}" if before else ""),
        "interest": f"={here['debt']}*{rate}-{here['added']}",
        "front_end": "=0" if before else f"={term['front_end']}*{all_drawn}",
        "fees": f"={term['commitment']}*{here['undrawn']}+{here['front_end']}",
        "repaid": f"=IF({here['place']}<{term['grace']},0,{repaid})",
        "owed": f"={here['debt']}+{here['added']}-{here['repaid']}",
        "service": f"={here['interest']}+{here['repaid']}",
        **{f"{key}_musd": f"={here[key]}*{here['worth']}" for key in ("drawn", "front_end")},
        **{f"{key}_musd": f"={here[key]}*{here['worth_end']}" for key in ("interest", "repaid", "service", "owed")},
        "fees_musd": f"=({here['fees']}-{here['front_end']})*{here['worth_end']}+{here['front_end_musd']}",
        "in_works_musd": f"=IF({here['drawn']}>0,({here['interest']}+{here['added']})*{here['worth_end']},0)",
        "cash": f"={cash}/{here['worth_end']}",
        "dscr": f'=IF({here["service"]}>0,{here["cash"]}/{here["service"]},"")',
        "step": f"=IF({before['step']}>0,{before['step']}+1,{step})" if before else f"={step}",
        "cash_pv": f"=IF({here['service']}>0,{here['cash']}*{own}^-({here['step']}),0)",
        "debt_pv": f"=IF({here['step']}>1,{here['drawn']}*{own}^-({here['step']}-1),IF({here['step']}=1,{here['debt']},0))",
        "paid_pv": f"=({here['service']}+{here['fees']}-{here['front_end']})*{compared}^-({here['place']}+1)"
                   f"+{here['front_end']}*{compared}^-({here['place']})",
        "drawn_pv": f"={here['drawn']}*{compared}^-({here['place']})",
    }  # fmt: skip


def _loan_figures(project: Appraisal, works: PlannedProject, loan: FundedLoan, cash_musd: Floats) -> dict[str, Floats]:
    """Return the program's own figures by column; cash is by year of the loan."""
    own, real, terms, base = loan.own, loan.schedule, project.plan.terms, project.years[0]
    years, rate = list(own.years), own.loan.rate
    spent = dict(zip(works.years, (works.cost_musd * share for share in works.shares), strict=True))
    ends = [*years, years[-1] + 1]
    usd, dollar = terms.usd_per_unit(own.loan.currency, ends), terms.dollar_in(works.countries, ends, base)
    price, home = (np.array([found[year] for year in ends]) for found in (usd, dollar))
    worth = price * home * (1.0 + terms.inflation) ** (base - np.array(ends, dtype=float))
    begins, closes = worth[:-1], worth[1:]
    drawn, added, interest, fees, front_end, repaid, owed = (
        np.array(getattr(own, name))
        for name in ("drawn", "capitalised", "interest", "fees", "front_end", "principal", "owed")
    )
    service, place = interest + repaid, np.arange(float(len(years)))
    money = cash_musd / closes
    serves = service > 0
    first = int(np.argmax(serves))
    step = np.where(place >= first, place - first + 1, 0.0) if serves.any() else np.zeros(len(years))
    debt = np.append(0.0, owed[:-1]) + drawn
    at_rate = (1.0 + rate) ** -np.maximum(step - 1.0, 0.0)
    return {
        "year": np.array(years, dtype=float), "place": place, "works": np.array([spent.get(year, 0.0) for year in years]),
        "usd": price[:-1], "dollar": home[:-1], "worth": begins, "usd_end": price[1:], "dollar_end": home[1:],
        "worth_end": closes, "drawn": drawn, "undrawn": drawn.sum() - np.cumsum(drawn),
        "before": np.cumsum(drawn + np.append(0.0, added[:-1])), "added": added, "debt": debt, "interest": interest,
        "fees": fees, "front_end": front_end, "repaid": repaid, "owed": owed, "service": service,
        **{f"{key}_musd": np.array(getattr(real, name)) for key, name in (
            ("drawn", "drawn"), ("interest", "interest"), ("fees", "fees"), ("front_end", "front_end"),
            ("repaid", "principal"), ("service", "service"),
            ("owed", "owed"))},
        "in_works_musd": np.where(drawn > 0, (interest + added) * closes, 0.0), "cash": money,
        "dscr": np.where(serves, money / np.where(serves, service, 1.0), math.nan), "step": step,
        "cash_pv": np.where(serves, money * (1.0 + rate) ** -step, 0.0),
        "debt_pv": np.where(step > 1, drawn * at_rate, np.where(step == 1, debt, 0.0)),
        "paid_pv": ((service + fees - front_end) / (1.0 + GRANT_ELEMENT_RATE) + front_end)
                   * (1.0 + GRANT_ELEMENT_RATE) ** -place,
        "drawn_pv": drawn * (1.0 + GRANT_ELEMENT_RATE) ** -place,
    }  # fmt: skip
