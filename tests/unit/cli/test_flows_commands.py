"""``karvan flows assign`` as its user meets it."""

from __future__ import annotations

import json

import pandas as pd
import pytest

NET = """<NUMBER OF ZONES> 2
<NUMBER OF NODES> 4
<FIRST THRU NODE> 1
<NUMBER OF LINKS> 5
<END OF METADATA>

~ init_node term_node capacity length free_flow_time b power speed toll link_type ;
1 3 1 100 0.00000001 1000000000 1 0 0 1 ;
1 4 1 100 50 0.02 1 0 0 1 ;
3 2 1 100 50 0.02 1 0 0 1 ;
3 4 1 100 10 0.1 1 0 7 1 ;
4 2 1 100 0.00000001 1000000000 1 0 0 1 ;
"""
TRIPS = "<NUMBER OF ZONES> 2\n<TOTAL OD FLOW> 6.0\n<END OF METADATA>\n\nOrigin 1\n 1 : 0.0; 2 : 6.0;\n"


@pytest.fixture
def braess(tmp_path):
    net, trips = tmp_path / "net.tntp", tmp_path / "trips.tntp"
    net.write_text(NET, encoding="utf-8")
    trips.write_text(TRIPS, encoding="utf-8")
    return ("flows", "assign", "--net", net, "--trips", trips)


def test_json_is_one_object_with_what_was_found(karvan, braess):
    answer = karvan(*braess, "--gap", "1e-10", "--json")
    assert answer.code == 0
    data = json.loads(answer.out)
    assert list(data) == ["meta", "network", "kind", "links", "zones", "classes", "objective", "lower_bound", "tstt",
                          "relative_gap", "converged", "iterations", "seconds", "audit", "notes"]  # fmt: skip
    assert data["tstt"] == pytest.approx(552, rel=1e-8)
    assert data["objective"] == pytest.approx(386, rel=1e-8)
    assert data["relative_gap"] <= 1e-10
    assert data["audit"]["served"] == data["audit"]["demand"] == 6
    assert (data["meta"]["case"], data["meta"]["setting"]) == (None, {})
    assert len(data["meta"]["hash"]) == 64


def test_progress_goes_to_stderr_with_the_gap(karvan, braess):
    answer = karvan(*braess, "--json")
    lines = [line for line in answer.err.splitlines() if line.startswith("iteration ")]
    assert lines[0].startswith("iteration 1: relative gap ")
    assert len(lines) == json.loads(answer.out)["iterations"]


def test_the_system_optimum(karvan, braess):
    data = json.loads(karvan(*braess, "--system-optimum", "--gap", "1e-10", "--json").out)
    assert data["kind"] == "system_optimum"
    assert data["objective"] == pytest.approx(data["tstt"], rel=1e-12)
    assert data["tstt"] == pytest.approx(498, rel=1e-8)


def test_factors_of_toll_and_distance(karvan, braess):
    data = json.loads(karvan(*braess, "--toll-factor", "100", "--distance-factor", "1", "--gap", "1e-10", "--json").out)
    # nobody pays 700 for the link between; each of the two other routes is 200 long
    assert data["tstt"] == pytest.approx(6 * (83 + 200), rel=1e-8)


def test_the_screen(karvan, braess):
    answer = karvan(*braess, "--select-link", "3-4")
    assert answer.out.startswith("User equilibrium on net.tntp: 2 zones, 4 nodes, 5 links\n")
    assert "total cost (tstt)" in answer.out
    assert "Audited: demand served, flow conserved at every node" in answer.out
    assert "Users of the link, 1 pairs, largest first:\n  1 to 2: 2" in answer.out


def test_who_uses_a_link_in_json(karvan, braess):
    users = json.loads(karvan(*braess, "--select-link", "3-4", "--gap", "1e-10", "--json").out)["select_link"]
    assert users == [{"class": "all", "origin": "1", "destination": "2", "flow": pytest.approx(2)}]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_links_into_a_file(karvan, braess, tmp_path, suffix):
    target = tmp_path / f"flows.{suffix}"
    answer = karvan(*braess, "--out", target, "--gap", "1e-9")
    assert f"Written to {target}\n" in answer.err
    table = pd.read_csv(target) if suffix == "csv" else pd.read_parquet(target)
    assert list(table) == ["from_node", "to_node", "flow", "time", "cost"]
    assert table["flow"].tolist() == pytest.approx([4, 2, 2, 2, 4], abs=1e-4)


def test_trips_from_omx(karvan, braess, tmp_path):
    pytest.importorskip("openmatrix", reason="the extra omx is not installed")
    target = tmp_path / "flows.omx"
    karvan(*braess, "--out", target)
    again = json.loads(karvan(*braess[:-1], target, "--matrix", "demand_all", "--json").out)
    assert again["audit"]["demand"] == 6


def test_a_limit_of_iterations_is_told(karvan, braess):
    answer = karvan(*braess, "--max-iterations", "1", "--json")
    assert (answer.code, json.loads(answer.out)["converged"]) == (0, False)
    assert "Note: stopped after 1 iterations at a gap of " in answer.err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("1 3 1 100", "1 3 0 100"), ("net.tntp: link 1 (1 -> 3), capacity: a capacity of zero where the time depends on it; "
         "leave it blank for uncapacitated, leave the link out if it is shut, or set b to 0.")),
        (("NODES> 4", "NODES> 3"), "line 9: node 4 is not one of the 3 nodes that <NUMBER OF NODES> says."),
        (("4 2 1 100", "2 4 1 100"), None),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_and_leaves_stdout_empty(karvan, braess, change, says):
    braess[3].write_text(NET.replace(*change), encoding="utf-8")
    answer = karvan(*braess, "--json")
    if says is None:  # the other way round there is still a way by 3
        assert answer.code == 0
        return
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err


def test_no_way_out(karvan, braess):
    net = NET.replace("3 2 1", "2 3 1").replace("4 2 1", "2 4 1")
    braess[3].write_text(net, encoding="utf-8")
    answer = karvan(*braess)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.endswith("karvan: net.tntp: 6 vehicles from 1 to 2 have no way: 2 has no link in.\n")


@pytest.mark.parametrize(
    ("rest", "code", "says"),
    [
        (("--out", "flows.xlsx"), 1, "flows.xlsx: name a file that ends in .csv, .parquet or .omx."),
        (("--select-link", "34"), 1, "--select-link: found '34'; expected FROM-TO, such as 10-16."),
        (("--select-link", "3-1"), 1, "No link is called '3-1'."),
        (("--gap", "-1"), 1, "assign: gap is -1.0; give zero or more, such as 1e-6."),
        (("--matrix", "all"), 2, "--matrix names one of an OMX file; --trips is none."),
        (("--gap", "small"), 2, "Invalid value for"),
    ],
)
def test_requests_that_cannot_be(karvan, braess, rest, code, says):
    answer = karvan(*braess, *rest)
    assert (answer.code, answer.out) == (code, "")
    assert says in answer.err
