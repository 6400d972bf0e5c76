"""``karvan appraisal``: projects of a case, accounts of one's own streams, and the rule sets."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.appraisal_projects_command import DEFAULT, ProjectsByDefault, projects
from karvan.cli.options import BOTH_FORMATS, CsvOption, JsonOption, console, print_json, say
from karvan.cli.outputs import check_outputs

if TYPE_CHECKING:
    from karvan.appraisal import Appraised, RuleSet

#: Sums come out as nothing but for this share of the present values added up.
_ROUNDING = 1e-12
#: Characters that the table of the years may take.
_WIDEST = 10_000

app = typer.Typer(
    name="appraisal",
    cls=ProjectsByDefault,
    help="Appraise: what projects and streams of benefits and costs are worth, and under which rules. "
    "`karvan appraisal PROJECT...` is short for `karvan appraisal projects PROJECT...`.",
)

app.command(DEFAULT)(projects)


@app.command("accounts")
def accounts(
    flows: Annotated[
        Path,
        typer.Option(
            "--flows", metavar="FILE", help="CSV with the columns year, benefit and cost.", show_default=False
        ),
    ],
    rate: Annotated[
        str | None, typer.Option(metavar="R", help="Discount rate: 0.09 or 9%. Takes the place of the rule set's.")
    ] = None,
    rule_set: Annotated[
        str | None, typer.Option(metavar="NAME", help="Rule set, by name or TOML file: its rates and timing.")
    ] = None,
    timing: Annotated[
        str | None,
        typer.Option(help="Where in its year a flow falls: start, mid or end (default: the rule set's, else start)."),
    ] = None,
    base_year: Annotated[
        int | None, typer.Option(help="Sums are valued at the start of this year (default: the first).")
    ] = None,
    workbook: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a workbook (.xlsx) with live formulas that re-trace the result."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the cash flow (.svg, .png or .pdf).")] = None,
    json: JsonOption = False,
    csv: CsvOption = False,
) -> None:
    """Say what streams of your own are worth: ENPV, every rate of return, ratios, payback."""
    if json and csv:
        raise typer.BadParameter(BOTH_FORMATS)
    from karvan.appraisal import TIMINGS, appraise_flows
    from karvan.errors import UnknownNameError

    moment = next((known for known in TIMINGS if known == timing), None)
    if timing is not None and moment is None:
        raise UnknownNameError("timing", timing, TIMINGS)
    check_outputs(workbook=workbook, figures=(plot,))
    found = appraise_flows(flows, rate=_rate(rate), rule_set=rule_set, timing=moment, base_year=base_year)
    if workbook is not None:
        _write_workbook(found, workbook)
    if plot is not None:
        _plot(found, plot, name=flows.name)
    if json:
        print_json(found.to_dict())
        return
    for note in found.notes:
        say(f"Note: {note}.")
    if csv:
        typer.echo(found.table.to_csv(index=False), nl=False)
    else:
        _show(found, name=flows.name)


def _rate(text: str | None) -> float | None:
    """Return a rate given as a share of one or in per cent."""
    if text is None:
        return None
    from karvan.errors import InputError

    number = text.strip().removesuffix("%")
    try:
        return float(number) / (100.0 if number != text.strip() else 1.0)
    except ValueError:
        raise InputError([f"found {text!r}; expected a number. Write 0.09 or 9%."], what="Discount rate") from None


def _write_workbook(found: Appraised, path: Path) -> None:
    from karvan.appraisal.workbook import workbook_bytes
    from karvan.case.atomic import write_file

    say(f"Workbook written to {write_file(path, workbook_bytes(found))}")


def _plot(found: Appraised, path: Path, *, name: str) -> None:
    from karvan.case.atomic import write_file
    from karvan.charts.cash_flow import draw_cash_flow
    from karvan.charts.svg import figure_bytes

    table = found.table
    figure = draw_cash_flow(
        table["year"].tolist(),
        table["benefit"].tolist(),
        table["cost"].tolist(),
        table["net_pv_sum"].tolist(),
        title=name,
    )
    say(f"Cash flow written to {write_file(path, figure_bytes(figure, path.suffix))}")


def _show(found: Appraised, *, name: str) -> None:
    from rich.measure import Measurement
    from rich.table import Table

    from karvan.charts import words

    out = console()
    out.print(f"{name}: {_headline(found)}.", style="bold")
    out.print(_conventions(found))
    table = Table(box=None, pad_edge=False)
    for heading in ("year", "t", "factor", "benefit", "cost", "net", "PV benefit", "PV cost", "PV net", "PV so far"):
        table.add_column(heading, justify="right", no_wrap=True)
    columns = ("benefit", "cost", "net", "benefit_pv", "cost_pv", "net_pv", "net_pv_sum")
    for row in found.table.to_dict("records"):
        sums = [words.number(_settled(row[column], found), digits=4) for column in columns]
        table.add_row(str(row["year"]), str(row["t"]), f"{row['discount_factor']:.4f}", *sums)
    # as wide as it takes: a sum that is cut off is another sum
    narrow = out.width
    out.width = max(narrow, Measurement.get(out, out.options.update(max_width=_WIDEST), table).maximum)
    out.print(table)
    out.width = narrow
    out.print(f"{'ENPV':<24}{words.number(_settled(found.enpv, found), digits=6)}")
    out.print(f"{'EIRR':<24}{_rates(found)}")
    for label, share in (("MIRR", found.mirr), (_first_year(found), found.first_year_return)):
        out.print(f"{label:<24}{'none' if share is None else words.rate(share)}")
    out.print(f"{'BCR over all costs':<24}{_ratio(found.bcr_all_costs)}")
    if found.capital_pv:
        out.print(f"{'BCR over capital':<24}{_ratio(found.bcr_capital)}")
    for label, years in (("payback", found.payback_years), ("discounted payback", found.discounted_payback_years)):
        out.print(f"{label:<24}{'never' if years is None else f'{years:.1f} years after the first flow'}")
    for item in found.accounts.items:
        change = found.switching[item.name]
        zero = (
            ""
            if change is None or not _settled(found.enpv, found)
            else f"   ENPV is zero at {'+' if change > 0 else ''}{words.percent(change)}"
        )
        out.print(f"{'PV of ' + item.name:<24}{words.number(found.item_pv[item.name], digits=6)}{zero}")


def _headline(found: Appraised) -> str:
    from karvan.charts import words

    enpv = _settled(found.enpv, found)
    verdict = "worth just what it costs"
    if enpv:
        verdict = "worth more than it costs" if enpv > 0 else "not worth what it costs"
    if not (found.benefits_pv or found.costs_pv):
        verdict = "nothing to appraise"
    return f"{verdict}: ENPV {words.number(enpv, digits=4)}, EIRR {_rates(found)}"


def _settled(value: float, found: Appraised) -> float:
    """Return a sum, or nothing where it is what rounding leaves of present values that cancel out."""
    return value if abs(value) > _ROUNDING * (abs(found.benefits_pv) + abs(found.costs_pv)) else 0.0


def _conventions(found: Appraised) -> str:
    from karvan.charts import words

    shown = ", then ".join(
        words.rate(band.rate) + (f" from year {band.from_year}" if band.from_year else "")
        for band in found.discounting.bands
    )
    rules = f", by {found.rule_set}" if found.rule_set else ""
    when = {"start": "at its start", "mid": "in its middle", "end": "at its end"}[found.discounting.timing]
    return f"Discounted to the start of {found.base_year} at {shown}{rules}; each year's flow falls {when}."


def _rates(found: Appraised) -> str:
    from karvan.charts import words

    roots = [words.rate(rate) for rate in found.rates.roots]
    if len(roots) == 1:
        return roots[0]
    return f"several: {', '.join(roots)}" if roots else "none"


def _ratio(ratio: float | None) -> str:
    from karvan.charts import words

    return "none" if ratio is None else words.number(ratio, digits=4)


def _first_year(found: Appraised) -> str:
    return f"return in {found.opening_year}" if found.opening_year is not None else "first-year return"


@app.command("rules")
def rules(
    rule_set: Annotated[str | None, typer.Argument(metavar="NAME", help="Rule set, by name or TOML file.")] = None,
    json: JsonOption = False,
) -> None:
    """Show rule sets: each figure with its source, and whether it was found there."""
    from karvan.appraisal import open_rule_set, rule_set_names

    names = [rule_set] if rule_set else rule_set_names()
    opened = [open_rule_set(name) for name in names]
    if json:
        from karvan.case import meta_without_case

        content = "".join(rules.model_dump_json() for rules in opened).encode()
        meta = meta_without_case(content, {"stage": "rules"}).model_dump(mode="json")
        print_json({"meta": meta, "rule_sets": [rules.to_dict() for rules in opened]})
        return
    for rules in opened:
        _show_rules(rules, whole=rule_set is not None)


def _show_rules(rules: RuleSet, *, whole: bool) -> None:
    from rich.table import Table

    out = console()
    out.print(f"{rules.id}: {rules.name}", style="bold")
    table = Table(box=None, pad_edge=False)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("status")
    table.add_column("source", ratio=1)
    table.add_row("timing", rules.discounting.timing, rules.discounting.timing_status, "")
    for name, value, status, source in rules.figures():
        if whole or not name.endswith(("central", "low", "high")):
            table.add_row(name, f"{value:g}", status, rules.sources[source].title)
    out.print(table)
    if whole:
        out.print(f"Prices: {rules.price_basis}. Ratio over {rules.bcr_denominator.replace('_', ' ')}; "
                  f"residual value by {rules.residual_value.replace('_', ' ')}.")  # fmt: skip
        out.print(f"Required: {', '.join(rules.required)}.")
        if rules.note:
            out.print(rules.note)
    out.print()
