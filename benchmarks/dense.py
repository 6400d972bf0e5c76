"""Times the assignment of dense networks against its targets and against AequilibraE, in one run; writes docs/benchmarks.md."""

from __future__ import annotations

import gc
import platform
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.peers import NETWORKS, NO_PEERS, PeerRun, python, run_aequilibrae
from karvan.flows import LinkTable, assign, read_network, read_trips
from karvan.flows.audit import shortest_costs
from karvan.flows.dense import cores
from karvan.flows.warm import warm_dense

Floats = np.ndarray[Any, np.dtype[np.float64]]
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
FACTORS = {"Chicago-Sketch": {"toll_factor": 0.02, "distance_factor": 0.04}}
#: Network, gap, target in seconds, repetitions.
TARGETS = (
    ("SiouxFalls", 1e-6, None, 15), ("SiouxFalls", 1e-10, 0.03, 15), ("Anaheim", 1e-6, None, 15),
    ("Anaheim", 1e-10, 0.035, 15), ("Barcelona", 1e-6, None, 7), ("Barcelona", 1e-10, 0.3, 7),
    ("Winnipeg", 1e-6, None, 7), ("Winnipeg", 1e-10, 0.9, 7), ("Chicago-Sketch", 1e-6, 0.5, 5),
    ("Chicago-Sketch", 1e-12, 1.5, 5), ("Berlin-Center", 1e-6, 7.0, 2), ("Berlin-Center", 1e-10, 20.0, 2),
)  # fmt: skip
#: Gap that AequilibraE is asked for, and seconds that it may take on one network.
PEER_GAP, PEER_LIMIT_S = 1e-6, 150.0
#: Restart after one link changes: seconds, and how often each link is taken.
RESTART_S, LAPS = 0.001, 5
#: What happens to the link: in words, the figure, and by how much it is multiplied; and the gaps.
CHANGES = (
    ("capacity halved", "capacity", 0.5), ("capacity less a tenth", "capacity", 0.9), ("capacity doubled", "capacity", 2.0),
    ("free-flow time up by half", "free_flow_time", 1.5), ("ten times as slow", "free_flow_time", 10.0),
)  # fmt: skip
RESTART_GAPS = (1e-6, 1e-10)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    network: str
    gap: float
    target_s: float | None
    best_s: float
    median_s: float
    reached: float
    objective: float
    peer: PeerRun | str | None
    peer_true_gap: float | None


def load(name: str) -> tuple[LinkTable, np.ndarray[Any, np.dtype[np.float64]]]:
    """Read a test network."""
    folder = NETWORKS / name
    links = read_network(next(folder.glob("*_net.tntp")))
    return links, read_trips(next(folder.glob("*_trips.tntp")), links.zones)[0]


def true_gap(links: LinkTable, trips: Floats, flow: Floats, factors: dict[str, float]) -> float:
    """Return the relative gap of flows that another program found, by the audit's own search."""
    wanted = trips.copy()
    np.fill_diagonal(wanted, 0.0)
    ratio = np.where(links.varies, flow / links.capacity, 0.0)
    rise = np.where(links.varies, links.b * ratio**links.power, 0.0)
    fixed = factors.get("toll_factor", 0.0) * links.toll + factors.get("distance_factor", 0.0) * links.length
    cost = links.free_flow_time * (1 + rise) + fixed
    origins = np.flatnonzero(wanted.any(axis=1))
    asked = wanted[origins] > 0
    least = float((shortest_costs(links, cost, origins)[asked] * wanted[origins][asked]).sum())
    total = float(cost @ flow)
    return (total - least) / total


def peer_of(name: str, links: LinkTable, trips: Floats) -> tuple[PeerRun | str | None, float | None]:
    """Run AequilibraE once, if it is there."""
    if python() is None:
        return None, None
    factors = FACTORS.get(name, {})
    try:
        run = run_aequilibrae(links, trips, gap=PEER_GAP, timeout_s=PEER_LIMIT_S, **factors)
    except subprocess.TimeoutExpired:
        return f"over {PEER_LIMIT_S:.0f}", None
    return run, true_gap(links, trips, run.flow, factors)


def measure() -> list[Row]:
    """Time every network: ours several times, AequilibraE once beside it."""
    rows: list[Row] = []
    name, links, trips = "", None, None
    for network, gap, target, times in TARGETS:
        if network != name:
            name, (links, trips) = network, load(network)
        peer, true = peer_of(name, links, trips) if gap == PEER_GAP else (None, None)
        seconds = []
        for _ in range(times):
            gc.collect()
            result = assign(links, trips, gap=gap, **FACTORS.get(name, {}))
            seconds.append(result.seconds)
        rows.append(Row(name, gap, target, min(seconds), statistics.median(seconds), result.relative_gap, result.objective,
                        peer, true))  # fmt: skip
        print(line(rows[-1]), flush=True)
    return rows


class Restart(NamedTuple):
    """Seconds in which Sioux Falls is solved again when a link has changed, each in turn: tables checked, result audited.

    Of every link, the best of several laps.
    """

    change: str
    gap: float
    seconds: Floats


