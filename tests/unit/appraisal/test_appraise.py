"""Projects of the textbook case, appraised: sums by hand, identities that hold on every run, and what is refused."""

from __future__ import annotations

import contextlib
import json
import math
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from karvan.appraisal import OutcomeStore, appraise, league_table, open_rule_set
from karvan.appraisal.externalities import unit_costs
from karvan.appraisal.plans import plan_projects
from karvan.appraisal.side_sums import parties_of, sum_side
from karvan.appraisal.store import _read as read_solved
from karvan.case import open_case
from karvan.case.atomic import UNREADABLE
from karvan.chain import simulate
from karvan.errors import AuditError, InputError, RequestError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import CaseFiles

    from karvan.appraisal import Appraisal
    from karvan.case import Case


@pytest.fixture(scope="module")
def store() -> OutcomeStore:
    return OutcomeStore()


@pytest.fixture(scope="module")
def line(textbook: Case, store: OutcomeStore) -> Appraisal:
    return appraise(textbook, "N1", store=store)


def test_users_surplus_of_a_solved_year_is_that_of_the_chain(textbook: Case, line: Appraisal) -> None:
    """Existing, diverted and generated goods together gain what the outcome says, in the year of opening at a third of it."""
    outcome = simulate(textbook, projects=["N1@2030"], year=2030, scenario="open")
    surplus = outcome.surplus["surplus_musd_per_year"].sum()
    rows = line.streams[(line.streams["year"] == 2030) & line.streams["effect"].str.startswith("user_")]
    by_state = rows.groupby("state")["musd"].sum()
    weighted = sum(outcome.states[state] * by_state[state] for state in outcome.states)
    assert weighted == pytest.approx(surplus / 3, rel=1e-9)


def test_measures_of_what_users_gain(line: Appraisal) -> None:
    """The parts add up to the surplus of the accounts; the rule of half speaks of ways that are there on both sides alone."""
    found = line.users
    assert found is not None
    gains = (
        sum(gain.benefit_musd for gain in line.gains.entries if gain.effect.startswith("user_")) if line.gains else 0.0
    )
    assert found.logsum_musd == pytest.approx(gains, rel=1e-9)
    assert sum(found.parts_musd.values()) == pytest.approx(found.logsum_musd, rel=1e-12)
    assert 0 < found.rule_of_half_share < 1
    # while the gate is shut the line is the only way: the rule of half has no answer there, the logsum has
    assert found.rule_of_half_musd < found.logsum_musd
    assert found.trade_welfare_musd > 0


def test_payees_gain_what_the_chain_says_they_are_paid_less_their_cost(textbook: Case, line: Appraisal) -> None:
    """In the last year, fully ramped: payments of the state *open* by payee, less the part that is a cost of resources."""
    outcome = simulate(textbook, projects=["N1@2030"], year=2056, scenario="open")
    paid = outcome.payments
    parties = textbook.rows("stakeholder")
    for payee in ("alba_treasury", "cora_treasury", "bela_railway", "shipping"):
        mine = paid[paid["payee"] == payee]
        wanted = (mine["paid_musd_per_year_change"] - mine["resource_musd_per_year_change"]).sum()
        table = line.streams
        got = table[
            (table["year"] == 2056) & (table["state"] == "open") & (table["party"] == parties[payee]["party"])
            & (table["country"] == parties[payee]["country"])
            & table["effect"].isin(["operator", "treasury", "transit_fee", "rent"])
        ]["musd"].sum()  # fmt: skip
        assert got == pytest.approx(wanted, rel=1e-6, abs=1e-7), payee


