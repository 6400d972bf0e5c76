"""Times `simulate` warm against its target: ``python -m benchmarks.chain``.

Warm: what is compiled has been read, and the case's reference and the setting without its projects have been solved, in all
states; the setting asked for has not.
Timed is every candidate that changes something, each alone and once: trade and flows at their fixed point in every state,
audited, by the clock and by the processor. *All of it* adds what is found when it is asked for: the day's own scenario, audited,
and trade as tables. *Asked again* is the same setting once more, of which the routes that both sides share are still known.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

import karvan
from karvan.flows.warm import warm_equilibrium

if TYPE_CHECKING:
    from karvan.case import Case

#: Case, and the project that is asked first.
CASES = (("textbook", "N1"), ("pakistan_azerbaijan", "P13"))
TARGET_S = 0.3


class Timed(NamedTuple):
    """Seconds of one setting, and the rounds in which trade and flows met."""

    project: str
    clock_s: float
    processor_s: float
    whole_s: float
    again_s: float
    rounds: int


def candidates(case: Case, first: str) -> list[str]:
    """Return the candidates that change something, but for the one that is asked first."""
    rows = case.rows("project")
    return [
        name for name, row in rows.items() if row["status"] == "candidate" and not row["no_effect"] and name != first
    ]


def timed(case: Case, project: str) -> Timed:
    """Return the seconds of a setting that has not been asked for."""
    clock, processor = time.perf_counter(), time.process_time()
    found = karvan.simulate(case, projects=[project])
    clock_s, processor_s = time.perf_counter() - clock, time.process_time() - processor
    found.to_dict()
    whole_s, clock = time.perf_counter() - clock, time.perf_counter()
    karvan.simulate(case, projects=[project])
    again_s = time.perf_counter() - clock
    rounds = found.convergence.rounds if found.convergence is not None else 0
    return Timed(project, clock_s, processor_s, whole_s, again_s, rounds)


def main() -> None:
    """Print the seconds of every setting, and the target."""
    # the first crowded setting would else wait for kernels to be read
    warm_equilibrium()
    for name, first in CASES:
        case = karvan.open_case(name)
        karvan.simulate(case, projects=[first]).to_dict()
        found = [timed(case, project) for project in candidates(case, first)]
        clock = [item.clock_s for item in found]
        within = sum(second <= TARGET_S for second in clock)
        again = [item.again_s for item in found]
        processor, whole = (
            statistics.median(getattr(item, kind) for item in found) for kind in ("processor_s", "whole_s")
        )
        print(
            f"{name}: outcome {statistics.median(clock):.2f} s by the clock, {processor:.2f} of processor, "
            f"all of it {whole:.2f}; medians of {len(found)} settings, of which {within} within {TARGET_S:g} s"
        )
        print(f"    asked again: median {statistics.median(again):.2f} s, longest {max(again):.2f} s")
        for item in sorted(found, key=lambda one: -one.clock_s):
            if item.clock_s > TARGET_S:
                print(
                    f"    {item.project}: {item.clock_s:.2f} s, asked again {item.again_s:.2f} s, {item.rounds} rounds"
                )


if __name__ == "__main__":
    main()
