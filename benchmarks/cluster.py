"""Times full solves on one and on two local Dask workers, side by side: ``python -m benchmarks.cluster``.

Each worker is a process with one thread, and is warmed with a set of its own; the same sets are appraised by one worker, and by
two others. Where a machine has other work the ratio is that of what is left of it; tasks that wait show what giving them out
takes.
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

CASE = "pakistan_azerbaijan"
TARGET = 1.7
#: Tasks that merely wait, and for how long.
WAITS, WAIT_S = 16, 0.3
#: Sets of one project each, which take three full solves; and those with which every worker is warmed.
SETS = [
    {name: 2032}
    for name in ("P02", "P03", "P07", "P08", "P12", "P16", "P40", "P47", "P15", "P18", "P17", "P25", "P26", "P14")
]
WARM = [{"P13": 2032}, {"P06": 2032}]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    """Start a part of Dask as a process of its own."""
    command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(running: list[subprocess.Popen[bytes]]) -> None:
    """End processes, the last first."""
    for process in reversed(running):
        process.terminate()
        process.wait()


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
            # the file is there before it is written
            while not (file.exists() and file.read_text(encoding="utf-8").rstrip().endswith("}")):
                time.sleep(0.1)
            import json

            address: Any = json.loads(file.read_text(encoding="utf-8"))["address"]
            seconds, answers, waits = [], [], []
            for count in (1, 2):
                # workers keep what they solved: these know nothing
                crew = [start("worker", address, "--nthreads", "1", "--no-nanny") for _ in range(count)]
                running += crew
                await_workers(address, count)
                # every worker reads the case, and solves what all sets share
                appraise_s(address, WARM[:count])
                took, found = appraise_s(address, SETS)
                seconds.append(took)
                answers.append(found)
                waits.append(waiting_s(address))
                stop(crew)
        finally:
            stop(running)
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