def test_owners_receive_the_rents_that_users_pay(textbook: Case) -> None:
    """With few trains a day the western line fills up; its owner earns what each tonne is charged, no more, no less."""
    outcome = simulate(
        textbook, year=2050, scenario="open",
        changes=[f"link:{link}:capacity_trains_per_day*=0.02" for link in ("a_city-a_gate.rail", "b_west-b_city.rail")],
    )  # fmt: skip
    solved = outcome.side.solved["open"]
    found = sum_side(solved, parties_of(textbook))
    routes, flows = solved.model.problem.routes, solved.equilibrium
    pointer = routes.route_ptr
    charged = sum(
        flows.stream_usd[routes.route_stream[pointer[r] : pointer[r + 1]]].sum() * flows.route_flow[r]
        for r in range(len(pointer) - 1)
    )
    assert charged > 100
    assert found.rent_usd.sum() == pytest.approx(charged * solved.model.days, rel=1e-9)
    # the owner is the payee of the railway of each country
    earns = {parties_of(textbook).payees[p] for p in np.flatnonzero(found.rent_usd.sum(axis=1))}
    assert earns == {("BBB", "railway")}


def test_works_by_hand(line: Appraisal) -> None:
    """N1: USD 1,000 m over the four years before 2030, half in either country; upkeep 2 % a year; 8 of 35 years are left."""
    outlays = line.outlays.groupby("year")["musd"].sum()
    assert outlays.to_dict() == {2026: 250.0, 2027: 250.0, 2028: 250.0, 2029: 250.0}
    # finance.csv: two fifths are lent by the treasury of Cora, the rest is open
    by_funder = line.outlays.groupby(["funder", "instrument"])["musd"].sum()
    assert by_funder.to_dict() == pytest.approx({("", "unknown"): 600.0, ("cora_treasury", "loan"): 400.0})
    assert line.cost_musd == 1000.0
    table = line.streams[line.streams["state"] == "open"]
    capital = table[table["effect"] == "capital"].groupby(["country"])["musd"].sum()
    assert capital.to_dict() == {"AAA": -500.0, "CCC": -500.0}
    assert table[(table["effect"] == "upkeep") & (table["year"] == 2040)]["musd"].sum() == pytest.approx(-20.0)
    residual = table[table["effect"] == "residual_value"]
    assert residual["musd"].sum() == pytest.approx(1000.0 * (1 - 27 / 35))
    assert set(residual["year"]) == {2056}


def test_who_pays_for_works(textbook: Case, store: OutcomeStore, line: Appraisal) -> None:
    """Cora lends 40 % of N1, which does not make it bear more than its half; Alba pays for all of N2, in Alba."""
    by_funder = line.outlays.groupby(["funder", "instrument", "country"])["musd"].sum()
    assert by_funder.to_dict() == {
        ("", "unknown", "AAA"): 300.0, ("", "unknown", "CCC"): 300.0,
        ("cora_treasury", "loan", "AAA"): 200.0, ("cora_treasury", "loan", "CCC"): 200.0,
    }  # fmt: skip
    post = appraise(textbook, "N2", store=store)
    assert set(post.outlays["funder"]) == {"alba_treasury"}
    assert post.plan.projects[0].bearers == {"AAA": 1.0}


def test_a_grant_is_borne_by_its_country(files: CaseFiles) -> None:
    files.set("finance.csv", "N1.cora", instrument="grant")
    plan = plan_projects(files.open(), "N1", open_rule_set("adb_2017"))
    assert plan.projects[0].bearers == pytest.approx({"CCC": 0.7, "AAA": 0.3})


def test_the_loan_by_hand(line: Appraisal) -> None:
    """100 a year at constant prices; at 4 % in dollars of the day: interest 4, then 4 % of 100 + 102; 11 repayments.

    All of it falls on the ends of the years, a year of inflation of 2 % after what is drawn.
    """
    found = line.finance
    assert found is not None
    (loan,) = found.loans
    table = loan.schedule.table.set_index("year")
    assert table.loc[2026:2029, "drawn"].tolist() == pytest.approx([100.0] * 4)
    assert table.loc[2026, "interest"] == pytest.approx(4.0 / 1.02)
    assert table.loc[2027, "interest"] == pytest.approx(0.04 * 202 / 1.02**2)
    principal = 100 * (1 + 1.02 + 1.02**2 + 1.02**3)
    assert table.loc[2030, "principal"] == pytest.approx(principal / 11 / 1.02**5)
    assert table.loc[2040, "owed"] == pytest.approx(0.0, abs=1e-9)
    fiscal = found.fiscal.table.set_index("year")
    assert fiscal.loc[2027, "debt"] == pytest.approx(202 / 1.02**2)
    # of the 250 spent in 2027 the loan pays 100
    assert fiscal.loc[2027, "outlay"] == pytest.approx(250.0)
    assert fiscal.loc[2027, "cost"] == pytest.approx(250.0 + 0.04 * 202 / 1.02**2 - 100.0)


