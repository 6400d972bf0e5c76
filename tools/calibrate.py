"""Fit the factors of a case anew and write them into its calibration.csv: `python tools/calibrate.py [FOLDER]`.

The fit starts from factors of one, so that it gives the same whatever stands in the file.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from karvan.case import open_case
from karvan.routes.calibrate import calibrate

BUNDLED = Path("src/karvan/bundled_cases/pakistan_azerbaijan")


def write(folder: Path) -> None:
    """Fit, write the factors with their ranges, and print what the fit says of itself."""
    fit = calibrate(open_case(folder))
    path = folder / "calibration.csv"
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        columns, rows = list(reader.fieldnames or ()), list(reader)
    found = {factor.calibration_id: factor for factor in fit.factors}
    for row in rows:
        factor = found[row["calibration_id"]]
        row["factor"], row["factor_low"], row["factor_high"] = (
            f"{value:.3f}" for value in (factor.value, factor.low, factor.high)
        )
        row["observations"] = str(factor.observations)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    lines = [
        f"{factor.calibration_id:34} {factor.value:.3f} ({factor.low:.2f}-{factor.high:.2f}), {factor.observations} observations"
        for factor in fit.factors
    ]
    lines += [f"pilots {name} against regular services: {value:.3f}" for name, value in fit.pilot_offset.items()]
    for name, value in fit.residual_sd.items():
        lines.append(f"standard deviation of {name}: {value:.3f} fitted, {fit.left_out_sd[name]:.3f} left out")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLED)
