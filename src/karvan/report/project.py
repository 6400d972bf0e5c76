"""The page of a project: what it is worth and to whom, year by year, what that rests on, and where it turns; one HTML file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from karvan.appraisal.plans import (
    CONTINGENCY_PARAMETER,
    LIFE_PARAMETER,
    LIFE_YEARS,
    RAMP_PARAMETER,
    RAMP_YEARS,
    UPKEEP_PARAMETER,
    UPKEEP_PCT,
    WORKS_PARAMETER,
)
from karvan.appraisal.terms import INFLATION, INFLATION_NAME, OWN_MONEY, is_term
from karvan.charts import words
from karvan.charts.cash_flow import draw_cash_flow
from karvan.charts.svg import inline_svg
from karvan.charts.tornado import TornadoBar, draw_tornado
from karvan.charts.who_gains import PartyGain, draw_who_gains
from karvan.report.draws import draws_of
from karvan.report.money import money_of
from karvan.report.page import environment, style_sheet
from karvan.report.tables import Cell, Table, safe_address
from karvan.report.turns import turns_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from karvan.appraisal import Appraisal, Uncertainty
    from karvan.appraisal.appraisal import UsersGain
    from karvan.appraisal.financing_results import FundedLoan
    from karvan.case import Case

TEMPLATE = "project.html.j2"
#: Sums below this, USD m, are what rounding leaves: flows are met to more than half a dollar.
_LEAST_MUSD = 5e-7
#: Parties below this share of the largest are left out of the picture; sums below the others are what rounding, or solving,
#: leaves.
LEAST_SHARE, ROUNDING, SOLVED = 1e-3, 1e-9, 1e-8
#: Headings of the table of loans.
LOANS = ("Funder", "what", "share", "money", "rate", "years", "grace", "repayment", "guaranteed", "grant element", "least DSCR",
         "mean DSCR", "LLCR", "fees, USD m", "interest in works, USD m")  # fmt: skip
#: Columns of the fiscal page, as a reader calls them.
FISCAL = {"outlay": "outlay", "debt": "debt", "guaranteed": "guaranteed", "service": "service",
          "expected_calls": "expected calls", "foreign_exchange": "foreign exchange", "receipts": "fees and taxes",
          "cost": "net cost"}  # fmt: skip
#: Parameters of a case that accounts use, with what holds without them.
PARAMETERS = {
    UPKEEP_PARAMETER: f"{UPKEEP_PCT:g} % of the cost of works a year", LIFE_PARAMETER: f"{LIFE_YEARS:g} years",
    RAMP_PARAMETER: f"{RAMP_YEARS:g} years until it has its full effect", WORKS_PARAMETER: "1 (prices are costs)",
    CONTINGENCY_PARAMETER: "0 (a published cost contains its own)",
    INFLATION_NAME: f"{words.rate(INFLATION)} a year, of the dollar", OWN_MONEY: "not given",
}  # fmt: skip


def render_project(case: Case, found: Appraisal, drawn: Uncertainty | None = None) -> str:
    """Return the page of an appraised project or set as one self-contained HTML page; the same data give the same text.

    Parameters
    ----------
    case, found
        The corridor, and the appraisal.
    drawn
        How sure its value is, where it was drawn.
    """
    title = " + ".join(f"{project.id} {project.name}" for project in found.plan.projects) or ", ".join(found.asked)
    shown = found.meta.setting
    setting = [
        f"scenario {shown['scenario']}" if found.scenario else "the process of closures",
        f"rule set {found.rule_set}",
    ]
    setting += [f"changes {words.listed(shown['changes'])}"] if shown.get("changes") else []
    return environment().get_template(TEMPLATE).render(
        title=title, lead=_lead(found), answer=answer_of(found), turns=turns_of(found),
        style=style_sheet(),
        assumptions=[table for table in _assumptions(case, found) if table.rows],
        remarks=(*found.notes, *(found.finance.notes if found.finance else ()), *(drawn.notes if drawn is not None else ())),
        sources=_sources(case, found), meta=found.meta, setting=", ".join(setting), **_worth(case, found), **_money(found),
        **draws_of(found, drawn),
    )  # fmt: skip


# words ------------------------------------------------------------------------------------------------------------------


def answer_of(found: Appraisal) -> str:
    """Return the answer in a sentence or two."""
    if not found.valued:
        return f"Not valued: {found.why_not}."
    name = _name(found, found.headline)
    worth = found.enpv_musd[found.headline]
    verdict = "Worth more than it costs" if worth > 0 else "Not worth what it costs"
    rate = "no single rate of return" if found.eirr is None else f"a rate of return of {words.rate(found.eirr)}"
    rank = "" if found.ranked else f" No rank: {found.why_not}."
    return f"{verdict} to {name}: ENPV {words.musd(worth)}, {rate}.{rank}"


def _lead(found: Appraisal) -> str:
    opening = words.listed([f"{project.id} in {project.opening}" for project in found.plan.projects])
    cost = "cost not known" if math.isnan(found.cost_musd) else f"cost {words.musd(found.cost_musd)}"
    opens = f"Opens: {opening}; {cost}. " if found.plan.projects else ""
    return f"{opens}By {found.rules.name}; {found.years[0]} to {found.years[-1]}, constant prices."


def _name(found: Appraisal, standing: str) -> str:
    return next(one.name for one in found.standings if one.id == standing)


def _country(code: str) -> str:
    return "International" if code == "INT" else words.country(code)


def _plain(text: str) -> str:
    return text.replace("_", " ")


# worth, who gains, years ------------------------------------------------------------------------------------------------


def _worth(case: Case, found: Appraisal) -> dict[str, Any]:
    blank = dict.fromkeys(
        ("worth", "tornado", "states", "gains", "who", "effects", "matrix", "parts_said", "yearly", "flow")
    )
    accounts = found.accounts()
    if accounts is None or found.valuation is None or found.gains is None:
        return blank
    table = accounts.table
    flow = draw_cash_flow(
        table["year"].tolist(), table["benefit"].tolist(), table["cost"].tolist(), table["net_pv_sum"].tolist(), unit="USD m"
    )  # fmt: skip
    name = _name(found, found.headline)
    return {
        "worth": _standings(found),
        "states": _states(case, found),
        "tornado": _tornado(found),
        "gains": _gains(found),
        "who": _who(found),
        "effects": _effects(found),
        "matrix": _matrix(found),
        "parts_said": _parts(found),
        "yearly": _yearly(found, name),
        "flow": _shown(
            flow, "flow", f"Expected benefits and costs to {name} by year, and the present value of both so far."
        ),
    }


def _standings(found: Appraisal) -> Table:
    rows = []
    for standing in found.standings:
        accounts = found.accounts(standing.id)
        if accounts is None:
            continue
        shares, turns = [accounts.mirr, accounts.first_year_return], found.break_even_of(standing.id)
        rate = found.eirr_of(standing.id)
        eirr = "none" if rate is None else words.rate(rate)
        rows.append((
            Cell(standing.name), _sum(found.enpv_musd[standing.id]), _figure(eirr),
            _figure("none" if accounts.bcr is None else words.number(accounts.bcr)),
            *(_figure("none" if share is None else words.rate(share)) for share in shares),
            *(_figure("-" if one is None else words.number(one)) for one in (turns.cost_musd, turns.mt_per_year)),
        ))  # fmt: skip
    over = _plain(found.rules.bcr_denominator)
    heads = ("Whose gains count", "ENPV, USD m", "EIRR", f"BCR over {over}", "MIRR", "return of the first year",
             "may cost, USD m", "pays at, Mt a year")  # fmt: skip
    return Table("Value by standing", heads, tuple(rows))


def _states(case: Case, found: Appraisal) -> Table:
    names = {state: row["name"] for state, row in case.rows("scenario").items()}
    rows = []
    for state, worth in found.enpv_by_state_musd.items():
        chances = [_figure(words.percent(found.probability[state].to_dict()[year])) for year in _some_years(found)]
        rows.append((Cell(str(names[state])), *chances, *(_sum(worth[one.id]) for one in found.standings)))
    heads = (
        "State",
        *(f"chance in {year}" for year in _some_years(found)),
        *(f"{one.name}, USD m" for one in found.standings),
    )
    return Table("Value were a state to hold for ever, and how likely it is", heads, tuple(rows))


def _some_years(found: Appraisal) -> tuple[int, int]:
    return found.plan.openings[0], found.years[-1]


def _tornado(found: Appraisal) -> dict[str, Any] | None:
    drivers = found.sensitivity
    if not drivers:
        return None
    bars = [
        TornadoBar(one.name, _driver(one.low, one.unit), _driver(one.high, one.unit), one.at_low, one.at_high,
                   "" if one.switch.value is None else _driver(one.switch.value, one.unit))
        for one in drivers
    ]  # fmt: skip
    figure = draw_tornado(bars, found.enpv_musd[found.headline], unit="USD m")
    return _shown(
        figure, "tornado", f"What the value to {_name(found, found.headline)} hangs on, each figure over its range."
    )


def _driver(value: float, unit: str) -> str:
    if unit == "share":
        return words.rate(value)
    return words.musd(value) if unit == "USD m" else f"{words.number(value)} {'times' if unit == 'x' else unit}"


def _gains(found: Appraisal) -> Table:
    rows = [
        (Cell(f"{_country(row['country'])}, {_plain(row['party'])}"), _sum(row["benefit_musd"]), _sum(row["transfer_musd"]),
         _sum(_net(row["benefit_musd"], row["transfer_musd"])))
        for row in found.who_gains.to_dict("records")
    ]  # fmt: skip
    gains = found.who_gains
    total = (Cell("All together"), _sum(gains["benefit_musd"].sum()), _sum(0.0), _sum(found.enpv_musd["world"]))
    heads = ("Party", "real gain, USD m", "received less paid", "together")
    return Table("Who gains, by country and party", heads, (*rows, total))


def _net(benefit: float, transfer: float) -> float:
    """Return both together; what is left where one makes up for the other is rounding."""
    net = benefit + transfer
    return net if abs(net) > ROUNDING * (abs(benefit) + abs(transfer)) else 0.0


def draw_gains(found: Appraisal, *, title: str = "") -> Figure:
    """Return the picture of who gains; parties that hardly do are left out."""
    rows = found.who_gains.to_dict("records")
    most = max(abs(row["benefit_musd"]) + abs(row["transfer_musd"]) for row in rows)
    parties = [
        PartyGain(
            _country(row["country"]), _plain(row["party"]), row["benefit_musd"],
            row["transfer_musd"] if _net(row["benefit_musd"], row["transfer_musd"]) else -row["benefit_musd"],
        )
        for row in rows
        if abs(row["benefit_musd"]) + abs(row["transfer_musd"]) > most * LEAST_SHARE
    ]  # fmt: skip
    return draw_who_gains(parties, unit="USD m", title=title)


def _who(found: Appraisal) -> dict[str, Any]:
    return _shown(draw_gains(found), "who", "Real gains and payments by country and party, present values.")


def _effects(found: Appraisal) -> Table:
    assert found.gains is not None  # noqa: S101 - the caller has seen to it
    effects = sorted({entry.effect for entry in found.gains.entries})
    # a few dollars beside millions are what the solvers leave
    least = SOLVED * max((abs(entry.benefit_musd) for entry in found.gains.entries), default=0.0)
    rows = []
    for effect in effects:
        mine = [entry for entry in found.gains.entries if entry.effect == effect]
        sums = [
            math.fsum(entry.benefit_musd + entry.transfer_musd for entry in mine if one.counts(entry.country))
            for one in found.standings
        ]
        rows.append((Cell(_plain(effect)), *(_sum(value if abs(value) > least else 0.0) for value in sums)))
    return Table("By effect and standing, USD m", ("Effect", *(one.name for one in found.standings)), tuple(rows))


def _matrix(found: Appraisal) -> Table:
    """Return the gains of every party by effect: real gains and payments together, rows that add up to each party's sum."""
    assert found.gains is not None  # noqa: S101 - the caller has seen to it
    sums = {
        (one.country, one.party, one.effect): _net(one.benefit_musd, one.transfer_musd) for one in found.gains.entries
    }
    least = SOLVED * max((abs(value) for value in sums.values()), default=0.0)
    shown = {key: value for key, value in sums.items() if abs(value) > least}
    effects, parties = sorted({key[2] for key in shown}), sorted({key[:2] for key in shown})
    rows = [
        (Cell(f"{_country(country)}, {_plain(party)}"),
         *(_sum(shown[country, party, effect]) if (country, party, effect) in shown else Cell("") for effect in effects),
         _sum(math.fsum(shown.get((country, party, effect), 0.0) for effect in effects)))
        for country, party in parties
    ]  # fmt: skip
    total = [math.fsum(value for key, value in shown.items() if key[2] == effect) for effect in effects]
    rows.append((Cell("All together"), *map(_sum, total), _sum(math.fsum(total))))
    return Table("By party and effect, USD m", ("Party", *map(_plain, effects), "together"), tuple(rows))


