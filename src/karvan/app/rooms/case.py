"""The case: its tables, rows, sources and ranges; what a setting makes of it; and runs of all stages."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response

from karvan.app.ahead import written_once
from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import Asked, crossing_rows, options_of, setting_of
from karvan.app.runs import Runs, RunState
from karvan.case import Case, bundled_cases, meta_of, schemas
from karvan.case.apply import CHANGEABLE_TABLES, opening_year
from karvan.case.project_rules import FIXED_COLUMNS
from karvan.case.provenance import Meta
from karvan.case.quality import table_counts
from karvan.case.schema import range_columns
from karvan.charts import words
from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from karvan.case import AppliedCase, TableSchema

router = APIRouter()


def case_of(request: Request) -> Case:
    """Return the case that the app serves."""
    found: Case = request.app.state.case
    return found


def runs_of(request: Request) -> Runs:
    """Return the runs of the app."""
    found: Runs = request.app.state.runs
    return found


TheCase = Annotated[Case, Depends(case_of)]
TheSetting = Annotated[Asked, Depends()]
TheRuns = Annotated[Runs, Depends(runs_of)]


# what there is to choose from -----------------------------------------------------------------------------------------


class ScenarioChoice(Answer):
    """A scenario of the case."""

    id: str
    name: str
    description: str
    confidence: str
    assumed: bool
    sources: list[Source]


class ProjectChoice(Answer):
    """A project of the case: ``opens`` is its year of opening by its own row."""

    id: str
    name: str
    countries: list[str]
    kind: str
    status: str
    opens: int | None
    cost_musd: float | None
    cost_low_musd: float | None
    cost_high_musd: float | None
    alternatives: list[str]
    prerequisites: list[str]
    effects: int
    assumed: bool


class CrossingChoice(Answer):
    """A crossing of the case, with its rows of border.csv; a port has rows for sea or ferry."""

    id: str
    name: str
    countries: list[str]
    modes: list[str]
    rows: list[str]


class PlaceChoice(Answer):
    """A node or zone between which routes may be asked for."""

    id: str
    name: str
    kind: str
    country: str


class Choice(Answer):
    """Something with an id and a name."""

    id: str
    name: str


class TableCount(Answer):
    """Rows of a table, by confidence, resting on an assumption, and distinct sources."""

    table: str
    file: str
    rows: int
    high: int
    medium: int
    low: int
    assumed: int
    sources: int


class CaseAnswer(Answer):
    """The case: what it is, what it holds, and what a page can choose from.

    Attributes
    ----------
    options
        What names the case on the command line.
    """

    meta: Meta
    name: str
    description: str
    base_year: int
    horizon_year: int
    price_year: int
    default_scenario: str
    default_commodity: str
    licence: str
    attribution: str
    options: list[str]
    pairs: list[tuple[str, str]]
    tables: list[TableCount]
    countries: dict[str, str]
    scenarios: list[ScenarioChoice]
    projects: list[ProjectChoice]
    crossings: list[CrossingChoice]
    places: list[PlaceChoice]
    commodities: list[Choice]
    changeable: dict[str, list[str]]


@router.get("", response_model=CaseAnswer)
def case_answer(case: TheCase) -> Response:
    """Return what the case is, holds and offers."""
    return Response(case_json(case), media_type="application/json")


@written_once
def case_json(case: Case) -> CaseAnswer:
    """Return the same, written out."""
    about = case.config.case
    setting = setting_of(case, Asked())
    counts = table_counts(case).to_dict("records")
    return CaseAnswer(
        meta=meta_of(case, setting, {"stage": "case"}),
        **about.model_dump(include={
            "name", "description", "base_year", "horizon_year", "price_year", "default_scenario", "default_commodity",
            "licence", "attribution",
        }),
        options=["--case", about.id if bundled_cases().get(about.id) == case.folder else shlex.quote(str(case.folder))],
        pairs=[(pair.origin, pair.destination) for pair in case.config.routes.pairs],
        tables=[_count(row) for row in counts],
        countries=_countries(case),
        scenarios=_scenarios(case),
        projects=_projects(case),
        crossings=_crossings(case),
        places=_places(case),
        commodities=[Choice(id=name, name=row.get("name") or name) for name, row in case.rows("commodity").items()],
        changeable={table: _changeable(schemas()[table]) for table in CHANGEABLE_TABLES},
    )  # fmt: skip


def _count(row: dict[Any, Any]) -> TableCount:
    return TableCount(file=schemas()[str(row["table"])].file, **row)


def _countries(case: Case) -> dict[str, str]:
    codes = {row["country"] for row in case.rows("node").values()}
    codes |= {row[side] for row in case.rows("border").values() for side in ("from_country", "to_country")}
    codes |= {code for row in case.rows("project").values() for code in row["country"]}
    return {code: words.country(code) for code in sorted(codes - {""})}


def _scenarios(case: Case) -> list[ScenarioChoice]:
    return [
        ScenarioChoice(
            id=name, name=row["name"], description=row["description"], confidence=row["confidence"],
            assumed=case.is_assumption("scenario", name), sources=sources_of(case, row["source"]),
        )
        for name, row in case.rows("scenario").items()
    ]  # fmt: skip


def _projects(case: Case) -> list[ProjectChoice]:
    effects = Counter(str(row["owner"]) for row in case.rows("effect").values())
    return [
        ProjectChoice(
            id=name, name=row["name"], countries=list(row["country"]), kind=row["kind"], status=row["status"],
            opens=opening_year(case, name), cost_musd=_known(row["cost_musd"]), cost_low_musd=_known(row["cost_low_musd"]),
            cost_high_musd=_known(row["cost_high_musd"]), alternatives=list(row["alternatives"]),
            prerequisites=list(row["prerequisites"]), effects=effects[name] + sum(effects[part] for part in row["contains"]),
            assumed=case.is_assumption("project", name),
        )
        for name, row in case.rows("project").items()
    ]  # fmt: skip


def _crossings(case: Case) -> list[CrossingChoice]:
    found = []
    for crossing, names in crossing_rows(case).items():
        rows = [case.rows("border")[name] for name in names]
        countries = dict.fromkeys(code for row in rows for code in (row["from_country"], row["to_country"]) if code)
        modes = dict.fromkeys(row["mode"] for row in rows)
        found.append(
            CrossingChoice(id=crossing, name=rows[0]["name"], countries=list(countries), modes=list(modes), rows=names)
        )
    return found


def _places(case: Case) -> list[PlaceChoice]:
    zones = [PlaceChoice(id=name, name=row["name"], kind="zone", country=row["country"])
             for name, row in case.rows("zone").items()]  # fmt: skip
    nodes = [PlaceChoice(id=name, name=row["name"], kind=row["node_type"], country=row["country"])
             for name, row in case.rows("node").items()]  # fmt: skip
    return [*nodes, *zones]


def _changeable(schema: TableSchema) -> list[str]:
    return [item.name for item in schema.fields if item.name not in FIXED_COLUMNS and item.name != schema.key]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


# a setting ------------------------------------------------------------------------------------------------------------


class CrossingState(Answer):
    """How a crossing stands in a setting: ``open``, ``partly`` or ``shut``; and whether the setting's own switch did it."""

    id: str
    status: str
    switched: bool


