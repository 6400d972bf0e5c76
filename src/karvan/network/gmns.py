"""Export to and import from GMNS 0.96 (General Modeling Network Specification, Zephyr Foundation).

``node.csv``, ``link.csv``, ``zone.csv``, ``config.csv`` and ``use_definition.csv`` have every column of the specification in
its order, and Karvan's own columns after them; GMNS ``capacity`` is cars an hour and lane and stays blank for freight. The
other tables of the network lie beside them in the case format, so that the folder reads back to the same network.
"""

from __future__ import annotations

import csv
import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from karvan.case import AppliedCase, Case, Setting, rows_of
from karvan.case.atomic import write_folder
from karvan.case.cells import RawTable, read_table
from karvan.case.config import CaseConfig
from karvan.case.reading import to_frame
from karvan.case.schema import schemas
from karvan.errors import CaseError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from karvan.case import TableSchema

GMNS_VERSION = "0.96"
#: Columns of the specification, in its order.
GMNS_COLUMNS: dict[str, tuple[str, ...]] = {
    "node": ("node_id", "name", "x_coord", "y_coord", "z_coord", "node_type", "ctrl_type", "zone_id", "parent_node_id"),
    "link": (
        "link_id", "name", "from_node_id", "to_node_id", "directed", "geometry_id", "geometry", "parent_link_id", "dir_flag",
        "length", "grade", "facility_type", "capacity", "free_speed", "lanes", "bike_facility", "ped_facility", "parking",
        "allowed_uses", "toll", "jurisdiction", "row_width",
    ),
    "zone": ("zone_id", "name", "boundary", "super_zone"),
    "config": (
        "dataset_name", "short_length", "long_length", "speed", "crs", "geometry_field_format", "currency",
        "version_number", "id_type",
    ),
    "use_definition": ("use", "persons_per_vehicle", "pce", "special_conditions", "description"),
}  # fmt: skip
#: Tables of the case format that a network is made of.
NETWORK_TABLES = (
    "node",
    "link",
    "terminal",
    "border",
    "service",
    "zone",
    "parameter",
    "source",
    "stakeholder",
    "commodity",
)
#: What case.toml says and GMNS has no column for.
_CONFIG_FIELDS = (
    "id", "base_year", "horizon_year", "currency", "price_year", "default_scenario", "default_commodity", "licence",
    "attribution",
)  # fmt: skip
_USES = {
    "rail": "Freight trains",
    "road": "Trucks",
    "sea": "Ships between seaports",
    "ferry": "Train and truck ferries",
}


def export_gmns(applied: AppliedCase, folder: str | Path, *, built: pd.Series[bool]) -> Path:
    """Write a network as a GMNS folder, all of it or nothing.

    Parameters
    ----------
    applied
        The case under a setting, whose effects are in the export.
    folder
        Folder to make; an earlier export there is replaced, any other folder is left alone.
    built
        Whether each link stands in the setting; a standing link is exported as ``existing``.

    Returns
    -------
    The folder.

    Raises
    ------
    OutputError
        The folder cannot be written, or holds something else.
    """
    tables = {name: _as_text(applied.tables[name], schemas()[name]) for name in NETWORK_TABLES}
    _settle(tables, applied, built)
    nodes = {row["node_id"]: row for row in tables["node"]}
    files = {
        "node.csv": [_gmns_row("node", _node_cells(row, tables["zone"]), row) for row in tables["node"]],
        "link.csv": [_gmns_row("link", _link_cells(row, nodes), row) for row in tables["link"]],
        "zone.csv": [
            _gmns_row("zone", {"zone_id": row["zone_id"], "name": row["name"]}, row) for row in tables["zone"]
        ],
        "config.csv": [_gmns_row("config", _config_cells(applied), {})],
        "use_definition.csv": [
            _gmns_row("use_definition", {"use": use, "pce": "1", "description": text}, {})
            for use, text in _USES.items()
        ],
    }
    files |= {f"{name}.csv": rows for name, rows in tables.items() if name not in GMNS_COLUMNS}
    headers = {f"{name}.csv": _header(name) for name in [*GMNS_COLUMNS, *NETWORK_TABLES]}

    def fill(draft: Path) -> None:
        for name, rows in files.items():
            with (draft / name).open("w", encoding="utf-8", newline="") as handle:
                writer = csv.DictWriter(handle, headers[name], lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)

    return write_folder(folder, fill, marker="config.csv")