def _parts(found: Appraisal) -> str:
    """Return of what users' surplus consists, and what the rule of half makes of it."""
    users = found.users
    assert users is not None  # noqa: S101 - the caller has seen to it
    named = [f"{_plain(name)} {words.musd(part)}" for name, part in users.parts_musd.items()]
    return (
        f"Users' surplus, {words.musd(users.logsum_musd)} in all, consists of: {words.listed(named)}; choice is what a wider "
        "choice, and constants of the choice, are worth. Over ways of going that are there on both sides, with "
        f"{words.percent(users.rule_of_half_share)} of the tonnes, the rule of half gives {words.musd(users.rule_of_half_musd)}."
        f"{_real_income(users)}"
    )


def _real_income(users: UsersGain) -> str:
    """Return what trade makes of it in real income, and why that may have the other sign."""
    welfare = users.trade_welfare_musd
    if math.isnan(welfare):
        return ""
    moves = "loses" if welfare < 0 else "gains"
    said = (
        f" Real income of all economies {moves} {words.musd(abs(welfare))} by the answer of trade: another measure of the "
        "part of it that is trade between them, never to be added."
    )
    if welfare * users.logsum_musd < 0:
        said += (
            " The two differ in sign: real income weighs goods by the dollars of their trade, users' surplus by the tonnes that "
            "go, so that cheap goods that grow, or are crowded out, count for much in one and for little in the other."
        )
    return said