def test_the_charge_that_pays(line: Appraisal) -> None:
    """At the charge found, each expected tonne pays enough for the investment to be worth nought."""
    found = line.finance
    assert found is not None
    assert found.charge_usd_per_t is not None
    assert line.valuation is not None
    traffic = (line.valuation.probability * line.valuation.traffic_t).sum(axis=1) / 1e6
    extra = float((line.valuation.factors * traffic).sum()) * found.charge_usd_per_t
    assert extra == pytest.approx(-found.returns.fnpv_c, rel=1e-9)
    # were half of the tonnes to come, each would have to pay twice that
    assert found.charges_usd_per_t[0.5] == pytest.approx(2 * found.charge_usd_per_t)
    assert found.to_dict()["charges"][0] == {"use_share": 0.5, "usd_per_t": found.charges_usd_per_t[0.5]}


def test_probabilities_follow_the_process_from_the_state_of_today(line: Appraisal) -> None:
    """From *open*: 0.9 of the next year, then 0.9 x 0.9 + 0.1 x 0.4 (transition.csv)."""
    assert line.probability.loc[2026].to_dict() == {"open": 1.0, "ab_shut": 0.0}
    assert line.probability.loc[2027, "open"] == pytest.approx(0.9)
    assert line.probability.loc[2028, "open"] == pytest.approx(0.85)


def test_value_is_streams_times_probability_times_factor(line: Appraisal) -> None:
    """The long tables alone give the value of every standing: what portfolios and reports reckon with."""
    table = line.streams
    chance = np.array([line.probability.at[y, s] for y, s in zip(table["year"], table["state"], strict=True)])
    present = table["musd"] * chance * 1.09 ** -(table["year"] - 2026)
    for standing in line.standings:
        counted = [standing.counts(country) for country in table["country"]]
        assert present[counted].sum() == pytest.approx(line.enpv_musd[standing.id], rel=1e-9)
    gains = line.who_gains
    assert (gains["benefit_musd"] + gains["transfer_musd"]).sum() == pytest.approx(line.enpv_musd["world"], rel=1e-9)
    assert gains["transfer_musd"].sum() == pytest.approx(0.0, abs=1e-9)


def test_both_countries_together_gain_what_each_gains(line: Appraisal) -> None:
    worth = line.enpv_musd
    assert worth["alba"] + worth["cora"] == pytest.approx(worth["both"], rel=1e-12)


def test_a_state_for_ever_is_that_state_as_a_scenario(textbook: Case, store: OutcomeStore, line: Appraisal) -> None:
    shut = appraise(textbook, "N1", scenario="ab_shut", store=store)
    assert shut.enpv_musd == pytest.approx(line.enpv_by_state_musd["ab_shut"], rel=1e-12)
    assert "Alba Gate shut is taken to last" in shut.notes


def test_accounts_of_the_headline_have_the_value_and_the_rate(line: Appraisal) -> None:
    accounts = line.accounts()
    assert accounts is not None
    assert accounts.enpv == pytest.approx(line.enpv_musd["both"], rel=1e-9)
    rate = line.eirr
    assert rate is not None
    flows = accounts.accounts.net
    assert sum(flow / (1 + rate) ** t for t, flow in enumerate(flows)) == pytest.approx(0.0, abs=1e-9)


def test_who_lays_out_nothing_has_no_rate_of_return(textbook: Case, store: OutcomeStore) -> None:
    """Alba pays for the border post; Cora gains from the first year on, and no rate of return is the return of nothing."""
    post = appraise(textbook, "N2", store=store)
    assert post.eirr_of("alba") is not None
    assert post.eirr_of("cora") is None
    assert {item["standing"]: item["eirr"] for item in post.to_dict()["by_standing"]}["cora"] is None


