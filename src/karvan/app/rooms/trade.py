"""Trade: what trade follows from a setting, who gains, which pairs and goods grow, and what passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fastapi import APIRouter, Request

from karvan.app.answers import Answer, Source, sources_of
from karvan.app.asked import setting_of
from karvan.app.rooms.case import TheCase, TheSetting
from karvan.app.work import TheWork, records
from karvan.case import Case, Setting, meta_of
from karvan.case.provenance import Meta
from karvan.errors import RequestError
from karvan.workers import in_threads

if TYPE_CHECKING:
    from fastapi.responses import Response

    from karvan.chain import Outcome
    from karvan.trade import TradeEffects

router = APIRouter()
T = TypeVar("T", bound=Answer)
#: Tables whose rows trade rests on, in the order in which their sources are listed.
TABLES = ("trade", "economy", "trade_share", "closure", "transition")


def has_data(case: Case) -> bool:
    """Return whether a case has economies that trade, and goods that travel."""
    return all(len(case.tables[name]) for name in ("trade", "economy", "base_flow"))


class StateShare(Answer):
    """A state of the crossings with its probability."""

    state: str
    name: str
    probability: float


class Economy(Answer):
    """What an economy gains; the fields are those of `karvan trade --json`, low and high those of the sensitivity."""

    id: str
    name: str
    real_income_hat: float
    equivalent_variation_musd: float
    equivalent_variation_low_musd: float
    equivalent_variation_high_musd: float
    cost_part_musd: float
    terms_of_trade_part_musd: float
    volume_part_musd: float
    exports_musd: float
    exports_change_musd: float
    imports_musd: float
    imports_change_musd: float


class TradePair(Answer):
    """Trade of a pair in one direction before and after."""

    exporter: str
    importer: str
    tau_hat: float
    value_musd: float
    value_after_musd: float
    change_musd: float
    value_hat: float | None
    flow_t_per_year: float
    flow_after_t_per_year: float


class Good(Answer):
    """Trade of a commodity on the network before and after."""

    commodity: str
    name: str
    value_musd: float
    value_after_musd: float
    change_musd: float
    flow_t_per_year: float
    flow_after_t_per_year: float


class World(Answer):
    """All economies together; a gain by two measures, which are never added."""

    equivalent_variation_musd: float
    rule_of_half_musd: float
    trade_musd: float
    trade_after_musd: float


class Variant(World):
    """All economies together under another elasticity, or other sales at home."""

    what: str
    theta: float


class YearAfter(World):
    """All economies together some years after the change."""

    year: int
    elasticity_share: float


class BothWays(Answer):
    """Trade of a pair on the network both ways, in tonnes, trains and trucks; shares are those that run empty."""

    economy: str
    partner: str
    forward_t_per_year: float
    backward_t_per_year: float
    trains_forward_per_day: float
    trains_backward_per_day: float
    trucks_forward_per_day: float
    trucks_backward_per_day: float
    trains_empty_share: float
    trucks_empty_share: float


class Passing(Answer):
    """What passes through a country beside its own goods."""

    country: str
    transit_t_per_year: float
    transit_t_per_year_change: float
    export_t_per_year: float
    import_t_per_year: float
    domestic_t_per_year: float


class Convergence(Answer):
    """How trade and flows met."""

    rounds: int
    tonnes_change: float
    cost_change: float
    contraction: float | None
    tolerance: float


class TradeLook(Answer):
    """A first look at what trade follows from a setting, with the rows of source.csv behind trade, economies and closures.

    Its figures are provisional: the likeliest states alone, met roughly, not audited.
    """

    meta: Meta
    compared_with: str
    pair: tuple[str, str]
    theta: float
    elasticity_share: float
    states: list[StateShare]
    world: World
    economies: list[Economy]
    pairs: list[TradePair]
    commodities: list[Good]
    sensitivity: list[Variant]
    path: list[YearAfter]
    sources: list[Source]


class TradeAnswer(TradeLook):
    """What trade follows from a setting: the same to the end, and what runs for it."""

    directions: list[BothWays]
    countries: list[Passing]
    surplus_musd_per_year: float
    convergence: Convergence | None
    notes: list[str]


@router.get("", response_model=TradeAnswer)
async def trade_answer(case: TheCase, asked: TheSetting, work: TheWork, request: Request) -> Response:
    """Return what trade follows from a setting."""
    return await work.answer(request, "trade", setting_of(case, asked))


@router.get("/look", response_model=TradeLook | None)
async def trade_look(case: TheCase, asked: TheSetting, work: TheWork, request: Request) -> Response:
    """Return a first look at what trade follows from a setting; null where the answer itself is as near."""
    return await work.answer(request, "trade", setting_of(case, asked), look=True)


# in the process beside the server -------------------------------------------------------------------------------------


def answer_of(case: Case, setting: Setting) -> TradeAnswer:
    """Return what trade follows from a setting, as `karvan trade` finds it."""
    from karvan.chain import find_trade  # noqa: PLC0415 - the server itself solves nothing

    found = find_trade(
        case, scenario=setting.scenario, projects=setting.projects, year=setting.year, changes=setting.changes
    )
    return describe(case, found)


def look_of(case: Case, setting: Setting) -> TradeLook | None:
    """Return a first look at the same, or None."""
    from karvan.chain import first_look  # noqa: PLC0415 - as above

    effects = first_look(case, setting)
    if effects is None:
        return None
    meta = meta_of(case, setting, {"stage": "first look at trade"})
    return TradeLook(meta=meta, **_of_effects(case, effects))


def describe(case: Case, found: Outcome) -> TradeAnswer:
    """Return an outcome as the page has it."""
    # neither needs the other
    in_threads(lambda name: getattr(found, name), ["trade", "flows"])
    if found.trade is None:
        message = f"Case {case.id} has no trade between economies. Add rows to trade.csv and economy.csv."
        raise RequestError(message)
    return TradeAnswer(
        meta=found.meta,
        **_of_effects(case, found.trade),
        directions=[BothWays(**row) for row in records(found.pairs)],
        countries=[_only(Passing, row) for row in records(found.countries)],
        surplus_musd_per_year=found.surplus_musd_per_year,
        convergence=_only(Convergence, found.convergence.to_dict()) if found.convergence is not None else None,
        notes=list(found.notes),
    )


def _of_effects(case: Case, effects: TradeEffects) -> dict[str, Any]:
    """Return what trade alone tells, by field of an answer."""
    scenarios, goods = case.rows("scenario"), case.rows("commodity")
    pair = case.config.trade.pair or tuple(effects.table["id"].head(2))
    return {
        "compared_with": effects.compared_with,
        "pair": (pair[0], pair[-1]),
        "theta": effects.theta,
        "elasticity_share": effects.elasticity_share,
        "states": [
            StateShare(state=name, name=scenarios[name]["name"] if name in scenarios else name, probability=share)
            for name, share in effects.states.items()
        ],
        "world": World(**effects.world),
        "economies": [Economy(**row) for row in records(effects.table)],
        "pairs": [TradePair(**row) for row in records(effects.pairs)],
        "commodities": [
            Good(name=goods[row["commodity"]].get("name") or row["commodity"], **row)
            for row in records(effects.commodities)
        ],
        "sensitivity": [Variant(**row) for row in records(effects.sensitivity)],
        "path": [YearAfter(**row) for row in records(effects.path)],
        "sources": sources_of(case, _sources(case)),
    }


def _only(kind: type[T], row: dict[str, Any]) -> T:
    return kind(**{name: row.get(name) for name in kind.model_fields})


def _sources(case: Case) -> list[str]:
    tables = [name for name in TABLES if name in case.tables]
    return [name for table in tables for row in case.rows(table).values() for name in row.get("source", ())]
