"""Networks and trip tables in the TNTP format (transportation networks for research, Bar-Gera and others).

Rules: nodes are numbered from 1 and the zones come first; a node below FIRST THRU NODE is not passed through; a link that
stands twice is two links; a pair that stands twice in a trip table is added up. Comments begin with ``~``. A file that ends
early is an error: its counts and totals tell.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from karvan.errors import InputError, RequestError
from karvan.flows.links import DEFAULTS, FIGURES, LinkTable

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

#: Problems that an error lists before it counts the rest.
SHOWN_PROBLEMS = 10
#: Figures that a row of a network must have: ends, capacity, length and free-flow time.
FEWEST_FIGURES = 5
#: A total that is printed with a few decimals agrees with the sum to this share.
TOTAL_SHARE = 1e-4
#: Trips that are missing by more than this share, with the last origins, tell that a file ends early; totals of some files
#: are a little off.
SHORT_SHARE = 5e-3

_TAG = re.compile(r"<\s*([^>]+?)\s*>\s*([^\n~]*)")


def read_network(path: str | Path) -> LinkTable:
    """Return the network of a TNTP file.

    Raises
    ------
    InputError
        The file is garbled, ends early, or holds figures that cannot be; all problems are listed.
    """
    return _network(Path(path), ())[0]


def read_candidates(path: str | Path) -> tuple[LinkTable, Floats]:
    """Return the network of a design problem, and the cost of every link: zero where the link stands already.

    The file is a TNTP network with one more figure a row, the cost.

    Raises
    ------
    InputError
        As :func:`read_network`.
    """
    links, (cost,) = _network(Path(path), ("cost",))
    problems = [
        f"link {number + 1}, cost: found {cost[number]:g}; expected a number."
        for number in np.flatnonzero(~np.isfinite(cost))
    ]
    if problems:
        raise InputError(_shown(problems), what=str(path))
    return links, cost


def _network(path: Path, extra: tuple[str, ...]) -> tuple[LinkTable, list[Floats]]:
    """Return a network and the further columns of its rows."""
    text = _text(path)
    meta, body, begin = _split(path, text)
    zones, count = _whole(path, meta, "NUMBER OF ZONES"), _whole(path, meta, "NUMBER OF NODES")
    first = _whole(path, meta, "FIRST THRU NODE", 1)
    rows, problems = _rows(body, begin, extra)
    if not problems:
        problems = [f"line {line}: node {node:g} is not one of the {count} nodes that <NUMBER OF NODES> says."
                    for line, row in rows for node in row[:2] if not (1 <= node <= count and node == int(node))]  # fmt: skip
    if not problems and "NUMBER OF LINKS" in meta:
        problems = _hold_count(path, meta, len(rows))
    if problems:
        raise InputError(_shown(problems), what=str(path))
    table = np.array([row for _, row in rows]).reshape(len(rows), 2 + len(FIGURES) + len(extra))
    figures = dict(zip((*FIGURES, *extra), table[:, 2:].T, strict=True))
    links = LinkTable(
        path.name, tuple(str(node) for node in range(1, count + 1)), zones, np.arange(1, count + 1) >= first,
        table[:, 0].astype(np.int64) - 1, table[:, 1].astype(np.int64) - 1,
        **{name: np.ascontiguousarray(figures[name]) for name in ("capacity", "length", "free_flow_time", "b", "power", "toll")},
    )  # fmt: skip
    links.check()
    return links, [np.ascontiguousarray(figures[name]) for name in extra]


def _hold_count(path: Path, meta: dict[str, str], rows: int) -> list[str]:
    """Hold the number of rows against the counts that the file says; candidates may be counted apart."""
    said, new = _whole(path, meta, "NUMBER OF LINKS"), _whole(path, meta, "NUMBER OF NEW LINKS", 0)
    if rows in (said, said + new):
        return []
    more = f" and <NUMBER OF NEW LINKS> says {new}" if new else ""
    fewer = "The file ends early, or the count is wrong." if rows < said + new else "The count is wrong."
    return [f"<NUMBER OF LINKS> says {said}{more}, and the file holds {rows}. {fewer}"]


def read_trips(path: str | Path, zones: int) -> tuple[Floats, list[str]]:
    """Return the trips of a TNTP file as a matrix, origin by destination, and what the reader should know.

    Raises
    ------
    InputError
        The file is garbled, ends early, or names zones that the network does not have; all problems are listed.
    """
    path = Path(path)
    meta, body, begin = _split(path, _text(path))
    said = _whole(path, meta, "NUMBER OF ZONES", zones)
    if said > zones:
        raise InputError([f"<NUMBER OF ZONES> says {said}, and the network has {zones}. Give the trips of this network."],
                         what=str(path))  # fmt: skip
    body = re.sub(r"~[^\n]*", "", body)
    matrix, problems, last, twice = np.zeros((zones, zones)), [], 0, 0
    for match in re.finditer(r"origin\b[ \t:]*(\S*)(.*?)(?=\borigin\b|\Z)", body, flags=re.IGNORECASE | re.DOTALL):
        line = begin + body.count("\n", 0, match.start())
        origin = match[1].rstrip(";")
        if not origin.isdigit() or not 1 <= int(origin) <= zones:
            problems.append(f"line {line}: origin {origin!r} is not a zone from 1 to {zones}.")
            continue
        last = int(origin)
        twice += _add(matrix[last - 1], match[2], line, problems)
    head = re.split(r"\borigin\b", body, maxsplit=1, flags=re.IGNORECASE)[0]
    if head.strip(" \t\r\n;"):
        stray = begin + head[: len(head) - len(head.lstrip())].count("\n")
        problems.append(f"line {stray}: found {head.split()[0]!r} before the first origin; expected 'Origin'.")
    notes = [f"{path.name}: {twice} pairs stand twice; their trips are added up."] if twice else []
    if not problems:
        notes += _hold_total(path, meta, float(matrix.sum()), body, last, said, problems)
    if problems:
        raise InputError(_shown(problems), what=str(path))
    return matrix, notes


def _add(row: Floats, text: str, line: int, problems: list[str]) -> int:
    """Add the pairs of one origin to its row; return how many stand twice."""
    try:
        flat = text.replace(":", " ").replace(";", " ").split()
        numbers = np.array(flat, dtype=float) if flat else np.empty(0)
        ends, trips = numbers[::2].astype(np.int64), numbers[1::2]
        sound = text.count(":") == trips.size == ends.size and bool(np.all(ends == numbers[::2]))
        if sound and np.all((ends >= 1) & (ends <= row.size) & np.isfinite(trips) & (trips >= 0)):
            np.add.at(row, ends - 1, trips)
            return int(ends.size - np.unique(ends).size)
    except (ValueError, OverflowError):
        pass
    for offset, part in enumerate(text.split("\n")):
        for item in part.split(";"):
            problem = _pair_problem(item.strip(), row.size)
            if problem:
                problems.append(f"line {line + offset}: {problem}")
    if not problems:
        problems.append(f"line {line}: the pairs of this origin are garbled; expected 'destination : trips;'.")
    return 0


def _pair_problem(item: str, zones: int) -> str:
    """Return what is wrong with one pair, or nothing."""
    if not item:
        return ""
    end, colon, trips = (part.strip() for part in item.partition(":"))
    try:
        number, value = float(end), float(trips)
    except ValueError:
        number, value = np.nan, np.nan
    if not colon or np.isnan(number) or number != np.floor(number):
        return f"found {item!r}; expected 'destination : trips;'."
    if not 1 <= number <= zones:
        return f"destination {end} is not a zone from 1 to {zones}."
    if not np.isfinite(value):
        return f"found {item!r}; expected a number of trips."
    return f"found {item!r}; trips cannot be negative." if value < 0 else ""


def _hold_total(
    path: Path, meta: dict[str, str], total: float, body: str, last: int, zones: int, problems: list[str]
) -> list[str]:
    """Hold the sum of the trips against the total that the file says; a file that ends early is a problem."""
    try:
        said = float(meta["TOTAL OD FLOW"].split()[0])
    except (KeyError, IndexError, ValueError):
        said = np.nan
    ended = (
        body.rstrip().endswith((";", ":"))
        or ";" not in body
        or not last
        or bool(re.search(r"origin\s+\d+\s*\Z", body, re.IGNORECASE))
    )
    if np.isnan(said):
        if not ended:
            problems.append("the last pair has no ';'. The file ends early.")
        return []
    if abs(total - said) <= TOTAL_SHARE * max(1.0, abs(said)):
        return []
    what = f"<TOTAL OD FLOW> says {said:.12g}, and the trips add up to {total:.12g}"
    if not ended or (last < zones and total < said * (1 - SHORT_SHARE)):
        problems.append(f"{what}; the last origin is {last} of {zones}. The file ends early.")
        return []
    return [f"{path.name}: {what}. The trips are taken as they stand."]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}. Name a TNTP file."
        raise RequestError(message) from error


def _split(path: Path, text: str) -> tuple[dict[str, str], str, int]:
    """Return the metadata, the body and the line on which the body begins."""
    end = re.search(r"<\s*END\s+OF\s+METADATA\s*>[^\n]*", text, flags=re.IGNORECASE)
    if end is not None:
        head, body = text[: end.start()], text[end.end() :]
        begin = 1 + text.count("\n", 0, end.end())
    else:  # some files leave the mark out: metadata are then the lines that begin with '<'
        tags = list(re.finditer(r"^\s*<[^\n]*", text, flags=re.MULTILINE))
        if not tags:
            problem = "found no metadata; expected lines such as '<NUMBER OF ZONES> 24' and '<END OF METADATA>'."
            raise InputError([problem], what=str(path))
        head, body = text[: tags[-1].end()], text[tags[-1].end() :]
        begin = 1 + text.count("\n", 0, tags[-1].end())
    meta = {" ".join(match[1].upper().split()): match[2].strip() for match in _TAG.finditer(head)}
    return meta, body, begin


def _whole(path: Path, meta: dict[str, str], name: str, default: int | None = None) -> int:
    found = meta.get(name, "").split()
    if not found and default is not None:
        return default
    try:
        number = int(float(found[0].rstrip(";")))
    except (IndexError, ValueError):
        shown = repr(found[0]) if found else "nothing"
        problem = f"<{name}>: found {shown}; expected a whole number."
        raise InputError([problem], what=str(path)) from None
    return number


def _rows(body: str, begin: int, extra: tuple[str, ...]) -> tuple[list[tuple[int, list[float]]], list[str]]:
    """Return the rows of a network file, each with its line, and what is wrong with them."""
    rows: list[tuple[int, list[float]]] = []
    problems: list[str] = []
    columns = ("init_node", "term_node", *FIGURES, *extra)
    width, fewest = len(columns), len(columns) if extra else FEWEST_FIGURES
    blanks = [DEFAULTS.get(column, np.nan) for column in columns]
    for offset, line in enumerate(body.split("\n")):
        text = line.partition("~")[0].strip(" \r\n\t;")
        if not text or (not offset and not text[0].isdigit()):
            continue
        cells = text.split()
        if line.count("\t") >= width - 1 and len(cells) < width:  # a blank cell between tabs
            cells = [cell.strip() for cell in line.partition(";")[0].strip(" \r\n").strip("\t").split("\t")]
        if text[0].isalpha() and not rows:
            continue  # a heading without its '~'
        if not fewest <= len(cells) <= width:
            problems.append(
                f"line {begin + offset}: found {len(cells)} figures; expected {width}: {', '.join(columns)}."
            )
            continue
        try:
            row = [float(cell) if cell else blanks[place] for place, cell in enumerate(cells)]
        except ValueError:
            wrong = next(cell for cell in cells if cell and not _is_number(cell))
            column = columns[cells.index(wrong)]
            problems.append(f"line {begin + offset}, {column}: found {wrong!r}; expected a number.")
            continue
        rows.append((begin + offset, row + blanks[len(row) :]))
    return rows, problems


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _shown(problems: list[str]) -> list[str]:
    rest = len(problems) - SHOWN_PROBLEMS
    return problems if rest <= 1 else [*problems[:SHOWN_PROBLEMS], f"{rest} more problems of this kind."]
