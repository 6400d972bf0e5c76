"""The stages in order: what ``karvan plan`` runs and writes.

A run folder holds a Parquet table per result, ``index.html`` and ``run.json``, which is written last: a folder without it is
half-written and is never read. The folder's name carries the hash of everything the run depends on.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.case import Case, Setting, meta_of, open_case
from karvan.case.atomic import write_folder
from karvan.chain import find_trade, flows_without
from karvan.errors import NoRouteError, RequestError
from karvan.flows.route_sets import reference_setting
from karvan.network import flat, summarise
from karvan.programme import read_record
from karvan.report import ReportData, RouteAnswer, render_report
from karvan.routes import find_routes, network_of, skim_zones
from karvan.trade import trade_potential

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.case import Meta
    from karvan.chain import Outcome
    from karvan.flows import CorridorFlows
    from karvan.trade import Potential

#: Stages in order.
STAGES = ("check", "network", "routes", "flows", "trade", "programme", "report")
#: Alternatives that the report shows per pair in the default scenario.
REPORT_ROUTES = 3
MARKER = "run.json"
TABLES = (
    "links", "crossings", "routes", "legs", "skims", "flows", "bottlenecks", "screenlines",
    "trade", "trade_pairs", "trade_commodities", "transit_countries",
    "transit_crossings", "projects", "record", "sources",
)  # fmt: skip
#: Everything that a run writes.
RUN_FILES = frozenset({MARKER, "index.html", *(f"{name}.parquet" for name in TABLES)})


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder
        Where it was written.
    data
        The results of its stages.
    seconds
        Seconds per stage; they are not written, so that the same run gives the same bytes.
    """

    folder: Path
    data: ReportData
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return what the run is, as JSON can hold it."""
        return _manifest(self.data) | {"folder": str(self.folder), "seconds": self.seconds}


def plan(
    case: Case | str | Path | None = None,
    *,
    out: str | Path | None = None,
    tell: Callable[[str, int], None] | None = None,
) -> Run:
    """Run every stage on a case and write the run folder, all of it or nothing.

    Parameters
    ----------
    case
        A case, a folder, or the name of a bundled case; None as in :func:`karvan.open_case`.
    out
        Run folder; by default ``runs/CASE-HASH`` where one stands. A former run there is replaced.
    tell
        Called with the stage that begins and the number of stages done.

    Raises
    ------
    CaseError
        The case has problems.
    OutputError
        The run folder cannot be written.
    AuditError
        A result fails its audit.
    """
    clock = _Clock(tell or (lambda _stage, _done: None))
    clock.begin("check")
    opened = case if isinstance(case, Case) else open_case(case)
    clock.begin("network")
    setting = Setting(scenario=opened.config.case.default_scenario)
    network = network_of(opened, setting)
    meta = meta_of(opened, setting, {"stage": "plan"})
    summary = summarise(network, meta)
    clock.begin("routes")
    answers = tuple(_answers(opened))
    skims = skim_zones(opened, scenario=setting.scenario)
    clock.begin("flows")
    flows, counted = _flows(opened, setting)
    clock.begin("trade")
    trade, potential = _trade(opened)
    clock.begin("programme")
    has_record = any(len(opened.tables[name]) for name in ("programme_body", "programme_event", "programme_commitment"))
    record = read_record(opened) if has_record else None
    clock.begin("report")
    data = ReportData(opened, network, summary, answers, skims, flows, counted, trade, potential, record, meta)
    folder = Path(out) if out is not None else Path("runs") / f"{opened.id}-{meta.hash[:12]}"
    page = render_report(data)
    written = write_folder(folder, lambda draft: _fill(draft, data, page), marker=MARKER, leftovers=RUN_FILES)
    return Run(written, data, clock.end())


class _Clock:
    """Tells which stage runs, and keeps the seconds of each."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        self.tell = tell
        self.marks: list[tuple[str, float]] = []

    def begin(self, stage: str) -> None:
        self.tell(stage, len(self.marks))
        self.marks.append((stage, time.perf_counter()))

    def end(self) -> dict[str, float]:
        self.tell("done", len(self.marks))
        ends = [start for _, start in self.marks[1:]] + [time.perf_counter()]
        return {stage: round(end - start, 3) for (stage, start), end in zip(self.marks, ends, strict=True)}


