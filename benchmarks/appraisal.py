"""Times accounts of a project from solved years against their target: ``python -m benchmarks.appraisal [CASE PROJECT...]``.

Years are solved first, which is not timed. Seconds are those of the processor in this process, so that other work on the machine
does not count.
"""

from __future__ import annotations

import statistics
import sys
import time

import karvan
from karvan.appraisal import OutcomeStore

#: Accounts from solved years, all indicators after them, and draws of the accounts alone with all that is said of them.
TARGET_S, ALL_TARGET_S, DRAWS_TARGET_S = 0.05, 5.0, 2.0
DRAWS = 100_000
TIMES = 9


def accounts_s(name: str, projects: tuple[str, ...]) -> tuple[float, float]:
    """Return the median seconds of accounts from solved years, and of every indicator after them."""
    case, store = karvan.open_case(name), OutcomeStore()
    karvan.appraise(case, projects, store=store)
    accounts, indicators = [], []
    for _ in range(TIMES):
        start = time.process_time()
        found = karvan.appraise(case, projects, store=store)
        worth = found.enpv_musd
        accounts.append(time.process_time() - start)
        found.to_dict()
        indicators.append(time.process_time() - start)
        assert worth == found.enpv_musd  # noqa: S101 - a timing of something else says nothing
    return statistics.median(accounts), statistics.median(indicators)


def draws_s(name: str, projects: tuple[str, ...]) -> float:
    """Return the seconds of draws of the accounts alone, from solved years."""
    case, store = karvan.open_case(name), OutcomeStore()
    karvan.how_sure(case, projects, draws=100, solves=0, store=store)
    start = time.process_time()
    karvan.how_sure(case, projects, draws=DRAWS, solves=0, store=store)
    return time.process_time() - start


def main(arguments: list[str]) -> None:
    """Print the seconds of a case and its projects, and the targets."""
    name, *projects = arguments or ["textbook", "N1"]
    accounts, indicators = accounts_s(name, tuple(projects))
    print(f"{name}, {', '.join(projects)}: accounts {1000 * accounts:.0f} ms of processor, target {1000 * TARGET_S:g} ms; "
          f"with every indicator {1000 * indicators:.0f} ms, target {ALL_TARGET_S:g} s; "
          f"{DRAWS:,} draws of the accounts {draws_s(name, tuple(projects)):.1f} s, target {DRAWS_TARGET_S:g} s")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
