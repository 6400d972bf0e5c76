"""Where solved years are kept: what accounts need of each, in memory and on the disk.

To solve a setting takes seconds; what accounts need of it is a few small arrays. They are kept under a hash of the case, the
setting, and the source of all rooms that solve, so that a change of accounts alone solves nothing again.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.outcomes import SolvedYear, sum_outcome
from karvan.case.atomic import UNREADABLE, make_folder, write_file
from karvan.errors import NotConvergedError
from karvan.workers.source import rooms_digest

if TYPE_CHECKING:
    from karvan.case import Case, Setting

#: Rooms whose source decides what a solved year is, and the modules of this room that sum it up.
ENGINE = ("case", "network", "routes", "trade", "flows", "chain")
OWN = ("outcomes.py", "side_sums.py", "payment_kernels.py", "store.py")
_ARRAYS = (
    "benefit_musd", "transfer_musd", "tkm", "co2e_t", "half_musd", "half_share", "parts_musd", "tonnes", "tonnes_before",
    "traffic_t",
)  # fmt: skip


@lru_cache(maxsize=1)
def engine_digest() -> str:
    """Return the SHA-256 of the source that solved years depend on."""
    return rooms_digest(ENGINE, [f"appraisal/{name}" for name in OWN])


class OutcomeStore:
    """Solved years by setting: in memory, and in a folder where one is given.

    A file is written whole or not at all, so that several processes may share a folder, and work that was cut off goes on
    where it stopped. What cannot be read is solved again.

    Parameters
    ----------
    folder
        Where solved years are kept between runs; None keeps them in memory alone.

    Raises
    ------
    OutputError
        The folder cannot be made.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self.folder = None if folder is None else Path(folder).expanduser()
        if self.folder is not None:  # not after the first has been solved
            make_folder(self.folder)
        self.solved = 0
        self._kept: dict[str, SolvedYear] = {}

    def key(self, case: Case, setting: Setting) -> str:
        """Return the name under which a setting is kept."""
        content = json.dumps([case.digest, setting.model_dump(mode="json"), engine_digest()], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def find(self, case: Case, setting: Setting) -> SolvedYear | None:
        """Return a solved year that is kept, or None."""
        key = self.key(case, setting)
        if key not in self._kept and self.folder is not None:
            try:
                self._kept[key] = _read((self.folder / f"{key}.npz").read_bytes())
            except UNREADABLE:
                return None
        return self._kept.get(key)

    def get(self, case: Case, setting: Setting) -> SolvedYear:
        """Return the solved year of a setting with a year; it is solved where it is not kept.

        Raises
        ------
        NotConvergedError
            Trade and flows do not meet.
        """
        known = self.find(case, setting)
        if known is not None:
            return known
        found = _solve(case, setting)
        self.solved += 1
        key = self.key(case, setting)
        self._kept[key] = found
        if self.folder is not None:
            write_file(self.folder / f"{key}.npz", _bytes(found))
        return found


def _solve(case: Case, setting: Setting) -> SolvedYear:
    from karvan.chain import simulate  # noqa: PLC0415 - heavy

    assert setting.year is not None  # noqa: S101 - who asks names the year
    try:
        # changes hold with and without the projects
        outcome = simulate(case, setting.model_copy(update={"changes": ()}), both=setting.changes)
    except NotConvergedError as error:
        message = f"{', '.join(setting.projects)} in {setting.year}: {error}"
        raise NotConvergedError(message) from error
    return sum_outcome(case, outcome, setting.year)


def _bytes(found: SolvedYear) -> bytes:
    facts: dict[str, Any] = {
        "year": found.year, "states": found.states, "rows": found.rows, "moves": found.moves,
        "moved_share": found.moved_share, "cost_change_usd": found.cost_change_usd, "notes": found.notes,
        "trade_welfare_musd": None if math.isnan(found.trade_welfare_musd) else found.trade_welfare_musd,
    }  # fmt: skip
    buffer = io.BytesIO()
    arrays = {name: getattr(found, name) for name in _ARRAYS}
    np.savez_compressed(buffer, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), **arrays)
    return buffer.getvalue()


def _read(content: bytes) -> SolvedYear:
    with np.load(io.BytesIO(content)) as data:
        facts = json.loads(bytes(data["facts"]))
        arrays = {name: data[name] for name in _ARRAYS}
    return SolvedYear(
        year=facts["year"], states=tuple(facts["states"]), rows=tuple((a, b, c) for a, b, c in facts["rows"]),
        moves=tuple((a, b) for a, b in facts["moves"]), moved_share=facts["moved_share"],
        cost_change_usd=facts["cost_change_usd"], notes=tuple(facts["notes"]),
        trade_welfare_musd=math.nan if facts["trade_welfare_musd"] is None else facts["trade_welfare_musd"], **arrays,
    )  # fmt: skip


@lru_cache(maxsize=2)
def store_at(folder: Path | None) -> OutcomeStore:
    """Return the store of a folder: in one process the very same for all its tasks."""
    return OutcomeStore(folder)
