"""What the network says about each observation of a case: a journey, a price, a speed, each compared like with like.

An observation says its extent: from gate to gate, or from departure to arrival (``line``), which leaves out loading, the first
wait, formalities and handling in the ports at both ends; a crossing as a whole; or what a mode does in a country. What cannot
be compared gets a reason instead of a figure. Method: docs/methods/validation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.case import Setting
from karvan.case.ranges import confidence_shares
from karvan.errors import NoRouteError
from karvan.network import ArcKind
from karvan.routes.find import Trace, network_of, trace_route
from karvan.routes.results import Spread
from karvan.routes.spread import price_spread, time_spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from karvan.case import Case
    from karvan.network import Network

Row = dict[str, Any]

#: Price of a 40-foot container against a 20-foot one, and dollars per euro, where the case has no such parameter.
FEU_PER_TEU_PRICE, USD_PER_EUR = 1.5, 1.1


@dataclass(frozen=True)
class Predicted:
    """What the network says about one observation, in the observation's unit.

    Attributes
    ----------
    observed_id
        The observation.
    spread
        Mean, p10 and p90; None where it cannot be compared.
    km
        Kilometres by mode of what is compared; empty where there are none.
    why
        Why it cannot be compared.
    trace, numbers
        The route behind it, and the arcs that count; None where there is none.
    per_t
        Observed units per USD per tonne, for prices; else 1.
    """

    observed_id: str
    spread: Spread | None = None
    km: Mapping[str, float] | None = None
    why: str = ""
    trace: Trace | None = None
    numbers: tuple[int, ...] = ()
    per_t: float = 1.0

    @property
    def departed(self) -> int | None:
        """The arc on which goods have departed when the clock starts, so that its wait does not count."""
        whole = self.trace is None or self.numbers == self.trace.numbers or not self.numbers
        return None if whole else self.numbers[0]


def observed_network(case: Case, changes: tuple[Any, ...] = ()) -> Network:
    """Return the network that observations are held against: the case's `observed_scenario`, else its default scenario."""
    scenario = case.config.routes.observed_scenario or case.config.case.default_scenario
    return network_of(case, Setting.of(scenario=scenario, changes=changes))


def predict(case: Case, network: Network | None = None) -> list[Predicted]:
    """Return what the network says about each row of observed.csv, in the order of the table.

    Parameters
    ----------
    case
        The corridor.
    network
        Another network of it than that of :func:`observed_network`.
    """
    network = network or observed_network(case)
    return [_predict(network, name, row) for name, row in case.rows("observed").items()]


def _predict(network: Network, name: str, row: Row) -> Predicted:
    if row["kind"] != "count" and row["extent"] in ("moving", "door", "rate"):
        return _of_country(network, name, row)
    goods = _commodity(network, row["form"])
    per_t, why = _unit(network, row, goods)
    if row["kind"] == "count":
        why = "a count: modelled tonnes come from flows"
    elif not row["origin"] or not row["destination"]:
        why = "its ends are not both in the network"
    elif row["origin"] == row["destination"]:
        why = "it begins and ends at one place"
    if why:
        return Predicted(name, why=why)
    return _of_journey(network, name, row, goods, per_t)


def _of_journey(network: Network, name: str, row: Row, goods: str | None, per_t: float) -> Predicted:
    try:
        trace = trace_route(
            network, row["origin"], row["destination"], commodity=goods, modes=row["mode"], via=row["via"]
        )
    except NoRouteError as error:
        return Predicted(name, why=f"no such route: {'; '.join(error.cuts) or 'nothing leads there'}")
    if row["extent"] in ("crossing", "side"):
        return _of_crossing(network, name, row, trace, per_t)
    numbers = trace.numbers if row["extent"] == "gate" else _line(trace)
    return Predicted(
        name,
        _spread(row["kind"], trace, numbers, per_t),
        _km(trace, numbers),
        trace=trace,
        numbers=numbers,
        per_t=per_t,
    )


def _spread(kind: str, trace: Trace, numbers: tuple[int, ...], per_t: float) -> Spread:
    applied, arcs = trace.network.applied, trace.arcs
    if kind == "price":
        usd = price_spread(applied, arcs, numbers)
        return Spread(usd.mean * per_t, usd.p10 * per_t, usd.p90 * per_t)
    boarded = None if numbers == trace.numbers else numbers[0]
    return time_spread(applied, arcs, numbers, departed=boarded)