def _answers(case: Case) -> list[RouteAnswer]:
    """Return the routes of every pair in every scenario of the report; alternatives in the default scenario only."""
    default = case.config.case.default_scenario
    scenarios = list(dict.fromkeys([default, *case.config.routes.scenarios]))
    names = {node: row["name"] for node, row in case.rows("node").items()}
    answers = []
    for pair in case.config.routes.pairs:
        for scenario in scenarios:
            found, why = None, ""
            try:
                count = REPORT_ROUTES if scenario == default else 1
                found = find_routes(case, pair.origin, pair.destination, scenario=scenario, k=count)
            except NoRouteError as error:
                why = "; ".join(error.cuts)
            answers.append(RouteAnswer(names[pair.origin], names[pair.destination], scenario, found, why))
    return answers


def _flows(case: Case, setting: Setting) -> tuple[CorridorFlows | None, CorridorFlows | None]:
    """Return what runs where in the default scenario and in the state in which it was counted; None without demand."""
    if not case.config.trade.in_plan or not len(case.tables["base_flow"]):
        return None, None
    return flows_without(case, setting), flows_without(case, reference_setting(case))


def _trade(case: Case) -> tuple[Outcome | None, Potential | None]:
    """Return what closures take from trade, and how far the pair of the case could go; None where the case has no trade.

    A case whose trade takes longer than a plan may leaves it out: ``in_plan = false`` in ``[trade]``.
    """
    if not case.config.trade.in_plan or not all(len(case.tables[name]) for name in ("economy", "trade", "base_flow")):
        return None, None
    outcome = find_trade(case)
    try:
        potential = trade_potential(case, target_musd=case.config.trade.target_musd)
    except RequestError:
        # the pair does not trade, or no change of trade cost makes the target
        potential = None
    return outcome, potential


def _fill(draft: Path, data: ReportData, page: str) -> None:
    for name, frame in _tables(data).items():
        frame.to_parquet(draft / f"{name}.parquet", index=False)
    (draft / "index.html").write_text(page, encoding="utf-8")
    text = json.dumps(_manifest(data), ensure_ascii=False, indent=2, allow_nan=False)
    (draft / MARKER).write_text(text + "\n", encoding="utf-8")


def _manifest(data: ReportData) -> dict[str, Any]:
    meta: Meta = data.meta
    return {"meta": meta.model_dump(mode="json"), "stages": list(STAGES), "files": sorted(RUN_FILES)}


def _tables(data: ReportData) -> dict[str, pd.DataFrame]:
    found = [answer for answer in data.answers if answer.routes is not None]
    keys = [{"origin": answer.routes.origin, "destination": answer.routes.destination, "scenario": answer.scenario}
            for answer in found if answer.routes is not None]  # fmt: skip
    routes = [answer.routes.table.assign(**key) for answer, key in zip(found, keys, strict=True) if answer.routes]
    legs = [answer.routes.legs_table.assign(**key) for answer, key in zip(found, keys, strict=True) if answer.routes]
    tables = data.network.applied.tables
    return {
        "links": flat(data.network.table.reset_index()),
        "crossings": flat(tables["border"].reset_index()),
        "routes": pd.concat(routes, ignore_index=True) if routes else pd.DataFrame({"rank": []}),
        "legs": pd.concat(legs, ignore_index=True) if legs else pd.DataFrame({"rank": []}),
        "skims": data.skims.table,
        **_flow_tables(data),
        **_trade_tables(data.trade),
        "projects": flat(tables["project"].reset_index()),
        "record": flat(data.record.table) if data.record is not None else pd.DataFrame({"id": []}),
        "sources": flat(tables["source"].reset_index()),
    }


def _flow_tables(data: ReportData) -> dict[str, pd.DataFrame]:
    if data.flows is None or data.counted is None:
        return {name: pd.DataFrame({"id": []}) for name in ("flows", "bottlenecks", "screenlines")}
    return {"flows": data.flows.table, "bottlenecks": data.flows.bottlenecks, "screenlines": data.counted.screenlines}


def _trade_tables(found: Outcome | None) -> dict[str, pd.DataFrame]:
    if found is None or found.trade is None:
        names = [name for name in TABLES if name.startswith(("trade", "transit"))]
        return {name: pd.DataFrame({"id": []}) for name in names}
    return {
        "trade": found.trade.table, "trade_pairs": found.trade.pairs, "trade_commodities": found.trade.commodities,
        "transit_countries": found.countries, "transit_crossings": found.crossings,
    }  # fmt: skip