def test_break_even_cost_makes_the_value_nought(textbook: Case, line: Appraisal, store: OutcomeStore) -> None:
    """Value is straight in the cost, so that at the break-even cost the gains equal the works: 1 - value / works."""
    entry = line.break_even.cost_musd
    assert entry is not None
    accounts = line.accounts()
    assert accounts is not None
    works = sum(accounts.item_pv.get(name, 0.0) for name in ("capital", "upkeep")) - accounts.item_pv["residual_value"]
    assert entry == pytest.approx(1000.0 * (1 + line.enpv_musd["both"] / works), rel=1e-9)


def test_two_projects_open_in_their_years(textbook: Case, store: OutcomeStore) -> None:
    both = appraise(textbook, ["N1@2034", "N2@2030"], store=store)
    assert both.projects == ("N1@2034", "N2@2030")
    assert both.plan.solved_years() == (2030, 2034, 2041, 2056)
    early = both.streams[(both.streams["year"] == 2033) & both.streams["effect"].str.startswith("user_")]
    alone = appraise(textbook, "N2@2030", store=store)
    # before the second opens, what is there is the first alone, straight in demand from its opening
    first = alone.streams[(alone.streams["year"] == 2030) & alone.streams["effect"].str.startswith("user_")]
    grown = early[early["state"] == "open"]["musd"].sum() / first[first["state"] == "open"]["musd"].sum()
    assert 3 < grown < 3.5  # fully ramped from a third, and three years of growth of 2 to 3 %


def test_an_effect_that_begins_later_has_a_year_of_its_own(files: CaseFiles) -> None:
    """The post opens in 2030, and is faster from 2040 on: until then nothing, from then on all of it, ramped up by then."""
    for line in files.read("effect.csv")[1:]:
        if line[1] == "N2":
            files.set("effect.csv", line[0], from_year="2040")
    found = appraise(files.open(), "N2@2030")
    assert found.plan.solved_years() == (2030, 2037, 2040, 2056)
    users = found.streams[found.streams["effect"].str.startswith("user_") & (found.streams["state"] == "open")]
    by_year = users.groupby("year")["musd"].sum()
    assert by_year[by_year.index < 2040].abs().max() < 1e-9
    late = appraise(files.open(), "N2@2040").streams
    third = late[late["effect"].str.startswith("user_") & (late["state"] == "open") & (late["year"] == 2040)][
        "musd"
    ].sum()
    # trade has had ten years to adjust to the one, and none to the other
    assert by_year[2040] == pytest.approx(3 * third, rel=0.01)


def test_what_acts_on_services_alone_has_no_tonnage_and_says_why(files: CaseFiles) -> None:
    for line in files.read("effect.csv")[1:]:
        if line[1] == "N2":
            files.set("effect.csv", line[0], table="service", row="road.any", column="price_usd_per_tkm", value="0.95",
                      low="0.9", high="0.99")  # fmt: skip
    found = appraise(files.open(), "N2").break_even
    assert found.cost_musd is not None
    assert found.why_not["mt_per_year"] == "no goods pass a link, crossing or terminal that it opens or changes"


def test_paths_of_co2e_prices_count_as_they_run(textbook: Case, store: OutcomeStore) -> None:
    """The value on the low and the high path is that of a rule set which has that path alone."""
    rules = open_rule_set("world_bank_2016")
    assert rules.carbon is not None
    first, last = rules.carbon.points
    paths = {"low": (40.0, 50.0), "central": (50.0, 200.0), "high": (60.0, 800.0)}

    def worth(**levels: tuple[float, float]) -> Appraisal:
        points = tuple(
            point.model_copy(update={"low": None, "central": None, "high": None}
                             | {name: ends[place] for name, ends in levels.items()})
            for place, point in enumerate((first, last))
        )  # fmt: skip
        carbon = rules.carbon.model_copy(update={"points": points}) if rules.carbon else None
        return appraise(textbook, "N2", rule_set=rules.model_copy(update={"carbon": carbon}), store=store)

    found = worth(**paths).enpv_by_carbon_musd
    for name, ends in paths.items():
        assert found[name] == pytest.approx(worth(central=ends).enpv_musd["world"], rel=1e-9)


