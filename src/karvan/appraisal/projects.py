"""Which projects can be appraised together, and whether a project changes anything at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import Case

#: Below this share of the sums without the project, a difference is rounding.
_NOTHING = 1e-12


def check_together(
    projects: Sequence[str], *, contains: Mapping[str, Sequence[str]], alternatives: Mapping[str, Sequence[str]]
) -> None:
    """Refuse to add up projects of which one is part of another, or of which only one makes sense.

    Raises
    ------
    InputError
        Some of them cannot stand together; every pair is listed.
    """
    faults = [
        f"{name}: found twice; expected once." for name in sorted({p for p in projects if list(projects).count(p) > 1})
    ]
    named = sorted(set(projects))
    for one in named:
        faults += [f"{one}: found together with {part}, which is part of it; expected one of them. {part} would count twice."
                   for part in sorted(parts_of(one, contains)) if part in named]  # fmt: skip
        faults += [f"{one}: found together with {other}, its alternative; expected one of them."
                   for other in sorted(alternatives.get(one, ())) if other in named and one < other]  # fmt: skip
    if faults:
        raise InputError(faults, what="Projects together")


def parts_of(project: str, contains: Mapping[str, Sequence[str]]) -> set[str]:
    """Return everything that is part of a project, at any depth."""
    found: set[str] = set()
    waiting = list(contains.get(project, ()))
    while waiting:
        part = waiting.pop()
        if part not in found and part != project:
            found.add(part)
            waiting += contains.get(part, ())
    return found


def with_parts(case: Case, project: str) -> set[str]:
    """Return a project of a case, and everything that is part of it."""
    contains = {name: row["contains"] for name, row in case.rows("project").items()}
    return {project, *parts_of(project, contains)}


def check_changes_something(
    project: str, without: Mapping[str, Sequence[float]], with_it: Mapping[str, Sequence[float]]
) -> None:
    """Refuse to value a project that changes nothing: it would get a value of minus its cost, which says nothing of it.

    Parameters
    ----------
    project
        The project.
    without, with_it
        Outcomes by name, such as tonnes by link.

    Raises
    ------
    InputError
        The two are the same.
    """
    for name in set(without) | set(with_it):
        one, two = np.asarray(without.get(name, ()), float), np.asarray(with_it.get(name, ()), float)
        if one.shape != two.shape or np.any(np.abs(one - two) > _NOTHING * np.maximum(np.abs(one), 1.0)):
            return
    fault = (
        f"{project}: found the same outcome with and without it; expected a difference. "
        "Its traffic may not be in the demand, or its effects may be missing: it is not valued."
    )
    raise InputError([fault], what="Project without effect")
