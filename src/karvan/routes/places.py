"""From what people type to places of the network."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from karvan.errors import UnknownNameError

if TYPE_CHECKING:
    from karvan.case import AppliedCase, Rows

#: Where several nodes bear a name, goods are taken to mean the first of these.
NODE_TYPE_ORDER = ("port", "city", "terminal", "dry_port", "junction", "station", "border")


@dataclass(frozen=True)
class Place:
    """A place of the network: a node, or a zone with its gateways.

    Attributes
    ----------
    kind
        ``node`` or ``zone``.
    id, name
        Its row.
    note
        What was taken for granted, such as the other nodes of the same name; empty where nothing was.
    """

    kind: str
    id: str
    name: str
    note: str = ""


def find_place(applied: AppliedCase, text: str) -> Place:
    """Return the place that a text means: a node or zone by id, name or UN/LOCODE, or by the beginning of a name.

    Raises
    ------
    UnknownNameError
        Nothing fits.
    """
    nodes, zones = applied.rows("node"), applied.rows("zone")
    if text in nodes:
        return Place("node", text, nodes[text]["name"])
    if text in zones:
        return Place("zone", text, zones[text]["name"])
    wanted = fold(text)
    exact = [node for node, row in nodes.items() if wanted in _names(node, row)]
    if exact:
        return _pick(applied, text, exact)
    named = [zone for zone, row in zones.items() if wanted in (fold(zone), fold(row["name"]))]
    if named:
        return Place("zone", named[0], zones[named[0]]["name"])
    begins = [node for node, row in nodes.items() if _begins(wanted, node, row["name"])]
    if wanted and begins:
        return _pick(applied, text, begins)
    raise UnknownNameError("place", text, _known(nodes, zones))


def fold(text: str) -> str:
    """Return a name without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", plain.replace("\N{LATIN SMALL LETTER DOTLESS I}", "i")))


def _known(*tables: Rows) -> list[str]:
    return [name for rows in tables for key, row in rows.items() for name in (row["name"], key)]


def _names(node: str, row: dict[str, str]) -> set[str]:
    return {fold(node), fold(row["name"]), fold(row["unlocode"])} - {""}


def _begins(wanted: str, node: str, name: str) -> bool:
    return any(f"{fold(text)} ".startswith(f"{wanted} ") for text in (node, name))


def _pick(applied: AppliedCase, text: str, found: list[str]) -> Place:
    nodes = applied.rows("node")
    ranked = sorted(found, key=lambda node: (NODE_TYPE_ORDER.index(nodes[node]["node_type"]), node))
    node = ranked[0]
    name = str(nodes[node]["name"])
    note = f"{text!r} is taken as {name} ({node}); also: {', '.join(ranked[1:])}" if len(ranked) > 1 else ""
    return Place("node", node, name, note)


@dataclass(frozen=True)
class Avoid:
    """What a route keeps clear of: a node, crossing, country or link."""

    kind: str
    id: str


def find_avoid(applied: AppliedCase, text: str) -> Avoid:
    """Return what a text asks to avoid: a country code, a crossing, a link, or a place.

    Raises
    ------
    UnknownNameError
        Nothing fits.
    """
    nodes = applied.rows("node")
    countries = {row["country"] for row in nodes.values()}
    crossings = {row["crossing_id"] for row in applied.rows("border").values()}
    if text.upper() in countries and text not in nodes:
        return Avoid("country", text.upper())
    if text in crossings and text not in nodes:
        return Avoid("crossing", text)
    if text in applied.rows("link"):
        return Avoid("link", text)
    try:
        place = find_place(applied, text)
    except UnknownNameError as error:
        known = [*sorted(countries), *sorted(crossings), *_known(nodes)]
        raise UnknownNameError("place, crossing, country or link", text, known) from error
    return Avoid(place.kind, place.id)
