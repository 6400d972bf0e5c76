"""The tree of exceptions: everything that Karvan raises on purpose.

::

    KarvanError
    ├── CaseError        the case is wrong: every problem found, at once
    ├── RequestError     the request is wrong
    │   ├── UnknownNameError   a place, project, scenario ... that is not there
    │   ├── NoRouteError       nothing leads there, and what cuts it
    │   ├── InputError         figures or files given with the request: every problem found, at once
    │   └── NotConvergedError  no solution was found within the steps allowed
    ├── OutputError      a result cannot be written
    ├── WorkerError      a worker process that died, with its task
    └── AuditError       a result fails its own audit: a bug

The command line turns an AuditError into exit code 3, the others into 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


#: Names that an error lists where none is near the one given.
SHOWN_NAMES = 12


class KarvanError(Exception):
    """Base of every error that Karvan raises on purpose."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in a case: where, what, and what to do.

    Attributes
    ----------
    file
        File within the case folder.
    row
        Line number in the file, 0 where the problem concerns the whole file.
    column
        Column, empty where the problem concerns the whole row.
    found, expected, todo
        What stands there, what should, and the way on.
    rule
        Name of the check that found it.
    """

    file: str
    row: int
    column: str
    found: str
    expected: str
    todo: str
    rule: str

    def __str__(self) -> str:
        place = self.file
        if self.row:
            place += f", line {self.row}"
        if self.column:
            place += f", {self.column}"
        return f"{place}: found {self.found}; expected {self.expected}. {self.todo}"


class CaseError(KarvanError):
    """A case that cannot be used.

    Attributes
    ----------
    problems
        Every problem found, in order of file and line.
    """

    def __init__(self, problems: Iterable[Problem], *, folder: str) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        self.folder = folder
        count = len(self.problems)
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{folder}: {count} problem{'s' if count != 1 else ''}\n{lines}")


class RequestError(KarvanError):
    """A request that cannot be met as it stands."""


class UnknownNameError(RequestError):
    """A name that is not there, with the nearest ones that are.

    Parameters
    ----------
    kind
        What was asked for, such as ``"project"``.
    given
        The name as given.
    known
        The names that exist.
    """

    def __init__(self, kind: str, given: str, known: Sequence[str]) -> None:
        self.kind = kind
        self.given = given
        self.near: tuple[str, ...] = tuple(near_names(given, known))
        hint = f" Did you mean {', '.join(self.near)}?" if self.near else ""
        if not hint and known:
            shown = ", ".join(known[:SHOWN_NAMES])
            hint = f" There are: {shown}{', ...' if len(known) > SHOWN_NAMES else ''}."
        super().__init__(f"No {kind} is called {given!r}.{hint}")


class NoRouteError(RequestError):
    """Nothing leads from the origin to the destination.

    Attributes
    ----------
    cuts
        What stands in the way, in the order in which goods would meet it.
    """

    def __init__(self, origin: str, destination: str, cuts: Sequence[str]) -> None:
        self.origin = origin
        self.destination = destination
        self.cuts: tuple[str, ...] = tuple(cuts)
        if self.cuts:
            why = "What cuts it: " + "; ".join(self.cuts) + "."
        else:
            why = "The network does not join the two places, even with everything open and built."
        super().__init__(f"No route from {origin} to {destination}. {why}")


class InputError(RequestError):
    """Figures or files given with a request that cannot be used.

    Attributes
    ----------
    problems
        Every problem found, each saying where, what and what to do.
    """

    def __init__(self, problems: Iterable[Problem | str], *, what: str) -> None:
        self.problems: tuple[str, ...] = tuple(str(problem) for problem in problems)
        self.what = what
        if len(self.problems) == 1:
            super().__init__(f"{what}: {self.problems[0]}")
        else:
            lines = "\n".join(f"  {problem}" for problem in self.problems)
            super().__init__(f"{what}: {len(self.problems)} problems\n{lines}")

    def __reduce__(self) -> tuple[object, ...]:
        return _input_error, (self.problems, self.what)


def _input_error(problems: tuple[str, ...], what: str) -> InputError:
    return InputError(problems, what=what)


class NotConvergedError(RequestError):
    """No solution was found within the steps allowed; nothing half-solved is handed out."""


class WorkerError(KarvanError):
    """A worker process that died, or cannot start; its task has no result."""


class OutputError(KarvanError):
    """A result that cannot be written where it was asked for."""


class AuditError(KarvanError):
    """A result that fails its own audit; please report it."""


def near_names(given: str, known: Sequence[str], *, limit: int = 3) -> list[str]:
    """Return the known names nearest to the one given, best first."""
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    wanted = given.casefold()
    close = get_close_matches(wanted, list(folded), n=limit, cutoff=0.6)
    inside = sorted((name for name in folded if wanted and wanted in name), key=lambda name: (len(name), name))
    best = list(dict.fromkeys([*close, *inside]))[:limit]
    return [folded[name] for name in best]