def test_prices_after_the_index_are_noted(files: CaseFiles) -> None:
    files.replace("case.toml", "price_year = 2025", "price_year = 2030")
    note = "the price index of the United States ends in 2025: prices of 2030 are taken to be those of 2025"
    assert note in appraise(files.open(), "N2", store=OutcomeStore()).notes


def test_a_store_on_the_disk_gives_the_same_bytes(textbook: Case, tmp_path: Path, line: Appraisal) -> None:
    first = OutcomeStore(tmp_path)
    appraise(textbook, "N1", store=first)
    assert first.solved == 3
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    second = OutcomeStore(tmp_path)
    again = appraise(textbook, "N1", store=second)
    assert second.solved == 0
    assert again.enpv_musd == line.enpv_musd
    for path, kept in zip(sorted(tmp_path.iterdir()), (slice(100), slice(0), slice(-9)), strict=True):
        path.write_bytes(path.read_bytes()[kept])
    third = OutcomeStore(tmp_path)
    assert appraise(textbook, "N1", store=third).enpv_musd == line.enpv_musd
    assert third.solved == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files


def test_a_byte_of_the_store_that_a_disk_changed_is_no_bug(textbook: Case, tmp_path: Path) -> None:
    appraise(textbook, "N2", store=OutcomeStore(tmp_path))
    whole = next(tmp_path.iterdir()).read_bytes()
    for place in range(len(whole)):
        with contextlib.suppress(*UNREADABLE):
            read_solved(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])


def test_figures_that_are_not_confirmed_are_told_apart(line: Appraisal) -> None:
    note = next(note for note in line.notes if note.startswith("unconfirmed in adb_2017"))
    assert "timing; horizon, years; accidents, road, EUR/tkm; " in note


def test_rule_sets_switch(textbook: Case, store: OutcomeStore, line: Appraisal) -> None:
    bank = appraise(textbook, "N1", rule_set="world_bank_2016", store=store)
    assert bank.enpv_musd["both"] != line.enpv_musd["both"]
    assert bank.valuation is not None
    assert line.valuation is not None
    # the same works, the other kind of residual value
    assert bank.valuation.residual_pv_musd["remaining_life"] == pytest.approx(
        1000 * (1 - 27 / 35) * 1.06**-30, rel=1e-9
    )
    assert store.solved > 0
    before = store.solved
    appraise(textbook, "N1", rule_set=open_rule_set("adb_2017"), store=store)
    assert store.solved == before


def test_league_has_ranked_projects_by_worth_and_the_others_apart(textbook: Case, store: OutcomeStore) -> None:
    table = league_table(textbook, store=store)
    assert [(one.asked[0], one.ranked) for one in table] == [
        ("N4", True), ("N2", True), ("N3", True), ("N1", True), ("N5", False),
    ]  # fmt: skip
    worth = [one.enpv_musd["both"] for one in table if one.ranked]
    assert worth == sorted(worth, reverse=True)
    assert table[-1].why_not == "N5 is committed: it stands with and without a decision, and is not counted"
    assert math.isnan(table[-1].cost_musd)  # it costs nothing known, not nothing


def test_what_another_process_sends_back_has_the_same_bytes(textbook: Case, store: OutcomeStore) -> None:
    """A worker hands its arrays over laid out anew: every sum over them must run in the same order."""
    here = appraise(textbook, "N3", store=store)
    sent = pickle.loads(pickle.dumps(here))  # noqa: S301 - our own bytes
    assert json.dumps(sent.to_dict()) == json.dumps(here.to_dict())


def test_a_damaged_transfer_is_an_error(line: Appraisal) -> None:
    found = line.valuation
    assert found is not None
    row = next(n for n, row in enumerate(found.rows) if row == ("operator", "AAA", "shipper"))
    found.transfer_musd[5, 0, row] += 1.0
    try:
        with pytest.raises(
            AuditError, match=r"transfers of 'operator' do not net to zero in 2031, open: USD 1 m of USD "
        ):
            found.audit()
    finally:
        found.transfer_musd[5, 0, row] -= 1.0


