"""Faults across rows, tables and files: each by its name, with its whole message; and two of them give two problems."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from karvan.case import check_case
from karvan.errors import CaseError

if TYPE_CHECKING:
    from collections.abc import Callable

FAULTS: dict[str, Fault] = {}


@dataclass(frozen=True)
class Fault:
    """A way to break the textbook case, and what is said about it."""

    name: str
    make: Callable
    message: str


def fault(message: str) -> Callable:
    def register(make: Callable) -> Callable:
        name = make.__name__.strip("_").replace("_", "-")
        assert name not in FAULTS
        FAULTS[name] = Fault(name, make, message)
        return make

    return register


# files ----------------------------------------------------------------------------------------------------------------

for _table in ("node", "link", "service", "commodity", "scenario", "source"):
    FAULTS[f"missing-{_table}"] = Fault(
        f"missing-{_table}",
        lambda files, name=_table: (files.folder / f"{name}.csv").unlink(),
        f"{_table}.csv: found no such file; expected the file. Add {_table}.csv.",
    )
for _table, _users in {
    "border": "closure.csv and count.csv and link.csv refer",
    "stakeholder": "border.csv and finance.csv and outside.csv and service.csv and terminal.csv refer",
    "project": "finance.csv and link.csv and observed.csv and programme/commitment.csv and programme/event.csv "
    "and terminal.csv refer",
    "programme/event": "programme/commitment.csv refers",
    "programme/body": "programme/commitment.csv and programme/event.csv refer",
}.items():
    FAULTS[f"missing-{_table}"] = Fault(
        f"missing-{_table}",
        lambda files, name=_table: (files.folder / f"{name}.csv").unlink(),
        f"{_table}.csv: found no such file; expected the file, since {_users} to it. Add {_table}.csv.",
    )


@fault("nodes.csv: found an unknown table; expected a table of the format. Rename it to node.csv.")
def _misnamed_required_table(files):
    (files.folder / "node.csv").rename(files.folder / "nodes.csv")


@fault("borders.csv: found an unknown table; expected a table of the format. Rename it to border.csv.")
def _misnamed_optional_table(files):
    (files.folder / "border.csv").rename(files.folder / "borders.csv")


@fault("programme/commitments.csv: found an unknown table; expected a table of the format. "
       "Rename it to programme/commitment.csv.")  # fmt: skip
def _misnamed_record(files):
    (files.folder / "programme/commitment.csv").rename(files.folder / "programme/commitments.csv")


@fault("tariff.csv: found an unknown table; expected a table of the format. Move it out of the case.")
def _unknown_table(files):
    (files.folder / "tariff.csv").write_text("tariff_id\n", encoding="utf-8")


@fault("node2.csv: found an unknown table; expected a table of the format. Move it out of the case.")
def _second_copy_of_a_table(files):
    (files.folder / "node2.csv").write_bytes((files.folder / "node.csv").read_bytes())


@fault("zone.csv: found an empty file; expected a header line. Write the header of the schema.")
def _empty_optional_file(files):
    (files.folder / "zone.csv").write_bytes(b"")


@fault("node.csv: found an empty file; expected a header line. Write the header of the schema.")
def _empty_required_file(files):
    (files.folder / "node.csv").write_bytes(b"")


@fault("node.csv: found Is a directory; expected a readable file. Check the file's permissions.")
def _folder_for_a_table(files):
    (files.folder / "node.csv").unlink()
    (files.folder / "node.csv").mkdir()


@fault("commodity.csv, line 3: found bytes that are not UTF-8; expected UTF-8. Save the file as UTF-8.")
def _not_utf8(files):
    path = files.folder / "commodity.csv"
    path.write_bytes(path.read_bytes().replace(b"Coal", "Kömür".encode("latin-1")))


@fault("scenario.csv, line 4: found unexpected end of data; expected quoted CSV. Close the quotation mark.")
def _unclosed_quote(files):
    files.replace("scenario.csv", "Alba Gate shut", '"Alba Gate shut')


@fault("source.csv, line 2: found ',' expected after '\"'; expected quoted CSV. Close the quotation mark.")
def _text_after_a_quote(files):
    files.replace("source.csv", 'not facts",', 'not facts" indeed,')


@fault("commodity.csv, line 1, name: found the column 2 times; expected once. Remove one.")
def _duplicate_column(files):
    files.rename_column("commodity.csv", "note", "name")


@fault("stakeholder.csv, line 5, stakeholder_id: found 'alba_treasury' a second time; expected one row "
       "(the first is line 2). Remove or rename one of the two.")  # fmt: skip
def _duplicate_id(files):
    files.set("stakeholder.csv", "cora_railway", stakeholder_id="alba_treasury")


# case.toml ------------------------------------------------------------------------------------------------------------


@fault("case.toml: found no such file; expected the file. Add case.toml, or start from `karvan new DIR`.")
def _no_case_toml(files):
    (files.folder / "case.toml").unlink()


@fault("case.toml: found Is a directory; expected a readable file. Check the file's permissions.")
def _folder_for_case_toml(files):
    (files.folder / "case.toml").unlink()
    (files.folder / "case.toml").mkdir()


@fault("case.toml: found bytes that are not UTF-8; expected UTF-8. Save the file as UTF-8.")
def _case_toml_not_utf8(files):
    path = files.folder / "case.toml"
    path.write_bytes(path.read_bytes().replace(b"Alba-Bela-Cora", "Älba".encode("latin-1")))


@fault("case.toml: found Invalid value (at line 7, column 13); expected TOML. Mend the syntax.")
def _bad_toml(files):
    files.replace("case.toml", "base_year = 2026", "base_year = soon")


@fault("case.toml, case.base_yaer: found an unknown setting; expected a setting of the format. "
       "Remove it, or mend its spelling.")  # fmt: skip
def _unknown_setting(files):
    files.replace("case.toml", "base_year = 2026", "base_year = 2026\nbase_yaer = 2027")


@fault("case.toml, rail: found an unknown setting; expected a setting of the format. Remove it, or mend its spelling.")
def _unknown_section(files):
    files.replace("case.toml", "[programme]", "[rail]\ngauge = 1520\n\n[programme]")


@fault("case.toml, case.currency: found no such setting; expected a value. Add case.currency.")
def _missing_setting(files):
    files.replace("case.toml", 'currency = "USD"\n', "")


@fault("case.toml, case.currency: found 'dollars'; expected 'USD'. Correct case.currency.")
def _currency_in_words(files):
    files.replace("case.toml", '"USD"', '"dollars"')


@fault("case.toml, case.base_year: found 1889; expected greater than or equal to 1990. Correct case.base_year.")
def _base_year_long_ago(files):
    files.replace("case.toml", "base_year = 2026", "base_year = 1889")


@fault("case.toml, routes.max_shared_cost: found 1.5; expected less than 1. Correct routes.max_shared_cost.")
def _more_than_all_shared(files):
    files.replace("case.toml", "[routes]", "[routes]\nmax_shared_cost = 1.5")


@fault("case.toml, case: found settings that contradict each other; expected a horizon_year after base_year 2026, not 2026. "
       "Correct case.")  # fmt: skip
def _horizon_before_base_year(files):
    files.replace("case.toml", "horizon_year = 2056", "horizon_year = 2026")


@fault("case.toml, case.default_scenario: found 'opened'; expected a scenario_id of scenario.csv. Did you mean open?")
def _default_scenario_unknown(files):
    files.replace("case.toml", 'default_scenario = "open"', 'default_scenario = "opened"')


@fault(
    "case.toml, case.default_commodity: found 'tea'; expected a commodity_id of commodity.csv. Add it to commodity.csv."
)
def _default_commodity_unknown(files):
    files.replace("case.toml", '"container"', '"tea"')


@fault("case.toml, routes.scenarios: found 'ab_shot'; expected a scenario_id of scenario.csv. Did you mean ab_shut?")
def _report_scenario_unknown(files):
    files.replace("case.toml", '"ab_shut"', '"ab_shot"')


@fault("case.toml, routes.pairs: found 'c_citi'; expected a node_id of node.csv. Did you mean c_city?")
def _report_place_unknown(files):
    files.replace("case.toml", 'destination = "c_city"', 'destination = "c_citi"')


# network --------------------------------------------------------------------------------------------------------------


@fault("link.csv, line 10, to_node_id: found 'a_ciity'; expected a node_id of node.csv. Did you mean a_city?")
def _link_to_nowhere(files):
    files.set("link.csv", "a_port-a_city.road", to_node_id="a_ciity")


@fault("link.csv, line 5, to_node_id: found 'b_west'; expected another node than from_node_id. Give the link two ends.")
def _link_to_itself(files):
    files.set("link.csv", "b_west-b_city.rail", to_node_id="b_west")


@fault("link.csv, line 4, crossing_id: found a blank cell; expected the crossing between AAA and BBB. "
       "Name a crossing of border.csv.")  # fmt: skip
def _land_link_without_crossing(files):
    files.set("link.csv", "a_gate-b_west.rail", crossing_id="")


@fault("link.csv, line 15, crossing_id: found 'bc' without a row for road from CCC to BBB; "
       "expected a row of border.csv for every mode and direction. Add the row to border.csv.")  # fmt: skip
def _crossing_without_direction(files):
    files.drop("border.csv", "bc.road.CCC-BBB")


@fault("link.csv, line 3, crossing_id: found 'ab'; expected a blank cell: both ends are in AAA. "
       "Remove the crossing, or mend the country of a node.")  # fmt: skip
def _crossing_inside_country(files):
    files.set("link.csv", "a_city-a_gate.rail", crossing_id="ab")


@fault("link.csv, line 18, mode: found ferry to another country, and no inbound row for 'a_port'; "
       "expected a row of border.csv keyed by the port. Add the row to border.csv.")  # fmt: skip
def _port_without_formalities(files):
    files.drop("border.csv", "a_port.ferry.in")


@fault("link.csv, line 18, to_node_id: found ferry at 'c_port'; "
       "expected a port row of terminal.csv that joins ferry at the node. Add the terminal.")  # fmt: skip
def _port_without_terminal(files):
    files.drop("terminal.csv", "c_port.rail1435-ferry", "c_port.road-ferry")


@fault("border.csv, line 14, node_id: found 'c_port' in CCC; expected a port of BBB. Mend the port or the country.")
def _port_country(files):
    files.set("border.csv", "c_port.ferry.out", from_country="BBB")


@fault("border.csv, line 15, crossing_id: found 'c_port'; expected 'a_port', the port of the row. "
       "Name the port in crossing_id and node_id.")  # fmt: skip
def _port_crossing(files):
    files.set("border.csv", "c_port.ferry.in", node_id="a_port")


@fault("border.csv, line 12, to_country: found AAA and BBB at a port; expected one of from_country and to_country. "
       "Leave the foreign side of a port row blank.")  # fmt: skip
def _port_direction(files):
    files.set("border.csv", "a_port.ferry.out", to_country="BBB")


@fault("border.csv, line 6, to_country: found BBB to BBB; expected two different countries. "
       "Fill in both countries, or name the port.")  # fmt: skip
def _border_within_a_country(files):
    files.set("border.csv", "bc.rail.BBB-CCC", to_country="BBB")


@fault("border.csv, line 6, to_country: found BBB to blank; expected two different countries. "
       "Fill in both countries, or name the port.")  # fmt: skip
def _border_to_blank(files):
    files.set("border.csv", "bc.rail.BBB-CCC", to_country="")


@fault("border.csv, line 16, crossing_id: found 'bc' for rail in this direction a second time; "
       "expected one row (the first is line 6). Remove one of the two.")  # fmt: skip
def _border_twice(files):
    files.add("border.csv", like="bc.rail.BBB-CCC", border_id="bc.rail.again")


@fault("link.csv, line 2, gauge_mm: found a blank cell; expected the gauge of a railway. Fill in the gauge.")
def _rail_without_gauge(files):
    files.set("link.csv", "a_port-a_city.rail", gauge_mm="")


@fault(
    "link.csv, line 10, gauge_mm: found 1520; expected a blank cell: mode is road. Remove the gauge, or mend the mode."
)
def _gauge_without_rail(files):
    files.set("link.csv", "a_port-a_city.road", gauge_mm="1520")


@fault(
    "link.csv, line 2, gauge_mm: found 1520; expected a blank cell: mode is road. Remove the gauge, or mend the mode."
)
def _railway_called_a_road(files):
    files.set("link.csv", "a_port-a_city.rail", mode="road")


@fault("terminal.csv, line 5, gauge_a_mm: found a blank cell; expected the gauge of a railway. Fill in the gauge.")
def _terminal_without_gauge(files):
    files.set("terminal.csv", "a_port.rail1520-ferry", gauge_a_mm="")


@fault("terminal.csv, line 6, gauge_b_mm: found 1520; expected a blank cell: mode_b is ferry. "
       "Remove the gauge, or mend the mode.")  # fmt: skip
def _terminal_with_the_gauge_of_a_ferry(files):
    files.set("terminal.csv", "a_port.road-ferry", gauge_b_mm="1520")


@fault("node.csv, line 6, node_id: found gauges 1435 and 1520; expected a gauge_change row of terminal.csv at the node. "
       "Add the transfer, or end one of the gauges elsewhere.")  # fmt: skip
def _gauges_meet_without_terminal(files):
    files.set("terminal.csv", "b_city.rail1520-rail1435", kind="rail_road")


@fault("terminal.csv, line 3, mode_b: found rail 1520 mm on both sides; expected two different sides. "
       "Give the terminal two different modes or gauges.")  # fmt: skip
def _terminal_same_sides(files):
    files.set("terminal.csv", "c_city.rail1520-rail1435", gauge_b_mm="1520")


@fault("terminal.csv, line 4, mode_b: found rail 1676 mm; expected a mode and gauge of a link at b_city. "
       "Mend the side, or add the link.")  # fmt: skip
def _terminal_side_without_link(files):
    files.set("terminal.csv", "b_city.road-rail1435", gauge_b_mm="1676")


@fault("link.csv, line 19, length_km: found 48; expected at least 0.9 x 467.0 km, the straight line. "
       "Check the length and the coordinates of both ends.")  # fmt: skip
def _link_shorter_than_crow(files):
    files.set("link.csv", "a_city-c_city.rail", length_km="48")


@fault(
    "node.csv, line 11, node_id: found 'b_yard'; expected a node that a link touches. Add a link, or remove the node."
)
def _node_without_link(files):
    files.add("node.csv", like="b_city", node_id="b_yard")


# money and services ---------------------------------------------------------------------------------------------------


@fault("border.csv, line 2, payee: found a blank cell; expected a payee, since price_usd_per_t is 5. "
       "Name the stakeholder who receives the price.")  # fmt: skip
def _border_price_without_payee(files):
    files.set("border.csv", "ab.rail.AAA-BBB", payee="")


@fault("terminal.csv, line 2, payee: found a blank cell; expected a payee, since price_usd_per_t is 3. "
       "Name the stakeholder who receives the price.")  # fmt: skip
def _terminal_price_without_payee(files):
    files.set("terminal.csv", "b_city.rail1520-rail1435", payee="")


@fault("service.csv, line 4, payee: found a blank cell; expected a payee, since price_usd_per_tkm is 0.05. "
       "Name the stakeholder who receives the price.")  # fmt: skip
def _service_price_without_payee(files):
    files.set("service.csv", "road.any", payee="")


@fault("link.csv, line 18, mode: found ferry in AAA and CCC, and no service for container and bulk; "
       "expected a row of service.csv for ferry and the country or *. Add the row to service.csv.")  # fmt: skip
def _service_missing(files):
    files.drop("service.csv", "ferry.any")


@fault("link.csv, line 18, mode: found ferry in AAA and CCC, and no service for bulk; "
       "expected a row of service.csv for ferry and the country or *. Add the row to service.csv.")  # fmt: skip
def _service_missing_for_bulk(files):
    files.set("service.csv", "ferry.any", form="container")


@fault("service.csv, line 6, country: found rail in BBB for any a second time; expected one row (the first is line 3). "
       "Remove one of the two.")  # fmt: skip
def _service_twice(files):
    files.add("service.csv", like="rail.BBB", service_id="rail.BBB.again")


@fault("service.csv, line 3, grid_g_per_kwh: found a blank cell; expected a figure: BBB has electrified links. "
       "Fill it in, or clear electrified.")  # fmt: skip
def _electric_without_grid(files):
    files.set("service.csv", "rail.BBB", grid_g_per_kwh="")


@fault("service.csv, line 2, grid_g_per_kwh: found a blank cell; expected a figure: AAA and CCC have electrified links. "
       "Fill it in, or clear electrified.")  # fmt: skip
def _electric_without_grid_under_a_service_for_all(files):
    files.set("service.csv", "rail.any", electric_kwh_per_tkm="0.01")
    files.set("link.csv", "a_city-a_gate.rail", electrified="true")
    files.set("link.csv", "c_gate-c_city.rail", electrified="true")


@fault("zone.csv, line 3, gateways: found ';'; expected a value. Fill in gateways.")
def _zone_without_gateway(files):
    files.set("zone.csv", "BBB", gateways=";")


@fault(
    "zone.csv, line 3, gateways: found 'c_city' in CCC; expected a node of BBB. Move the gateway, or mend the country."
)
def _gateway_abroad(files):
    files.set("zone.csv", "BBB", gateways="b_city;c_city")


@fault("commodity.csv, line 2, value_usd_per_t: found 3000; expected at least value_low_usd_per_t = 4000. "
       "Order low, value and high.")  # fmt: skip
def _range_out_of_order(files):
    files.set("commodity.csv", "container", value_low_usd_per_t="4000")


@fault("effect.csv, line 13, high: found 4; expected at least value = 5. Order low, value and high.")
def _range_of_an_effect_out_of_order(files):
    files.set("effect.csv", "N3.a_gate-b_west.rail.trains", value="5")


@fault("project.csv, line 2, cost_high_musd: found 900; expected at least cost_musd = 1000. Order low, value and high.")
def _high_cost_below_the_cost(files):
    files.set("project.csv", "N1", cost_high_musd="900")


# effects and projects -------------------------------------------------------------------------------------------------


@fault("effect.csv, line 16, owner: found 'N51'; expected a project or a scenario. Did you mean N5?")
def _effect_owner(files):
    files.set("effect.csv", "N5.time", owner="N51")


@fault("effect.csv, line 17, row: found 'road'; expected a row of service.csv. Did you mean road.any?")
def _effect_row(files):
    files.set("effect.csv", "fuel_dear.road", row="road")


@fault("effect.csv, line 17, column: found 'price_usd_per_km'; expected a column of service.csv that an effect may change. "
       "Did you mean price_usd_per_tkm?")  # fmt: skip
def _effect_column(files):
    files.set("effect.csv", "fuel_dear.road", column="price_usd_per_km")


@fault("effect.csv, line 17, column: found 'mode'; expected a column of service.csv that an effect may change. "
       "Choose one of speed_kmh, moving_h_per_day, time_cv, time_range_share, load_h, load_usd_per_t, price_usd_per_tkm, "
       "price_low_usd_per_tkm, price_high_usd_per_tkm, resource_share, frequency_per_week, vehicle_net_t, "
       "co2e_ttw_g_per_tkm, co2e_wtt_g_per_tkm, electric_kwh_per_tkm, grid_g_per_kwh.")  # fmt: skip
def _effect_on_what_a_row_is(files):
    files.set("effect.csv", "fuel_dear.road", column="mode")


@fault("effect.csv, line 17, column: found 'xyz'; expected a column of parameter.csv that an effect may change. "
       "Choose one of value, low, high, unit.")  # fmt: skip
def _effect_column_near_nothing(files):
    files.set("effect.csv", "fuel_dear.road", table="parameter", row="reliability_ratio", column="xyz")


@fault("effect.csv, line 17, row: found 'range_low_confidence_share'; expected a parameter that effects may change; this one is "
       "read from the case itself. Remove the effect, or edit parameter.csv in a copy of the case.")  # fmt: skip
def _effect_parameter(files):
    files.set("effect.csv", "fuel_dear.road", table="parameter", row="range_low_confidence_share", column="value")


@fault("effect.csv, line 3, value: found 'closed'; expected one of open, shut. Write one of them.")
def _effect_value(files):
    files.set("effect.csv", "ab_shut.rail.AAA-BBB", value="closed")


@fault("effect.csv, line 10, value: found '9'; expected at most 8. Check the unit (none).")
def _effect_out_of_bounds(files):
    files.set("effect.csv", "N3.a_city-a_gate.rail", value="9")


@fault("effect.csv, line 17, value: found '20%'; expected a factor of zero or more. Write the factor.")
def _effect_factor_in_percent(files):
    files.set("effect.csv", "fuel_dear.road", value="20%")


@fault("effect.csv, line 17, value: found '-1.2'; expected a factor of zero or more. Write the factor.")
def _effect_factor_below_zero(files):
    files.set("effect.csv", "fuel_dear.road", value="-1.2", low="", high="")


@fault("effect.csv, line 16, value: found 'less'; expected a number. Write the increment.")
def _effect_increment_in_words(files):
    files.set("effect.csv", "N5.time", value="less")


@fault("effect.csv, line 3, op: found 'add' on status; expected set: the column holds no quantity. Use set.")
def _effect_operation(files):
    files.set("effect.csv", "ab_shut.rail.AAA-BBB", op="add")


@fault("effect.csv, line 17, op: found 'multiply' on a blank cell; expected a figure in the cell, or set. "
       "Fill in price_low_usd_per_tkm of rail.any, or use set.")  # fmt: skip
def _effect_on_blank(files):
    files.set("effect.csv", "fuel_dear.road", row="rail.any", column="price_low_usd_per_tkm")


@fault("effect.csv, line 18, value: found link a_city-a_gate.rail tracks set by N2; "
       "expected one owner (line 10 sets it for N3). Remove one, or use multiply or add.")  # fmt: skip
def _two_owners_set_one_cell(files):
    files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id="N2.tracks", owner="N2", value="4")


@fault("effect.csv, line 18, value: found link a_city-a_gate.rail tracks set by N3; "
       "expected one owner (line 10 sets it for N3). Remove one, or use multiply or add.")  # fmt: skip
def _one_owner_sets_a_cell_twice(files):
    files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id="N3.tracks", value="4")


@fault("project.csv, line 3, alternatives: found N2 itself; expected other projects. Remove it.")
def _own_alternative(files):
    files.set("project.csv", "N2", alternatives="N2")


@fault("project.csv, line 2, open_year: found 1999; expected 2026, the base year, or later: nothing is decided yet. "
       "Correct the year, or the status.")  # fmt: skip
def _candidate_in_the_past(files):
    files.set("project.csv", "N1", open_year="1999")


@fault("project.csv, line 3, country: found ZZZ; expected a country of node.csv, zone.csv or stakeholder.csv. "
       "Mend the code, or add the country.")  # fmt: skip
def _built_nowhere(files):
    files.set("project.csv", "N2", country="ZZZ")


@fault("case.toml, appraisal.standings, both: found CCD; expected a country of node.csv, zone.csv or stakeholder.csv. "
       "Mend the code, or add the country.")  # fmt: skip
def _standing_of_nobody(files):
    files.replace("case.toml", '["AAA", "CCC"]', '["AAA", "CCD"]')


@fault("link.csv, line 3, capacity_trains_per_day: found '0'; expected more than 0. "
       "Leave it blank where there is no limit; where nothing passes, the row's status says so.")  # fmt: skip
def _no_capacity(files):
    files.set("link.csv", "a_city-a_gate.rail", capacity_trains_per_day="0")


@fault("node.csv, line 4: found the character '\\x00'; expected characters that can be seen. "
       "Remove it; another program may have left it behind.")  # fmt: skip
def _control_character(files):
    files.replace("node.csv", "a_gate", "a_gate\0")


@fault("project.csv, line 3, prerequisites: found N2 -> N4 -> N5 -> N2; expected no cycle. "
       "Remove one of these from prerequisites; put it into conditions.")  # fmt: skip
def _cycle_of_prerequisites(files):
    files.set("project.csv", "N5", prerequisites="N2")
    files.set("project.csv", "N2", prerequisites="N4")


@fault("project.csv, line 4, prerequisites: found N3 -> N3; expected no cycle. "
       "Remove one of these from prerequisites; put it into conditions.")  # fmt: skip
def _project_that_waits_for_itself(files):
    files.set("project.csv", "N3", prerequisites="N3")


@fault("project.csv, line 3, contains: found N2 -> N4 -> N2; expected no cycle. "
       "Remove one of these from contains; put it into conditions.")  # fmt: skip
def _cycle_of_contains(files):
    files.set("project.csv", "N2", contains="N4")


@fault("project.csv, line 4, alternatives: found N1, which does not name N3; expected alternatives on both rows. "
       "Add N3 to the alternatives of N1.")  # fmt: skip
def _alternatives_one_sided(files):
    files.set("project.csv", "N1", alternatives="")


@fault("project.csv, line 5, contains: found N2 as an alternative too; expected contains or alternatives. "
       "Remove it from one of the two.")  # fmt: skip
def _alternative_and_part(files):
    files.set("project.csv", "N4", alternatives="N2")
    files.set("project.csv", "N2", alternatives="N4")


@fault("project.csv, line 5, prerequisites: found N5 as an alternative too; expected prerequisites or alternatives. "
       "Remove it from one of the two.")  # fmt: skip
def _alternative_and_prerequisite(files):
    files.set("project.csv", "N4", alternatives="N5")
    files.set("project.csv", "N5", alternatives="N4")


@fault("project.csv, line 2, cost_basis: found 'none'; expected reported, derived or assumed, since there is a cost. "
       "Mend the basis or the cost.")  # fmt: skip
def _cost_without_basis(files):
    files.set("project.csv", "N1", cost_basis="none")


@fault("project.csv, line 6, cost_basis: found 'assumed'; expected none, since there is no cost. "
       "Mend the basis or the cost.")  # fmt: skip
def _basis_without_cost(files):
    files.set("project.csv", "N5", cost_basis="assumed")


@fault("project.csv, line 6, open_year: found a blank cell, and no duration_years; "
       "expected a year: the project is committed. Fill in the year in which it opens.")  # fmt: skip
def _committed_without_year(files):
    files.set("project.csv", "N5", open_year="", duration_years="")


# scenarios, observations, the record ----------------------------------------------------------------------------------


@fault("scenario.csv, probability: found a sum of 1.1 over the states; expected 1. "
       "Correct the probabilities of the states.")  # fmt: skip
def _probabilities_sum(files):
    files.set("scenario.csv", "open", probability="0.9")


@fault("scenario.csv, probability: found none for ab_shut; expected one for every state, or none at all. "
       "Fill in the missing ones.")  # fmt: skip
def _probability_missing(files):
    files.set("scenario.csv", "ab_shut", probability="")


@fault("scenario.csv, line 4, probability: found 0.5 on kind 'future'; "
       "expected a blank cell: only states share out the time. Clear it, or make it a state.")  # fmt: skip
def _probability_of_no_state(files):
    files.set("scenario.csv", "fuel_dear", probability="0.5")


@fault("scenario.csv, line 6, kind: found 'today' a second time; expected one scenario of kind today. "
       "Make the other a state or a future.")  # fmt: skip
def _two_todays(files):
    files.add("scenario.csv", like="fuel_dear", scenario_id="today", kind="today")
    files.add("scenario.csv", like="fuel_dear", scenario_id="now", kind="today")


@fault("observed.csv, line 3, use: found 'calibrate' on a claim; expected compare: a claim is a comparator, never an input. "
       "Set use to compare.")  # fmt: skip
def _claim_as_input(files):
    files.set("observed.csv", "O2", use="calibrate")


@fault("observed.csv, line 2, use: found 'validate' on what service:road.any rests on; expected compare: an observation that an "
       "input rests on proves nothing. Set use to compare.")  # fmt: skip
def _input_as_evidence(files):
    files.set("observed.csv", "O1", input_to="service:road.any")


@fault("observed.csv, line 3, input_to: found 'service:road.ZZZ'; expected table:key of a row. "
       "Name the row that rests on it.")  # fmt: skip
def _input_to_nothing(files):
    files.set("observed.csv", "O2", input_to="service:road.ZZZ")


@fault("calibration.csv, line 2, columns: found 'speed'; expected a column of service.csv that holds numbers. "
       "Mend the name of the column.")  # fmt: skip
def _calibration_of_no_column(files):
    files.set("calibration.csv", "road_hours", columns="speed")


@fault("calibration.csv, line 2, rows: found 'road.ZZZ'; expected a service_id of service.csv. "
       "Mend the name of the row, or leave it out.")  # fmt: skip
def _calibration_of_no_row(files):
    files.set("calibration.csv", "road_hours", rows="road.any;road.ZZZ")


@fault("calibration.csv, line 3, rows: found road.any moving_h_per_day, which road_hours has too; "
       "expected each cell in one group. Leave it out of one of them.")  # fmt: skip
def _calibrated_twice(files):
    files.set("calibration.csv", "road_price", columns="moving_h_per_day")


@fault("finance.csv, line 2, share: found 0.4, and amount_musd; expected a share or an amount. "
       "Fill in one of the two, and one only.")  # fmt: skip
def _finance_by_share_and_amount(files):
    files.set("finance.csv", "N1.cora", amount_musd="20")


@fault("finance.csv, line 2, grace_years: found 16; expected no more than tenor_years, 15. "
       "Mend one of the two; the tenor includes the years of grace.")  # fmt: skip
def _grace_beyond_tenor(files):
    files.set("finance.csv", "N1.cora", grace_years="16")


@fault("finance.csv, line 2, currency: found CDF, which has no rate in exchange_rate.csv; "
       "expected USD, or a currency with rates. Add its rates: of the first and the last year of the loan at least.")  # fmt: skip
def _currency_without_a_rate(files):
    files.set("finance.csv", "N1.cora", currency="CDF")


@fault("finance.csv, line 3, guaranteed_share: found 0.5 for a budget; "
       "expected a blank cell, since only a loan or deposit is owed. Clear it, or mend the instrument.")  # fmt: skip
def _budget_that_is_guaranteed(files):
    files.set("finance.csv", "N2.alba", guaranteed_share="0.5")


@fault("exchange_rate.csv, line 4, year: found 2026 for CCR, as CCR.2026 has; expected one rate for each year. "
       "Remove one of the two; carry what sources disagree on as the range of one row.")  # fmt: skip
def _rate_given_twice(files):
    files.add("exchange_rate.csv", "CCR.2026", exchange_rate_id="CCR.again", rate_usd="0.6")


@fault(
    "exchange_rate.csv, line 4, currency: found USD; expected another currency, since rates are in dollars. Remove the row."
)
def _rate_of_the_dollar(files):
    files.add("exchange_rate.csv", "CCR.2026", exchange_rate_id="USD.2026", currency="USD", rate_usd="1")


@fault("programme/commitment.csv, line 2, due_on: found 2025-05; expected a day after made_on, 2025-06. "
       "Mend one of the dates.")  # fmt: skip
def _due_before_made(files):
    files.set("programme/commitment.csv", "K1", due_on="2025-05")


@fault("programme/commitment.csv, line 4, status: found 'open'; expected done, since done_on is 2024-05-10. "
       "Set the status, or clear done_on.")  # fmt: skip
def _done_and_not_done(files):
    files.set("programme/commitment.csv", "K3", status="open")


# tests ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_gives_one_problem(files, name):
    FAULTS[name].make(files)
    assert files.problems() == [FAULTS[name].message]


@pytest.mark.parametrize("name", ["link-to-nowhere", "no-case-toml", "unclosed-quote"])
def test_nothing_opens_a_case_with_a_fault(files, name):
    FAULTS[name].make(files)
    with pytest.raises(CaseError) as caught:
        files.open()
    assert str(caught.value) == f"{files.folder}: 1 problem\n  {FAULTS[name].message}"
    assert [str(problem) for problem in caught.value.problems] == [FAULTS[name].message]


#: One fault of each kind, in tables and rows of their own.
DOZEN = (
    "unknown-table",
    "empty-optional-file",
    "unclosed-quote",
    "duplicate-id",
    "default-commodity-unknown",
    "link-to-nowhere",
    "port-country",
    "gauges-meet-without-terminal",
    "service-price-without-payee",
    "range-out-of-order",
    "effect-column",
    "cycle-of-prerequisites",
    "claim-as-input",
    "due-before-made",
    "terminal-same-sides",
)


@pytest.mark.parametrize(("first", "second"), list(combinations(DOZEN, 2)))
def test_two_faults_give_two_problems(files, first, second):
    for name in (first, second):
        FAULTS[name].make(files)
    assert sorted(files.problems()) == sorted(FAULTS[name].message for name in (first, second))


def test_all_faults_are_told_at_once(files):
    for name in DOZEN:
        FAULTS[name].make(files)
    assert sorted(files.problems()) == sorted(FAULTS[name].message for name in DOZEN)


def test_problems_come_in_order_of_file_and_line(files):
    for name in (
        "two-owners-set-one-cell",
        "effect-owner",
        "border-twice",
        "default-scenario-unknown",
        "unknown-table",
    ):
        FAULTS[name].make(files)
    found = check_case(files.folder)
    assert [(problem.file, problem.row) for problem in found] == [
        ("border.csv", 16),
        ("case.toml", 0),
        ("effect.csv", 16),
        ("effect.csv", 18),
        ("tariff.csv", 0),
    ]
    assert [problem.rule for problem in found] == [
        "border-twice",
        "config-reference",
        "effect-owner",
        "two-owners-set-one-cell",
        "unknown-file",
    ]


def test_a_lost_name_and_a_misspelt_one_are_two_problems(files):
    """The row without a key may be the one that many rows miss; the name that one row alone asks for is the slip."""
    files.set("node.csv", "b_west", node_id="")
    FAULTS["link-to-nowhere"].make(files)
    assert files.problems() == [
        FAULTS["link-to-nowhere"].message,
        "node.csv, line 5, node_id: found a blank cell; expected a value. Fill in node_id.",
    ]


def test_what_a_misspelt_column_holds_is_checked_all_the_same(files):
    files.rename_column("link.csv", "length_km", "lenght_km")
    files.set("link.csv", "b_west-b_city.rail", lenght_km="far")
    assert files.problems() == [
        "link.csv, line 1, lenght_km: found an unknown column; expected a column of the schema. Rename it to length_km.",
        "link.csv, line 5, length_km: found 'far'; expected a number. Write length_km as a plain number, remarks in note.",
    ]


def test_what_a_misnamed_file_holds_is_checked_all_the_same(files):
    FAULTS["misnamed-optional-table"].make(files)
    files.set("borders.csv", "bc.rail.BBB-CCC", time_h="-5")
    assert files.problems() == [
        "border.csv, line 6, time_h: found '-5'; expected at least 0. Check the unit (h).",
        FAULTS["misnamed-optional-table"].message,
    ]


def test_alternatives_may_set_the_same_cell(files):
    files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id="N1.tracks", owner="N1", value="4")
    assert files.problems() == []


def test_one_owner_may_set_a_cell_again_in_a_later_year(files):
    files.add("effect.csv", like="N3.a_city-a_gate.rail", effect_id="N3.later", value="4", from_year="2040")
    assert files.problems() == []


def test_an_effect_may_act_on_a_cell_that_its_owner_sets(files):
    cells = {"row": "rail.any", "column": "price_low_usd_per_tkm"}
    files.set("effect.csv", "fuel_dear.road", **cells)
    files.add("effect.csv", like="fuel_dear.road", effect_id="fuel_dear.set", op="set", value="0.01", low="", high="")
    assert files.problems() == []


def test_blank_lines_byte_order_marks_and_windows_line_ends_are_no_faults(files):
    for path in sorted(files.folder.rglob("*.*")):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert files.problems() == []


def test_columns_may_come_in_any_order(files):
    lines = files.read("link.csv")
    files.write("link.csv", [cells[::-1] for cells in lines])
    assert files.problems() == []


def test_an_optional_column_may_be_left_out(files):
    for column in ("max_speed_kmh", "note"):
        files.drop_column("link.csv", column)
    assert files.problems() == []


def test_an_optional_table_may_be_left_out(files):
    for name in ("observed.csv", "base_flow.csv", "outside.csv", "zone.csv", "parameter.csv", "effect.csv"):
        (files.folder / name).unlink()
    assert files.problems() == []


def test_a_case_of_the_required_tables_alone(files):
    """No border, no terminal, no record: one country with a road."""
    for path in files.folder.glob("*.csv"):
        if path.name not in {"node.csv", "link.csv", "service.csv", "commodity.csv", "scenario.csv", "source.csv"}:
            path.unlink()
    for path in (files.folder / "programme").iterdir():
        path.unlink()
    files.write("node.csv", files.read("node.csv")[:4])
    files.write(
        "link.csv", [cells for cells in files.read("link.csv") if cells[0] in {"link_id", "a_port-a_city.road"}]
    )
    files.drop("node.csv", "a_gate")
    files.drop("service.csv", "rail.any", "rail.BBB", "ferry.any")
    files.set("service.csv", "road.any", payee="", price_usd_per_tkm="0", price_low_usd_per_tkm="")
    files.replace("case.toml", 'pairs = [{ origin = "a_city", destination = "c_city" }, '
                  '{ origin = "a_port", destination = "c_port" }]', "")  # fmt: skip
    files.replace("case.toml", '["CCC"]', "[]")
    files.replace("case.toml", '["AAA", "CCC"]', '["AAA"]')
    assert files.problems() == []
    assert list(files.open().rows("link")) == ["a_port-a_city.road"]
