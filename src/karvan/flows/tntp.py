"""Networks and trip tables in the TNTP format (transportation networks for research, Bar-Gera and others).

Rules: nodes are numbered from 1 and the zones come first; a node below FIRST THRU NODE is not passed through; a link that
stands twice is two links; a pair that stands twice in a trip table is added up. Comments begin with ``~``. A file that ends
early is an error: its counts and totals tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
#: Sums of trips agree with a total to this share, which is rounding, beside half a unit of the total's last digit.
EXACT_SHARE = 1e-9
#: Nodes without a link are allowed up to this number in all; more is an error of the count, and would fill the memory.
MOST_BARE_NODES = 1_000_000
#: Trips that are missing by more than the first share where origins or destinations are missing at the end too, by more than
#: the second in any case, tell that a file ends early; totals of some files are a little off.
FEW_SHARE, SHORT_SHARE = 1e-6, 5e-3

#: What files call the columns, without blanks, signs and units.
_COLUMN_OF = {
    "initnode": "init_node", "init": "init_node", "tail": "init_node", "tailnode": "init_node", "fromnode": "init_node",
    "from": "init_node", "termnode": "term_node", "term": "term_node", "head": "term_node", "headnode": "term_node",
    "tonode": "term_node", "to": "term_node", "cap": "capacity", "distance": "length", "len": "length",
    "pow": "power", "alpha": "b", "beta": "power", "freeflowtime": "free_flow_time",
    "fftt": "free_flow_time", "fftime": "free_flow_time", "t0": "free_flow_time",
    "fft": "free_flow_time", "freeflow": "free_flow_time", "speedlimit": "speed",
    "linktype": "link_type", "type": "link_type",
}  # fmt: skip

#: Tags that are read; others are remarks.
_COUNTS = (
    "NUMBER OF ZONES", "NUMBER OF NODES", "FIRST THRU NODE", "NUMBER OF LINKS", "NUMBER OF NEW LINKS", "TOTAL OD FLOW",
)  # fmt: skip
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
        problems = _count_problems(zones, count, len(rows))
    if not problems:
        problems = [f"line {line}: node {node:g} is not one of the {count} nodes that <NUMBER OF NODES> says."
                    for line, row in rows for node in row[:2] if not (1 <= node <= count and node == int(node))]  # fmt: skip
    if not problems and "NUMBER OF LINKS" in meta:
        problems = _hold_count(path, meta, len(rows))
    if not problems and not extra and _whole(path, meta, "NUMBER OF NEW LINKS", 0) > 0:
        problems = [
            "<NUMBER OF NEW LINKS>: the file holds links that do not stand. Give it to karvan portfolio design."
        ]
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


def _count_problems(zones: int, nodes: int, links: int) -> list[str]:
    """Return what is wrong with the counts of zones and nodes."""
    if zones < 1:
        return [f"<NUMBER OF ZONES> says {zones}; expected 1 or more."]
    if nodes < zones:
        return [
            f"<NUMBER OF NODES> says {nodes}, and <NUMBER OF ZONES> {zones}. Zones are nodes: correct one of the two."
        ]
    if nodes > max(MOST_BARE_NODES, zones + 2 * links):
        return [f"<NUMBER OF NODES> says {nodes}, and {links} links join {2 * links} at most. Correct the count."]
    return []


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
    found, problems = _Trips(np.zeros((zones, zones)), np.zeros((zones, zones), dtype=bool), []), []
    for match in re.finditer(r"origin\b[ \t:]*(\S*)(.*?)(?=\borigin\b|\Z)", body, flags=re.IGNORECASE | re.DOTALL):
        line = begin + body.count("\n", 0, match.start())
        origin = match[1].rstrip(";")
        if not origin.isdecimal() or not 1 <= int(origin) <= zones:
            problems.append(f"line {line}: origin {origin!r} is not a zone from 1 to {zones}.")
            continue
        found.add(int(origin), match[2], line, problems)
    head = re.split(r"\borigin\b", body, maxsplit=1, flags=re.IGNORECASE)[0]
    if head.strip(" \t\r\n;"):
        stray = begin + head[: len(head) - len(head.lstrip())].count("\n")
        problems.append(f"line {stray}: found {head.split()[0]!r} before the first origin; expected 'Origin'.")
    notes = []
    if said < zones:
        notes.append(
            f"{path.name}: <NUMBER OF ZONES> says {said}, and the network has {zones}; the others are taken to have no trips. "
            "Is this the table of this network?"
        )
    if found.twice:
        notes.append(f"{path.name}: {found.twice} pairs stand twice; their trips are added up.")
    if not problems:
        notes += _hold_total(path, meta, found, body, problems)
    if problems:
        raise InputError(_shown(problems), what=str(path))
    return found.matrix, notes


@dataclass
class _Trips:
    """The trips read so far.

    Attributes
    ----------
    matrix, named
        Trips, and whether the pair is named, origin by destination.
    ends
        Each block of an origin, with the last destination that it names; 0: none.
    twice
        Pairs that are named again.
    """

    matrix: Floats
    named: npt.NDArray[np.bool_]
    ends: list[tuple[int, int]]
    twice: int = 0

    def add(self, origin: int, text: str, line: int, problems: list[str]) -> None:
        """Add the pairs of one block of an origin."""
        zones = len(self.matrix)
        try:
            if "_" in text:
                raise ValueError  # noqa: TRY301 - digits with it between them, which Python would take, are no number
            flat = text.replace(":", " ").replace(";", " ").split()
            numbers = np.array(flat, dtype=float) if flat else np.empty(0)
            places, trips = numbers[::2], numbers[1::2]
            sound = text.count(":") == trips.size == places.size
            sound = sound and bool(np.all((places >= 1) & (places <= zones) & (places == np.floor(places))))
            if sound and np.all(np.isfinite(trips) & (trips >= 0)):
                ends = places.astype(np.int64)
                np.add.at(self.matrix[origin - 1], ends - 1, trips)
                before = int(self.named[origin - 1].sum())
                self.named[origin - 1, ends - 1] = True
                self.twice += ends.size - (int(self.named[origin - 1].sum()) - before)
                self.ends.append((origin, int(ends[-1]) if ends.size else 0))
                return
        except (ValueError, OverflowError):
            pass
        many = len(problems)
        for offset, part in enumerate(text.split("\n")):
            for item in part.split(";"):
                problem = _pair_problem(item.strip(), zones)
                if problem:
                    problems.append(f"line {line + offset}: {problem}")
        if len(problems) == many:
            problems.append(f"line {line}: the pairs of this origin are garbled; expected 'destination : trips;'.")


def _pair_problem(item: str, zones: int) -> str:
    """Return what is wrong with one pair, or nothing."""
    if not item:
        return ""
    end, colon, trips = (part.strip() for part in item.partition(":"))
    try:
        number, value = _number(end), _number(trips)
    except ValueError:
        number, value = np.nan, np.nan
    if not colon or np.isnan(number) or number != np.floor(number):
        return f"found {item!r}; expected 'destination : trips;'."
    if not 1 <= number <= zones:
        return f"destination {end} is not a zone from 1 to {zones}."
    if not np.isfinite(value):
        return f"found {item!r}; expected a number of trips."
    return f"found {item!r}; trips cannot be negative." if value < 0 else ""


def _hold_total(path: Path, meta: dict[str, str], found: _Trips, body: str, problems: list[str]) -> list[str]:
    """Hold the sum of the trips against the total that the file says; a file that ends early is a problem."""
    zones, total = len(found.matrix), float(found.matrix.sum())
    if not found.ends:
        problems.append("found no origin; expected 'Origin 1' and its pairs. The file ends early.")
        return []
    words = meta.get("TOTAL OD FLOW", "").split()
    last, end = found.ends[-1]
    whole = body.rstrip().endswith(";") or ";" not in body or not end
    try:
        said = _number(words[0].rstrip(";")) if words else np.nan
    except ValueError:
        said = np.nan
    if np.isnan(said):
        if not whole:
            problems.append("the last pair has no ';'. The file ends early.")
        if words:
            what = f"<TOTAL OD FLOW> says {words[0]!r}, which is no number"
        elif last < zones:
            what = f"no <TOTAL OD FLOW>, and the last origin is {last} of {zones}"
        else:
            return []
        return [f"{path.name}: {what}. Whether the file is whole cannot be told."]
    short = said - total
    digits = re.search(r"\.(\d*)$", words[0].rstrip(";"))
    last_digit = 10.0 ** -len(digits[1]) if digits else 1.0
    if abs(short) <= EXACT_SHARE * abs(said) + (0.5 * last_digit if whole else 0.0):
        return []
    what = f"<TOTAL OD FLOW> says {said:.12g}, and the trips add up to {total:.12g}"
    usual = {until for _, until in found.ends[:-1]}
    # all origins before the last go on to the same destination, which may be left out where it is the origin itself
    midway = len(usual) == 1 and end < max(usual) - (last == max(usual))
    if not whole or short > said * (FEW_SHARE if last < zones or midway else SHORT_SHARE):
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
    end = re.search(r"<\s*END\s+OF\s+METADATA\s*>", text, flags=re.IGNORECASE)
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
    said: dict[str, dict[str, None]] = {}
    for match in _TAG.finditer(head):
        said.setdefault(" ".join(match[1].upper().split()), {})[match[2].strip()] = None
    problems = [
        f"<{name}> is said more than once, and not alike: {', '.join(map(repr, values))}. Leave one of them."
        for name, values in said.items()
        if len(values) > 1 and name in _COUNTS
    ]
    if problems:
        raise InputError(problems, what=str(path))
    return {name: next(iter(values)) for name, values in said.items()}, body, begin


def _whole(path: Path, meta: dict[str, str], name: str, default: int | None = None) -> int:
    found = meta.get(name, "").split()
    if not found and default is not None:
        return default
    try:
        figure = _number(found[0].rstrip(";"))
        number = int(figure)
        if number != figure:
            raise ValueError  # noqa: TRY301 - said below, as all else that is no whole number
    except (IndexError, ValueError, OverflowError):
        shown = repr(found[0]) if found else "nothing"
        problem = f"<{name}>: found {shown}; expected a whole number."
        raise InputError([problem], what=str(path)) from None
    return number


def _number(text: str) -> float:
    """Return a number; digits with ``_`` between them, which Python would take, are none."""
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _rows(body: str, begin: int, extra: tuple[str, ...]) -> tuple[list[tuple[int, list[float]]], list[str]]:
    """Return the rows of a network file, each with its line, and what is wrong with them."""
    rows: list[tuple[int, list[float]]] = []
    problems: list[str] = []
    columns: tuple[str, ...] = ("init_node", "term_node", *FIGURES, *extra)
    canon, named, ended, width = columns, False, [], 0
    odd: tuple[str, ...] = ()
    tab_last: bool | None = None
    for line, text in enumerate(body.split("\n"), begin):
        plain, _, remark = text.partition("~")
        if not plain.strip(" \r\t;"):
            if not (rows or problems) and remark:
                columns, named = _heading(remark, canon, extra) or (columns, named)
                odd = odd if named else _out_of_order(remark, canon)
            continue
        figures, mark, rest = plain.partition(";")
        cells = figures.split()
        if len(cells) < len(columns) and "\t" in figures:
            tab_last = _ends_in_tab(body) if tab_last is None else tab_last
            cells = _blanks_too(figures, len(columns), tab_last=tab_last) or cells
        if (
            not (rows or problems or any(_is_number(cell) for cell in cells)) and plain.strip()[:1].isalpha()
        ):  # a heading without its '~'
            columns, named = _heading(plain, canon, extra) or (columns, named)
            odd = odd if named else _out_of_order(plain, canon)
            continue
        if odd and not named and not (rows or problems) and len(odd) == len(cells):
            problems.append(
                f"the heading names columns in another order than the format, and not all that are needed: {', '.join(odd)}. "
                f"Call them {', '.join(canon[:FEWEST_FIGURES])}."
            )
            return [], problems
        problem = _misshapen(cells, rest, columns, width, named=named, fewest=len(canon) if extra else FEWEST_FIGURES)
        row = dict(zip(columns, cells, strict=False))
        wrong = next((name for name in canon if row.get(name) and not _is_number(row[name])), "")
        if problem or wrong:
            place = f"line {line}" if problem else f"line {line}, {wrong}"
            problems.append(f"{place}: {problem or f'found {row[wrong]!r}; expected a number.'}")
            continue
        width = width or len(cells)
        ended.append(bool(mark))
        rows.append((line, [_number(row[name]) if row.get(name) else DEFAULTS.get(name, np.nan) for name in canon]))
    if not problems and len(ended) > 1 and all(ended[:-1]) and not ended[-1]:
        problems.append(f"line {rows[-1][0]}: the last row has no ';', as those before it have. The file ends early.")
    return rows, problems


def _ends_in_tab(body: str) -> bool:
    """Return whether whole rows end with a tab, which is then no sign of a blank cell: the fullest row tells."""
    rows = [line.partition("~")[0].partition(";")[0] for line in body.split("\n")]
    return max(rows, key=lambda row: len(row.split())).rstrip(" \r").endswith("\t")


def _blanks_too(text: str, width: int, *, tab_last: bool) -> list[str]:
    """Return the cells of a row with blank ones between tabs; nothing where they do not come to the width."""
    parts = [part.strip() for part in text.strip(" \r\n").split("\t")]
    if not parts[0]:
        del parts[0]
    if tab_last and parts and not parts[-1]:
        del parts[-1]
    return parts if len(parts) == width else []


def _misshapen(cells: list[str], rest: str, columns: tuple[str, ...], width: int, *, named: bool, fewest: int) -> str:
    """Return what is wrong with the shape of a row, or nothing; `width` is that of the first row, 0 where this is it."""
    if rest.strip(" \r\t;"):
        return f"found {rest.strip()!r} after the ';'; expected one link a line."
    most = len(columns)
    if (named and len(cells) != most) or not fewest <= len(cells) <= most:
        return f"found {len(cells)} figures; expected {most}: {', '.join(columns)}."
    if width and len(cells) != width:
        return f"found {len(cells)} figures, where the first row has {width}. Write nan where one is blank."
    return ""


def _names(text: str) -> tuple[str, ...]:
    """Return the names in a heading: those of the format where they are known."""
    plain = re.sub(r"\([^)]*\)", "", re.split("[;~]", text.lstrip("~ \t"))[0]).strip()
    names = [re.sub(r"[^a-z0-9]", "", name.lower()) for name in (plain.split("\t") if "\t" in plain else plain.split())]
    return tuple(_COLUMN_OF.get(name, name) for name in names if name)


def _out_of_order(text: str, canon: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of a heading that is not understood, where those that are known stand elsewhere than in the format."""
    names = _names(text)
    known = [(place, name) for place, name in enumerate(names) if name in canon]
    moved = any(canon.index(name) != place for place, name in known)
    return names if moved and set(canon[:2]) <= set(names) else ()


def _heading(text: str, canon: tuple[str, ...], extra: tuple[str, ...]) -> tuple[tuple[str, ...], bool] | None:
    """Return the columns as a heading names them; None where it is no heading, or one that is not understood."""
    columns = _names(text)
    known = [name for name in columns if name in canon]
    needed = (*canon[:FEWEST_FIGURES], *extra)
    if len(known) != len(set(known)) or not set(needed) <= set(known) or (not extra and "cost" in columns):
        return None
    return columns, True


def _is_number(cell: str) -> bool:
    try:
        _number(cell)
    except ValueError:
        return False
    return True


def _shown(problems: list[str]) -> list[str]:
    rest = len(problems) - SHOWN_PROBLEMS
    return problems if rest <= 1 else [*problems[:SHOWN_PROBLEMS], f"{rest} more problems of this kind."]
