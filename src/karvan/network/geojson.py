"""The network as GeoJSON (RFC 7946): nodes as points, links as lines, with every fact and its source as properties."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from karvan.case import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.network.model import Network


def to_geojson(network: Network) -> dict[str, Any]:
    """Return a FeatureCollection of nodes and links; coordinates are WGS 84 degrees."""
    nodes = network.applied.rows("node")
    points = {node: [row["x_coord"], row["y_coord"]] for node, row in nodes.items()}
    features = [_feature("node", node, "Point", points[node], row) for node, row in nodes.items()]
    for link, row in rows_of(network.table).items():
        line = [points[row["from_node_id"]], points[row["to_node_id"]]]
        features.append(_feature("link", link, "LineString", line, row))
    config = network.applied.case.config.case
    return {
        "type": "FeatureCollection",
        "features": features,
        "attribution": config.attribution,
        "licence": config.licence,
    }


def _feature(table: str, name: str, geometry: str, coordinates: list[Any], row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{table}:{name}",
        "geometry": {"type": geometry, "coordinates": coordinates},
        "properties": {"table": table, f"{table}_id": name} | plain(row),
    }


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row as JSON can hold it: blanks as null, lists as lists."""
    return {str(name): _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:  # noqa: ANN401 - any cell
    if isinstance(value, (tuple, list)):
        return list(value)
    if isinstance(value, float):
        return None if math.isnan(value) else int(value) if value == int(value) else value
    if value == "":
        return None
    return value.item() if hasattr(value, "item") else value
