"""Opening and checking a case folder."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.case import demand_rules, futures_rules, network_rules, parameter_rules, project_rules
from karvan.case.cells import RawTable, read_table
from karvan.case.config import CONFIG_FILE, CaseConfig, read_config
from karvan.case.rules import check_rules
from karvan.case.schema import schemas
from karvan.errors import CaseError, Problem, UnknownNameError, near_names

if TYPE_CHECKING:
    import pandas as pd

    from karvan.case.model import Case

#: The rules register themselves on import, in this order after those of rules.py.
assert futures_rules and network_rules and project_rules and demand_rules and parameter_rules  # noqa: S101, PT018


def bundled_cases() -> dict[str, Path]:
    """Return the cases that come with the package, by name."""
    root = Path(str(resources.files("karvan") / "bundled_cases"))
    return {path.name: path for path in sorted(root.iterdir()) if (path / CONFIG_FILE).is_file()}


def find_case(case: str | Path | None = None) -> Path:
    """Return the folder of a case.

    Parameters
    ----------
    case
        A folder, or the name of a bundled case. None is the folder that one stands in, where that is a case, else
        ``pakistan_azerbaijan``.

    Raises
    ------
    UnknownNameError
        There is no such case.
    """
    bundled = bundled_cases()
    if case is None:
        here = Path.cwd()
        return here if (here / CONFIG_FILE).is_file() else bundled["pakistan_azerbaijan"]
    path = Path(case)
    if path.is_dir() and ((path / CONFIG_FILE).is_file() or str(case) not in bundled):
        return path
    if str(case) in bundled:
        return bundled[str(case)]
    raise UnknownNameError("case", str(case), list(bundled))


def check_case(case: str | Path | None = None) -> list[Problem]:
    """Return everything that is wrong with a case, in order of file and line; empty where nothing is."""
    return _read(find_case(case))[2]


def open_case(case: str | Path | None = None) -> Case:
    """Open a case.

    Parameters
    ----------
    case
        A folder, or the name of a bundled case; None as in :func:`find_case`.

    Raises
    ------
    CaseError
        The case has problems, all of which the error lists.
    UnknownNameError
        There is no such case.
    """
    from karvan.case.model import Case  # noqa: PLC0415 - pandas is heavy

    folder = find_case(case)
    config, tables, problems = _read(folder)
    if problems or config is None:
        raise CaseError(problems, folder=str(folder))
    frames = {name: to_frame(raw) for name, raw in tables.items()}
    found = Case(folder, config, frames, digest_of(folder))
    object.__setattr__(found, "as_read", True)
    return found


def _read(folder: Path) -> tuple[CaseConfig | None, dict[str, RawTable], list[Problem]]:
    config, problems = read_config(folder)
    strays = _stray_files(folder)
    named = {meant: name for name, meant in strays.items()}
    tables = {name: read_table(folder, schema, file=named.get(schema.file)) for name, schema in schemas().items()}
    for name, meant in strays.items():
        todo = f"Rename it to {meant}." if meant else "Move it out of the case."
        problems.append(Problem(name, 0, "", "an unknown table", "a table of the format", todo, "unknown-file"))
    problems += [problem for raw in tables.values() for problem in raw.problems]
    problems += check_rules(tables, config)
    return config, tables, sorted(problems)


def _stray_files(folder: Path) -> dict[str, str]:
    """Return the files that are no table of the format, each with the missing one that it may be, or blank.

    What a misnamed file holds is checked all the same, so that its name is the one problem.
    """
    known = {schema.file for schema in schemas().values()}
    free = sorted(name for name in known if not (folder / name).exists())
    strays: dict[str, str] = {}
    for path in sorted([*folder.glob("*.csv"), *folder.glob("programme/*.csv")]):
        name = path.relative_to(folder)
        if name.as_posix() in known:
            continue
        near = near_names(name.stem, [Path(file).stem for file in free if Path(file).parent == name.parent], limit=1)
        meant = name.with_name(f"{near[0]}.csv").as_posix() if near else ""
        strays[name.as_posix()] = meant
        free = [file for file in free if file != meant]
    return strays


def to_frame(raw: RawTable) -> pd.DataFrame:
    """Return a table as a DataFrame indexed by its key, with one dtype per column type."""
    import pandas as pd  # noqa: PLC0415 - heavy

    key = raw.schema.key
    columns = {}
    index = pd.Index([row.values[key] for row in raw.rows], name=key, dtype="object")
    for field in raw.schema.fields[1:]:
        dtype = "float64" if field.is_number else "bool" if field.type == "bool" else "object"
        columns[field.name] = pd.Series([row.values[field.name] for row in raw.rows], index=index, dtype=dtype)
    return pd.DataFrame(columns, index=index)


def digest_of(folder: Path) -> str:
    """Return the SHA-256 of a case: names and contents of its files, with line ends made equal."""
    files = {schema.file for schema in schemas().values()} | {CONFIG_FILE}
    digest = hashlib.sha256()
    for name in sorted(files):
        path = folder / name
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
