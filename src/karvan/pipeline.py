"""The stages in order: what ``karvan plan`` runs and writes.

A run folder holds a Parquet table per result, ``index.html`` and ``run.json``, which is written last: a folder without it is
half-written and is never read. The folder's name carries the hash of everything the run depends on.
"""

from __future__ import annotations

import json
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.appraisal import OutcomeStore, league_table
from karvan.case import Case, Setting, meta_of, open_case
from karvan.case.atomic import write_folder
from karvan.chain import find_trade, flows_without
from karvan.errors import NoRouteError, RequestError, UnknownNameError
from karvan.flows.route_sets import reference_setting
from karvan.network import flat, summarise
from karvan.portfolio import find_portfolio
from karvan.programme import read_record
from karvan.report import ReportData, RouteAnswer, render_decision, render_report
from karvan.routes import find_routes, network_of, skim_zones
from karvan.trade import trade_potential

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from karvan.appraisal import Appraisal
    from karvan.case import Meta
    from karvan.chain import Outcome
    from karvan.flows import CorridorFlows
    from karvan.portfolio import Portfolio
    from karvan.trade import Potential

#: Stages in order.
STAGES = ("check", "network", "routes", "flows", "trade", "appraisal", "portfolio", "programme", "report")
#: Stages of the chain, at any of which a run can leave off.
CHAIN = ("routes", "flows", "trade", "appraisal", "portfolio")
#: Alternatives that the report shows per pair in the default scenario.
REPORT_ROUTES = 3
MARKER = "run.json"
TABLES = (
    "links", "crossings", "routes", "legs", "skims", "flows", "bottlenecks", "screenlines",
    "trade", "trade_pairs", "trade_commodities", "transit_countries",
    "transit_crossings", "league", "outlays", "projects", "record", "sources",
)  # fmt: skip
#: Everything that a run writes; the decision paper only where there is something to decide.
RUN_FILES = frozenset({MARKER, "index.html", "decision.html", *(f"{name}.parquet" for name in TABLES)})


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder
        Where it was written.
    data
        The results of its stages.
    stages
        Those that ran, in order.
    seconds
        Seconds per stage; they are not written, so that the same run gives the same bytes.
    """

    folder: Path
    data: ReportData
    stages: tuple[str, ...]
    seconds: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return what the run is, as JSON can hold it."""
        return _manifest(self.data, self.stages) | {"folder": str(self.folder), "seconds": self.seconds}


def plan(
    case: Case | str | Path | None = None,
    *,
    out: str | Path | None = None,
    until: str | None = None,
    budget_musd: float | None = None,
    workers: int = 1,
    store: str | Path | None = None,
    tell: Callable[[str, int], None] | None = None,
) -> Run:
    """Run every stage on a case and write the run folder, all of it or nothing.

    Parameters
    ----------
    case
        A case, a folder, or the name of a bundled case; None as in :func:`karvan.open_case`.
    out
        Run folder; by default ``runs/CASE-HASH`` where one stands. A former run there is replaced.
    until
        Last stage of the chain to solve: ``routes``, ``flows``, ``trade``, ``appraisal`` or ``portfolio``; by default what
        ``[plan]`` of the case says.
    budget_musd
        Most that projects may cost together, for the decision paper; by default what ``[plan]`` of the case says.
    workers
        Processes that appraise at the same time; the results are the same for any number of them.
    store
        Folder in which solved years and the worth of sets are kept, so that a run that was cut off goes on.
    tell
        Called with the stage that begins, or how far it is, and the number of stages done.

    Raises
    ------
    CaseError
        The case has problems.
    OutputError
        The run folder cannot be written.
    AuditError
        A result fails its audit.
    UnknownNameError
        The chain has no such stage.
    """
    clock = _Clock(tell or (lambda _stage, _done: None))
    clock.begin("check")
    opened = case if isinstance(case, Case) else open_case(case)
    last = _last_stage(opened, until)
    clock.begin("network")
    setting = Setting(scenario=opened.config.case.default_scenario)
    network = network_of(opened, setting)
    budget = opened.config.plan.budget_musd if budget_musd is None else budget_musd
    # a run that leaves off earlier, or decides within another budget, is another run
    limit = "none" if budget is not None and math.isinf(budget) else budget
    meta = meta_of(opened, setting, {"stage": "plan", "until": CHAIN[last], "budget_musd": limit})
    summary = summarise(network, meta)
    clock.begin("routes")
    answers = tuple(_answers(opened))
    skims = skim_zones(opened, scenario=setting.scenario)
    clock.begin("flows")
    flows, counted = _flows(opened, setting) if last >= CHAIN.index("flows") else (None, None)
    clock.begin("trade")
    trade, potential = _trade(opened) if last >= CHAIN.index("trade") else (None, None)
    with _folder(store) as kept:
        how = _How(workers, kept, clock.say)
        clock.begin("appraisal")
        appraisals = _appraisals(opened, how) if last >= CHAIN.index("appraisal") else ()
        clock.begin("portfolio")
        portfolio = _portfolio(opened, budget, appraisals, how) if last >= CHAIN.index("portfolio") else None
    clock.begin("programme")
    has_record = any(len(opened.tables[name]) for name in ("programme_body", "programme_event", "programme_commitment"))
    record = read_record(opened) if has_record else None
    clock.begin("report")
    data = ReportData(
        opened, network, summary, answers, skims, flows, counted, trade, potential, appraisals, portfolio, record, meta
    )
    folder = Path(out) if out is not None else Path("runs") / f"{opened.id}-{meta.hash[:12]}"
    pages = {"index.html": render_report(data)}
    if data.portfolio is not None:
        pages["decision.html"] = render_decision(data)
    stages = tuple(name for name in STAGES if name not in CHAIN or CHAIN.index(name) <= last)
    written = write_folder(folder, lambda draft: _fill(draft, data, pages, stages), marker=MARKER, leftovers=RUN_FILES)
    return Run(written, data, stages, clock.end())


