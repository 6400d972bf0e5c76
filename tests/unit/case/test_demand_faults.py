"""What is wrong with demand: one broken cell or row of the textbook case, and the one problem that it gives."""

from __future__ import annotations

import pytest

from karvan.case import check_case


def rules_of(files) -> list[str]:
    return [problem.rule for problem in check_case(files.folder)]


def test_dollars_without_tonnes(files):
    files.drop("base_flow.csv", "BBB-AAA.container.rail")
    files.drop("outside.csv", "BBB-AAA.any")
    assert files.problems() == [
        (
            "trade.csv, line 5, value_musd: found USD 6 m on the network and no base flow of BBB-AAA; expected tonnes for the "
            "dollars. Add rows to base_flow.csv, or set on_network to false."
        )
    ]


@pytest.mark.parametrize(
    "cells", [{"on_network": "false"}, {"value_musd": "0"}, {"off_network_share": "1", "off_network_high_share": "1"}]
)
def test_dollars_that_need_no_tonnes(files, cells):
    files.drop("base_flow.csv", "BBB-AAA.container.rail")
    files.set("trade.csv", "BBB-AAA", **cells)
    assert files.problems() == []


def test_dollars_alone_are_a_case_of_trade(files):
    for table in ("base_flow", "outside"):
        (files.folder / f"{table}.csv").unlink()
    assert files.problems() == []


def test_tonnes_without_a_trade(files):
    line = files.set("base_flow.csv", "AAA-BBB.coal.rail", trade_id="")
    assert files.problems() == [
        (
            f"base_flow.csv, line {line}, trade_id: found a blank cell on kind 'trade'; expected the trade that the tonnes "
            "belong to. Name a row of trade.csv, or choose another kind."
        )
    ]


@pytest.mark.parametrize(
    ("cells", "said"),
    [({"value_musd": "0"}, "no dollars"), ({"on_network": "false"}, "on_network false")],
)
def test_tonnes_without_dollars(files, cells, said):
    files.set("trade.csv", "BBB-CCC", **cells)
    line = files.line_of("base_flow.csv", "BBB-CCC.container.road")
    assert files.problems() == [
        (
            f"base_flow.csv, line {line}, flow_t_per_year: found 5000 t of BBB-CCC, which has {said}; expected dollars on the "
            "network for the tonnes. Mend the row of trade.csv, or remove the flow."
        )
    ]


def test_tonnes_of_another_trade(files):
    line = files.set("base_flow.csv", "AAA-BBB.coal.rail", trade_id="AAA-CCC")
    assert files.problems() == [
        (
            f"base_flow.csv, line {line}, trade_id: found AAA-CCC on a flow from AAA to BBB; expected the trade of the zones' "
            "economies. Mend the trade, or the zones."
        )
    ]


def test_a_commodity_without_value(files):
    line = files.set("commodity.csv", "coal", value_usd_per_t="")
    assert files.problems() == [
        f"commodity.csv, line {line}, value_usd_per_t: found a blank cell; expected a value. Fill in value_usd_per_t."
    ]


def test_a_share_above_one(files):
    line = files.set("trade_share.csv", "CCC-any.container", share="1.2")
    assert files.problems() == [
        f"trade_share.csv, line {line}, share: found '1.2'; expected at most 1. Check the unit (share)."
    ]


@pytest.mark.parametrize(
    ("share", "total", "todo"),
    [("0.79", "1.04", "Correct the shares."), ("0.7", "0.95", "Put what is left into a row of basis residual.")],
)
def test_shares_that_do_not_add_up(files, share, total, todo):
    line = files.set("trade_share.csv", "AAA-any.container", share=share)
    assert files.problems() == [
        f"trade_share.csv, line {line}, share: found a sum of {total} for AAA to *; expected 1. {todo}"
    ]


def test_shares_for_nobody(files):
    line = files.set("trade_share.csv", "BBB-any.container", importer="CC")
    assert files.problems() == [
        (
            f"trade_share.csv, line {line}, importer: found 'CC'; expected an economy_id of economy.csv, or *. "
            "Mend the name, or write * for every other partner."
        )
    ]