def test_a_year_between_two_has_the_rounding_of_what_they_are(line: Appraisal) -> None:
    """From USD 4,000 m to nothing, the last years are next to nothing; what rounding leaves there is not lost."""
    found = line.valuation
    assert found is not None
    payer, payee = [n for n, row in enumerate(found.rows) if row[0] == "operator"][:2]
    transfer = np.zeros_like(found.transfer_musd)
    transfer[5, 0, [payer, payee]] = -4000.0, 4000.0
    transfer[25, 0, [payer, payee]] = -3e-4, 3e-4 + 9e-13
    replace(found, transfer_musd=transfer).audit()
    transfer[25, 0, payee] += 1e-6
    with pytest.raises(AuditError, match="transfers of 'operator' do not net to zero in 2051, open: USD 1e-06 m of"):
        replace(found, transfer_musd=transfer).audit()


@pytest.mark.parametrize(
    ("projects", "error", "text"),
    [
        ("N9", UnknownNameError, "No project is called 'N9'."),
        ("N2,N4", InputError, "N4: found together with N2, which is part of it; expected one of them. N2 would count twice."),
        ("N1,N3", InputError, "N1: found together with N3, its alternative; expected one of them."),
        ("N1@2026", RequestError, "Project N1 opens in 2026; expected 2027 to 2056, after the base year and within the horizon."),
        ("N1@2057", RequestError, "Project N1 opens in 2057; expected 2027 to 2056, after the base year and within the horizon."),
        ("N1,north", RequestError, "Project N1 is named twice. Name it once."),
        ("", RequestError, "No project is named. Name one, for instance P13 or P13@2031."),
    ],
)  # fmt: skip
def test_what_cannot_be_appraised(textbook: Case, projects: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        appraise(textbook, projects)
    assert text in str(caught.value)


def test_a_horizon_before_the_base_year(textbook: Case) -> None:
    with pytest.raises(RequestError, match="The last year counted is 2020; expected one after the base year 2026"):
        appraise(textbook, "N2", horizon_year=2020)


@pytest.mark.parametrize("end", [2026, 2227, 99999])
def test_a_horizon_that_cannot_be(textbook: Case, end: int) -> None:
    with pytest.raises(RequestError) as caught:
        appraise(textbook, "N2", horizon_year=end)
    assert str(caught.value) == f"The last year counted is {end}; expected one after the base year 2026, 2226 at most."


def test_another_year_that_is_named_lies_within_a_short_horizon(textbook: Case) -> None:
    with pytest.raises(RequestError, match=r"expected 2027 to 2027, .* Name another year: N2@2027\.$"):
        appraise(textbook, "N2", horizon_year=2027)


def test_a_future_of_another_kind_is_taken_to_last(textbook: Case, store: OutcomeStore, line: Appraisal) -> None:
    """There is one state, and no closure in which the value could turn."""
    found = appraise(textbook, "N1", scenario="fuel_dear", store=store)
    assert list(found.probability.columns) == ["fuel_dear"]
    assert (found.probability["fuel_dear"] == 1).all()
    assert found.break_even.closure_share is None
    assert "Dear fuel is taken to last" in found.notes
    assert found.enpv_musd["world"] != line.enpv_musd["world"]


def test_an_unknown_scenario(textbook: Case) -> None:
    with pytest.raises(UnknownNameError, match="No scenario is called 'peace'"):
        appraise(textbook, "N1", scenario="peace")


def test_a_project_that_changes_nothing_is_not_valued(files: CaseFiles) -> None:
    for row in ("AAA-BBB", "BBB-AAA"):
        for mode in ("rail", "road"):
            files.set("effect.csv", f"N2.{mode}.{row}", value="1", low="", high="")
    found = appraise(files.open(), "N2")
    assert (found.valued, found.ranked) == (False, False)
    assert found.why_not == (
        "with and without it goods cost the same and go the same ways in every year and state: "
        "its traffic may not be in the demand"
    )
    assert all(np.isnan(worth) for worth in found.enpv_musd.values())
    assert found.eirr is None


def test_a_project_without_effect_says_why_in_its_own_words(files: CaseFiles) -> None:
    for row in [row[0] for row in files.read("effect.csv") if row[0].startswith("N2.")]:
        files.drop("effect.csv", row)
    files.set("project.csv", "N2", no_effect="A study.")
    files.set("project.csv", "N4", no_effect="Holds nothing that acts.")
    found = appraise(files.open(), "N2")
    assert (found.valued, found.why_not) == (False, "N2: A study.")


def test_a_project_without_a_cost_shows_what_it_may_cost(files: CaseFiles) -> None:
    line = appraise(files.open(), "N2")
    files.set("project.csv", "N2", cost_musd="", cost_basis="none")
    found = appraise(files.open(), "N2")
    assert (found.valued, found.why_not) == (False, "the cost of N2 is not known: see the cost at which it breaks even")
    assert found.break_even.cost_musd == pytest.approx(line.break_even.cost_musd, rel=1e-9)
    assert found.break_even.mt_per_year is None


def test_a_project_on_assumptions_alone_has_no_rank(files: CaseFiles) -> None:
    files.set("project.csv", "N2", cost_basis="assumed", effect_basis="assumed")
    found = appraise(files.open(), "N2")
    assert (found.valued, found.ranked) == (True, False)
    assert found.why_not == "cost and effect are both assumed: it has no rank, see where it breaks even"
    assert found.break_even.cost_musd is not None


def test_a_cost_at_older_prices_is_brought_to_those_of_the_case(files: CaseFiles, line: Appraisal) -> None:
    """2020 to 2025: 127.74 / 105.48 (price_index.toml)."""
    files.set("project.csv", "N1", cost_year="2020")
    plan = plan_projects(files.open(), "N1", open_rule_set("adb_2017"))
    assert plan.cost_musd == pytest.approx(1000.0 * 127.74 / 105.48)


def test_prices_that_the_index_does_not_reach(files: CaseFiles) -> None:
    files.set("project.csv", "N1", cost_year="1999")
    with pytest.raises(InputError) as caught:
        appraise(files.open(), "N1")
    assert str(caught.value) == (
        "Price year: cost of N1: found prices of 1999, and no price index for 1999; expected prices of 2025. "
        "Give the sum at the right prices, or a price index for both years."
    )


def test_a_missing_rate_of_exchange(textbook: Case, store: OutcomeStore) -> None:
    rules = open_rule_set("adb_2017")
    assert rules.carbon is not None
    rules = rules.model_copy(update={"carbon": rules.carbon.model_copy(update={"currency": "JPY"})})
    with pytest.raises(InputError) as caught:
        appraise(textbook, "N1", rule_set=rules, store=store)
    assert str(caught.value) == (
        "Rate of exchange: price of CO2e: found a sum in JPY of 2016, and no rate of exchange; "
        "expected the parameter exchange_rate_usd_per_jpy. Add it to parameter.csv."
    )


def test_a_parameter_that_accounts_read_from_the_case_is_no_change(files: CaseFiles) -> None:
    """It was taken and passed over: the accounts stayed as they were, and nothing said so."""
    rows = {"asset_life_rail_years": "35", "standard_conversion_factor_works": "0.87"}
    for name, value in rows.items():
        files.add("parameter.csv", "reliability_ratio", parameter_id=name, value=value, low="", high="")
    changes = [f"parameter:{name}:value*=0.5" for name in rows]
    with pytest.raises(RequestError) as caught:
        appraise(files.open(), "N2", changes=changes)
    assert str(caught.value) == "\n".join(
        f"{change}: {name} is read from the case itself, so that no setting changes it. Edit parameter.csv in a copy of the case."
        for change, name in zip(changes, rows, strict=True)
    )


@pytest.mark.parametrize("name", ["adb_2017", "eu_2021", "green_book_2026", "us_a94", "world_bank_2016"])
def test_every_rule_set_appraises(textbook: Case, store: OutcomeStore, name: str) -> None:
    found = appraise(textbook, "N2", rule_set=name, store=store)
    assert found.valued
    assert found.years[-1] == (2086 if name == "green_book_2026" else 2056)
    accounts = found.accounts()
    assert accounts is not None
    assert accounts.enpv == pytest.approx(found.enpv_musd["both"], rel=1e-9)
    levels = found.enpv_by_carbon_musd
    if name in ("world_bank_2016", "green_book_2026"):
        # what CO2e adds at its high price is as much more than at the central as it is less at the low
        assert levels["low"] is not None
        assert levels["high"] is not None
        assert levels["low"] + levels["high"] == pytest.approx(2 * found.enpv_musd["world"], rel=1e-9)


def test_works_are_built_again_at_the_end_of_their_life(textbook: Case, store: OutcomeStore) -> None:
    """The Green Book counts 60 years: N2 opens in 2028 and is built again in 2063; 11 of 35 years are left at the end of 2086."""
    found = appraise(textbook, "N2", rule_set="green_book_2026", store=store)
    capital = found.streams[(found.streams["effect"] == "capital") & (found.streams["state"] == "open")]
    assert dict(zip(capital["year"], capital["musd"], strict=True)) == {2026: -10.0, 2027: -10.0, 2063: -20.0}
    assert found.valuation is not None
    left = 20.0 * (1 - 24 / 35) * found.valuation.factors[-1]
    assert found.valuation.residual_pv_musd["remaining_life"] == pytest.approx(left, rel=1e-9)


def test_changes_hold_on_both_sides(textbook: Case, store: OutcomeStore) -> None:
    """A change alone is worth nothing to a project: with it on both sides only the project's own effect counts."""
    same = appraise(textbook, "N2", changes=["commodity:coal:value_usd_per_t*=1"], store=store)
    plain = appraise(textbook, "N2", store=store)
    assert same.enpv_musd == pytest.approx(plain.enpv_musd, rel=1e-6)


def test_what_a_worth_leaves_out_is_said(files: CaseFiles) -> None:
    files.set("project.csv", "N2", left_out="passengers")
    found = appraise(open_case(files.folder), "N2")
    assert "the worth of N2 leaves out passengers" in found.notes
    assert found.valued


def test_costs_to_neighbours_follow_the_income_of_where_goods_pass(textbook: Case, files: CaseFiles) -> None:
    """Alba has a tenth of the income at which the costs were found, Bela twice it; Cora does not tell its people."""
    gdp = {name: float(files.row("economy.csv", name)["gdp_musd"]) for name in ("AAA", "BBB")}
    files.set("economy.csv", "AAA", population_million=str(gdp["AAA"] / 4190))
    files.set("economy.csv", "BBB", population_million=str(gdp["BBB"] / 83800))
    case = files.open()
    rules, plain = open_rule_set("adb_2017"), open_rule_set("eu_2021")
    base = {cost.effect: cost.usd_per_tkm for cost in unit_costs(case, plain, "AAA")[0]}
    for country, times in (("AAA", 0.1), ("BBB", 2.0)):
        found, _ = unit_costs(case, rules, country)
        assert {cost.effect: cost.usd_per_tkm for cost in found} == pytest.approx(
            {effect: times * value for effect, value in base.items()}
        )
    left_out = "accidents, air and noise in CCC are left out: economy.csv does not tell its population"
    assert unit_costs(case, rules, "CCC") == ([], [left_out])
    found = appraise(case, "N1", rule_set="adb_2017")
    assert left_out in found.notes
    rows = found.streams[found.streams["party"] == "neighbours"]
    assert set(rows["country"]) == {"AAA", "BBB"}
    # without what is added the accounts are those of the plain case
    others = appraise(textbook, "N1", rule_set="adb_2017").streams
    assert "neighbours" not in set(others["party"])
    rest = found.streams[found.streams["party"] != "neighbours"]
    assert rest["musd"].sum() == pytest.approx(others["musd"].sum(), rel=1e-9)
    driver = next(one for one in found.sensitivity if one.name == "costs to neighbours")
    assert driver.low < 1 < driver.high
