"""Times `simulate` warm against its target: ``python -m benchmarks.chain``.

Warm: the case's reference and the setting without its projects have been solved, in all states; the setting asked for has not.
*Outcome* is trade and flows at their fixed point in every state; *all of it* adds what is found when it is asked for: the
day's own scenario, audited, and trade as tables. Seconds are those of the processor in this process; beside other work they
grow all the same, as caches and cores are shared.
"""

from __future__ import annotations

import statistics
import time

import karvan

#: Case, projects that are asked first, projects that are timed, each once.
SETTINGS = (
    ("textbook", ("N1",), (("N2",), ("N1", "N2"))),
    ("pakistan_azerbaijan", ("P13",), (("P13", "P14"), ("P01",), ("P02",), ("P05",), ("P07",))),
)
TARGET_S = 0.3


def simulate_s(name: str, first: tuple[str, ...], timed: tuple[tuple[str, ...], ...]) -> tuple[float, float]:
    """Return the median seconds of `simulate`, and with all that is found when it is asked for."""
    case = karvan.open_case(name)
    karvan.simulate(case, projects=first)
    seconds, whole = [], []
    for projects in timed:
        start = time.process_time()
        found = karvan.simulate(case, projects=projects)
        seconds.append(time.process_time() - start)
        found.to_dict()
        whole.append(time.process_time() - start)
    return statistics.median(seconds), statistics.median(whole)


def main() -> None:
    """Print the seconds of every setting, and the target."""
    for name, first, timed in SETTINGS:
        seconds, whole = simulate_s(name, first, timed)
        print(
            f"{name}: outcome {seconds:.2f} s, all of it {whole:.2f} s of processor, median of {len(timed)} settings; "
            f"target {TARGET_S:g} s warm"
        )


if __name__ == "__main__":
    main()
