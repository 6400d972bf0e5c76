"""A set of projects, appraised: what it costs and brings, to whom, in every state of the crossings."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from karvan.appraisal.accounts import Accounts, Appraised, Item, appraise_accounts
from karvan.appraisal.break_even import BreakEven, break_even
from karvan.appraisal.drivers import analyse
from karvan.appraisal.financing import finance_projects, why_no_finance
from karvan.appraisal.outcomes import PART_NAMES
from karvan.appraisal.valuation import CLIMATE, worth_at_end

if TYPE_CHECKING:
    import pandas as pd

    from karvan.appraisal.financing_results import ProjectFinance
    from karvan.appraisal.gains import GainsMatrix, Standing
    from karvan.appraisal.plans import Plan
    from karvan.appraisal.rules import RuleSet
    from karvan.appraisal.sensitivity import Sensitivity
    from karvan.appraisal.uncertainty_results import Uncertainty
    from karvan.appraisal.valuation import Valuation
    from karvan.case import Meta

#: Effects that are costs of the projects themselves; all others are benefits, which may be negative.
COST_EFFECTS = ("capital", "upkeep")
#: Why there is no chance of a loss without draws.
NO_DRAWS = "no draws were asked for"


@dataclass(frozen=True)
class UsersGain:
    """What users gain: measures of one thing, which are never added up.

    Attributes
    ----------
    logsum_musd
        Half the tonnes on both sides times the fall of the logsum: the one that accounts count.
    rule_of_half_musd, rule_of_half_share
        The same over ways of going by their mean costs, and the share of tonnes on ways that are there on both sides, which alone
        it can speak of.
    trade_welfare_musd
        Gain of real income of all economies by the answer of trade; NaN where the case has no trade.
    parts_musd
        Of what the first consists: price, time, reliability, delay and queue, rent, and a wider choice.
    """

    logsum_musd: float
    rule_of_half_musd: float
    rule_of_half_share: float
    trade_welfare_musd: float
    parts_musd: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Appraisal:
    """A set of projects, appraised together.

    Attributes
    ----------
    case, asked, plan, rules
        The case; the projects as they were asked for; what was appraised, and how.
    scenario
        Scenario that is taken to last; None where the process of closures decides.
    valuation
        The streams in arrays; None where nothing is valued.
    standings, headline
        Whose gains count, and whose are meant where one figure stands alone.
    valued, ranked
        Whether there is a value; whether it may stand in a ranking.
    why_not
        Why it is not valued, or not ranked; empty where it is.
    notes, meta
        What the reader should know; where it comes from.
    """

    case: str
    asked: tuple[str, ...]
    plan: Plan
    rules: RuleSet
    scenario: str | None
    valuation: Valuation | None = field(repr=False)
    standings: tuple[Standing, ...]
    headline: str
    valued: bool
    ranked: bool
    why_not: str
    notes: tuple[str, ...]
    meta: Meta

    # what was asked -------------------------------------------------------------------------------------------------------

    @property
    def projects(self) -> tuple[str, ...]:
        """The projects with their years of opening, in order of their names."""
        return self.plan.names

    @property
    def rule_set(self) -> str:
        """Name of the rule set."""
        return self.rules.id

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the accounts."""
        return self.plan.years

    @property
    def cost_musd(self) -> float:
        """Capital cost in money, at constant prices, not discounted; NaN where it is not known."""
        return self.plan.cost_musd

    @property
    def upkeep_at_end(self) -> float:
        """What upkeep of a dollar in the last year comes to after it, as the residual value has it, in dollars of that year.

        Nought where the residual value is the share of life that remains.
        """
        found = self.valuation
        if found is None or self.rules.residual_value == "remaining_life":
            return 0.0
        return worth_at_end(self.rules, self.years, found.later_years)

    # streams --------------------------------------------------------------------------------------------------------------

    @cached_property
    def streams(self) -> pd.DataFrame:
        """Gains by year, state, effect, country and party, as if the state held all year; USD m at constant prices."""
        import pandas as pd  # noqa: PLC0415 - heavy

        columns = ["year", "state", "effect", "country", "party", "benefit_musd", "transfer_musd", "musd"]
        found = self.valuation
        if found is None:
            return pd.DataFrame(columns=columns)
        benefit, transfer = found.benefit_musd, found.transfer_musd
        y, s, r = np.nonzero((benefit != 0) | (transfer != 0))
        table = pd.DataFrame({
            "year": np.array(self.years)[y], "state": np.array(found.states)[s],
            **{name: np.array([row[n] for row in found.rows])[r] for n, name in enumerate(("effect", "country", "party"))},
            "benefit_musd": benefit[y, s, r], "transfer_musd": transfer[y, s, r],
        })  # fmt: skip
        table["musd"] = table["benefit_musd"] + table["transfer_musd"]
        return table

    @cached_property
    def probability(self) -> pd.DataFrame:
        """Probability of every state by year, seen from the base year."""
        import pandas as pd  # noqa: PLC0415 - heavy

        found = self.valuation
        if found is None:
            return pd.DataFrame(index=pd.Index(self.years, name="year"))
        return pd.DataFrame(found.probability, index=pd.Index(self.years, name="year"), columns=list(found.states))

    @cached_property
    def outlays(self) -> pd.DataFrame:
        """Capital cost in money by year, project, funder, instrument and country; USD m at constant prices.

        Funder is blank where finance.csv leaves open who pays; country is where it is spent.
        """
        import pandas as pd  # noqa: PLC0415 - heavy

        rows = [
            {"year": year, "project": project.id, "funder": part.funder, "instrument": part.instrument, "country": country,
             "musd": project.cost_musd * share * part.share / len(project.countries)}
            for project in self.plan.projects
            for year, share in zip(project.years, project.shares, strict=True)
            for part in project.funding if part.share > 0
            for country in project.countries
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["year", "project", "funder", "instrument", "country", "musd"])

    # worth ----------------------------------------------------------------------------------------------------------------

    @cached_property
    def enpv_musd(self) -> dict[str, float]:
        """Net present value by standing; NaN where it is not valued."""
        if self.valuation is None or not self.valued:
            return {standing.id: math.nan for standing in self.standings}
        return self.valuation.enpv(self.standings)

    @cached_property
    def enpv_by_state_musd(self) -> dict[str, dict[str, float]]:
        """Net present value by state of the crossings, as if it held for ever, and standing."""
        if self.valuation is None or not self.valued:
            return {}
        return self.valuation.enpv_by_state(self.standings)

    @property
    def enpv_by_carbon_musd(self) -> dict[str, float | None]:
        """Net present value for the world without a price of CO2e, and on its low, central and high path; None without one."""
        found, worth = self.valuation, self.enpv_musd["world"]
        if found is None or not self.valued or self.rules.carbon is None:
            return {"without": worth if self.valued else None, "low": None, "central": None, "high": None}
        # the climate has no other rows than CO2e, and what is left of it after the accounts
        part = sum(gain.benefit_musd for gain in found.gains.entries if gain.party == CLIMATE)
        _, low, high = found.carbon_levels
        without = worth - part
        if low == high:
            return {"without": without, "low": None, "central": worth, "high": None}
        return {"without": without, "low": without + low * part, "central": worth, "high": without + high * part}

    def accounts(self, standing: str | None = None) -> Appraised | None:
        """Return the yearly accounts of a standing, with all indicators; None where nothing is valued.

        Parameters
        ----------
        standing
            Whose gains count; by default the headline's.
        """
        key = standing or self.headline
        if self.valuation is None or not self.valued:
            return None
        if key not in self._accounts:
            whose = next(one for one in self.standings if one.id == key)
            self._accounts[key] = _appraised(self, self.valuation, whose)
        return self._accounts[key]

    @cached_property
    def _accounts(self) -> dict[str, Appraised]:
        return {}

    def eirr_of(self, standing: str) -> float | None:
        """Return the rate of return of a standing's gains, where there is just one; None where it bears no works, or gains first.

        Who has not invested has no return: the rate at which its value is nought says nothing.
        """
        found = self.accounts(standing)
        if found is None:
            return None
        first = next((value for value in found.accounts.net.tolist() if value), 0.0)
        bears = any(item.capital and any(item.values) for item in found.accounts.items)
        return found.eirr if first < 0 and bears else None

    @property
    def eirr(self) -> float | None:
        """Rate of return of the headline's gains."""
        return self.eirr_of(self.headline)

    @property
    def bcr(self) -> float | None:
        """Ratio of benefits to costs of the headline, over the denominator that the rule set means."""
        found = self.accounts()
        return found.bcr if found is not None else None

    @cached_property
    def gains(self) -> GainsMatrix | None:
        """Present values by country, party and effect, whose transfers net to zero; None where nothing is solved."""
        if self.valuation is None:
            return None
        return self.valuation.gains

    @cached_property
    def who_gains(self) -> pd.DataFrame:
        """Present values by country and party: real gains, and what is received less what is paid."""
        import pandas as pd  # noqa: PLC0415 - heavy

        columns = ["country", "party", "benefit_musd", "transfer_musd"]
        rows = self.gains.to_list() if self.gains is not None else []
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def finance(self) -> ProjectFinance | None:
        """Financial accounts, loans and the fiscal page of the countries in which it is built; None where there are none."""
        return finance_projects(self)

    @property
    def finance_why_not(self) -> str:
        """Why there are no financial accounts; empty where there are."""
        return why_no_finance(self)

    @cached_property
    def users(self) -> UsersGain | None:
        """What users gain, by three measures of one thing, and its parts; present values, None where nothing is solved."""
        found = self.valuation
        if found is None:
            return None
        weight = found.factors[:, None] * found.probability
        parts = np.einsum("ys,ysk->k", weight, found.parts_musd)
        return UsersGain(
            float(parts.sum()), float((weight * found.half_musd).sum()), float(found.probability[-1] @ found.half_share),
            float(found.factors @ found.trade_welfare_musd), dict(zip(PART_NAMES, parts.tolist(), strict=True)),
        )  # fmt: skip

    @property
    def break_even(self) -> BreakEven:
        """Where the headline's value turns: cost, tonnage, share of time shut."""
        return self.break_even_of(self.headline)

    def break_even_of(self, standing: str) -> BreakEven:
        """Return where a standing's value turns."""
        if standing not in self._break_evens:
            self._break_evens[standing] = break_even(self, standing)
        return self._break_evens[standing]

    @cached_property
    def _break_evens(self) -> dict[str, BreakEven]:
        return {}

    def to_dict(self, uncertainty: Uncertainty | None = None) -> dict[str, Any]:
        """Return the result as JSON can hold it, with what draws say of it, where it was drawn."""
        return {
            "id": "+".join(self.asked),
            "projects": [
                {"id": project.id, "name": project.name, "opening_year": project.opening, "cost_musd": project.cost_musd,
                 "cost_basis": project.cost_basis, "effect_basis": project.effect_basis, "countries": list(project.countries)}
                for project in self.plan.projects
            ],
            "valued": self.valued,
            "ranked": self.ranked,
            "why_not": self.why_not,
            "cost_musd": self.cost_musd,
            "headline": self.headline,
            "enpv_musd": self.enpv_musd,
            "by_state": [{"state": state, "enpv_musd": worth} for state, worth in self.enpv_by_state_musd.items()],
            "enpv_by_carbon_musd": self.enpv_by_carbon_musd,
            "eirr": self.eirr,
            "bcr": self.bcr,
            "by_standing": [_indicators(self, standing) for standing in self.standings],
            "p_negative": uncertainty.distribution.p_negative if uncertainty is not None else None,
            "p_negative_why_not": "" if uncertainty is not None else self.why_not if not self.valued else NO_DRAWS,
            "draws": uncertainty.draws if uncertainty is not None else None,
            "uncertainty": uncertainty.to_dict() if uncertainty is not None else None,
            "switching": self._switching,
            "who_gains": self.gains.matrix() if self.gains is not None else [],
            "users": self.users.to_dict() if self.users is not None else None,
            "break_even": self.break_even.to_dict(),
            "finance": self.finance.to_dict() if self.finance is not None else None,
            "finance_why_not": self.finance_why_not,
            "notes": list(self.notes),
        }  # fmt: skip

    @cached_property
    def sensitivity(self) -> list[Sensitivity]:
        """What each driver does to the headline's value, and where it turns; the strongest first."""
        return analyse(self)

    @property
    def _switching(self) -> list[dict[str, Any]]:
        return [
            {"driver": one.name, "unit": one.unit, "base": one.base, "low": one.low, "high": one.high,
             "enpv_low_musd": one.at_low, "enpv_high_musd": one.at_high, "indicator": one.indicator,
             "switching_value": one.switch.value, "switching_change": one.switch.change, "found_by": one.switch.found_by}
            for one in self.sensitivity
        ]  # fmt: skip


