"""Times `simulate` warm against its target: ``python -m benchmarks.chain``.

Warm: the case's reference and the setting without its projects have been solved. Seconds are those of the processor in this
process, so that other work on the machine does not count.
"""

from __future__ import annotations

import statistics
import time

import karvan

#: Case, projects, repetitions.
SETTINGS = (("textbook", ("N1",), 5), ("pakistan_azerbaijan", ("P13", "P14"), 3))
TARGET_S = 0.3


def simulate_s(name: str, projects: tuple[str, ...], times: int) -> tuple[float, int]:
    """Return the median seconds of `simulate`, after one that is not timed, and the rounds in which trade and flows met."""
    case = karvan.open_case(name)
    karvan.simulate(case, projects=projects)
    seconds, rounds = [], 0
    for _ in range(times):
        start = time.process_time()
        found = karvan.simulate(case, projects=projects)
        seconds.append(time.process_time() - start)
        rounds = found.convergence.rounds if found.convergence is not None else 0
    return statistics.median(seconds), rounds


def main() -> None:
    """Print the seconds of every setting, and the target."""
    for name, projects, times in SETTINGS:
        seconds, rounds = simulate_s(name, projects, times)
        print(
            f"{name}, {', '.join(projects)}: {seconds:.2f} s of processor in {rounds} rounds; target {TARGET_S:g} s warm"
        )


if __name__ == "__main__":
    main()