def _yearly(found: Appraisal, name: str) -> Table:
    assert found.valuation is not None  # noqa: S101 - the caller has seen to it
    standing = next(one for one in found.standings if one.id == found.headline)
    flows = found.valuation.expected(standing)
    traffic = (found.valuation.probability * found.valuation.traffic_t).sum(axis=1) / 1e6
    rows = []
    for place, year in enumerate(found.years):
        values = [float(stream[place]) for stream in flows.values()]
        rows.append((
            Cell(str(year)), _figure(f"{found.valuation.factors[place]:.4f}"), _figure(words.number(float(traffic[place]))),
            *(_sum(value) for value in values), _sum(math.fsum(values)),
        ))  # fmt: skip
    heads = ("Year", "discount factor", "Mt on its busiest part", *(_plain(effect) for effect in flows), "net")
    return Table(f"Expected gains of {name} by year and effect, USD m", heads, tuple(rows))


# money ------------------------------------------------------------------------------------------------------------------


def _money(found: Appraisal) -> dict[str, Any]:
    money = found.finance
    if money is None:
        return dict.fromkeys(("money", "loans", "fiscal")) | {"money_said": money_of(found)}
    returns = money.returns
    rows = [
        (Cell(label), _sum(value), _figure("none" if rate is None else words.rate(rate)))
        for label, value, rate in (
            ("The investment", returns.fnpv_c, returns.firr_c.single),
            ("The owners' own money", returns.fnpv_k, returns.firr_k.single),
            ("The investment, to operators alone", money.operators.fnpv_musd, money.operators.firr),
        )
    ]  # fmt: skip
    loans = tuple(_loan_row(one) for one in money.loans)
    fiscal = money.fiscal.table
    fiscal_rows = tuple(
        (Cell(str(int(row["year"]))), *(_sum(row[name]) for name in FISCAL)) for row in fiscal.to_dict("records")
    )
    return {
        "money": Table(
            f"Financial value at {words.rate(money.rate)}", ("Return on", "value, USD m", "rate of return"), tuple(rows)
        ),
        "money_said": money_of(found),
        "loans": Table("Loans with published terms", LOANS, loans) if loans else None,
        "fiscal": Table("What their treasuries see, USD m", ("Year", *FISCAL.values()), fiscal_rows),
    }  # fmt: skip