class _Clock:
    """Tells which stage runs, and keeps the seconds of each."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        self.tell = tell
        self.marks: list[tuple[str, float]] = []

    def begin(self, stage: str) -> None:
        self.tell(stage, len(self.marks))
        self.marks.append((stage, time.perf_counter()))

    def say(self, how_far: str) -> None:
        """Tell how far the stage is."""
        self.tell(how_far, len(self.marks) - 1)

    def end(self) -> dict[str, float]:
        self.tell("done", len(self.marks))
        ends = [start for _, start in self.marks[1:]] + [time.perf_counter()]
        return {stage: round(end - start, 3) for (stage, start), end in zip(self.marks, ends, strict=True)}


@dataclass(frozen=True)
class _How:
    """How the long stages run."""

    workers: int
    store: Path
    say: Callable[[str], None]


@contextmanager
def _folder(store: str | Path | None) -> Iterator[Path]:
    """Give the folder of solved years, which appraisal and portfolio share; one for this run alone where none is named."""
    if store is not None:
        yield Path(store)
        return
    with TemporaryDirectory(prefix="karvan-") as name:
        yield Path(name)


def _last_stage(case: Case, until: str | None) -> int:
    """Return the place in the chain of the last stage to solve."""
    name = until or case.config.plan.until
    if name not in CHAIN:
        raise UnknownNameError("stage", name, CHAIN)
    return CHAIN.index(name)


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
    if not len(case.tables["base_flow"]):
        return None, None
    return flows_without(case, setting), flows_without(case, reference_setting(case))


def _trade(case: Case) -> tuple[Outcome | None, Potential | None]:
    """Return what closures take from trade, and how far the pair of the case could go; None where the case has no trade."""
    if not all(len(case.tables[name]) for name in ("economy", "trade", "base_flow")):
        return None, None
    outcome = find_trade(case)
    try:
        potential = trade_potential(case, target_musd=case.config.trade.target_musd)
    except RequestError:
        # the pair does not trade, or no change of trade cost makes the target
        potential = None
    return outcome, potential


def _appraisals(case: Case, how: _How) -> tuple[Appraisal, ...]:
    """Return every project appraised alone; none where the case has no demand or no projects."""
    if not len(case.tables["base_flow"]) or not len(case.tables["project"]):
        return ()
    keep = OutcomeStore(how.store)
    return league_table(
        case, workers=how.workers, store=keep, progress=lambda done, of: how.say(f"appraisal: {done} of {of} projects")
    )


def _portfolio(case: Case, budget_musd: float | None, appraisals: tuple[Appraisal, ...], how: _How) -> Portfolio | None:
    """Return what to choose within the budget; None without a budget, or where nothing can be ranked."""
    if budget_musd is None or not any(item.ranked for item in appraisals):
        return None
    return find_portfolio(
        case, budget_musd, workers=how.workers, store=how.store, tell=lambda text: how.say(f"portfolio: {text}")
    )


def _fill(draft: Path, data: ReportData, pages: dict[str, str], stages: tuple[str, ...]) -> None:
    for name, frame in _tables(data).items():
        frame.to_parquet(draft / f"{name}.parquet", index=False)
    for name, page in pages.items():
        (draft / name).write_text(page, encoding="utf-8")
    text = json.dumps(_manifest(data, stages), ensure_ascii=False, indent=2, allow_nan=False)
    (draft / MARKER).write_text(text + "\n", encoding="utf-8")


def _manifest(data: ReportData, stages: tuple[str, ...]) -> dict[str, Any]:
    meta: Meta = data.meta
    left_out = {"decision.html"} if data.portfolio is None else set()
    return {"meta": meta.model_dump(mode="json"), "stages": list(stages), "files": sorted(RUN_FILES - left_out)}


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
        "league": _league(data.appraisals),
        "outlays": data.portfolio.outlays if data.portfolio is not None else pd.DataFrame({"year": []}),
        "projects": flat(tables["project"].reset_index()),
        "record": flat(data.record.table) if data.record is not None else pd.DataFrame({"id": []}),
        "sources": flat(tables["source"].reset_index()),
    }


def _league(found: tuple[Appraisal, ...]) -> pd.DataFrame:
    """Return one row per project: what it costs and is worth to each standing, or why not."""
    rows = [
        {"project": "+".join(item.asked), "valued": item.valued, "ranked": item.ranked, "cost_musd": item.cost_musd,
         **{f"enpv_{name}_musd": value for name, value in item.enpv_musd.items()}, "eirr": item.eirr, "bcr": item.bcr,
         "why_not": item.why_not}
        for item in found
    ]  # fmt: skip
    return pd.DataFrame(rows) if rows else pd.DataFrame({"project": []})


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
