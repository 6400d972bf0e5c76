"""What the app answers for each room of the chain.

A room gets a screen by a module of its name here that holds a `router`, and a folder of its name in `web/src/screens`. A room
without one is left out of the app.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from karvan.case import Case

#: The rooms of the chain in order; the app has screens for those that it has a module for.
CHAIN = ("case", "network", "routes", "trade", "flows", "appraisal", "portfolio", "programme")


def routers_of() -> dict[str, APIRouter]:
    """Return the router of each room that the app has a module for, in the order of the chain."""
    return {room: import_module(f"{__name__}.{room}").router for room in _present()}


def rooms_of(case: Case) -> list[str]:
    """Return the rooms that have something to show of a case: a module says by ``has_data`` what it needs."""
    modules = {room: import_module(f"{__name__}.{room}") for room in _present()}
    return [room for room, module in modules.items() if getattr(module, "has_data", lambda _: True)(case)]


def _present() -> list[str]:
    return [room for room in CHAIN if find_spec(f"{__name__}.{room}") is not None]
