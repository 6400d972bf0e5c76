"""Times counterfactuals of trade against their targets, and against gegravity on its own sample: ``python -m benchmarks.trade``.

Worlds are made up, with trade mostly at home and costs that change for every pair. gegravity runs by the Python named in
``KARVAN_GEGRAVITY``, or by that of ``.venv-peers``; where neither has it, a line says so.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from karvan.trade.hat import solve
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
VERIFY = ROOT.parent / "shared" / "data" / "trade" / "verify"
#: Countries, commodities, target in seconds.
SIZES = ((16, 1, 0.005), (194, 1, 0.05), (194, 20, 5.0))
TIMES_FASTER = 100


def median_s(call: Callable[[], object], times: int = 7) -> float:
    """Return the median seconds of a call, after one that is not timed."""
    call()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def world_s(countries: int, goods: int) -> float:
    """Return the seconds of one counterfactual of a made-up world."""
    rng = np.random.default_rng(0)
    value = np.exp(rng.normal(0, 2, (goods, countries, countries)))
    value[:, range(countries), range(countries)] = 2 * value.sum(axis=1)
    tau = np.exp(rng.normal(-0.05, 0.1, value.shape))
    theta = rng.uniform(2, 8, goods)
    with one_thread():
        return median_s(lambda: solve(value, tau, theta))


def sample_s() -> float:
    """Return our seconds for the agreement of gegravity's example, on the trade of its sample."""
    data = pd.read_csv(VERIFY / "gegravity_CANJPN_bilateral_results.csv")
    value = data.pivot_table(index="exporter", columns="importer", values="baseline modeled trade")
    tau = np.ones(value.shape)
    for one, two in (("CAN", "JPN"), ("JPN", "CAN")):
        tau[value.index.get_loc(one), value.columns.get_loc(two)] = np.exp(0.4711383) ** (-1 / 4)
    trade = value.to_numpy()[None]
    with one_thread():
        return median_s(lambda: solve(trade, tau[None], np.array([4.0])), 50)


def peer() -> dict[str, object] | None:
    """Return gegravity's time, or None where it is not installed."""
    python = Path(os.environ.get("KARVAN_GEGRAVITY", ROOT / ".venv-peers" / "bin" / "python"))
    if not python.is_file():
        return None
    script = Path(__file__).with_name("peer_gegravity.py")
    command = [str(python), str(script), str(VERIFY / "gegravity_sample_2006.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout.strip().splitlines()[-1]) if done.returncode == 0 else None


def main() -> None:
    """Print the table."""
    print(f"{'':48}{'target s':>10}{'measured s':>12}")
    for countries, goods, target in SIZES:
        seconds = world_s(countries, goods)
        name = f"{countries} countries, {goods} commodit{'y' if goods == 1 else 'ies'}"
        print(f"{name:48}{target:>10g}{seconds:>12.4f}{'' if seconds <= target else '  above'}")
    if not VERIFY.is_dir():
        print(f"gegravity's sample is not at {VERIFY}: no comparison.")
        return
    found = peer()
    ours = sample_s()
    if found is None:
        print("gegravity is not installed: name a Python that has it in KARVAN_GEGRAVITY (pip install gegravity==0.3).")
        return
    theirs = float(str(found["seconds"]))
    print(f"{'30 countries, agreement of Canada and Japan':48}{'':>10}{ours:>12.4f}")
    verdict = "" if theirs >= TIMES_FASTER * ours else "  below"
    print(
        f"{'  the same in gegravity ' + str(found['version']):48}{'':>10}{theirs:>12.4f}  {theirs / ours:.0f} times{verdict}"
    )


if __name__ == "__main__":
    main()