def _loan_row(one: FundedLoan) -> tuple[Cell, ...]:
    terms, loan, cover = one.funding, one.own.loan, one.cover
    backed = "" if math.isnan(terms.guaranteed_share) else words.percent(terms.guaranteed_share)
    return (
        Cell(f"{terms.name}, for {one.project}"), Cell(f"{terms.instrument}, {terms.status}"),
        _figure(words.percent(terms.share)),
        Cell(loan.currency, assumed="currency" in one.taken), _figure(f"{terms.rate_pct_per_year:g} %"),
        _figure(f"{loan.years}"), _figure(f"{loan.grace_years}"),
        Cell(_plain(loan.repayment), assumed="repayment" in one.taken), _figure(backed),
        _figure(words.percent(one.grant_element)),
        *(_figure(words.number(value)) for value in (cover.least, cover.average, cover.loan_life)),
        _sum(one.fees_musd), _sum(one.interest_in_works_musd),
    )  # fmt: skip


# what it rests on -------------------------------------------------------------------------------------------------------


def _assumptions(case: Case, found: Appraisal) -> list[Table]:
    return [
        _project_rows(case, found),
        _effect_rows(case, found),
        _parameter_rows(case),
        _exchange_rows(case, found),
        _rule_rows(found),
    ]


def _project_rows(case: Case, found: Appraisal) -> Table:
    rows = []
    for project in found.plan.projects:
        row = case.rows("project")[project.id]
        own = words.musd_range(row["cost_musd"], row["cost_low_musd"], row["cost_high_musd"])
        vintage = "" if math.isnan(row["cost_year"]) else f" at prices of {row['cost_year']:.0f}"
        pays = [
            f"{part.name or 'open'} {words.percent(part.share)} ({part.instrument})"
            for part in project.funding
            if part.share
        ]
        assumed = case.is_assumption("project", project.id)
        funding = {name: part for name, part in case.rows("finance").items() if part["project_id"] == project.id}
        told = dict.fromkeys(source for part in funding.values() for source in part["source"])
        guessed = any(case.is_assumption("finance", name) for name in funding)
        rows += [
            (Cell(f"{project.id}, cost"), Cell(f"{own}{vintage}", assumed=assumed), Cell(project.cost_basis), _of(row)),
            (
                Cell(f"{project.id}, works"),
                Cell(f"{project.years[0]} to {project.years[-1]}, evenly"),
                Cell(""),
                _of(row),
            ),
            (
                Cell(f"{project.id}, who pays"),
                Cell("; ".join(pays), assumed=guessed),
                Cell(""),
                Cell(", ".join(told)),
            ),
        ]
    return Table("The project", ("What", "taken as", "evidence", "source"), tuple(rows))


