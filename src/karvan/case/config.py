"""case.toml: what the case is, with one section per room, each validated by its own model."""

from __future__ import annotations

import tomllib
from datetime import date  # noqa: TC003 - pydantic needs it at run time
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from karvan.errors import Problem

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_FILE = "case.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseSection(_Section):
    """Section ``[case]``: the corridor, its years and its money."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$")
    name: str = Field(min_length=1)
    description: str = ""
    base_year: int = Field(ge=1990, le=2100)
    horizon_year: int = Field(ge=1990, le=2200)
    currency: Literal["USD"]
    price_year: int = Field(ge=1990, le=2100)
    default_scenario: str
    default_commodity: str
    licence: str = ""
    attribution: str = ""

    @model_validator(mode="after")
    def _horizon_after_base(self) -> CaseSection:
        if self.horizon_year <= self.base_year:
            message = f"a horizon_year after base_year {self.base_year}, not {self.horizon_year}"
            raise ValueError(message)
        return self


class Pair(_Section):
    """An origin and a destination that the report shows."""

    origin: str
    destination: str


class RoutesSection(_Section):
    """Section ``[routes]``: what the report shows, how alike two routes may be, and the scenario that observations belong to."""

    pairs: tuple[Pair, ...] = ()
    scenarios: tuple[str, ...] = ()
    max_shared_cost: float = Field(default=0.6, gt=0, lt=1)
    observed_scenario: str | None = None


class ProgrammeSection(_Section):
    """Section ``[programme]``: the day on which the record was last checked."""

    as_of: date | None = None


class FlowsSection(_Section):
    """Section ``[flows]``: the scenario in which the base flow was observed."""

    reference_scenario: str = ""


class TradeSection(_Section):
    """Section ``[trade]``: the pair of economies that the case is about, and the trade both ways that is asked of them."""

    pair: tuple[str, str] | None = None
    target_musd: float | None = Field(default=None, gt=0)


class StandingOf(_Section):
    """Whose gains count together; no countries are the world."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1)
    countries: tuple[str, ...] = ()


class AppraisalSection(_Section):
    """Section ``[appraisal]``: whose gains count, and which of these standings is the headline.

    The corridor, every country with a node, and the world are always there.
    """

    standings: tuple[StandingOf, ...] = ()
    headline: str = ""

    @model_validator(mode="after")
    def _headline_is_a_standing(self) -> AppraisalSection:
        names = [standing.id for standing in self.standings]
        if self.headline and self.headline not in {*names, "corridor", "world"}:
            message = f"a headline among {', '.join((*names, 'corridor', 'world'))}, not {self.headline!r}"
            raise ValueError(message)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"each standing once, not {twice[0]!r} twice"
            raise ValueError(message)
        return self


class PlanSection(_Section):
    """Section ``[plan]``: the budget for projects, and how far along the chain ``karvan plan`` goes by default."""

    budget_musd: float | None = Field(default=None, gt=0)
    until: Literal["routes", "flows", "trade", "appraisal", "portfolio"] = "portfolio"


class CaseConfig(_Section):
    """The whole of case.toml."""

    case: CaseSection
    routes: RoutesSection = RoutesSection()
    flows: FlowsSection = FlowsSection()
    trade: TradeSection = TradeSection()
    appraisal: AppraisalSection = AppraisalSection()
    plan: PlanSection = PlanSection()
    programme: ProgrammeSection = ProgrammeSection()


def read_config(folder: Path) -> tuple[CaseConfig | None, list[Problem]]:
    """Read case.toml; return the model, or None and what is wrong."""
    try:
        text = (folder / CONFIG_FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        todo = f"Add {CONFIG_FILE}, or start from `karvan new DIR`."
        return None, [Problem(CONFIG_FILE, 0, "", "no such file", "the file", todo, "missing-file")]
    except OSError as error:
        todo = "Check the file's permissions."
        return None, [Problem(CONFIG_FILE, 0, "", str(error.strerror), "a readable file", todo, "unreadable-file")]
    except UnicodeDecodeError:
        todo = "Save the file as UTF-8."
        return None, [Problem(CONFIG_FILE, 0, "", "bytes that are not UTF-8", "UTF-8", todo, "not-utf8")]
    try:
        return CaseConfig.model_validate(tomllib.loads(text)), []
    except tomllib.TOMLDecodeError as error:
        todo = "Mend the syntax."
        return None, [Problem(CONFIG_FILE, 0, "", str(error), "TOML", todo, "not-toml")]
    except ValidationError as error:
        return None, [_config_problem(detail) for detail in error.errors(include_url=False)]


def _config_problem(detail: object) -> Problem:
    assert isinstance(detail, dict)  # noqa: S101 - pydantic's own type is a TypedDict
    place = ".".join(str(part) for part in detail["loc"])
    message = str(detail["msg"])
    for words in ("Value error, ", "Input should be ", "String should have ", "String should "):
        message = message.removeprefix(words)
    kind = detail["type"]
    if kind == "missing":
        return Problem(CONFIG_FILE, 0, place, "no such setting", "a value", f"Add {place}.", "bad-setting")
    if kind == "extra_forbidden":
        todo = "Remove it, or mend its spelling."
        return Problem(CONFIG_FILE, 0, place, "an unknown setting", "a setting of the format", todo, "bad-setting")
    found = "settings that contradict each other" if kind == "value_error" else repr(detail["input"])
    return Problem(CONFIG_FILE, 0, place, found, message[:1].lower() + message[1:], f"Correct {place}.", "bad-setting")