def _line(trace: Trace) -> tuple[int, ...]:
    """Return the arcs between the first departure and the last arrival."""
    moves = [place for place, arc in enumerate(trace.numbers) if trace.arcs.kind[arc] == ArcKind.MOVE]
    return trace.numbers[moves[0] : moves[-1] + 1]


def _km(trace: Trace, numbers: tuple[int, ...]) -> dict[str, float]:
    km: dict[str, float] = {}
    for arc in numbers:
        if trace.arcs.kind[arc] == ArcKind.MOVE:
            mode = str(trace.arcs.mode[arc])
            km[mode] = km.get(mode, 0.0) + float(trace.arcs.length_km[arc])
    return km


def _of_crossing(network: Network, name: str, row: Row, trace: Trace, per_t: float) -> Predicted:
    crossed = [arc for arc in trace.numbers if trace.arcs.kind[arc] == ArcKind.BORDER]
    if len(crossed) != 1:
        return Predicted(name, why=f"{len(crossed)} crossings lie between its ends")
    border = network.applied.rows("border")[str(trace.arcs.border[crossed[0]])]
    if (border["sides"] == "one") != (row["extent"] == "side"):
        return Predicted(name, why="it counts one side of the crossing, the row of border.csv both")
    numbers = (crossed[0],)
    return Predicted(name, _spread(row["kind"], trace, numbers, per_t), None, trace=trace, numbers=numbers, per_t=per_t)


def _of_country(network: Network, name: str, row: Row) -> Predicted:
    """Return the speed in motion of a mode in a country, or the price per tonne-km of its service."""
    if not row["country"] or len(row["mode"]) != 1:
        return Predicted(name, why="a figure per kilometre of no one mode and country")
    if row["extent"] == "door":
        return Predicted(name, why="speed with delays depends on how often crossings come")
    service = _service(network, row["mode"][0], row["country"], row["form"])
    if service is None:
        return Predicted(name, why="the case has no service of that mode in that country")
    if row["kind"] == "speed":
        shares = confidence_shares({key: cells["value"] for key, cells in network.applied.rows("parameter").items()})
        speed = float(service["speed_kmh"])
        share = shares[service["confidence"]]
        return Predicted(name, Spread(speed, speed * (1 - share), speed * (1 + share)))
    if row["unit"] != "USD/tkm":
        return Predicted(name, why=f"a price in {row['unit']}")
    return Predicted(name, why="it contains border fees and delays, the price of the service does not")


def _service(network: Network, mode: str, country: str, form: str) -> Row | None:
    rows = [row for row in network.applied.rows("service").values() if row["mode"] == mode]
    for place in (country, "*"):
        for kind in (form, "any"):
            for row in rows:
                if (row["country"], row["form"]) == (place, kind):
                    return row
    return None


def _commodity(network: Network, form: str) -> str | None:
    """Return the commodity that stands for a form of cargo: the case's default where it fits, else the first that does."""
    rows = network.applied.rows("commodity")
    default = network.applied.case.config.case.default_commodity
    if form in ("any", rows[default]["form"]):
        return default
    return next((name for name, row in rows.items() if row["form"] == form), None)


def _unit(network: Network, row: Row, goods: str | None) -> tuple[float, str]:
    """Return how many of the observation's units one USD per tonne is, or why that cannot be said."""
    if goods is None:
        return 1.0, f"the case has no commodity that travels as {row['form']}"
    if row["kind"] != "price":
        return 1.0, "" if row["unit"] == "h" else f"a time in {row['unit']}"
    parameters = {name: float(cells["value"]) for name, cells in network.applied.rows("parameter").items()}
    money, _, per = row["unit"].partition("/")
    rate = {"USD": 1.0, "EUR": parameters.get("exchange_rate_usd_per_eur", USD_PER_EUR)}.get(money)
    payload = float(network.applied.rows("commodity")[goods]["payload_t_per_feu"])
    units = {"t": 1.0, "FEU": payload, "TEU": payload / parameters.get("feu_per_teu_price", FEU_PER_TEU_PRICE)}
    if rate is None or per not in units:
        return 1.0, f"a price in {row['unit']}"
    return units[per] / rate, ""


def journeys(case: Case, found: list[Predicted]) -> Iterator[tuple[Row, Predicted]]:
    """Yield the observations of journeys and prices that could be predicted, with their rows."""
    rows = case.rows("observed")
    for item in found:
        if item.spread is not None and item.trace is not None:
            yield rows[item.observed_id], item
