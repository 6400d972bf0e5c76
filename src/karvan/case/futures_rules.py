"""The named checks of closures, of the states, and of the transitions between them."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from karvan.case.cells import first_day, last_day, number_text
from karvan.case.rules import PROBABILITY_SLACK, Context, rule
from karvan.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from karvan.case.cells import Row

#: How far the probabilities of the states may lie from the long run of the transitions: both are written with four decimals,
#: and a hundred states would add up to this.
LONG_RUN_SLACK = 0.005


@rule("closure-dates")
def _dates(context: Context) -> Iterator[Problem]:
    for row in context.rows("closure"):
        start, end = row.values["from_date"], row.values["to_date"]
        if end and last_day(end) < first_day(start):
            yield context.problem(
                "closure", row, "to_date", end, f"a day after from_date, {start}", "Mend one of the dates.",
                name="closure-ends-before-start",
            )  # fmt: skip


@rule("closure-overlap")
def _overlaps(context: Context) -> Iterator[Problem]:
    """Two closures of a group at one time must name crossings that differ: else one of them is counted twice."""
    rows = sorted(context.rows("closure"), key=lambda row: (first_day(row.values["from_date"]), row.line))
    for one, two in combinations(rows, 2):
        if one.values["group"] != two.values["group"]:
            continue
        end = one.values["to_date"]
        if end and (
            last_day(end) < first_day(two.values["from_date"]) or last_day(end) < first_day(one.values["from_date"])
        ):
            continue
        ours, theirs = set(one.values["crossings"]), set(two.values["crossings"])
        shared = sorted(ours & theirs)
        if ours and theirs and not shared:
            continue
        what = f" of {', '.join(shared)}" if shared else ""
        yield context.problem(
            "closure", two, "from_date", f"{two.values['from_date']}, within {one.values['closure_id']}{what} (line {one.line}, "
            f"{one.values['from_date']} to {end or 'now'})", "closures of a group that do not overlap",
            "Join the two rows, or name the crossings of each.", name="closure-overlap",
        )  # fmt: skip


@rule("closure-group")
def _groups(context: Context) -> Iterator[Problem]:
    scenario = context.tables["scenario"]
    if scenario.broken or any("shut_groups" in row.bad for row in scenario.rows):
        return
    known = {group for row in scenario.rows for group in row.values["shut_groups"]}
    recorded = {row.values["group"] for row in context.tables["closure"].rows if "group" not in row.bad}
    if not known:
        return
    for row in context.rows("closure"):
        if row.values["group"] not in known:
            yield context.problem(
                "closure", row, "group", repr(row.values["group"]), "a group that scenario.csv names in shut_groups",
                f"Choose one of {', '.join(sorted(known))}, or add it to the states.", name="closure-group",
            )  # fmt: skip
    raw = context.tables["closure"]
    if raw.broken or not raw.rows or any("group" in row.bad for row in raw.rows):
        return
    for row in context.rows("scenario"):
        for group in row.values["shut_groups"]:
            if group not in recorded:
                yield context.problem(
                    "scenario", row, "shut_groups", repr(group), "a group of closure.csv",
                    f"Choose one of {', '.join(sorted(recorded))}, or record its closures.", name="group-without-record",
                )  # fmt: skip


# states ---------------------------------------------------------------------------------------------------------------


def _states(context: Context) -> list[Row] | None:
    """Return the states; None where a bad cell could be one more."""
    raw = context.tables["scenario"]
    if raw.broken or any({"scenario_id", "kind"} & row.bad for row in raw.rows):
        return None
    return [row for row in raw.rows if row.values["kind"] == "state"]


@rule("states-exclusive")
def _exclusive(context: Context) -> Iterator[Problem]:
    """Demand that the states be every set of groups that may be shut together, each once."""
    states = _states(context)
    if states is None or any("shut_groups" in row.bad for row in states):
        return
    groups = list(dict.fromkeys(group for row in states for group in row.values["shut_groups"]))
    if not groups:
        return
    seen: dict[frozenset[str], Row] = {}
    for row in states:
        shut = frozenset(row.values["shut_groups"])
        if shut in seen:
            first = seen[shut]
            yield context.problem(
                "scenario", row, "shut_groups", f"{_shut(shut)}, as in {first.values['scenario_id']} (line {first.line})",
                "states that exclude each other", "Change one of the two, or make it a future.", name="states-not-exclusive",
            )  # fmt: skip
        seen.setdefault(shut, row)
    for count in range(len(groups) + 1):
        for shut_ in combinations(groups, count):
            if frozenset(shut_) not in seen:
                yield Problem(
                    context.tables["scenario"].schema.file, 0, "shut_groups", f"no state with {_shut(shut_)}",
                    "a state for every set of groups", "Add the state, with its effects and its probability.",
                    "state-missing",
                )  # fmt: skip


def _shut(groups: frozenset[str] | tuple[str, ...]) -> str:
    return f"{' and '.join(sorted(groups))} shut" if groups else "nothing shut"


# transitions ----------------------------------------------------------------------------------------------------------


@rule("transitions")
def _transitions(context: Context) -> Iterator[Problem]:
    raw, states = context.tables["transition"], _states(context)
    if raw.broken or not raw.rows or states is None:
        return
    if any({"from_state", "to_state"} & row.bad for row in raw.rows):
        return
    kinds = {row.values["scenario_id"]: row.values["kind"] for row in context.tables["scenario"].rows}
    yield from _kinds_of_ends(context, kinds)
    names = [row.values["scenario_id"] for row in states]
    todays = [name for name, kind in kinds.items() if kind == "today"]
    start = todays if len(todays) == 1 else []  # two are a fault of their own
    for column, wanted in (("from_state", [*start, *names]), ("to_state", names)):
        there = {row.values[column] for row in raw.rows}
        for name in wanted:
            if name not in there:
                end = "from" if column == "from_state" else "to"
                yield Problem(
                    raw.schema.file, 0, column, f"no row {end} {name}", f"every state of scenario.csv in {column}",
                    f"Add the rows {end} {name}; `karvan case futures --estimate --csv` writes them from the record.",
                    "state-not-in-matrix",
                )  # fmt: skip
    yield from _row_sums(context)


def _kinds_of_ends(context: Context, kinds: dict[str, str]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for row in context.rows("transition"):
        for column, allowed in (("from_state", {"state", "today"}), ("to_state", {"state", "today"})):
            kind = kinds.get(row.values[column])
            if kind is not None and kind not in allowed:
                yield context.problem(
                    "transition", row, column, f"{row.values[column]!r} of kind {kind}", "a scenario of kind state",
                    "Name a state, or change the kind of the scenario.", name="transition-of-no-state",
                )  # fmt: skip
        key = (row.values["from_state"], row.values["to_state"])
        if key in seen:
            yield context.problem(
                "transition", row, "to_state", f"{key[0]} to {key[1]} a second time", f"one row (the first is line {seen[key]})",
                "Remove one of the two.", name="transition-twice",
            )  # fmt: skip
        seen.setdefault(key, row.line)


def _row_sums(context: Context) -> Iterator[Problem]:
    raw = context.tables["transition"]
    if any("probability" in row.bad for row in raw.rows):
        return
    sums: dict[str, float] = {}
    for row in raw.rows:
        sums[row.values["from_state"]] = sums.get(row.values["from_state"], 0.0) + row.values["probability"]
    for name, total in sums.items():
        if abs(total - 1) > PROBABILITY_SLACK:
            yield Problem(
                raw.schema.file, 0, "probability", f"a sum of {number_text(round(total, 9))} from {name}", "1",
                f"Correct the probabilities from {name}.", "transitions-sum",
            )  # fmt: skip


@rule("long-run")
def _long_run(context: Context) -> Iterator[Problem]:
    """Demand that the probabilities of the states be those that the transitions leave as they are."""
    raw, states = context.tables["transition"], _states(context)
    if raw.broken or not raw.rows or not states or any(row.bad for row in [*raw.rows, *states]):
        return
    shares = {row.values["scenario_id"]: row.values["probability"] for row in states}
    if any(math.isnan(share) for share in shares.values()) or abs(sum(shares.values()) - 1) > PROBABILITY_SLACK:
        return
    after = dict.fromkeys(shares, 0.0)
    sums = dict.fromkeys(shares, 0.0)
    for row in raw.rows:
        before, to = row.values["from_state"], row.values["to_state"]
        if before in sums and to in after:
            after[to] += shares[before] * row.values["probability"]
            sums[before] += row.values["probability"]
    reached = {row.values["to_state"] for row in raw.rows}
    if not reached >= set(shares) or any(abs(total - 1) > PROBABILITY_SLACK for total in sums.values()):
        return  # the transitions themselves are wrong, which another rule says
    for row in states:
        name = row.values["scenario_id"]
        if abs(after[name] - shares[name]) > LONG_RUN_SLACK:
            yield context.problem(
                "scenario", row, "probability", number_text(shares[name]),
                f"about {after[name]:.3g}, what a year of transition.csv makes of the probabilities",
                "Take the long run of the transitions: `karvan case futures --estimate --json` gives it from the record.",
                name="probability-not-long-run",
            )  # fmt: skip
