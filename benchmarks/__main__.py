"""Times the program against its targets, each figure from this one run: ``make bench``.

Whole processes are timed from outside, the median of five after a warm-up; what runs inside a process is the median of the
repetitions named. Machines differ: compare within one run.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import karvan
from karvan.appraisal import Accounts, Discounting, Item, appraise_accounts
from karvan.appraisal.reference_class import reference_class
from karvan.appraisal.risk import Acts, simulate_accounts
from karvan.appraisal.uncertain import Uncertain
from karvan.routes import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

CASE = "pakistan_azerbaijan"
RUNS = 5


def process_s(*arguments: str) -> float:
    """Return the median seconds of a whole process."""
    command = [sys.executable, "-m", "karvan", *arguments]
    seconds = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def call_s(call: Callable[[], object], times: int) -> float:
    """Return the median seconds of a call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def routes_s(case: karvan.case.Case) -> tuple[float, float]:
    """Return median and worst seconds of ten routes, over pairs of places spread over the case."""
    nodes = sorted(case.rows("node"))[:: max(1, len(case.rows("node")) // 12)]
    seconds = []
    for origin, destination in list(permutations(nodes, 2))[::3]:
        start = time.perf_counter()
        try:
            karvan.find_routes(case, origin, destination, scenario="open", k=10)
        except karvan.errors.NoRouteError:
            continue
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), max(seconds)


def appraisal_s() -> list[tuple[str, float, float]]:
    """Return what, target and median seconds of accounts of one project, and of a hundred thousand draws on them."""
    works, years = (700.0, 1100.0, 1200.0, 900.0, 600.0), 30
    items = [
        Item("works", "cost", works + (0.0,) * years, capital=True),
        Item("upkeep", "cost", (0.0,) * 5 + (90.0,) * years),
        Item("users", "benefit", (0.0,) * 5 + tuple(500 * 1.02**year for year in range(years))),
    ]
    streams, nine = Accounts.of(range(2027, 2027 + 5 + years), items), Discounting.at(0.09)
    acts = [
        Acts(reference_class("rail").cost_factor(), ("works",)),
        Acts(Uncertain("traffic", "range", 1.0, low=0.6, high=1.3), ("users",)),
        Acts(reference_class("standard_civil").delay(5), ("users", "upkeep"), "delay"),
        Acts(Uncertain("upkeep", "pert", 1.0, low=0.8, high=1.5), ("upkeep",)),
    ]
    tied = {("cost overrun", "delay"): 0.5}
    return [
        ("accounts of one project", 0.05, call_s(lambda: appraise_accounts(streams, nine), 20)),
        (
            "100,000 draws on accounts, correlated",
            2,
            call_s(lambda: simulate_accounts(streams, nine, acts, draws=100_000, correlations=tied), 3),
        ),
    ]


def main() -> None:
    """Print the table."""
    rows: list[tuple[str, float, float]] = []
    rows.append(("karvan --help, whole process", 0.4, process_s("--help")))
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        rows.append(
            ("karvan plan until trade, whole process", 20, process_s("plan", CASE, "--until", "trade", "--out", out))
        )
        run = karvan.plan(CASE, out=Path(folder) / "stages", until="trade")
    rows.append(("routes stage of karvan plan", 3, run.seconds["routes"]))
    case = karvan.open_case(CASE)
    network_of(case, karvan.Setting.of(scenario="open")).arcs("container")
    median, worst = routes_s(case)
    rows.append(("ten routes between two places, median", 0.1, median))
    rows.append(("ten routes between two places, worst", 0.1, worst))
    rows.append(("skims between all zones", 0.3, call_s(lambda: karvan.skim_zones(case, scenario="open"), 7)))
    rows += appraisal_s()
    rows.append(("open and check the case", 1, call_s(lambda: karvan.open_case(CASE), 3)))
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}, Python {platform.python_version()}")
    print(f"{'':44}{'target s':>10}{'measured s':>12}")
    for name, target, seconds in rows:
        print(f"{name:44}{target:>10g}{seconds:>12.3f}{'' if seconds <= target else '  above'}")


if __name__ == "__main__":
    main()
