"""How goods get from A to B: cheapest and alternative routes, their time, price, emissions and legs."""

from karvan.routes.cost import MEASURES, Commodity, Measure
from karvan.routes.find import find_routes, network_of
from karvan.routes.places import Place, find_place
from karvan.routes.results import Leg, Route, Routes, Spread
from karvan.routes.skims import Skims, skim_zones
from karvan.routes.validate import Validation, validate

__all__ = [
    "MEASURES",
    "Commodity",
    "Leg",
    "Measure",
    "Place",
    "Route",
    "Routes",
    "Skims",
    "Spread",
    "Validation",
    "find_place",
    "find_routes",
    "network_of",
    "skim_zones",
    "validate",
]