class SettingAnswer(Answer):
    """What a setting comes to: its provenance, what it opens and shuts, and the same as options of the command line."""

    meta: Meta
    options: list[str]
    is_default: bool
    open_projects: list[str]
    crossings: list[CrossingState]
    notes: list[str]


@router.get("/setting")
def setting_answer(case: TheCase, asked: TheSetting) -> SettingAnswer:
    """Return what a setting comes to."""
    setting = setting_of(case, asked)
    applied = case.apply(setting)
    default = setting_of(case, Asked(scenario=case.config.case.default_scenario))
    return SettingAnswer(
        meta=meta_of(case, applied.setting, {"stage": "setting"}),
        options=options_of(setting),
        is_default=applied.setting == default,
        open_projects=sorted(applied.open_projects),
        crossings=crossing_states(case, applied, {*asked.shut, *asked.open}),
        notes=list(applied.notes),
    )


def crossing_states(case: Case, applied: AppliedCase, switched: set[str]) -> list[CrossingState]:
    """Return how every crossing stands in a setting."""
    rows = applied.rows("border")
    found = []
    for crossing, names in crossing_rows(case).items():
        shut = sum(rows[name]["status"] == "shut" for name in names)
        status = "shut" if shut == len(names) else "partly" if shut else "open"
        found.append(CrossingState(id=crossing, status=status, switched=crossing in switched))
    return found


# tables and rows ------------------------------------------------------------------------------------------------------


class Column(Answer):
    """A column of a table, as its schema has it."""

    name: str
    type: str
    unit: str
    description: str


class TableAnswer(Answer):
    """The rows of a table: cells in the order of the columns."""

    meta: Meta
    table: str
    file: str
    columns: list[Column]
    rows: list[list[Any]]
    assumed: list[bool]


