"""Base flows of a setting's year: sums by hand on the textbook case, and what must hold of the bundled one."""

from __future__ import annotations

import pytest

from karvan.case import Setting, open_case
from karvan.case.demand import BASES, GROUPINGS, demand
from karvan.errors import UnknownNameError

#: What never rides a network of rail, road, ferry and sea.
NEVER = {"lng_gas", "electricity", "gold_precious", "crude_oil"}


@pytest.fixture(scope="module")
def bundled():
    return open_case("pakistan_azerbaijan")


def tonnes(found, by, **where):
    table = found.by(by)
    for column, name in where.items():
        table = table[table[column] == name]
    return table.iloc[0]


def test_a_pair_by_hand(textbook):
    row = tonnes(demand(textbook.apply()), "pair", from_economy="AAA", to_economy="CCC")
    assert row["flow_t_per_year"] == 20_000 + 10_000 + 240_000 + 60_000
    assert row["outside_t_per_year"] == 60_000
    # the fifth that goes outside may choose by half
    assert row["contestable_t_per_year"] == 330_000 - 30_000
    assert row["counted_share"] == pytest.approx(10 / 330)
    assert row["assumed_share"] == pytest.approx(60 / 330)
    # own ends on 240,000 t of coal, and the tonnes themselves elsewhere
    assert row["flow_low_t_per_year"] == 330_000 - 40_000


def test_growth_is_the_mean_of_both_ends(textbook):
    found = demand(textbook.apply(Setting.of(year=2036))).table
    flow = found.loc["AAA-BBB.coal.rail"]
    assert flow["flow_t_per_year"] == pytest.approx(30_000 * (1.03 * 1.02) ** 5)
    assert flow["flow_low_t_per_year"] == pytest.approx(30_000 * (1.01 * 1.0) ** 5)
    assert flow["flow_high_t_per_year"] == pytest.approx(30_000 * (1.05 * 1.04) ** 5)


def test_no_growth_in_the_base_year(textbook):
    assert demand(textbook.apply()).table["growth_factor"].eq(1).all()
    assert demand(textbook.apply(Setting.of(year=2026))).table["growth_factor"].eq(1).all()


def test_growth_is_the_same_with_and_without_a_project(textbook):
    without = demand(textbook.apply(Setting.of(year=2040))).table
    with_ = demand(textbook.apply(Setting.of(year=2040, projects=["N1"]))).table
    assert without["flow_t_per_year"].equals(with_["flow_t_per_year"])


def test_a_change_of_a_flow(textbook):
    change = "base_flow:AAA-BBB.coal.rail:flow_t_per_year*=2"
    found = demand(textbook.apply(Setting.of(changes=[change]))).table
    assert found.loc["AAA-BBB.coal.rail", "flow_t_per_year"] == 60_000


def test_a_zone_without_an_economy_does_not_grow(files):
    files.set("zone.csv", "AAP", economy="")
    found = demand(files.open().apply(Setting.of(year=2036))).table
    assert found.loc["AAA-AAP.coal.rail", "growth_factor"] == pytest.approx(1.03**5)


def test_a_case_without_flows(files):
    for table in ("base_flow", "outside"):
        (files.folder / f"{table}.csv").unlink()
    found = demand(files.open().apply())
    assert found.table.empty
    assert found.by("pair").empty
    assert found.notes == ("textbook has no base flows",)


def test_a_grouping_that_is_not_there(textbook):
    with pytest.raises(UnknownNameError) as caught:
        demand(textbook.apply()).by("mod")
    assert str(caught.value) == "No grouping is called 'mod'. Did you mean mode, commodity?"


def test_a_total_of_a_country(files):
    files.add("count.csv", like="K1", count_id="T1", kind="country", crossings="", from_country="BBB", to_country="BBB",
              value="100000", flow_t_per_year="100000", use="compare")  # fmt: skip
    totals = demand(files.open().apply()).totals
    # rail that starts or ends in Bela: 30,000 of coal, 2,000 back, 50,000 from Cora
    assert totals.to_dict("records")[0] | {"name": ""} == {
        "count_id": "T1", "name": "", "country": "BBB", "period": "2026", "published_t_per_year": 100_000.0,
        "flow_t_per_year": 82_000.0, "flow_share": 0.82,
    }  # fmt: skip


