"""Predicted against observed, with a naive forecast beside it.

For every observation of a case: what the network says, its interval, and what "distance times the average speed (or price) of
the mode, +-40 %" says. The averages are those of the observations that calibration saw. Intervals are scored by the interval
score of Gneiting and Raftery (2007) for the central 80 %, as a share of the observed value:

    score = (high - low + 10 x shortfall + 10 x excess) / observed

Method, split and aims: docs/methods/validation.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import pandas as pd

from karvan.case import Setting, meta_of
from karvan.routes.predict import predict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from karvan.case import Case, Meta
    from karvan.routes.predict import Predicted, Row

#: Half-width of the naive forecast, as a share of it.
NAIVE_SHARE = 0.4
#: Share of outcomes that a P10 to P90 interval leaves out.
OUTSIDE_SHARE = 0.2
#: An observation says what a mode does where the mode carries at least this share of the way.
ONE_MODE_SHARE = 0.9
COLUMNS = (
    "observed_id", "kind", "extent", "class", "use", "origin", "destination", "mode", "unit", "observed", "observed_low",
    "observed_high", "predicted", "p10", "p90", "ratio", "inside", "score", "naive", "naive_low", "naive_high",
    "naive_inside", "naive_score", "per_t", "why",
)  # fmt: skip
GROUP_COLUMNS = (
    "kind", "class", "use", "observations", "journeys", "median_error", "bias", "median_bias", "p90_to_p10", "width",
    "coverage", "score", "naive_median_error", "naive_coverage", "naive_score",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Validation:
    """Predicted against observed.

    Attributes
    ----------
    table
        One row per observation asked for, in the order of observed.csv; `why` says why there is no prediction.
    groups
        One row per kind, class and use: how far predictions are off, and how the intervals do.
    naive_rates
        Hours and USD per tonne that a kilometre takes by mode in the naive forecast, as (kind, mode).
    meta
        Where it comes from.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    naive_rates: dict[tuple[str, str], float]
    meta: Meta

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        rates = [{"kind": kind, "mode": mode, "per_km": rate} for (kind, mode), rate in self.naive_rates.items()]
        return {
            "meta": self.meta.model_dump(mode="json"),
            "groups": self.groups.to_dict("records"),
            "observations": self.table.to_dict("records"),
            "naive_rates": rates,
        }


def validate(case: Case, *, classes: Iterable[str] = (), uses: Iterable[str] = ()) -> Validation:
    """Hold a case against its observations.

    Parameters
    ----------
    case
        The corridor.
    classes, uses
        Classes (``regular``, ``pilot``, ``plan``, ``claim``) and uses (``calibrate``, ``validate``, ``compare``) to look
        at; none is all of them.
    """
    rows = case.rows("observed")
    found = predict(case)
    rates = naive_rates(rows, found)
    wanted_classes, wanted_uses = tuple(classes), tuple(uses)
    cells = [
        _cells(rows[item.observed_id], item, rates)
        for item in found
        if (not wanted_classes or rows[item.observed_id]["class"] in wanted_classes)
        and (not wanted_uses or rows[item.observed_id]["use"] in wanted_uses)
    ]
    table = pd.DataFrame(cells, columns=list(COLUMNS))
    request = {"stage": "validate", "classes": list(wanted_classes), "uses": list(wanted_uses)}
    setting = Setting.of(scenario=case.config.routes.observed_scenario)
    return Validation(table, _groups(table), rates, meta_of(case, setting, request))


def naive_rates(rows: Mapping[str, Row], found: Iterable[Predicted]) -> dict[tuple[str, str], float]:
    """Return hours and USD per tonne a kilometre takes by mode: the median over what calibration saw, mode ``any`` for all."""
    seen: dict[tuple[str, str], list[float]] = {}
    for item in found:
        row = rows[item.observed_id]
        if row["use"] != "calibrate" or not item.km:
            continue
        total = sum(item.km.values())
        rate = float(row["value"]) / item.per_t / total
        seen.setdefault((row["kind"], "any"), []).append(rate)
        for mode, km in item.km.items():
            if km >= ONE_MODE_SHARE * total:
                seen.setdefault((row["kind"], mode), []).append(rate)
    return {key: median(values) for key, values in sorted(seen.items())}


def interval_score(low: float, high: float, value: float) -> float:
    """Return the interval score of a central 80 % interval, as a share of the value; lower is better."""
    missed = max(low - value, 0.0) + max(value - high, 0.0)
    return (high - low + 2 / OUTSIDE_SHARE * missed) / value


def _cells(row: Row, item: Predicted, rates: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    value = float(row["value"])
    cells: dict[str, Any] = dict.fromkeys(COLUMNS, math.nan)
    cells |= {name: row[name] for name in ("kind", "extent", "class", "use", "origin", "destination", "unit")}
    cells |= {"observed_id": item.observed_id, "mode": ";".join(row["mode"]), "why": item.why, "per_t": item.per_t}
    cells |= {"observed": value, "observed_low": row["low"], "observed_high": row["high"]}
    cells |= {"inside": None, "naive_inside": None}
    if item.spread is None:
        return cells
    low, high = item.spread.p10, item.spread.p90
    cells |= {"predicted": item.spread.mean, "p10": low, "p90": high, "ratio": item.spread.mean / value}
    cells |= {"inside": low <= value <= high, "score": interval_score(low, high, value)}
    naive = _naive(row["kind"], item, rates)
    if naive is not None:
        low, high = naive * (1 - NAIVE_SHARE), naive * (1 + NAIVE_SHARE)
        cells |= {"naive": naive, "naive_low": low, "naive_high": high}
        cells |= {"naive_inside": low <= value <= high, "naive_score": interval_score(low, high, value)}
    return cells


def _naive(kind: str, item: Predicted, rates: Mapping[tuple[str, str], float]) -> float | None:
    if not item.km or (kind, "any") not in rates:
        return None
    whole = rates[kind, "any"]
    return sum(km * rates.get((kind, mode), whole) for mode, km in item.km.items()) * item.per_t


def _groups(table: pd.DataFrame) -> pd.DataFrame:
    known = table[table["predicted"].notna() & table["extent"].isin(["gate", "line"])]
    rows = [
        dict(zip(("kind", "class", "use"), key, strict=True)) | _measures(part)
        for key, part in known.groupby(["kind", "class", "use"], sort=True)
    ]
    return pd.DataFrame(rows, columns=list(GROUP_COLUMNS))


def _measures(part: pd.DataFrame) -> dict[str, Any]:
    ratio = part["ratio"].astype(float)
    ends = [(*sorted(pair), mode) for *pair, mode in part[["origin", "destination", "mode"]].itertuples(index=False)]
    naive = part["naive"].astype(float) / part["observed"].astype(float)
    return {
        "observations": len(part),
        "journeys": len(set(ends)),
        "median_error": float((ratio - 1).abs().median()),
        "bias": math.exp(float(ratio.map(math.log).mean())) - 1,
        "median_bias": float(ratio.median()) - 1,
        "p90_to_p10": float((part["p90"] / part["p10"]).median()),
        "width": float(((part["p90"] - part["p10"]) / part["predicted"]).median()),
        "coverage": float(part["inside"].astype(float).mean()),
        "score": float(part["score"].mean()),
        "naive_median_error": float((naive - 1).abs().median()),
        "naive_coverage": float(part["naive_inside"].astype(float).mean()),
        "naive_score": float(part["naive_score"].mean()),
    }