@router.get("/tables/{table}")
def table_answer(case: TheCase, table: str) -> TableAnswer:
    """Return the rows of a table as the case has them."""
    schema = _schema(table)
    rows = case.rows(table)
    columns = [
        Column(name=item.name, type=item.type, unit=item.unit, description=item.description) for item in schema.fields
    ]
    cells = [[name, *(_plain(row[item.name]) for item in schema.fields[1:])] for name, row in rows.items()]
    has_source = schema.field("source") is not None
    return TableAnswer(
        meta=meta_of(case, setting_of(case, Asked()), {"stage": "table", "table": table}),
        table=table, file=schema.file, columns=columns, rows=cells,
        assumed=[has_source and case.is_assumption(table, name) for name in rows],
    )  # fmt: skip


@router.get("/files/{table}.csv", response_class=Response)
def table_file(case: TheCase, table: str) -> Response:
    """Return a table's file as it lies in the case."""
    schema = _schema(table)
    path = case.folder / schema.file
    if not path.is_file():
        raise UnknownNameError("table with a file", table, [name for name, item in schemas().items()
                                                           if (case.folder / item.file).is_file()])  # fmt: skip
    return FileResponse(path, media_type="text/csv; charset=utf-8", filename=path.name)


def _schema(table: str) -> TableSchema:
    if table not in schemas():
        raise UnknownNameError("table", table, list(schemas()))
    return schemas()[table]


def _plain(cell: Any) -> Any:  # noqa: ANN401 - a cell of any column
    if isinstance(cell, tuple):
        return list(cell)
    return None if isinstance(cell, float) and math.isnan(cell) else cell


class Fact(Answer):
    """A cell of a row: its value in a setting, that of the case where it differs, and its range where it is a figure."""

    column: str
    unit: str
    description: str
    value: Any
    before: Any
    changed: bool
    low: float | None
    high: float | None
    changeable: bool


class RowAnswer(Answer):
    """Everything that is known of a row, and from where."""

    meta: Meta
    table: str
    row: str
    title: str
    confidence: str
    assumed: bool
    note: str
    facts: list[Fact]
    sources: list[Source]


#: Columns of a row that are shown apart from its facts.
APART = frozenset({"source", "confidence", "note"})


@router.get("/rows/{table}/{row}")
def row_answer(case: TheCase, asked: TheSetting, table: str, row: str) -> RowAnswer:
    """Return the facts of a row in a setting, with their ranges and sources."""
    schema = _schema(table)
    rows = case.rows(table)
    if row not in rows:
        raise UnknownNameError(f"row of {schema.file}", row, list(rows))
    applied = case.apply(setting_of(case, asked))
    before, now = rows[row], applied.rows(table)[row]
    return RowAnswer(
        meta=meta_of(case, applied.setting, {"stage": "row", "table": table, "row": row}),
        table=table, row=row, title=str(now.get("name") or now.get("title") or row),
        confidence=str(now.get("confidence", "")), assumed="source" in now and case.is_assumption(table, row),
        note=str(now.get("note", "")), facts=_facts(case, schema, row, before, now),
        sources=sources_of(case, now.get("source", ())),
    )  # fmt: skip


def _facts(case: Case, schema: TableSchema, row: str, before: dict[str, Any], now: dict[str, Any]) -> list[Fact]:
    free = _changeable(schema) if schema.name in CHANGEABLE_TABLES else []
    ends = {name for item in schema.fields for name in range_columns(item, schema) or ()}
    found = []
    for item in schema.fields[1:]:
        if item.name in APART or item.name in ends:
            continue
        value, old = _plain(now[item.name]), _plain(before[item.name])
        low = high = None
        if (
            item.type == "number"
            and item.unit != "degree"
            and value is not None
            and value == old
            and "confidence" in before
        ):
            span = case.range_of(schema.name, row, item.name)
            low, high = float(span.low), float(span.high)
        found.append(
            Fact(
                column=item.name, unit=item.unit, description=item.description, value=value, before=old,
                changed=value != old, low=low, high=high, changeable=item.name in free,
            )
        )  # fmt: skip
    return found


# runs -----------------------------------------------------------------------------------------------------------------


@router.post("/runs")
def start_run(runs: TheRuns) -> RunState:
    """Start a run of every stage, which writes a report."""
    return runs.start()


@router.get("/runs/{run}")
def run_state(runs: TheRuns, run: str) -> RunState:
    """Return how a run stands."""
    return runs.state(run)


@router.delete("/runs/{run}")
def stop_run(runs: TheRuns, run: str) -> RunState:
    """Stop a run."""
    return runs.stop(run)


@router.get("/runs/{run}/report", response_class=Response)
def run_report(runs: TheRuns, run: str) -> Response:
    """Return the report of a finished run."""
    return FileResponse(runs.page(run), media_type="text/html; charset=utf-8")


@router.get("/runs/{run}/decision", response_class=Response)
def run_decision(runs: TheRuns, run: str) -> Response:
    """Return the decision paper of a finished run."""
    return FileResponse(runs.decision(run), media_type="text/html; charset=utf-8")
