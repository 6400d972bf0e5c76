"""Solve gegravity's own example with gegravity: run by the Python of its own environment.

Usage: python peer_gegravity.py SAMPLE.csv. Prints one JSON object: its version, and the median seconds of baseline and
simulation together over five runs, without reading the file.
"""

from __future__ import annotations

import importlib.metadata
import json
import statistics
import sys
import time
import warnings

import pandas as pd

#: Estimates of its own example (Stata, as published with it).
COEFFICIENTS = {
    "lndist": -0.3898623, "contiguity": 0.891577, "common_language": 0.0326249, "pta": 0.4711383, "international": -3.412584,
}  # fmt: skip


def main() -> None:
    """Print the time."""
    warnings.simplefilter("ignore")
    import gegravity as ge

    data = pd.read_csv(sys.argv[1])
    changed = data.assign(year=data["year"].astype(str))
    pair = changed["exporter"].isin(["CAN", "JPN"]) & changed["importer"].isin(["CAN", "JPN"])
    changed.loc[pair & (changed["exporter"] != changed["importer"]), "pta"] = 1
    estimates = pd.DataFrame({"var": list(COEFFICIENTS), "coeff": list(COEFFICIENTS.values())})
    seconds = []
    for _ in range(5):
        baseline = ge.BaselineData(data, trade_var_name="trade", output_var_name="Y", expend_var_name="E")
        costs = ge.CostCoeffs(estimates, identifier_col="var", coeff_col="coeff")
        model = ge.OneSectorGE(baseline, year="2006", reference_importer="DEU", sigma=5, cost_variables=list(COEFFICIENTS),
                               cost_coeff_values=costs, quiet=True)  # fmt: skip
        start = time.perf_counter()
        model.build_baseline(omr_rescale=100)
        model.define_experiment(changed)
        model.simulate()
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"version": importlib.metadata.version("gegravity"), "seconds": statistics.median(seconds)}))


if __name__ == "__main__":
    main()
