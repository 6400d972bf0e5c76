"""The textbook corridor: what runs where, by hand where it can be, and bad input with its message."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import karvan
from karvan.case import Setting
from karvan.errors import RequestError, UnknownNameError
from karvan.flows import assign_flows
from karvan.flows.corridor import look_at_flows
from karvan.flows.corridor_solve import first_look, solve_setting
from karvan.flows.freight import vehicles
from karvan.flows.route_sets import FormRoutes


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


@pytest.fixture(scope="module")
def flows(case):
    return assign_flows(case)


def test_tonnes_in_are_tonnes_on_the_network_and_outside(flows):
    # 510,000 t of the table, of which half of the 60,000 t outside stay there
    assert flows.totals["demand_t_per_year"] == pytest.approx(590_000, rel=1e-12)
    pairs = flows.pairs
    assert np.allclose(pairs["network_t_per_year"] + pairs["outside_t_per_year"], pairs["flow_t_per_year"])
    assert flows.model.outside_t_per_year == 30_000


def test_the_base_flow_comes_back_by_way_of_going(flows):
    # 20,000 t by rail and 10,000 t by ferry between Alba and Cora; a twentieth of the weight is the model's own
    pair = flows.pairs.set_index(["origin", "destination", "commodity", "stays"]).loc[
        ("AAA", "CCC", "container", False)
    ]
    own = 0.05 / 1.05
    assert (2 / 3) / 1.05 <= pair["rail_share"] <= (2 / 3) / 1.05 + own
    assert (1 / 3) / 1.05 <= pair["water_share"] <= (1 / 3) / 1.05 + own
    # of coal, 240,000 t by rail against 30,000 t that chose the sea
    coal = flows.pairs.set_index(["origin", "destination", "commodity", "stays"]).loc[("AAA", "CCC", "coal", False)]
    assert coal["network_t_per_year"] / 270_000 == pytest.approx(8 / 9, abs=own)


def test_goods_that_stay_use_the_network(flows):
    stays = flows.pairs[flows.pairs["stays"]]
    assert stays["flow_t_per_year"].tolist() == [40_000]
    assert stays["network_t_per_year"].tolist() == pytest.approx([39_600], rel=0.01)


def test_passenger_trains_and_preload_fill_the_line(flows):
    resource = flows.resources.set_index("resource")
    # two passenger trains a day each way of 1,000 t; a freight train and 500 t one way
    assert resource.at["link:a_city-a_gate.rail", "preload_t_per_day"] == 4000
    assert resource.at["link:b_west-b_city.rail", "preload_t_per_day"] == 1500
    line = flows.table[flows.table["link_id"] == "b_west-b_city.rail"]
    there, back = line.sort_values("direction")["flow_t_per_year"] / 365
    used = resource.at["link:b_west-b_city.rail", "used_t_per_day"] - 1500
    # all containers and coal there beyond what comes back return empty; the kink is a fiftieth of 10,000 t
    assert there + back < used < 2 * max(there, back) + 2 * 200


def test_empties_by_hand(case):
    applied = case.apply()
    rows = [("b_west-b_city.rail", "+", "bulk", 3000.0), ("b_west-b_city.rail", "-", "bulk", 1000.0)]
    table = pd.DataFrame(rows, columns=["link_id", "direction", "form", "flow_t_per_day"])
    found = vehicles(applied, table).set_index("direction")
    # 1,000 t a train over 120 km: three there, one back loaded and two empty
    assert found["vehicles_per_day"].to_dict() == {"+": 3.0, "-": 1.0}
    assert found["empties_per_day"].to_dict() == {"+": 0.0, "-": 2.0}
    # 2,000 t x 120 km x 0.02 USD x 0.75 x 0.6
    assert found.at["-", "empty_resource_usd_per_day"] == pytest.approx(2160)
    assert found.at["-", "empty_co2e_t_per_day"] == pytest.approx(2000 * 120 * 0.025 * 0.6 / 1000)


def test_a_shut_crossing_sends_goods_outside_and_costs(case, flows):
    shut = assign_flows(case, scenario="ab_shut")
    crossing = shut.crossings.set_index("border_id")["flow_t_per_year"]
    assert (crossing[crossing.index.str.startswith("ab.")] == 0).all()
    assert np.isfinite(shut.pairs["logsum_usd_per_t"]).all()
    keys = ["origin", "destination", "commodity", "stays"]
    worse = shut.pairs.set_index(keys)["logsum_usd_per_t"] - flows.pairs.set_index(keys)["logsum_usd_per_t"]
    # nothing is full in either, but delays may ease a little where goods have left
    assert worse.min() > -0.01
    assert worse.max() > 1


def test_a_line_at_its_limit_pays_its_owner(case):
    full = assign_flows(case, changes=["link:b_city-b_east.rail:capacity_trains_per_day=0.5"])
    top = full.bottlenecks.iloc[0]
    assert top["resource"] == "link:b_city-b_east.rail"
    assert top["clearing"] == "price"
    assert top["price_usd_per_t"] > 0
    assert top["owner"] == "bela_railway"
    assert top["used_t_per_day"] == pytest.approx(500, rel=1e-8)
    # users are charged for what they use, and for what rounds the kink of empties off
    charged = full.pairs["network_t_per_year"] @ full.pairs["rent_usd_per_t"] / 1e6
    assert full.resources["rent_musd_per_year"].sum() == pytest.approx(charged, rel=1e-9)
    assert 1 < top["rent_musd_per_year"] / (top["price_usd_per_t"] * 500 * 365 / 1e6) < 1.05


def test_a_terminal_at_its_limit_makes_goods_wait(case):
    full = assign_flows(case, changes=["terminal:b_city.rail1520-rail1435:capacity_t_per_day=300"])
    top = full.bottlenecks.iloc[0]
    assert top["resource"] == "terminal:b_city.rail1520-rail1435"
    assert top["queue_h"] > 0
    assert top["price_usd_per_t"] == 0
    assert top["queue_loss_musd_per_year"] > 0
    priced = assign_flows(
        case,
        changes=[
            "terminal:b_city.rail1520-rail1435:capacity_t_per_day=300",
            "terminal:b_city.rail1520-rail1435:clearing=price",
        ],
    )
    assert priced.bottlenecks.iloc[0]["price_usd_per_t"] > 0


def test_users_of_a_link_add_up_to_its_flow(flows):
    users = flows.users(link="b_city-b_east.rail")
    line = flows.table[flows.table["link_id"] == "b_city-b_east.rail"]
    assert users["flow_t_per_year"].sum() == pytest.approx(line["flow_t_per_year"].sum(), rel=1e-6)
    assert (users.iloc[0][["origin", "destination", "commodity"]] == ["AAA", "CCC", "coal"]).all()
    crossing = flows.users(crossing="ab")
    rows = flows.crossings[flows.crossings["crossing_id"] == "ab"]
    assert crossing["flow_t_per_year"].sum() == pytest.approx(rows["flow_t_per_year"].sum(), rel=1e-5)
    with pytest.raises(
        UnknownNameError, match=r"No link is called 'b_city-b_eats.rail'. Did you mean b_city-b_east.rail"
    ):
        flows.users(link="b_city-b_eats.rail")
    with pytest.raises(UnknownNameError, match=r"No crossing is called 'zz'"):
        flows.users(crossing="zz")
    both = {"link": "b_city-b_east.rail", "crossing": "ab"}
    for named, message in (
        ({}, "Name a link or a crossing: one of the two."),
        (both, "Name a link or a crossing, not both."),
    ):
        with pytest.raises(RequestError) as caught:
            flows.users(**named)
        assert str(caught.value) == message


def test_difference_of_two_runs(case, flows):
    other = assign_flows(case, projects=["N1"])
    table = other.difference(flows).set_index(["link_id", "direction"])
    assert table.iloc[0].name == ("a_city-c_city.rail", "+")
    assert table.at[("a_city-c_city.rail", "+"), "against_t_per_year"] == 0
    assert table.at[("b_city-b_east.rail", "+"), "change_t_per_year"] < 0


def test_screenlines(flows):
    table = flows.screenlines.set_index("count_id")
    assert list(table.index) == ["K1", "K2"]
    rows = flows.crossings.set_index("border_id")
    assert table.at["K1", "modelled_t_per_year"] == pytest.approx(rows.at["ab.rail.AAA-BBB", "flow_t_per_year"])
    assert table.at["K1", "ratio"] == pytest.approx(table.at["K1", "modelled_t_per_year"] / 290_000)
    assert table["hit"].all()


def test_demand_grows_with_both_economies(case):
    later = assign_flows(case, year=2036)
    pairs = later.pairs.set_index(["origin", "destination", "commodity", "stays"])["flow_t_per_year"]
    # 2 and 3 % a year for ten years
    assert pairs["AAA", "BBB", "coal", False] == pytest.approx(30_000 * (1.03 * 1.02) ** 5)


def test_same_bytes_whatever_was_solved_before(case, flows):
    again = assign_flows(karvan.open_case("textbook"), projects=["N1"])
    other = assign_flows(case, projects=["N1"])
    assert again.pairs["logsum_usd_per_t"].to_numpy().tobytes() == other.pairs["logsum_usd_per_t"].to_numpy().tobytes()
    assert again.meta.hash == other.meta.hash


def test_demand_with_no_way_out(case):
    # `karvan check` refuses such a case; the engine does not rely on that
    tables = {**case.tables, "outside": case.tables["outside"].drop(index="AAA-BBB.any")}
    case = replace(case, tables=tables)
    with pytest.raises(RequestError) as caught:
        assign_flows(
            case,
            scenario="ab_shut",
            changes=["link:a_port-c_port.ferry:status=proposed"],
        )
    assert "AAA to BBB, coal: 30,000 tonnes a year have no way out, and outside.csv has no row for the pair." in str(
        caught.value
    )
    assert "What cuts it: crossing Alba Gate - Bela West is shut for" in str(caught.value)


def test_a_case_without_demand(case):
    tables = {**case.tables, "base_flow": case.tables["base_flow"].iloc[:0]}
    with pytest.raises(RequestError) as caught:
        assign_flows(replace(case, tables=tables))
    assert str(caught.value) == (
        "Case textbook has no demand: base_flow.csv has no rows. Add tonnes by origin, destination and commodity."
    )


def test_capacity_zero(case):
    with pytest.raises(RequestError) as caught:
        assign_flows(case, changes=["link:b_city-b_east.rail:capacity_trains_per_day=0"])
    assert str(caught.value) == (
        "link b_city-b_east.rail capacity_trains_per_day by the setting's change: found '0'; expected more than 0. "
        "Leave it blank where there is no limit; where nothing passes, the row's status says so."
    )


def test_more_passenger_trains_than_the_line_can_carry(case):
    flows = assign_flows(case, changes=["background:a_city-a_gate.rail.passenger:trains_per_day=9"])
    assert flows.notes[0] == (
        "link a_city-a_gate.rail: passenger trains and other preload take 18,000 of 10,000 tonnes a day; 1% is left to freight"
    )


def test_a_first_look_at_flows_is_near_and_leaves_them_as_they_are(case):
    """It is not audited, says so by its hash, and what is solved after it is the same to the last digit."""
    setting = karvan.Setting.of(scenario="open", changes=["border:ab.road.AAA-BBB:status=shut"])
    first_look.cache_clear()
    answer = assign_flows(case, scenario="open", changes=setting.changes)
    first_look.cache_clear()
    look = look_at_flows(case, setting)
    again = assign_flows(case, scenario="open", changes=setting.changes)
    # as text: blanks are equal there
    assert str(again.to_dict()) == str(answer.to_dict())
    assert look.audit is None
    assert look.to_dict()["audit"] is None
    assert look.meta.hash != answer.meta.hash
    assert look.solved.equilibrium.iterations < answer.solved.equilibrium.iterations or look.totals != answer.totals
    assert look.totals == pytest.approx(answer.totals, rel=0.05, abs=0.01)


def test_a_setting_that_begins_with_other_routes_than_were_laid(case):
    """Where it begins, routes stand in another order than those that are laid: none is taken for another."""
    setting = Setting.of(projects="N2")
    plain = solve_setting(case, Setting.of())
    turned = {}
    for form, routes in plain.chosen.items():
        nests = [routes.flat.nest[a:b].tolist() for a, b in itertools.pairwise(routes.flat.pair_ptr)]
        own = [list(zip(theirs, routes.paths(at), strict=True))[::-1] for at, theirs in enumerate(nests)]
        turned[form] = FormRoutes.of(form, routes.pairs, own)
    assert any(len(set(routes.flat.nest[a:b])) < b - a for routes in turned.values()
               for a, b in itertools.pairwise(routes.flat.pair_ptr))  # fmt: skip
    found = solve_setting(case, setting, replace(plain, chosen=turned))
    for form, item in found.model.forms.items():
        begin, arcs = found.model.laid.standing[form].arcs
        prices = [item.choice_usd[arcs[a:b]].sum() for a, b in itertools.pairwise(begin)]
        assert found.model.laid.sets.price_usd[found.model.laid.routes_of(form)] == pytest.approx(prices, rel=1e-12)
    wanted = solve_setting(case, setting, plain)
    assert found.model.problem.resources.names == wanted.model.problem.resources.names
    assert found.equilibrium.used == pytest.approx(wanted.equilibrium.used, rel=1e-6)
