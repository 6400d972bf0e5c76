"""Assignments as files: links as CSV or Parquet, matrices as OMX; and trips from OMX."""

from __future__ import annotations

import contextlib
import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.case.atomic import PARTIAL, write_file
from karvan.errors import InputError, OutputError, RequestError

if TYPE_CHECKING:
    import numpy.typing as npt

    from karvan.flows.results import Assignment

    Floats = npt.NDArray[np.float64]

SUFFIXES = (".csv", ".parquet", ".omx")
NO_OPENMATRIX = "OMX files need the package openmatrix: pip install 'karvan[omx]'."


def check_suffix(path: Path) -> str:
    """Return the suffix of a result's file.

    Raises
    ------
    RequestError
        It is none that an assignment can be written as, or the package that it needs is missing.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        message = f"{path}: name a file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}."
        raise RequestError(message)
    if suffix == ".omx":
        _openmatrix()
    return suffix


def write_assignment(result: Assignment, path: str | Path) -> Path:
    """Write an assignment: its links as .csv or .parquet; demand and cost between zones, per class, as .omx.

    Raises
    ------
    RequestError
        The name has another ending, or the package openmatrix is missing.
    OutputError
        The file cannot be written.
    """
    target = Path(path).expanduser()
    suffix = check_suffix(target)
    if suffix == ".csv":
        return write_file(target, result.table.to_csv(index=False))
    if suffix == ".parquet":
        return write_file(target, result.table.to_parquet(None, index=False))
    return _write_omx(result, target)


def _write_omx(result: Assignment, target: Path) -> Path:
    """Write the matrices: demand_NAME in vehicles, cost_NAME of the shortest path (infinite: no way)."""
    openmatrix = _openmatrix()
    draft = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        book = openmatrix.open_file(str(draft), "w")
        try:
            for each in result.classes:
                book[f"demand_{each.name}"] = result.demand_matrix(each.name)
                book[f"cost_{each.name}"] = result.cost_matrix(each.name)
            zones = result.links.nodes[: result.links.zones]
            if all(zone.isdigit() for zone in zones):
                book.create_mapping("zones", [int(zone) for zone in zones])
        finally:
            book.close()
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        message = f"{target} cannot be written: {error.strerror or error}. Choose another place, or free this one."
        raise OutputError(message) from error
    return target


def read_omx(path: str | Path, zones: int, *, matrix: str | None = None) -> Floats:
    """Return a matrix of trips from an OMX file, in the order of the zones: a mapping of the file to their numbers is followed.

    Parameters
    ----------
    path
        The file.
    zones
        Number of zones of the network.
    matrix
        Name of the matrix; needed where the file holds several.

    Raises
    ------
    InputError
        The file is garbled or ends early, or has no such matrix, or a mapping that does not name the zones.
    """
    openmatrix = _openmatrix()
    path = Path(path)
    if not path.is_file():
        message = f"{path} cannot be read: there is no such file. Name an OMX file."
        raise RequestError(message)
    try:
        book = openmatrix.open_file(str(path), "r")
    except Exception as error:  # PyTables raises errors of HDF5 of many kinds
        problem = "is no OMX file, or ends early: HDF5 cannot open it. Fetch or write it again."
        raise InputError([problem], what=str(path)) from error
    try:
        names = [str(name) for name in book.list_matrices()]
        chosen = matrix or (names[0] if len(names) == 1 else "")
        values = np.array(book[chosen], dtype=float) if chosen in names else None
        mappings = {str(name): [int(zone) for zone in book.map_entries(name)] for name in book.list_mappings()}
    except Exception as error:
        problem = "is no OMX file, or ends early: its matrices cannot be read. Fetch or write it again."
        raise InputError([problem], what=str(path)) from error
    finally:
        book.close()
    if values is None:
        listed = ", ".join(names) or "none"
        problem = f"holds {len(names)} matrices ({listed}). Name one with --matrix."
        raise InputError([f"holds no matrix {matrix!r}; there are: {listed}." if matrix else problem], what=str(path))
    if values.shape != (zones, zones):
        found = " x ".join(map(str, values.shape))
        raise InputError([f"matrix {chosen!r} is {found}; expected {zones} x {zones}."], what=str(path))
    order = _zone_order(path, mappings, zones)
    return values[np.ix_(order, order)]


def _zone_order(path: Path, mappings: dict[str, list[int]], zones: int) -> npt.NDArray[np.int64]:
    """Return where the rows of the zones 1, 2, 3 ... stand, as the file's mappings say.

    Numbers of another network's count that rise leave the rows as they stand.
    """
    expected = list(range(1, zones + 1))
    orders = set()
    for name, entries in mappings.items():
        if sorted(entries) == expected:
            orders.add(tuple(int(row) for row in np.argsort(entries)))
        elif len(entries) == zones and all(one < other for one, other in pairwise(entries)):
            orders.add(tuple(range(zones)))
        else:
            problem = f"mapping {name!r} does not name each of the zones 1 to {zones} once. "
            todo = "Correct it, or leave it out where rows and columns stand in the order of the zones."
            raise InputError([problem + todo], what=str(path))
    if len(orders) > 1:
        problem = f"the mappings {', '.join(mappings)} give the zones different orders. Keep one."
        raise InputError([problem], what=str(path))
    return np.array(next(iter(orders), range(zones)), dtype=np.int64)


def _openmatrix() -> Any:  # noqa: ANN401 - a module without types
    try:
        import openmatrix  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise RequestError(NO_OPENMATRIX) from error
    return openmatrix
