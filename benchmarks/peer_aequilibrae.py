"""Assign with AequilibraE: run by the Python of its own environment, on arrays that Karvan has written.

Usage: python peer_aequilibrae.py IN.npz OUT.npz GAP. Prints one JSON object: seconds of the assignment alone (its graph is
built before), iterations, and the gap it reports. Its flows go to OUT.npz.

AequilibraE refuses free-flow times of zero and powers below one: they are lifted to 1e-7, and to 1 where b is zero, which
changes nothing that can be seen at these gaps.
"""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import sys
import time
import warnings
from typing import Any

os.environ["AEQ_SHOW_PROGRESS"] = "FALSE"  # its progress bars cost more than a small network

import numpy as np
import pandas as pd


def assignment(given: dict[str, np.ndarray[Any, Any]]) -> tuple[Any, pd.DataFrame]:
    """Return AequilibraE's assignment of the arrays, ready to run, and its table of links."""
    from aequilibrae.matrix import AequilibraeMatrix
    from aequilibrae.paths import Graph, TrafficAssignment, TrafficClass

    zones = int(given["zones"])
    count = given["from_node"].size
    network = pd.DataFrame({
        "link_id": np.arange(1, count + 1), "a_node": given["from_node"] + 1, "b_node": given["to_node"] + 1,
        "direction": np.ones(count, dtype=np.int8), "capacity": given["capacity"],
        "free_flow_time": np.maximum(given["free_flow_time"], 1e-7), "b": given["b"],
        "power": np.where(given["b"] == 0, np.maximum(given["power"], 1), given["power"]), "fixed": given["fixed"],
    })  # fmt: skip
    network["id"] = network["link_id"]
    graph = Graph()
    graph.network = network
    graph.prepare_graph(np.arange(1, zones + 1, dtype=np.int64))
    graph.set_graph("free_flow_time")
    graph.set_blocked_centroid_flows(not bool(given["through"][0]))
    matrix = AequilibraeMatrix()
    matrix.create_empty(zones=zones, matrix_names=["trips"], memory_only=True)
    matrix.index[:] = np.arange(1, zones + 1)
    matrix.matrix["trips"][:, :] = given["trips"]
    matrix.computational_view(["trips"])
    cars = TrafficClass("car", graph, matrix)
    if given["fixed"].any():
        cars.set_fixed_cost("fixed")
        cars.set_vot(1.0)
    run = TrafficAssignment()
    run.set_classes([cars])
    run.set_vdf("BPR")
    run.set_vdf_parameters({"alpha": "b", "beta": "power"})
    run.set_capacity_field("capacity")
    run.set_time_field("free_flow_time")
    run.set_algorithm("bfw")
    run.set_cores(os.cpu_count() or 1)
    return run, network


def main() -> None:
    """Run, and print what came out."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.ERROR)
    source, target, gap = sys.argv[1], sys.argv[2], float(sys.argv[3])
    run, network = assignment(dict(np.load(source)))
    run.max_iter, run.rgap_target = 100_000, gap
    begin = time.perf_counter()
    run.execute(log_specification=False)
    seconds = time.perf_counter() - begin
    flows = run.results()["PCE_tot"].reindex(network["link_id"]).fillna(0).to_numpy()
    np.savez(target, flow=flows)
    report = run.report().iloc[-1]
    print(json.dumps({
        "version": importlib.metadata.version("aequilibrae"), "seconds": seconds,
        "iterations": int(report["iteration"]), "gap": float(report["rgap"]),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
