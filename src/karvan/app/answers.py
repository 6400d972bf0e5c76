"""What every answer of the app carries, and what a page gets where there is none."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from karvan.errors import AuditError, CaseError, KarvanError, NoRouteError, OutputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from karvan.case import Case


class Answer(BaseModel):
    """Base of what the app answers with: JSON in which a figure that is not known is null."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")


class Source(Answer):
    """A row of source.csv."""

    id: str
    title: str
    publisher: str
    date: str
    url: str
    kind: str
    assumption: bool


class Fault(Answer):
    """Why there is no answer, and the way on.

    Attributes
    ----------
    kind
        ``unknown`` name, ``request`` that cannot be met, ``route`` that is cut, ``case`` with problems, ``usage``, ``output``,
        ``stopped`` by the reader, or ``bug``.
    message
        What is wrong and what to do, as the command line says it.
    given, near
        The name that is not there, and the nearest ones that are.
    lines
        The problems of a case, or what cuts a route.
    """

    kind: str
    message: str
    given: str = ""
    near: list[str] = []
    lines: list[str] = []


def sources_of(case: Case, names: Iterable[str]) -> list[Source]:
    """Return rows of source.csv in the order of their names' first mention."""
    known = _sources(case)
    return [known[name] for name in dict.fromkeys(names) if name in known]


@lru_cache(maxsize=4)
def _sources(case: Case) -> dict[str, Source]:
    return {
        name: Source(
            id=name,
            **{column: str(row[column]) for column in ("title", "publisher", "date", "url", "kind")},
            assumption=name in case.assumption_sources,
        )
        for name, row in case.rows("source").items()
    }


def fault_of(error: Exception) -> tuple[int, Fault]:
    """Return the status of HTTP and the fault of an error: 404 for a name that is not there, 422 for a request, 500 for a bug."""
    text = str(error)
    match error:
        case UnknownNameError():
            return 404, Fault(kind="unknown", message=text, given=error.given, near=list(error.near))
        case NoRouteError():
            return 422, Fault(kind="route", message=text, lines=list(error.cuts))
        case CaseError():
            return 422, Fault(kind="case", message=text, lines=[str(problem) for problem in error.problems])
        case AuditError():
            text = f"audit failed: {text}. This is a bug in Karvan; please report it."
        case OutputError():
            return 507, Fault(kind="output", message=text)
        case KarvanError():
            return 422, Fault(kind="request", message=text)
        case _:
            text = f"{type(error).__name__}. This is a bug in Karvan; please report it with what the terminal shows."
    return 500, Fault(kind="bug", message=text)


def usage_fault(errors: Iterable[Any]) -> Fault:
    """Return the fault of a request whose options have the wrong form."""
    lines = []
    for detail in errors:
        option = str(detail["loc"][-1])
        given = detail.get("input")
        wanted = str(detail["msg"])
        for words in ("Input should be ", "Value error, "):
            wanted = wanted.removeprefix(words)
        lines.append(f"{option}: found {given!r}; expected {wanted[:1].lower()}{wanted[1:]}.")
    return Fault(kind="usage", message=" ".join(lines), lines=lines)
