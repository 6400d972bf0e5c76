"""Times the corridor's flows on the bundled case: ``python -m benchmarks.corridor``.

Seconds of one thread, kernels compiled. *Whole* is from tables in memory to the audited result; *solver* is the equilibrium
alone, from where the unchanged setting stands.
"""

from __future__ import annotations

import math
import statistics
import time
from typing import TYPE_CHECKING

import karvan
from karvan.case import Setting
from karvan.flows.corridor_model import build_model
from karvan.flows.corridor_solve import reference_of, solve_setting
from karvan.flows.equilibrium import solve_equilibrium
from karvan.flows.warm import warm_corridor
from karvan.routes import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.case import Case

CASE = "pakistan_azerbaijan"
#: Links that are changed, one at a time, spread over the railways with a capacity.
CHANGED = 7
RESTART_S = 0.05


def timed_s(call: Callable[[], object]) -> float:
    """Return the seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def changes_of(case: Case) -> list[str]:
    """Return changes of one link each: a fifth of its trains fewer."""
    rails = [
        name for name, row in case.rows("link").items()
        if row["mode"] == "rail" and not math.isnan(row["capacity_trains_per_day"])
    ]  # fmt: skip
    return [f"link:{name}:capacity_trains_per_day*=0.8" for name in rails[:: max(1, len(rails) // CHANGED)][:CHANGED]]


def restart_s(case: Case, scenario: str, change: str) -> float:
    """Return the seconds of the solver after one link changes."""
    base = solve_setting(case, Setting(scenario=scenario))
    found = base.equilibrium
    network = network_of(case, Setting.of(scenario=scenario, changes=[change]))
    reference = reference_of(case)
    model = build_model(network, base.chosen, reference.tastes, constants=reference.constants)
    if len(model.scarce) != len(base.model.scarce):
        return math.nan
    start = found.start
    return timed_s(lambda: solve_equilibrium(model.problem, start, reactions=found.reactions))


def main() -> None:
    """Print the table."""
    warm_corridor()
    case = karvan.open_case(CASE)
    scenario = case.config.flows.reference_scenario or case.config.case.default_scenario
    rows: list[tuple[str, float | None, float]] = [
        ("reference of the case, cold", None, timed_s(lambda: reference_of(case)))
    ]
    karvan.assign_flows(case, scenario=scenario)
    changes = changes_of(case)
    rows.append(
        (
            "one link changed: whole",
            RESTART_S,
            statistics.median(
                timed_s(lambda one=change: karvan.assign_flows(case, scenario=scenario, changes=[one]))
                for change in changes
            ),
        )
    )
    rows.append(
        (
            "one link changed: solver",
            RESTART_S,
            statistics.median(restart_s(case, scenario, change) for change in changes),
        )
    )
    year = case.config.case.base_year + 9
    rows.append(("another year: whole", None, timed_s(lambda: karvan.assign_flows(case, scenario=scenario, year=year))))
    print(f"{'flows of ' + CASE:44}{'target s':>10}{'measured s':>12}")
    for name, target, seconds in rows:
        told = f"{target:>10g}" if target is not None else f"{'':>10}"
        print(f"{name:44}{told}{seconds:>12.3f}{'' if target is None or seconds <= target else '  above'}")


if __name__ == "__main__":
    main()