def _effect_rows(case: Case, found: Appraisal) -> Table:
    mine = {project.id for project in found.plan.projects}
    for name in list(mine):
        mine |= set(case.rows("project")[name]["contains"])
    signs = {"set": "=", "multiply": "*", "add": "+"}
    rows = [
        (Cell(f"{row['owner']}: {row['table']} {row['row']}"), Cell(f"{_plain(row['column'])} {signs[row['op']]} {row['value']}",
         assumed=case.is_assumption("effect", name)), Cell(row["confidence"]), _of(row))
        for name, row in case.rows("effect").items()
        if row["owner"] in mine
    ]  # fmt: skip
    rows += [
        (Cell(f"link {name}"), Cell(f"{row['length_km']:g} km of {row['mode']}", assumed=case.is_assumption("link", name)),
         Cell(row["confidence"]), _of(row))
        for name, row in case.rows("link").items()
        if mine & set(row["project_id"])
    ]  # fmt: skip
    return Table("What it changes", ("Row", "change", "confidence", "source"), tuple(rows))


def _parameter_rows(case: Case) -> Table:
    table = case.rows("parameter")
    rows = []
    named = {name: "" for name in table if is_term(name)}
    for name, default in (PARAMETERS | named).items():
        if name in table:
            row = table[name]
            span = case.range_of("parameter", name, "value")
            text = f"{row['value']:g} {row['unit']} ({span.low:g} to {span.high:g})"
            rows.append(
                (
                    Cell(name),
                    Cell(text, assumed=case.is_assumption("parameter", name)),
                    Cell(row["confidence"]),
                    _of(row),
                )
            )
        else:
            rows.append((Cell(name), Cell(default, assumed=True), Cell("low"), Cell("default of the program")))
    return Table("Parameters of the accounts", ("Parameter", "value", "confidence", "source"), tuple(rows))


