"""Solutions of a case on disk, so that only the first command that needs one has to find it.

Kept are the reference, and settings without projects and changes: those that others begin with or are compared with. A file
belongs to the exact files of a case and to the exact source of what solves it; with any other it is not found. What cannot be
read is solved again, and where nothing can be written nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import threading
from dataclasses import fields
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from karvan.case.atomic import UNREADABLE, write_file
from karvan.errors import OutputError
from karvan.flows.corridor_model import Taste
from karvan.flows.equilibrium import Equilibrium, Start
from karvan.flows.problem import NESTS
from karvan.flows.reactions import Reactions
from karvan.flows.route_sets import FlatRoutes, FormRoutes
from karvan.flows.scarcity_kernels import Controls
from karvan.workers.source import rooms_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from karvan.case import Case, Setting
    from karvan.flows.corridor_solve import Reference

T = TypeVar("T")

#: One thread reads at a time: NumPy has Python parse the heads of arrays, which may fail in two threads at once (seen in Python
#: 3.11.7: "AST constructor recursion depth mismatch").
_READING = threading.Lock()

#: The folder in which references are kept; ``off`` keeps none. By default ``karvan`` in the user's folder for caches.
VARIABLE = "KARVAN_CACHE"
#: Rooms whose source decides what a reference is, and packages whose arithmetic does.
ROOMS, PACKAGES = ("case", "network", "routes", "flows"), ("numpy", "numba")
#: Files that are kept, of references and of settings; the oldest go.
MOST_FILES = {"reference": 20, "setting": 300}
_START = tuple(item.name for item in fields(Start))
_CONTROLS = Controls._fields
_FOUND = (
    "stream_usd", "stream_h", "route_flow", "used", "delay_h", "network_usd", "overall_usd", "on_network",
    "nest_share",
)  # fmt: skip
_FIGURES = ("capacity_residual", "complementarity_residual", "iterations")
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
    return _load(_path(case, "reference", ""), lambda data: _reference(data, make))


def keep_reference(case: Case, found: Reference) -> None:
    """Keep the reference of a case, where it can be written."""
    _save(_path(case, "reference", ""), lambda: _reference_bytes(found))


def find_solved(
    case: Case, setting: Setting, chosen: Mapping[str, FormRoutes]
) -> tuple[Mapping[str, FormRoutes], Equilibrium] | None:
    """Return routes and equilibrium of a setting as they were kept, or None.

    Parameters
    ----------
    case, setting
        A setting without projects and changes.
    chosen
        The routes of the reference, to which those of the setting were added.
    """
    return _load(_path(case, "setting", setting.model_dump_json()), lambda data: _solved(data, chosen))


def keep_solved(
    case: Case, setting: Setting, chosen: Mapping[str, FormRoutes], found: tuple[Mapping[str, FormRoutes], Equilibrium]
) -> None:
    """Keep routes and equilibrium of a setting, where they can be written."""
    _save(_path(case, "setting", setting.model_dump_json()), lambda: _solved_bytes(chosen, *found))


def is_missing(case: Case, setting: Setting) -> bool:
    """Tell whether the solution of a setting is not kept, though it could be.

    Parameters
    ----------
    case, setting
        A setting without projects and changes, with its year and scenario.
    """
    path = _path(case, "setting", setting.model_dump_json())
    if path is None or path.exists():
        return False
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _load(path: Path | None, read: Callable[[Any], T]) -> T | None:
    if path is None:
        return None
    try:
        with _READING, np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
            return read(data)
    except UNREADABLE:
        return None


def _save(path: Path | None, content: Callable[[], bytes]) -> None:
    if path is None:
        return
    with contextlib.suppress(OutputError, OSError):
        write_file(path, content())
        kind = path.name.partition("-")[0]
        old = sorted(path.parent.glob(f"{kind}-*.npz"), key=lambda item: item.stat().st_mtime)
        for item in old[: -MOST_FILES[kind]]:
            item.unlink(missing_ok=True)


def _path(case: Case, kind: str, what: str) -> Path | None:
    folder = cache_folder() if case.as_read else None
    if folder is None:
        return None
    name = hashlib.sha256(f"{case.digest} {_solver_digest()} {what}".encode()).hexdigest()
    return folder / f"{kind}-{name}.npz"


def _packed(facts: dict[str, Any], arrays: Mapping[str, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), **arrays)
    return buffer.getvalue()


def _reference_bytes(found: Reference) -> bytes:
    facts = {
        "names": found.names,
        "forms": {form: routes.pairs for form, routes in found.chosen.items()},
        "tastes": [[key, taste.reference_usd, taste.nest_usd, taste.outside_usd] for key, taste in found.tastes.items()],
        "place_usd": found.place_usd,
        **_reaction_names(found.reactions),
    }  # fmt: skip
    arrays = {f"start_{name}": getattr(found.start, name) for name in _START} | _reaction_arrays(found.reactions)
    for form, routes in found.chosen.items():
        arrays |= {f"{form}_{name}": getattr(routes.flat, name) for name in FlatRoutes._fields}
    return _packed(facts, {"pair_resource": found.pair_resource, **arrays})


def _reference(data: Any, make: Callable[..., Reference]) -> Reference:  # noqa: ANN401 - a file of NumPy's has no type of its own
    facts = json.loads(bytes(data["facts"]))
    chosen = {}
    for form, pairs in facts["forms"].items():
        flat = FlatRoutes(*(data[f"{form}_{name}"] for name in FlatRoutes._fields))
        chosen[form] = FormRoutes.first(form, tuple((one, other) for one, other in pairs), flat)
    tastes = {
        (key[0], key[1], key[2], key[3]): Taste(usd, (nests[0], nests[1], nests[2], nests[3]), outside)
        for key, usd, nests, outside in facts["tastes"]
    }
    return make(
        chosen=chosen, tastes=tastes, names=tuple(facts["names"]), pair_resource=data["pair_resource"],
        start=Start(*(data[f"start_{name}"] for name in _START)), place_usd=tuple(facts["place_usd"]),
        reactions=_reactions(data, facts),
    )  # fmt: skip


def _solved_bytes(before: Mapping[str, FormRoutes], chosen: Mapping[str, FormRoutes], found: Equilibrium) -> bytes:
    facts = {name: getattr(found, name) for name in _FIGURES} | _reaction_names(found.reactions)
    arrays = {name: getattr(found, name) for name in _FOUND} | _reaction_arrays(found.reactions)
    arrays |= {f"controls_{name}": getattr(found.controls, name) for name in _CONTROLS}
    for form, routes in chosen.items():
        added = _added(before[form], routes)
        arrays |= {f"{form}_{name}": getattr(added, name) for name in FlatRoutes._fields}
    return _packed(facts, arrays)


def _solved(data: Any, before: Mapping[str, FormRoutes]) -> tuple[Mapping[str, FormRoutes], Equilibrium]:  # noqa: ANN401 - as above
    facts = json.loads(bytes(data["facts"]))
    chosen = {}
    for form, routes in before.items():
        chosen[form] = routes.plus(*(data[f"{form}_{name}"] for name in FlatRoutes._fields))
    found = Equilibrium(
        controls=Controls(*(data[f"controls_{name}"] for name in _CONTROLS)), **{name: data[name] for name in _FOUND},
        **{name: facts[name] for name in _FIGURES}, reactions=_reactions(data, facts),
    )  # fmt: skip
    return (before if all(chosen[form] is before[form] for form in before) else chosen), found


def _added(before: FormRoutes, after: FormRoutes) -> FlatRoutes:
    """Return the routes that were added behind those of their pair and way of going; of each the pair, not a pointer."""
    old, new = before.flat, after.flat
    one, other = (
        np.repeat(np.arange(len(before.pairs)), np.diff(flat.pair_ptr)) * NESTS + flat.nest for flat in (old, new)
    )
    known = np.bincount(one, minlength=len(before.pairs) * NESTS)
    within = np.arange(len(other)) - np.searchsorted(other, other)
    fresh = np.flatnonzero(within >= known[other])
    sizes = np.diff(new.arc_ptr)[fresh]
    arcs = [new.arcs[new.arc_ptr[r] : new.arc_ptr[r + 1]] for r in fresh.tolist()]
    return FlatRoutes(
        other[fresh] // NESTS, new.nest[fresh], np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([np.zeros(0, dtype=np.int64), *arcs]),
    )  # fmt: skip


def _reaction_names(found: Reactions | None) -> dict[str, Any]:
    return {"reaction_names": None if found is None else list(found.names)}


def _reaction_arrays(found: Reactions | None) -> dict[str, Any]:
    return {} if found is None else {f"reactions_{name}": getattr(found, name) for name in _REACTIONS}


def _reactions(data: Any, facts: Mapping[str, Any]) -> Reactions | None:  # noqa: ANN401 - as above
    if facts["reaction_names"] is None:
        return None
    return Reactions(facts["reaction_names"], *(data[f"reactions_{name}"] for name in _REACTIONS))
