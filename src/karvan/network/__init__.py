"""The multimodal network: states per mode and gauge, transfers, crossings, capacity; GMNS and GeoJSON."""

from karvan.network.arcs import ArcKind, Arcs
from karvan.network.geojson import plain, to_geojson
from karvan.network.gmns import export_gmns, read_gmns
from karvan.network.model import Network, build_network
from karvan.network.states import FORMS, MODES, State, StateIndex
from karvan.network.summary import NetworkSummary, flat, summarise

__all__ = [
    "FORMS",
    "MODES",
    "ArcKind",
    "Arcs",
    "Network",
    "NetworkSummary",
    "State",
    "StateIndex",
    "build_network",
    "export_gmns",
    "flat",
    "plain",
    "read_gmns",
    "summarise",
    "to_geojson",
]
