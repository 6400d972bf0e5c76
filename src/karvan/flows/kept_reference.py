"""The reference of a case on disk, so that only the first command on it has to solve it.

A file belongs to the exact files of a case and to the exact source of what solves it; with any other it is not found. What cannot
be read is solved again, and where nothing can be written nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from dataclasses import fields
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.atomic import write_file
from karvan.errors import OutputError
from karvan.flows.corridor_model import Taste
from karvan.flows.equilibrium import Start
from karvan.flows.reactions import Reactions
from karvan.flows.route_sets import FlatRoutes, FormRoutes
from karvan.workers.source import rooms_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.case import Case
    from karvan.flows.corridor_solve import Reference

#: The folder in which references are kept; ``off`` keeps none. By default ``karvan`` in the user's folder for caches.
VARIABLE = "KARVAN_CACHE"
#: Rooms whose source decides what a reference is, and packages whose arithmetic does.
ROOMS, PACKAGES = ("case", "network", "routes", "flows"), ("numpy", "numba")
#: Files that are kept; the oldest go.
MOST_FILES = 20
_START = tuple(item.name for item in fields(Start))
_REACTIONS = ("ordinal", "priced", "queued", "delayed", "leaning", "lean_resource", "raw")


def cache_folder() -> Path | None:
    """Return the folder in which references are kept; None where none are to be kept."""
    named = os.environ.get(VARIABLE, "")
    if named == "off":
        return None
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "karvan"
    except RuntimeError:  # nobody's home
        return None


@lru_cache(maxsize=1)
def _solver_digest() -> str:
    return " ".join([rooms_digest(ROOMS), *(version(name) for name in PACKAGES)])


def find_reference(case: Case, make: Callable[..., Reference]) -> Reference | None:
    """Return the reference of a case as it was kept, or None.

    Parameters
    ----------
    case
        The case; one that was altered after it was read has none.
    make
        Makes a reference of its attributes.
    """
    path = _path(case)
    if path is None:
        return None
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            return _read(data, make)
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None


def keep_reference(case: Case, found: Reference) -> None:
    """Keep the reference of a case, where it can be written."""
    path = _path(case)
    if path is None:
        return
    with contextlib.suppress(OutputError, OSError):
        write_file(path, _bytes(found))
        old = sorted(path.parent.glob("reference-*.npz"), key=lambda item: item.stat().st_mtime)
        for item in old[:-MOST_FILES]:
            item.unlink(missing_ok=True)


def _path(case: Case) -> Path | None:
    folder = cache_folder() if case.as_read else None
    if folder is None:
        return None
    name = hashlib.sha256(f"{case.digest} {_solver_digest()}".encode()).hexdigest()
    return folder / f"reference-{name}.npz"


def _bytes(found: Reference) -> bytes:
    arrays: dict[str, Any] = {f"start_{name}": getattr(found.start, name) for name in _START}
    facts: dict[str, Any] = {
        "names": found.names,
        "forms": {form: routes.pairs for form, routes in found.chosen.items()},
        "tastes": [[key, taste.reference_usd, taste.nest_usd, taste.outside_usd] for key, taste in found.tastes.items()],
        "place_usd": found.place_usd,
        "reacts": found.reactions is not None,
    }  # fmt: skip
    for form, routes in found.chosen.items():
        arrays |= {f"{form}_{name}": getattr(routes.flat, name) for name in FlatRoutes._fields}
    if found.reactions is not None:
        arrays |= {f"reactions_{name}": getattr(found.reactions, name) for name in _REACTIONS}
        facts["reaction_names"] = list(found.reactions.names)
    buffer = io.BytesIO()
    np.savez(
        buffer,
        facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
        pair_resource=found.pair_resource,
        **arrays,
    )
    return buffer.getvalue()


def _read(data: Any, make: Callable[..., Reference]) -> Reference:  # noqa: ANN401 - a file of NumPy's has no type of its own
    facts = json.loads(bytes(data["facts"]))
    chosen = {}
    for form, pairs in facts["forms"].items():
        flat = FlatRoutes(*(data[f"{form}_{name}"] for name in FlatRoutes._fields))
        chosen[form] = FormRoutes(form, tuple((one, other) for one, other in pairs), flat)
    tastes = {
        (key[0], key[1], key[2], key[3]): Taste(usd, (nests[0], nests[1], nests[2], nests[3]), outside)
        for key, usd, nests, outside in facts["tastes"]
    }
    reactions = None
    if facts["reacts"]:
        reactions = Reactions(facts["reaction_names"], *(data[f"reactions_{name}"] for name in _REACTIONS))
    return make(
        chosen=chosen, tastes=tastes, names=tuple(facts["names"]), pair_resource=data["pair_resource"],
        start=Start(*(data[f"start_{name}"] for name in _START)), place_usd=tuple(facts["place_usd"]), reactions=reactions,
    )  # fmt: skip