def restarts() -> list[Restart]:
    """Time Sioux Falls anew from where it stands to 1e-10 without the change."""
    links, trips = load("SiouxFalls")
    start, found = assign(links, trips, gap=1e-10), []
    for change, column, times in CHANGES:
        factor = np.where(np.eye(len(links)) > 0, times, 1.0)
        changed = [replace(links, **{column: getattr(links, column) * own}) for own in factor]
        for gap in RESTART_GAPS:
            laps = [[assign(each, trips, gap=gap, start=start).seconds for each in changed] for _ in range(LAPS)]
            found.append(Restart(change, gap, np.min(laps, axis=0)))
    return found


def restart_text(one: Restart) -> str:
    """Return a line of the table of restarts."""
    median, most = (1000 * float(np.quantile(one.seconds, share)) for share in (0.5, 0.9))
    within = int((one.seconds <= RESTART_S).sum())
    return f"| {one.change} | {one.gap:.0e} | {median:.2f} | {most:.2f} | {within} of {len(one.seconds)} |"


def line(row: Row) -> str:
    """Return a row for the screen."""
    target = f"{row.target_s:g}" if row.target_s is not None else "-"
    verdict = "" if row.target_s is None or row.best_s <= row.target_s else "  above"
    return (f"{row.network:15}{row.gap:>7.0e}{target:>8}{row.best_s:>9.4f}{row.median_s:>9.4f}{row.reached:>10.1e}"
            f"{peer_text(row):>10}{ratio_text(row):>7}{verdict}")  # fmt: skip


def peer_text(row: Row) -> str:
    """Return AequilibraE's seconds."""
    return f"{row.peer.seconds:.2f}" if isinstance(row.peer, PeerRun) else row.peer or ""


def ratio_text(row: Row) -> str:
    """Return how many times as long AequilibraE takes, by the median of ours."""
    return f"{row.peer.seconds / row.median_s:.0f}" if isinstance(row.peer, PeerRun) else ""


def page(rows: list[Row], again: list[Restart], machine: str, memory_mib: float) -> str:
    """Return the page of the documentation."""
    versions = {row.peer.version for row in rows if isinstance(row.peer, PeerRun)}
    peer = f"AequilibraE {versions.pop()}" if versions else "AequilibraE (not run)"
    day = datetime.now(tz=UTC).date().isoformat()
    head = [
        f"""# Benchmarks

Written by `make bench` on {day}; {machine}. Every figure is from this one run; compare within it. Figures of a busy machine are
too high.

## Dense networks

Seconds from tables in memory to the audited result, best and median of several runs in one process, compilation aside.
{peer}: bi-conjugate Frank-Wolfe to a gap of {PEER_GAP:g}, the seconds of its assignment alone, without its graph, once. Its true
gap is ours of its flows; a negative one means that flow has been lost.

| network | gap | target, s | best, s | median, s | gap reached | objective | AequilibraE, s | times ours | its true gap |
|---|---|---|---|---|---|---|---|---|---|"""
    ]
    for row in rows:
        target = f"{row.target_s:g}" if row.target_s is not None else ""
        true = f"{row.peer_true_gap:.1e}" if row.peer_true_gap is not None else ""
        head.append(f"| {row.network} | {row.gap:.0e} | {target} | {row.best_s:.4f} | {row.median_s:.4f} | {row.reached:.1e} | "
                    f"{row.objective:.14g} | {peer_text(row)} | {ratio_text(row)} | {true} |")  # fmt: skip
    restarted = "\n".join(map(restart_text, again))
    head += [
        f"""
## Restart of Sioux Falls after one link changes

From tables to the audited result, begun where the network stands without the change; each link in turn, the best of {LAPS} laps.
Target {1000 * RESTART_S:g} ms.

| change of the link | gap | median, ms | nine in ten, ms | within {1000 * RESTART_S:g} ms |
|---|---|---|---|---|
{restarted}

## Memory and networks

Largest memory of the process, Berlin Center included: {memory_mib:.0f} MiB (limit 4,096).

The networks are those of Transportation Networks for Research; Chicago Sketch with a toll factor of 0.02 and a distance factor
of 0.04.
"""
    ]
    return "\n".join(head)


def main() -> None:
    """Print the table and write the page."""
    if not NETWORKS.is_dir():
        print("dense networks: skipped, no test networks beside the repository (../shared/data/networks)")
        return
    if python() is None:
        print(NO_PEERS)
    warm_dense()
    machine = f"{platform.platform()}, {cores()} cores, Python {platform.python_version()}"
    print(f"\nassignment of dense networks, {machine}")
    print(
        f"{'network':15}{'gap':>7}{'target':>8}{'best':>9}{'median':>9}{'reached':>10}{'AequilibraE':>12}{'times':>6}"
    )
    rows = measure()
    again = restarts()
    print(f"restart after one link, target {1000 * RESTART_S:g} ms: median, nine in ten, within it")
    print("\n".join(map(restart_text, again)))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    memory /= 1024 if sys.platform == "darwin" else 1
    print(f"largest memory: {memory:.0f} MiB of 4096")
    PAGE.write_text(page(rows, again, machine, memory), encoding="utf-8")
    print("written: docs/benchmarks.md")


if __name__ == "__main__":
    main()
