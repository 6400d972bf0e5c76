"""How far trade of a pair could go, and what cost cut a target would need: two answers, neither a forecast.

Exact hat algebra scales the trade there is: zero stays zero, and little stays little. Beside it stands *potential*: the trade
that a gravity equation fits to the pair from the sizes of the two and the distance between them, with all pairs that do not trade
in the sample. It is a scenario in which the pair trades as the average pair of its size and distance does; the fitted values are
parameters of the case (``gravity_fitted_EXPORTER_IMPORTER_musd``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from karvan.case import Setting, meta_of
from karvan.errors import RequestError, UnknownNameError
from karvan.trade.cost import pair_tau_hat
from karvan.trade.effects import THETA, check_theta
from karvan.trade.hat import solve
from karvan.trade.matrix import TradeMatrix
from karvan.trade.pair_costs import pair_costs
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from karvan.case import Case, Meta
    from karvan.trade.hat import Equilibrium, Floats

#: Changes of trade cost among which the needed one is sought: a thousandth and a thousandfold.
LEAST, MOST = 1e-3, 1e3


@dataclass(frozen=True, eq=False)
class Potential:
    """How far trade of a pair could go.

    Attributes
    ----------
    table
        One row per baseline (``observed``, ``potential``): trade both ways and in all (musd), what it becomes with free
        transport, the change of trade cost that the target needs (needed_tau_hat), that change as a cut of the whole price where
        goods arrive (needed_cut_share), whether free transport would do (within_transport), and the gains at the target.
    pair
        The two economies.
    target_musd
        Trade both ways to reach; NaN where none was asked for.
    free_transport_tau_hat
        Change of trade cost of each direction if transport cost nothing and took no time.
    theta
        Elasticity of trade.
    notes, meta
        What the reader should know; where it comes from.
    """

    table: pd.DataFrame
    pair: tuple[str, str]
    target_musd: float
    free_transport_tau_hat: tuple[float, float]
    theta: float
    notes: tuple[str, ...]
    meta: Meta

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "pair": list(self.pair),
            "theta": self.theta,
            "target_musd": self.target_musd,
            "free_transport_tau_hat": list(self.free_transport_tau_hat),
            "baselines": self.table.to_dict("records"),
            "notes": list(self.notes),
        }


def trade_potential(
    case: Case, *, pair: tuple[str, str] | None = None, target_musd: float | None = None, theta: float = THETA
) -> Potential:
    """Return how far trade of two economies could go, and what cut of trade costs a target needs.

    Parameters
    ----------
    case
        The corridor.
    pair
        Two economies; by default those of ``[trade]`` in case.toml, else the first two of economy.csv.
    target_musd
        Trade both ways, in USD m a year.
    theta
        Elasticity of trade.

    Raises
    ------
    RequestError
        The case has no trade, the pair does not trade, or the target cannot be reached.
    UnknownNameError
        There is no such economy.
    """
    theta = check_theta(theta)
    if target_musd is not None and not (target_musd > 0 and np.isfinite(target_musd)):
        message = f"The target is USD {target_musd:g} m. Give a number above zero, such as 2000."
        raise RequestError(message)
    setting = Setting.of(scenario=case.config.flows.reference_scenario or case.config.case.default_scenario)
    matrix = TradeMatrix.of(case.apply(setting))
    names = _pair(matrix, pair or case.config.trade.pair)
    i, j = (matrix.economies.index(name) for name in names)
    factor = 1 + pair_costs(case, setting, matrix) / matrix.value_usd_per_t
    free = pair_tau_hat(matrix.share, np.where(np.isfinite(factor), 1 / factor, 1.0), matrix.off_network, theta)
    baselines = {"observed": matrix.value_musd}
    fitted, note = _fitted(case, names)
    if fitted is not None:
        other = matrix.value_musd.copy()
        other[i, j], other[j, i] = fitted
        baselines["potential"] = other
    rows = []
    with one_thread():
        for name, value in baselines.items():
            if value[i, j] + value[j, i] <= 0:
                message = f"{names[0]} and {names[1]} do not trade, and hat algebra never makes trade of none. Name another pair."
                raise RequestError(message)
            rows.append(_row(name, value, (i, j), free, theta, target_musd, matrix.economies))
    request = {"stage": "potential", "pair": list(names), "target_musd": target_musd, "theta": theta}
    return Potential(
        table=pd.DataFrame(rows),
        pair=names,
        target_musd=float("nan") if target_musd is None else target_musd,
        free_transport_tau_hat=(float(free[i, j]), float(free[j, i])),
        theta=theta,
        notes=(
            note,
            "potential is a scenario: what a pair of this size and distance trades on average, whatever stands in its way",
            f"trade of {matrix.year}; costs of scenario {setting.scenario or case.config.case.default_scenario}",
        ),
        meta=meta_of(case, case.apply(setting).setting, request),
    )


def _pair(matrix: TradeMatrix, pair: tuple[str, str] | None) -> tuple[str, str]:
    names = pair or matrix.economies[:2]
    for name in names:
        if name not in matrix.economies:
            raise UnknownNameError("economy", name, matrix.economies)
    if len(set(names)) != 2:  # noqa: PLR2004 - a pair
        message = f"{', '.join(names)} is no pair. Name two economies, such as {','.join(matrix.economies[:2])}."
        raise RequestError(message)
    return names[0], names[1]


def _fitted(case: Case, names: tuple[str, str]) -> tuple[tuple[float, float] | None, str]:
    keys = [f"gravity_fitted_{one}_{two}_musd" for one, two in (names, names[::-1])]
    missing = [key for key in keys if key not in case.parameters]
    if missing:
        return None, f"no potential: parameter.csv lacks {' and '.join(missing)}, which karvan trade estimate can give"
    return (
        case.parameters[keys[0]],
        case.parameters[keys[1]],
    ), "potential rests on a gravity equation fitted to all pairs of the world"


def _row(
    name: str,
    value: Floats,
    place: tuple[int, int],
    free: Floats,
    theta: float,
    target: float | None,
    names: tuple[str, ...],
) -> dict[str, Any]:
    i, j = place

    def world(forth: float, back: float) -> Equilibrium:
        tau = np.ones_like(value)
        tau[i, j], tau[j, i] = forth, back
        return solve(value[None], tau[None], np.array([theta]), names=names)

    def both(found: Equilibrium) -> float:
        return float(found.value[0, i, j] + found.value[0, j, i])

    at_free = both(world(float(free[i, j]), float(free[j, i])))
    row: dict[str, Any] = {
        "baseline": name,
        "export_musd": float(value[i, j]),
        "import_musd": float(value[j, i]),
        "trade_musd": float(value[i, j] + value[j, i]),
        "free_transport_musd": at_free,
    }
    if target is None:
        return row
    edges = [np.log(both(world(edge, edge)) / target) for edge in (LEAST, MOST)]
    if edges[0] < 0 or edges[1] > 0:
        message = f"No change of trade cost makes the trade of {names[i]} and {names[j]} USD {target:g} m. Give another target."
        raise RequestError(message)
    log_tau = float(
        brentq(
            lambda log: np.log(both(world(float(np.exp(log)), float(np.exp(log)))) / target),
            np.log(LEAST),
            np.log(MOST),
            xtol=1e-10,
        )
    )
    needed = float(np.exp(log_tau))
    found = world(needed, needed)
    spent = value.sum(axis=0)
    gain = (found.real_income_hat - 1) * spent
    return row | {
        "needed_tau_hat": needed,
        "needed_cut_share": 1 - needed,
        "within_transport": bool(at_free >= target),
        "gain_first_musd": float(gain[i]),
        "gain_second_musd": float(gain[j]),
    }
