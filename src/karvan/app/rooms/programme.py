"""The programme: the record on a day, and what is overdue."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.rooms.case import TheCase
from karvan.case.provenance import Meta
from karvan.programme import read_record

router = APIRouter()


class Entry(Answer):
    """A body, an event or a commitment; the fields are those of `karvan programme --json`."""

    id: str
    entry: str
    date: str
    title: str
    kind: str
    parties: list[str]
    topics: list[str]
    body: str
    amount_musd: float | None
    status: str
    due_on: str
    done_on: str
    overdue_days: float | None
    project_id: list[str]
    source: list[str]
    confidence: str
    assumed: bool
    note: str


class RecordAnswer(Answer):
    """The record on a day, with the rows of source.csv that it rests on."""

    meta: Meta
    on: str
    entries: list[Entry]
    sources: list[Source]


@router.get("")
def record_answer(
    case: TheCase,
    body: str | None = None,
    party: str | None = None,
    topic: str | None = None,
    entry: Annotated[list[str], Query()] = ["body", "event", "commitment"],  # noqa: B006 - FastAPI copies it
    open_only: Annotated[bool, Query(alias="open")] = False,
    overdue: bool = False,
    on: date | None = None,
) -> RecordAnswer:
    """Return the record, or a part of it."""
    record = read_record(
        case, body=body, party=party, topic=topic, entries=entry, open_only=open_only, overdue_only=overdue, on=on
    )
    cells = record.to_dict()
    names = (name for row in cells["entries"] for name in row["source"])
    return RecordAnswer(sources=sources_of(case, names), **cells)