def _indicators(appraisal: Appraisal, standing: Standing) -> dict[str, Any]:
    found = appraisal.accounts(standing.id)
    names = ("eirr", "mirr", "bcr", "bcr_denominator", "first_year_return", "payback_years")
    shown = {name: getattr(found, name) if found is not None else None for name in names}
    roots = {"eirr_roots": list(found.rates.roots) if found is not None else []}
    return {"standing": standing.id, "name": standing.name, "countries": list(standing.countries),
            "enpv_musd": appraisal.enpv_musd[standing.id], **shown, "eirr": appraisal.eirr_of(standing.id), **roots,
            "break_even": appraisal.break_even_of(standing.id).to_dict()}  # fmt: skip


def _appraised(appraisal: Appraisal, found: Valuation, standing: Standing) -> Appraised:
    """Return the expected streams of a standing by effect: capital and upkeep as costs, all else as benefits."""
    flows = found.expected(standing)
    items = [
        Item(effect, "cost", tuple((-values).tolist()), capital=effect == "capital")
        if effect in COST_EFFECTS
        else Item(effect, "benefit", tuple(values.tolist()))
        for effect, values in flows.items()
    ]
    worth = appraise_accounts(
        Accounts.of(appraisal.years, items or [Item("nothing", "benefit", (0.0,) * len(appraisal.years))], unit="USD m"),
        appraisal.rules.schedule(), base_year=appraisal.years[0], bcr_denominator=appraisal.rules.bcr_denominator,
        meta=appraisal.meta,
    )  # fmt: skip
    return replace(worth, rule_set=appraisal.rules.id)