@pytest.mark.parametrize("by", GROUPINGS)
def test_the_bundled_sums_agree(bundled, by):
    found = demand(bundled.apply())
    table = found.by(by)
    assert table["flow_t_per_year"].sum() == pytest.approx(found.table["flow_t_per_year"].sum())
    moving = table[table["flow_t_per_year"] > 0]
    assert moving[[f"{basis}_share" for basis in BASES]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert (table["flow_low_t_per_year"] <= table["flow_t_per_year"]).all()
    assert (table["flow_t_per_year"] <= table["flow_high_t_per_year"]).all()


def test_no_tonne_of_gas_electricity_or_gold(bundled):
    for table in ("base_flow", "trade_share"):
        assert not NEVER & {row["commodity"] for row in bundled.rows(table).values()}
    assert not NEVER - {"crude_oil"} & set(bundled.rows("commodity"))
    trade = bundled.rows("trade")
    # pipeline gas, electricity and crude are off before tonnes are made
    assert trade["TKM-CHN"]["off_network_share"] >= 0.99
    assert trade["AZE-TUR"]["off_network_share"] >= 0.8
    assert trade["TKM-AZE"]["off_network_share"] >= 0.8
    assert trade["AFG-PAK"]["off_network_share"] == 0


def test_gas_is_not_subtracted_where_the_matrix_lacks_it(bundled):
    assert bundled.rows("trade")["IRN-TUR"]["off_network_share"] == 0


def test_tonnes_follow_from_dollars_where_nothing_is_raked(bundled):
    """Turkmen exports to China: a three-thousandth of 9.6 bn is left, which no count scales by more than fifty."""
    flows = [row for row in bundled.rows("base_flow").values() if row["trade_id"] == "TKM-CHN"]
    left_usd = 9633.393e6 * (1 - bundled.rows("trade")["TKM-CHN"]["off_network_share"])
    value = bundled.rows("commodity")["other_general"]["value_usd_per_t"]
    assert sum(row["flow_t_per_year"] for row in flows) < 50 * left_usd / value


def test_published_totals_are_met(bundled):
    totals = demand(bundled.apply()).totals.set_index("count_id")
    assert totals.loc["C093", "flow_share"] == pytest.approx(1, abs=0.01)  # Pakistan Railways, 8.2 Mt: calibrated
    assert totals.loc["C004", "flow_share"] == pytest.approx(1, abs=0.15)  # Afghan rail, 4.4 Mt: the sum of four lines


def test_the_khunjerab_carries_no_whole_trade(bundled):
    """China sells Pakistan some 8 Mt by sea; the pass is counted at 0.05 Mt in a winter."""
    by = demand(bundled.apply()).by("corridor").set_index("corridor")
    assert 0.02e6 < by.loc["Khunjerab", "flow_t_per_year"] < 0.2e6
    pair = demand(bundled.apply()).by("pair").set_index(["from_economy", "to_economy"]).loc["CHN", "PAK"]
    assert pair["outside_t_per_year"] > 0.9 * pair["flow_t_per_year"]


@pytest.mark.parametrize(
    ("project", "flow", "tonnes_"),
    [
        ("P06", "PAK-RD-PAK-PORT.ores_concentrates.rail.hinterland", 800_000),
        ("P39", "PAK-TH-PAK-PS.coal.rail.domestic", 4_000_000),
    ],
)
def test_freight_that_waits_for_its_project(bundled, project, flow, tonnes_):
    assert demand(bundled.apply()).table.loc[flow, "flow_t_per_year"] == 0
    found = demand(bundled.apply(Setting.of(projects=[project])))
    assert found.table.loc[flow, "flow_t_per_year"] == tonnes_
    assert found.table.loc[flow, "flow_high_t_per_year"] >= tonnes_
