"""Rule sets: how an institution has projects appraised, as dated files that anyone can read, copy and edit.

Each figure says where it was read, and whether it was: ``read`` in a source, ``computed`` from such figures, or
``unconfirmed``, remembered and not yet found in its document. Results that rest on unconfirmed figures say so.
"""

from __future__ import annotations

import math
import tomllib
from copy import deepcopy
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from karvan.appraisal.discounting import Band, Discounting, Timing, rate_faults
from karvan.errors import InputError, UnknownNameError, near_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: A discount rate at or below this is most likely a slip: those in use for public money lie above zero, or little below.
LOWEST_RATE = -0.10
#: What a report can be asked to show.
REPORTED = (
    "bcr", "cash_sustainability", "critical_variables", "distribution", "eirr", "enpv", "enpv_high_carbon", "enpv_low_carbon",
    "enpv_without_carbon", "financial_sustainability", "firr_c", "firr_k", "fiscal_impact", "fnpv_c", "fnpv_k", "optimism_bias",
    "p_eirr_below_hurdle", "risk_matrix", "sensitivity_indicator", "switching_value", "workbook",
)  # fmt: skip
#: Modes of transport of a case, whose costs to others can be named.
COST_MODES = ("rail", "road", "sea", "ferry")

Status = Literal["read", "computed", "unconfirmed"]
CarbonLevel = Literal["low", "central", "high"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where figures were read."""

    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    date: str
    address: str = ""


class Figure(_Part):
    """A figure with its source and status; low and high where the source names a range."""

    value: float
    low: float | None = None
    high: float | None = None
    status: Status
    source: str
    note: str = ""


class RateBand(_Part):
    """A discount rate, and the first year t from which it holds."""

    from_year: int = Field(ge=0)
    rate: float
    status: Status
    source: str


class DiscountingRules(_Part):
    """Rates and timing."""

    timing: Timing
    timing_status: Status
    bands: tuple[RateBand, ...]


class CarbonPoint(_Part):
    """Prices of a tonne of CO2e in one year; at least one of them."""

    year: int = Field(ge=1990, le=2200)
    low: float | None = Field(default=None, ge=0)
    central: float | None = Field(default=None, ge=0)
    high: float | None = Field(default=None, ge=0)
    status: Status
    source: str


class CarbonPath(_Part):
    """Prices of a tonne of CO2e over the years, growing evenly (geometrically) between points.

    Attributes
    ----------
    currency, price_year
        What the prices are in.
    growth_after
        Share a year by which they grow after the last point; None where the path ends there.
    points
        Prices by year.
    """

    currency: str
    price_year: int
    growth_after: float | None = None
    note: str = ""
    points: tuple[CarbonPoint, ...]

    def price(self, year: int, level: CarbonLevel = "central") -> float:
        """Return the price of a tonne in a year; central is the middle of low and high where the path has none of its own.

        Raises
        ------
        InputError
            The path does not reach the year, or has no such level.
        """
        known = [(point.year, value) for point in self.points if (value := _level(point, level)) is not None]
        if not known:
            fault = f"found no {level} price; expected one of {', '.join(self.levels)}."
            raise InputError([fault], what="Carbon path")
        first, last = known[0], known[-1]
        if year < first[0] or (year > last[0] and self.growth_after is None):
            fault = f"found the year {year}; expected {first[0]} to {last[0]}. Add a point, or growth_after."
            raise InputError([fault], what="Carbon path")
        if year >= last[0]:
            return last[1] * (1.0 + (self.growth_after or 0.0)) ** (year - last[0])
        after = next(place for place, point in enumerate(known) if point[0] > year)
        (begin, low), (end, high) = known[after - 1], known[after]
        share = (year - begin) / (end - begin)
        return low ** (1.0 - share) * high**share if low > 0 and high > 0 else low + share * (high - low)

    def figures(self) -> Iterator[tuple[str, float, Status, str]]:
        """Yield name, value, status and source of every point."""
        for point in self.points:
            for level in ("low", "central", "high"):
                if (value := getattr(point, level)) is not None:
                    yield f"{self.currency} a tonne of CO2e, {point.year}, {level}", value, point.status, point.source

    @property
    def levels(self) -> tuple[CarbonLevel, ...]:
        """Levels that every point of the path has."""
        wanted: tuple[CarbonLevel, ...] = ("low", "central", "high")
        return tuple(level for level in wanted if all(_level(point, level) is not None for point in self.points))


def _level(point: CarbonPoint, level: CarbonLevel) -> float | None:
    own: float | None = getattr(point, level)
    if own is None and level == "central" and point.low is not None and point.high is not None:
        return (point.low + point.high) / 2
    return own


class ExternalCost(_Part):
    """Cost to others of moving a tonne over a kilometre."""

    effect: str = Field(min_length=1)
    mode: str = Field(min_length=1)
    value: float = Field(ge=0)
    unit: str = Field(pattern=r"^[A-Z]{3}/tkm$")
    price_year: int
    status: Status
    source: str
    note: str = ""


class IncomeTransfer(_Part):
    """How costs to others of one country become those of another: times the ratio of incomes, to the power of an elasticity.

    Attributes
    ----------
    gdp_usd_per_head
        Income where the unit costs were found, in the year of the case's economies.
    elasticity
        Per cent of cost for a per cent of income; with one, prices of either country give the same.
    """

    gdp_usd_per_head: Figure
    elasticity: Figure

    def times(self, income_usd: float) -> tuple[float, float, float]:
        """Return by what costs are multiplied at an income per head: as the elasticity is, least and most over its range."""
        ratio, power = income_usd / self.gdp_usd_per_head.value, self.elasticity
        ends = [ratio ** (power.value if end is None else end) for end in (power.low, power.high)]
        return ratio**power.value, min(ends), max(ends)


class RuleSet(_Part):
    """How an institution has projects appraised.

    Attributes
    ----------
    id, name, publisher, date
        What it is called, whose it is, and of when.
    price_basis
        In which prices accounts are drawn up.
    net_of_taxes
        Whether what is bought counts without taxes: at its own factor for works, or at that of the case.
    bcr_denominator
        Which ratio of benefits to costs it means: over all costs, or over capital.
    residual_value
        Which residual value it uses: the remaining life of the assets, or the net flows to come.
    required
        What a report must show.
    discounting, hurdle_rate, horizon_years
        Rates and timing; the least rate of return; years of operation.
    financial_rate, wacc_floor, alternative_rates
        Rate of the financial accounts; least cost of capital; rates for special cases.
    shadow_factors
        Economic over financial price, by what is bought.
    carbon, external, income_transfer
        Price of a tonne of CO2e over the years; other costs to others, and how they follow incomes where they were found
        elsewhere.
    sources
        Where the figures were read.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$")
    name: str = Field(min_length=1)
    publisher: str
    date: date
    price_basis: str
    net_of_taxes: bool = False
    bcr_denominator: Literal["all_costs", "capital"]
    residual_value: Literal["remaining_life", "net_flows"]
    required: tuple[str, ...] = ()
    note: str = ""
    sources: dict[str, Source] = Field(min_length=1)
    discounting: DiscountingRules
    hurdle_rate: Figure
    horizon_years: Figure
    financial_rate: Figure | None = None
    wacc_floor: Figure | None = None
    alternative_rates: dict[str, Figure] = {}
    shadow_factors: dict[str, Figure] = {}
    carbon: CarbonPath | None = None
    external: tuple[ExternalCost, ...] = ()
    income_transfer: IncomeTransfer | None = None

    def schedule(self, *, timing: Timing | None = None) -> Discounting:
        """Return how the rule set discounts, or how it would with another timing."""
        bands = [Band(band.from_year, band.rate) for band in self.discounting.bands]
        return Discounting.of(bands, timing=timing or self.discounting.timing)

    def figures(self) -> Iterator[tuple[str, float, Status, str]]:
        """Yield name, value, status and source of every figure."""
        for band in self.discounting.bands:
            yield f"discount rate from year {band.from_year}", band.rate, band.status, band.source
        single = {"hurdle rate": self.hurdle_rate, "horizon, years": self.horizon_years,
                  "financial rate": self.financial_rate, "least WACC": self.wacc_floor}  # fmt: skip
        named = {f"rate, {name}": figure for name, figure in self.alternative_rates.items()}
        named |= {f"shadow factor, {name}": figure for name, figure in self.shadow_factors.items()}
        for name, figure in (single | named).items():
            if figure is not None:
                yield name, figure.value, figure.status, figure.source
        yield from self.carbon.figures() if self.carbon else ()
        for cost in self.external:
            yield f"{cost.effect}, {cost.mode}, {cost.unit}", cost.value, cost.status, cost.source
        if self.income_transfer is not None:
            income, power = self.income_transfer.gdp_usd_per_head, self.income_transfer.elasticity
            yield "income where costs to others were found, USD per head", income.value, income.status, income.source
            yield "income elasticity of costs to others", power.value, power.status, power.source

    def to_dict(self) -> dict[str, Any]:
        """Return the rule set as JSON can hold it, each figure with the source in full."""
        named = ("id", "name", "publisher", "price_basis", "bcr_denominator", "residual_value", "note")
        figures = [
            {"figure": name, "value": value, "status": status, "source": self.sources[source].model_dump()}
            for name, value, status, source in self.figures()
        ]
        return {name: getattr(self, name) for name in named} | {
            "issued": self.date.isoformat(),
            "timing": self.discounting.timing,
            "timing_status": self.discounting.timing_status,
            "required": list(self.required),
            "figures": figures,
        }

    def unconfirmed(self) -> list[str]:
        """Return the names of figures, and of the timing, that were not found in their document yet."""
        timing = ["timing"] if self.discounting.timing_status == "unconfirmed" else []
        return timing + [name for name, _, status, _ in self.figures() if status == "unconfirmed"]


def rule_set_names() -> list[str]:
    """Return the names of the rule sets that come with the package."""
    folder = resources.files("karvan.appraisal") / "rule_sets"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def open_rule_set(name: str | Path | RuleSet) -> RuleSet:
    """Open a rule set.

    Parameters
    ----------
    name
        Name of one that comes with the package, or a TOML file of one's own; one that is open already is returned as it is.

    Raises
    ------
    UnknownNameError
        There is none of this name.
    InputError
        The file is wrong; every fault is listed.
    """
    if isinstance(name, RuleSet):
        return name
    if str(name) in rule_set_names():
        text = (resources.files("karvan.appraisal") / "rule_sets" / f"{name}.toml").read_text(encoding="utf-8")
        return parse_rule_set(text, file=f"{name}.toml")
    path = Path(name).expanduser()
    if path.suffix != ".toml" and not path.is_file():
        raise UnknownNameError("rule set", str(name), rule_set_names())
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(["found no such file; expected a rule set."], what=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([f"found {error}; expected a readable file in UTF-8."], what=str(path)) from None
    return parse_rule_set(text, file=str(path))


def parse_rule_set(text: str, *, file: str) -> RuleSet:
    """Return the rule set that a text describes.

    Raises
    ------
    InputError
        The text is wrong; every fault is listed.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([f"found {error}; expected TOML. Mend the syntax."], what=file) from None
    try:
        rules = RuleSet.model_validate(data)
        faults = list(_faults(rules))
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise InputError([_fault(detail) for detail in details] + _other_faults(data, details), what=file) from None
    if faults:
        raise InputError(faults, what=file)
    return rules


def _other_faults(data: dict[str, Any], details: Sequence[Any]) -> list[str]:
    """Return what else is wrong where parts cannot be read: what is said of these stays out, sound ones stand in for them."""
    kept = deepcopy(data)
    for detail in details:
        if detail["type"] == "extra_forbidden":
            *path, last = detail["loc"]
            part: Any = kept
            for step in path:
                part = part[step]
            del part[last]
    unread = {detail["loc"][0] for detail in details if detail["type"] != "extra_forbidden"}
    sources = {} if "sources" in unread else kept["sources"]
    source = next(iter(sources), "")
    figure = {"value": 1.0, "status": "read", "source": source}
    stand_ins: dict[str, Any] = {
        "id": "none", "name": "none", "publisher": "", "date": date.min, "price_basis": "", "bcr_denominator": "all_costs",
        "residual_value": "remaining_life", "hurdle_rate": figure, "horizon_years": figure,
        "sources": {"": {"title": "none", "publisher": "none", "date": ""}},
        "discounting": {"timing": "start", "timing_status": "read",
                        "bands": [{"from_year": 0, "rate": 0.0, "status": "read", "source": source}]},
    }  # fmt: skip
    sound = {name: value for name, value in kept.items() if name not in unread}
    sound |= {name: value for name, value in stand_ins.items() if name in unread}
    return list(_faults(RuleSet.model_validate(sound), sources=bool(sources)))


def _fault(detail: Any) -> str:  # noqa: ANN401 - a TypedDict of pydantic
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "missing":
        return f"{place}: found nothing; expected a value. Add it."
    if detail["type"] == "extra_forbidden":
        return f"{place}: found a setting that rule sets do not have. Remove it, or mend its spelling."
    wanted = str(detail["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{place}: found {detail['input']!r}; expected {wanted[:1].lower()}{wanted[1:]}."


def _faults(rules: RuleSet, *, sources: bool = True) -> Iterator[str]:
    """Yield what is wrong between the parts of a rule set, with names of sources or without."""
    yield from _required_faults(rules.required)
    yield from _rate_faults(rules)
    yield from _order_faults(rules)
    if not (rules.horizon_years.value >= 1 and rules.horizon_years.value.is_integer()):
        yield f"horizon_years: found {rules.horizon_years.value:g}; expected a whole number of 1 or more."
    for name, figure in rules.shadow_factors.items():
        if not (math.isfinite(figure.value) and figure.value >= 0):
            yield f"shadow_factors.{name}: found {figure.value:g}; expected 0 or more."
    yield from _carbon_faults(rules.carbon)
    costs = [f"{cost.effect} of {cost.mode}" for cost in rules.external]
    yield from (
        f"external: found {name} twice; expected once." for name in sorted({n for n in costs if costs.count(n) > 1})
    )
    yield from (
        f"external: found the mode {mode!r}; expected one of {', '.join(COST_MODES)}."
        for mode in dict.fromkeys(cost.mode for cost in rules.external)
        if mode not in COST_MODES
    )
    yield from _transfer_faults(rules.income_transfer)
    for name, _, _, source in rules.figures():
        if sources and source not in rules.sources:
            yield f"{name}: found the source {source!r}; expected one of {', '.join(rules.sources)}."


def _required_faults(required: Sequence[str]) -> Iterator[str]:
    for name in required:
        if name not in REPORTED:
            near = near_names(name, REPORTED, limit=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            yield f"required: found {name!r}; expected names of {', '.join(REPORTED)}.{hint}"


def _order_faults(rules: RuleSet) -> Iterator[str]:
    """Yield figures whose low, value and high are not in this order; the elasticity has its own check."""
    figures = {name: getattr(rules, name) for name in ("hurdle_rate", "horizon_years", "financial_rate", "wacc_floor")}
    figures |= {f"alternative_rates.{name}": figure for name, figure in rules.alternative_rates.items()}
    figures |= {f"shadow_factors.{name}": figure for name, figure in rules.shadow_factors.items()}
    if rules.income_transfer is not None:
        figures["income_transfer.gdp_usd_per_head"] = rules.income_transfer.gdp_usd_per_head
    for name, figure in figures.items():
        ends = [] if figure is None else [end for end in (figure.low, figure.value, figure.high) if end is not None]
        if len(ends) > 1 and not (all(map(math.isfinite, ends)) and ends == sorted(ends)):
            yield f"{name}: found {ends}; expected numbers, low, value and high in this order."


def _discount_faults(rate: float, name: str) -> list[str]:
    """Return what is wrong with a rate by which sums are discounted: nothing, or one sentence."""
    if -1 < rate <= LOWEST_RATE:
        return [f"{name}: found {rate:g} ({rate * 100:g} %); expected more than {LOWEST_RATE:g}. Check the sign."]
    return rate_faults(rate, name)


def _rate_faults(rules: RuleSet) -> Iterator[str]:
    years = [band.from_year for band in rules.discounting.bands]
    if not years or years[0] != 0 or years != sorted(set(years)):
        yield f"discounting.bands: found years {years}; expected years that ascend from 0."
    for band in rules.discounting.bands:
        yield from _discount_faults(band.rate, f"discounting.bands, year {band.from_year}")
    rates = {"hurdle_rate": rules.hurdle_rate, "financial_rate": rules.financial_rate, "wacc_floor": rules.wacc_floor}
    rates |= {f"alternative_rates.{name}": figure for name, figure in rules.alternative_rates.items()}
    for name, figure in rates.items():
        if figure is not None:
            yield from _discount_faults(figure.value, name)


def _transfer_faults(transfer: IncomeTransfer | None) -> Iterator[str]:
    if transfer is None:
        return
    income, power = transfer.gdp_usd_per_head.value, transfer.elasticity
    if not (math.isfinite(income) and income > 0):
        yield f"income_transfer.gdp_usd_per_head: found {income:g}; expected more than 0."
    ends = [end for end in (power.low, power.value, power.high) if end is not None]
    if not all(math.isfinite(end) and end >= 0 for end in ends) or ends != sorted(ends):
        yield f"income_transfer.elasticity: found {ends}; expected 0 or more, low, value and high in this order."


def _carbon_faults(carbon: CarbonPath | None) -> Iterator[str]:
    if carbon is None:
        return
    years = [point.year for point in carbon.points]
    if not years:
        yield "carbon.points: found none; expected one or more, or no section carbon."
    if years != sorted(set(years)):
        yield f"carbon.points: found years {years}; expected ascending years."
    for point in carbon.points:
        values = [value for value in (point.low, point.central, point.high) if value is not None]
        if not values:
            yield f"carbon.points, {point.year}: found no price; expected low, central or high."
        if values != sorted(values):
            yield f"carbon.points, {point.year}: found {values}; expected low, central and high in this order."
    if carbon.growth_after is not None:
        yield from rate_faults(carbon.growth_after, "carbon.growth_after")
