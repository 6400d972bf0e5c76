"""The record of a programme: who agreed what, who promised what by when, and what is overdue.

A commitment is overdue on the day after its due date for as long as it is open. A date given as a month or a year alone
falls due on its last day. Days are counted from the day of the record (``[programme] as_of`` in case.toml) unless another
is named, so that the same record gives the same answer on every day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.case import Setting, first_day, last_day, meta_of
from karvan.errors import RequestError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from karvan.case import Case, Meta

COLUMNS = (
    "id", "entry", "date", "title", "kind", "parties", "topics", "body", "amount_musd", "status", "due_on", "done_on",
    "overdue_days", "project_id", "source", "confidence", "assumed", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Record:
    """Entries of the record, oldest first; overdue ones alone, the longest first.

    Attributes
    ----------
    table
        One row per body, event and commitment: id, entry (``body``, ``event`` or ``commitment``), date, title, kind, parties,
        topics, body, amount_musd, status, due_on, done_on, overdue_days (NaN where nothing is overdue), project_id, source,
        confidence, assumed, note.
    on
        Day on which it is read.
    meta
        Where it comes from.
    """

    table: pd.DataFrame
    on: date
    meta: Meta

    @property
    def overdue(self) -> pd.DataFrame:
        """The commitments that are overdue, the longest first."""
        late = self.table[self.table["overdue_days"].notna()]
        return late.sort_values(["overdue_days", "id"], ascending=[False, True])

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        rows = []
        for row in self.table.to_dict("records"):
            cells = {str(name): list(value) if isinstance(value, tuple) else value for name, value in row.items()}
            rows.append({name: None if value is None or value != value else value for name, value in cells.items()})  # noqa: PLR0124
        return {"meta": self.meta.model_dump(mode="json"), "on": self.on.isoformat(), "entries": rows}


def read_record(
    case: Case,
    *,
    body: str | None = None,
    party: str | None = None,
    topic: str | None = None,
    entries: Iterable[str] = ("body", "event", "commitment"),
    open_only: bool = False,
    overdue_only: bool = False,
    on: date | None = None,
) -> Record:
    """Return the record of a case, or a part of it.

    Parameters
    ----------
    case
        The corridor.
    body, party, topic
        Keep the entries of a body, of a party (a part of its name is enough), of a topic.
    entries
        Kinds of entries: ``body``, ``event``, ``commitment``.
    open_only, overdue_only
        Keep the open commitments; the overdue ones.
    on
        Day on which the record is read; by default the day of the record.

    Raises
    ------
    UnknownNameError
        No entry has that body, party or topic.
    RequestError
        The record has no day and none is named.
    """
    day = on or case.config.programme.as_of
    if day is None:
        message = "The record has no day. Set as_of under [programme] in case.toml, or name a day."
        raise RequestError(message)
    bodies = _bodies(case)
    table = pd.concat([bodies, _events(case), _commitments(case, day)], ignore_index=True)
    wanted = set(entries)
    for name in sorted(wanted - {"body", "event", "commitment"}):
        raise UnknownNameError("kind of entry", name, ["body", "event", "commitment"])
    table = table[table["entry"].isin(wanted)]
    if body is not None:
        known = list(case.rows("programme_body"))
        if body not in known:
            raise UnknownNameError("body", body, known)
        table = table[table["body"] == body]
    table = _keep(table, "parties", "party", party)
    table = _keep(table, "topics", "topic", topic)
    if open_only:
        table = table[(table["entry"] == "commitment") & (table["status"] == "open")]
    if overdue_only:
        table = table[table["overdue_days"].notna()]
    order = table["date"].map(lambda text: (text == "", str(text)))
    table = table.loc[order.sort_values(kind="stable").index].reset_index(drop=True)
    if overdue_only:
        table = table.sort_values(["overdue_days", "id"], ascending=[False, True]).reset_index(drop=True)
    request = {"stage": "programme", "body": body, "party": party, "topic": topic, "entries": sorted(wanted),
               "open": open_only, "overdue": overdue_only, "on": day.isoformat()}  # fmt: skip
    setting = Setting(scenario=case.config.case.default_scenario)
    return Record(table, day, meta_of(case, setting, request))


def _keep(table: pd.DataFrame, column: str, what: str, wanted: str | None) -> pd.DataFrame:
    if wanted is None:
        return table
    fits = [any(wanted.casefold() in name.casefold() for name in names) for names in table[column]]
    if not any(fits):
        raise UnknownNameError(what, wanted, sorted({name for names in table[column] for name in names}))
    return table[fits]


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"amount_musd": "float64", "overdue_days": "float64"})


def _shared(case: Case, table: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    copied = {column: row[column] for column in ("title", "parties", "topics", "status", "source", "confidence", "note")
              if column in row}  # fmt: skip
    amount, projects = row.get("amount_musd", float("nan")), row.get("project_id", ())
    return copied | {
        "id": name,
        "due_on": "",
        "done_on": "",
        "amount_musd": amount,
        "project_id": projects,
        "assumed": case.is_assumption(table, name),
    }


def _rows(case: Case, table: str) -> list[tuple[str, dict[str, Any]]]:
    return list(case.rows(table).items())


def _bodies(case: Case) -> pd.DataFrame:
    return _frame([
        _shared(case, "programme_body", name, row)
        | {"entry": "body", "date": row["formed_on"], "title": row["name"], "kind": row["kind"], "body": name}
        for name, row in _rows(case, "programme_body")
    ])  # fmt: skip


def _events(case: Case) -> pd.DataFrame:
    return _frame([
        _shared(case, "programme_event", name, row)
        | {"entry": "event", "date": row["date"], "kind": row["kind"], "body": row["body_id"]}
        for name, row in _rows(case, "programme_event")
    ])  # fmt: skip


def _commitments(case: Case, day: date) -> pd.DataFrame:
    return _frame([
        _shared(case, "programme_commitment", name, row)
        | {"entry": "commitment", "date": row["made_on"], "kind": "commitment", "body": row["body_id"],
           "due_on": row["due_on"], "done_on": row["done_on"],
           "overdue_days": overdue_days(row["status"], row["made_on"], row["due_on"], day)}
        for name, row in _rows(case, "programme_commitment")
    ])  # fmt: skip


def overdue_days(status: str, made_on: str, due_on: str, day: date) -> float:
    """Return by how many days a commitment is overdue; NaN where it is not, or was not yet made."""
    if status != "open" or not due_on or first_day(made_on) > day:
        return float("nan")
    late = (day - last_day(due_on)).days
    return float(late) if late > 0 else float("nan")