def _rates_of(case: Case, found: Appraisal) -> dict[str, dict[str, Any]]:
    """Return the rows of the rates of exchange that its loans are reckoned at."""
    used = {one.own.loan.currency for one in found.finance.loans} if found.finance else set()
    return {name: row for name, row in case.rows("exchange_rate").items() if row["currency"] in used}


def _exchange_rows(case: Case, found: Appraisal) -> Table:
    rows = []
    for name, row in _rates_of(case, found).items():
        span = case.range_of("exchange_rate", name, "rate_usd")
        text = f"USD {row['rate_usd']:g} ({span.low:g} to {span.high:g})"
        assumed = case.is_assumption("exchange_rate", name)
        rows.append(
            (
                Cell(f"{row['currency']}, {row['year']:.0f}"),
                Cell(text, assumed=assumed),
                Cell(row["confidence"]),
                _of(row),
            )
        )
    return Table("Rates of exchange of its loans, straight between the years", ("Money", "taken as", "confidence", "source"),
                 tuple(rows))  # fmt: skip


def _rule_rows(found: Appraisal) -> Table:
    known = found.rules.sources
    rows = [
        (Cell(name), _figure(f"{value:g}"), Cell(status), Cell(known[source].title), Cell(known[source].date))
        for name, value, status, source in found.rules.figures()
    ]
    return Table(
        f"Rule set {found.rule_set}, of {found.rules.date.isoformat()}",
        ("Figure", "value", "status", "source", "date"),
        tuple(rows),
    )


def _sources(case: Case, found: Appraisal) -> Table:
    mine = {project.id for project in found.plan.projects}
    used: dict[str, None] = {}
    for table, keys in (("project", mine), ("parameter", {*PARAMETERS, *filter(is_term, case.rows("parameter"))})):
        for name in sorted(keys):
            if name in case.rows(table):
                used |= dict.fromkeys(case.rows(table)[name]["source"])
    for table, column in (("effect", "owner"), ("finance", "project_id")):
        for row in case.rows(table).values():
            if row[column] in mine:
                used |= dict.fromkeys(row["source"])
    for row in _rates_of(case, found).values():
        used |= dict.fromkeys(row["source"])
    known = case.rows("source")
    rows = [
        (Cell(name), Cell(known[name]["kind"]), Cell(known[name]["title"], href=safe_address(known[name]["url"])),
         Cell(known[name]["publisher"]), Cell(words.when(known[name]["date"]) if known[name]["date"] else ""))
        for name in used
    ]  # fmt: skip
    return Table("Sources of the case", ("Id", "kind", "title", "publisher", "date"), tuple(rows))


def _of(row: dict[str, Any]) -> Cell:
    return Cell(", ".join(row["source"]))


def _figure(text: str) -> Cell:
    return Cell(text, figure=True)


def _sum(value: float) -> Cell:
    return _figure("0" if abs(value) < _LEAST_MUSD else words.number(float(value), digits=4))


def _shown(figure: Figure, prefix: str, caption: str) -> dict[str, Any]:
    # the element was written by matplotlib, which escapes the texts in it
    return {"svg": Markup(inline_svg(figure, prefix=prefix, label=caption)), "caption": caption}  # noqa: S704
