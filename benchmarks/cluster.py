"""Times full solves on one and on two local Dask workers, side by side: ``python -m benchmarks.cluster``.

Each worker is a process with one thread. Both are warmed with one set; then the same sets are appraised by the first alone, and
by both. Where a machine has other work the ratio is that of what is left of it; tasks that wait show what giving them out takes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import karvan
from karvan import workers
from karvan.portfolio import CaseValuer

CASE = "textbook"
TARGET = 1.7
#: Tasks that merely wait, and for how long.
WAITS, WAIT_S = 16, 0.3
#: Sets of one project at different openings: each takes three full solves.
SETS = [{name: year} for year in range(2029, 2035) for name in ("N2", "N3", "N4")]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a part of Dask as a process of its own."""
    command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def await_workers(address: str, count: int) -> None:
    """Wait until a scheduler knows so many workers."""
    from distributed import Client

    with Client(address, timeout=60, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


def appraise_s(address: str, sets: list[dict[str, int]]) -> tuple[float, list[bytes]]:
    """Return the seconds in which sets are appraised on a cluster, and the bytes of their worths."""
    valuer = CaseValuer(karvan.open_case(CASE), cluster=address)
    begin = time.perf_counter()
    found = valuer.worths(sets)
    return time.perf_counter() - begin, [worth.flow_musd.tobytes() for worth in found]


def waiting_s(address: str) -> float:
    """Return the seconds of tasks that merely wait."""
    begin = time.perf_counter()
    workers.values(workers.map(time.sleep, [WAIT_S] * WAITS, cluster=address))
    return time.perf_counter() - begin


def main() -> None:
    """Print the seconds with one worker and with two, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        running = [start("scheduler", "--port", "0", "--scheduler-file", str(file))]
        try:
            while not file.exists():
                time.sleep(0.1)
            import json

            address: Any = json.loads(file.read_text(encoding="utf-8"))["address"]
            seconds, answers, waits = [], [], []
            for count in (1, 2):
                running.append(start("worker", address, "--nthreads", "1", "--no-nanny"))
                await_workers(address, count)
                # every worker reads the case, and solves what all sets share
                appraise_s(address, [{"N2": 2028}, {"N3": 2028}] * count)
                best = min((appraise_s(address, SETS) for _ in range(2)), key=lambda item: item[0])
                seconds.append(best[0])
                answers.append(best[1])
                waits.append(waiting_s(address))
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait()
    same = "the same bytes" if answers[0] == answers[1] else "OTHER BYTES"
    ratio = seconds[0] / seconds[1]
    ratio, waited = seconds[0] / seconds[1], waits[0] / waits[1]
    print(
        f"{len(SETS)} sets: one worker {seconds[0]:.1f} s, two {seconds[1]:.1f} s, {same}: {ratio:.2f} times, target {TARGET:g}"
    )
    print(
        f"{WAITS} tasks of {WAIT_S:g} s that wait: one worker {waits[0]:.2f} s, two {waits[1]:.2f} s: {waited:.2f} times"
    )


if __name__ == "__main__":
    main()
