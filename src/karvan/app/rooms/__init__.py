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

#: The rooms of the chain in order; the app has screens for those that it has a module for.
CHAIN = ("case", "network", "routes", "trade", "flows", "appraisal", "portfolio", "programme")


def routers_of() -> dict[str, APIRouter]:
    """Return the router of each room that the app has a module for, in the order of the chain."""
    present = [room for room in CHAIN if find_spec(f"{__name__}.{room}") is not None]
    return {room: import_module(f"{__name__}.{room}").router for room in present}