def test_counts_that_contradict_each_other(files):
    line = files.add("count.csv", like="K1", count_id="K4", value="150000", flow_t_per_year="150000")
    assert files.problems() == [
        (
            f"count.csv, line {line}, flow_t_per_year: found 135000 to 165000 of K4, which contradicts 261000 to 319000 of K1 "
            "(line 2); expected ranges that touch: one place, one direction, one period. "
            "Carry both in one range, or set use of K1 or K4 to compare."
        )
    ]


@pytest.mark.parametrize(
    "cells",
    [
        {"use": "compare"},
        {"period": "2020"},
        {"from_country": "BBB", "to_country": "AAA"},
        {"mode": "road"},
        {"flow_low_t_per_year": "100000", "flow_high_t_per_year": "270000"},
    ],
)
def test_counts_that_do_not_contradict_each_other(files, cells):
    files.add("count.csv", like="K1", count_id="K4", **{"value": "150000", "flow_t_per_year": "150000", **cells})
    assert files.problems() == []


def test_a_plan_that_is_fitted(files):
    line = files.set("count.csv", "K3", use="calibrate")
    assert files.problems() == [
        (
            f"count.csv, line {line}, use: found 'calibrate' on basis 'capacity_or_plan'; expected compare: it is no flow that "
            "was counted. Set use to compare."
        )
    ]


def test_a_count_without_tonnes(files):
    line = files.set("count.csv", "K2", flow_t_per_year="", flow_low_t_per_year="", flow_high_t_per_year="")
    assert files.problems() == [
        (
            f"count.csv, line {line}, flow_t_per_year: found a blank cell on use 'validate'; expected tonnes a year. "
            "Fill in t_per_unit, periods_per_year and the flow, or set use to compare."
        )
    ]


def test_a_count_that_is_not_its_product(files):
    line = files.set("count.csv", "K2", t_per_unit="22")
    assert files.problems() == [
        (
            f"count.csv, line {line}, flow_t_per_year: found 10000; expected 11000, value x t_per_unit x periods_per_year. "
            "Mend one of the four."
        )
    ]


def test_a_count_of_a_mode_that_is_none(files):
    line = files.set("count.csv", "K2", mode="ro-ro")
    assert files.problems() == [
        f"count.csv, line {line}, mode: found 'ro-ro'; expected one of rail, road, sea, ferry. Write one of them."
    ]


def test_a_pair_without_an_outside_option(files):
    files.drop("outside.csv", "AAA-CCC.bulk")
    line = files.line_of("base_flow.csv", "AAA-CCC.coal.rail")
    assert files.problems() == [
        (
            f"base_flow.csv, line {line}, destination: found AAA to CCC with no way outside for bulk; expected a row of "
            "outside.csv, so that the pair has a way when all is shut. Add AAA-CCC to outside.csv, for form bulk or any."
        )
    ]


def test_a_way_outside_without_a_payee(files):
    line = files.set("outside.csv", "CCC-AAA.any", payee="")
    assert files.problems() == [
        (
            f"outside.csv, line {line}, payee: found a blank cell; expected a payee, since price_usd_per_t is 100. "
            "Name the stakeholder who receives the price."
        )
    ]


def test_a_flow_within_a_zone(files):
    files.set("outside.csv", "AAP-AAA.any", destination="AAP")
    assert "flow-within-a-zone" in rules_of(files)


@pytest.mark.parametrize(
    ("file", "key", "cells", "rule"),
    [
        ("economy.csv", "CCC", {"countries": "AAA"}, "economy-countries"),
        ("economy.csv", "CCC", {"countries": ""}, "economy-countries"),
        ("trade.csv", "AAA-ROW", {"importer": "AAA"}, "trade-with-itself"),
        ("trade.csv", "AAA-ROW", {"importer": "BBB"}, "trade-twice"),
        ("background.csv", "a_city-a_gate.rail.passenger", {"trains_per_day": ""}, "background-without-figure"),
    ],
)
def test_other_faults_of_demand(files, file, key, cells, rule):
    files.set(file, key, **cells)
    assert rule in rules_of(files)