def read_gmns(folder: str | Path) -> AppliedCase:
    """Read a folder that :func:`export_gmns` wrote, to build the same network from.

    Returns
    -------
    The case as exported, its setting applied; it has no projects and no scenarios.

    Raises
    ------
    CaseError
        The folder does not hold such a network.
    """
    folder = Path(folder)
    tables = _read_tables(folder)
    config = _read_config(folder)
    empty = {name: to_frame(RawTable(schema)) for name, schema in schemas().items() if name not in tables}
    case = Case(folder, config, tables | empty, _digest(folder))
    return AppliedCase(case, Setting(scenario=config.case.default_scenario), case.tables, frozenset(), ())


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    tables: dict[str, RawTable] = {}
    for name in NETWORK_TABLES:
        schema = schemas()[name]
        tables[name] = read_table(folder, schema) if name not in GMNS_COLUMNS else _read_gmns_table(folder, schema)
    problems = [problem for table in tables.values() for problem in table.problems]
    if problems:
        raise CaseError(problems, folder=str(folder))
    return {name: to_frame(table) for name, table in tables.items()}


def _read_gmns_table(folder: Path, schema: TableSchema) -> RawTable:
    foreign = set(GMNS_COLUMNS[schema.name]) - {field.name for field in schema.fields}
    return read_table(folder, schema, other_columns=frozenset(foreign))


def _read_config(folder: Path) -> CaseConfig:
    path = folder / "config.csv"
    if not path.is_file():
        todo = "Name a folder that `karvan network --gmns` wrote."
        raise CaseError(
            [Problem("config.csv", 0, "", "no such file", "the file", todo, "missing-file")], folder=str(folder)
        )
    with path.open(encoding="utf-8", newline="") as handle:
        cells = next(csv.DictReader(handle), {})
    own = {name: cells.get(f"karvan_{name}") for name in _CONFIG_FIELDS}
    try:
        return CaseConfig.model_validate({"case": {"name": cells.get("dataset_name"), **own}})
    except ValidationError as error:
        todo = "Name a folder that `karvan network --gmns` wrote."
        names = ", ".join(str(detail["loc"][-1]) for detail in error.errors())
        problem = Problem(
            "config.csv", 2, "", f"nothing usable for {names}", "Karvan's own columns", todo, "bad-setting"
        )
        raise CaseError([problem], folder=str(folder)) from error


def _header(name: str) -> list[str]:
    if name == "config":
        return [*GMNS_COLUMNS[name], *(f"karvan_{field}" for field in _CONFIG_FIELDS)]
    if name not in schemas():
        return list(GMNS_COLUMNS[name])
    own = [field.name for field in schemas()[name].fields]
    return list(dict.fromkeys([*GMNS_COLUMNS.get(name, ()), *own]))


def _gmns_row(name: str, cells: dict[str, str], own: dict[str, str]) -> dict[str, str]:
    return dict.fromkeys(GMNS_COLUMNS[name], "") | own | cells


def _as_text(frame: pd.DataFrame, schema: TableSchema) -> list[dict[str, str]]:
    return [
        {schema.key: key} | {column: cell_text(value) for column, value in row.items()}
        for key, row in rows_of(frame).items()
    ]


def cell_text(value: Any) -> str:  # noqa: ANN401 - any cell
    """Return a cell as the case format writes it: the shortest text that reads back to the same value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (tuple, list)):
        return ";".join(value)
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
    return str(value)


def _settle(tables: dict[str, list[dict[str, str]]], applied: AppliedCase, built: pd.Series[bool]) -> None:
    """Write down what stands in the setting: the export knows no projects."""
    for row in tables["link"]:
        row["status"] = "existing" if built[row["link_id"]] else row["status"]
        row["project_id"] = ""
    terminals = applied.rows("terminal")
    for row in tables["terminal"]:
        cells = terminals[row["terminal_id"]]
        row["status"] = "existing" if applied.is_built(cells["status"], cells["project_id"]) else row["status"]
        row["project_id"] = ""


def _node_cells(row: dict[str, str], zones: list[dict[str, str]]) -> dict[str, str]:
    zone = next((zone["zone_id"] for zone in zones if row["node_id"] in zone["gateways"].split(";")), "")
    return {"zone_id": zone}


def _link_cells(row: dict[str, str], nodes: dict[str, dict[str, str]]) -> dict[str, str]:
    ends = [nodes[row[end]] for end in ("from_node_id", "to_node_id")]
    line = ", ".join(f"{end['x_coord']} {end['y_coord']}" for end in ends)
    return {
        "geometry": f"LINESTRING ({line})",
        "dir_flag": "1" if row["directed"] == "true" else "0",
        "length": row["length_km"],
        "facility_type": row["mode"],
        "free_speed": row["speed_kmh"],
        "allowed_uses": row["mode"],
    }


def _config_cells(applied: AppliedCase) -> dict[str, str]:
    config = applied.case.config.case.model_copy(update={"default_scenario": str(applied.setting.scenario)})
    own = {f"karvan_{field}": str(getattr(config, field)) for field in _CONFIG_FIELDS}
    return own | {
        "dataset_name": config.name,
        "short_length": "m",
        "long_length": "km",
        "speed": "km/h",
        "crs": "EPSG:4326",
        "geometry_field_format": "WKT",
        "currency": config.currency,
        "version_number": GMNS_VERSION,
        "id_type": "string",
    }
