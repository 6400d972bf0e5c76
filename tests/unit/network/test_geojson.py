"""GeoJSON as RFC 7946 has it."""

from __future__ import annotations

import json

import karvan


def test_every_node_and_link_is_a_feature_with_its_facts():
    case = karvan.open_case("textbook")
    data = karvan.to_geojson(karvan.build_network(case.apply()))
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text)["type"] == "FeatureCollection"
    features = {feature["id"]: feature for feature in data["features"]}
    assert len(features) == len(case.rows("node")) + len(case.rows("link"))
    assert features["node:a_city"]["geometry"] == {"type": "Point", "coordinates": [1.0, 0.2]}
    line = features["link:a_city-a_gate.rail"]
    assert line["geometry"] == {"type": "LineString", "coordinates": [[1.0, 0.2], [2.0, 0.0]]}
    assert line["properties"]["gauge_mm"] == 1520
    assert line["properties"]["capacity_t_per_day"] == 10000
    assert line["properties"]["built"] is True
    assert line["properties"]["source"] == ["textbook"]
    assert line["properties"]["speed_kmh"] is None
    assert features["link:a_city-c_city.rail"]["properties"]["built"] is False
