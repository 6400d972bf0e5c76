"""The audit lets sound flows pass, and each of the ways in which flows can be wrong fails it."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from karvan.cli import main
from karvan.errors import AuditError
from karvan.flows import VehicleClass, assign, audit_assignment
from karvan.flows.audit import audit_figures, shortest_costs


class Case:
    """A sound assignment, ready to be tampered with."""

    def __init__(self, links, trips, **settings) -> None:
        self.result = assign(links, trips, gap=1e-8, **settings)
        self.links, self.fixed = links, self.result.fixed
        self.demand = np.array([trips])
        self.flow, self.routes = self.result.flow.copy(), self.result.routes
        self.gap = self.result.relative_gap

    def audit(self, **changed):
        figures = {"demand": self.demand, "fixed": self.fixed, "flow": self.flow, "routes": self.routes,
                   "marginal": False, "relative_gap": self.gap}  # fmt: skip
        return audit_assignment(self.links, **(figures | changed))


@pytest.fixture
def sound(network) -> Case:
    return Case(*network("SiouxFalls"))


def fails(call, says):
    with pytest.raises(AuditError, match=says):
        call()


def test_sound_flows_pass(sound):
    audit = sound.audit()
    assert audit.relative_gap == pytest.approx(sound.gap, abs=1e-14)
    assert audit.demand == audit.served == 360600
    assert audit.smallest_flow >= 0
    assert audit.largest_imbalance < 1e-8


def with_flow(routes, place, by):
    flow = routes.flow.copy()
    flow[place] += by
    return replace(routes, flow=flow)


def test_one_vehicle_dropped_on_a_link(sound):
    sound.flow[0, 10] -= 1
    fails(sound.audit, r"link 11 \(5 -> 4\) carries .*, the routes over it ")


def test_one_vehicle_dropped_on_a_route_and_its_links(sound):
    place = int(sound.routes.flow.argmax())
    routes = with_flow(sound.routes, place, -1.0)
    sound.flow[0, routes.links[routes.route == place]] -= 1
    fails(lambda: sound.audit(routes=routes), r"demand from \d+ to \d+ is [\d.]+, its routes carry ")


def test_one_sign_flipped(sound):
    flow = sound.flow.copy()
    flow[0, 5] *= -1
    fails(lambda: sound.audit(flow=flow), "a flow is negative: -")
    routes = with_flow(sound.routes, 3, -2 * sound.routes.flow[3])
    fails(lambda: sound.audit(routes=routes), "a flow is negative: -")


def test_two_links_swapped(sound):
    sound.flow[0, [3, 4]] = sound.flow[0, [4, 3]]
    fails(sound.audit, r"link [45] \(.*\) carries")


def test_two_links_swapped_in_the_table(sound):
    swapped = sound.links.to_node.copy()
    swapped[[3, 4]] = swapped[[4, 3]]
    sound.links = replace(sound.links, to_node=swapped)
    fails(sound.audit, r"a route from \d+ to \d+ (breaks off|does not join its zones)")


def test_flows_that_no_routes_explain_are_not_conserved(sound):
    empty = sound.routes
    flow = sound.flow.copy()
    flow[0, 10] += 1
    # the routes are made to agree with the link, so that only the balance of its ends can tell
    links = np.append(empty.links, 10)
    broken = replace(empty, links=links, link_start=np.append(empty.link_start, links.size),
                     route_start=np.append(empty.route_start[:-1], empty.route_start[-1] + 1),
                     flow=np.append(empty.flow, 1.0))  # fmt: skip
    fails(lambda: sound.audit(flow=flow, routes=broken), "does not join its zones")


def test_conservation_alone_catches_what_gets_lost(sound, monkeypatch):
    from karvan.flows import audit

    monkeypatch.setattr(audit, "_audit_loads", lambda *_: None)
    sound.flow[0, 10] -= 1
    fails(sound.audit, r"flow is not conserved at node [45]: 1 too much or too little")


def test_a_gap_that_is_negative_or_not_what_was_claimed(sound):
    fails(lambda: sound.audit(relative_gap=1e-4), r"the relative gap is .*, the solver says 1\.0+e-04")
    # costs that the links do not have make the flows look cheaper than the shortest paths
    cheaper = replace(sound.links, free_flow_time=np.where(sound.flow[0] > 8000, 1.0, 9.0))
    sound.links = cheaper
    with pytest.raises(AuditError, match="the relative gap is"):
        sound.audit()


def test_less_flow_than_demand_gives_a_negative_gap(sound, monkeypatch):
    from karvan.flows import audit

    for name in ("_audit_loads", "_audit_nodes", "_audit_demand"):
        monkeypatch.setattr(audit, name, lambda *_: 0.0)
    fails(lambda: sound.audit(flow=sound.flow * 0.9), "the relative gap is negative: -")


@pytest.mark.parametrize(
    "wrong",
    [
        {"links": -1}, {"links": 76}, {"origin": 24}, {"destination": -1}, {"class_number": 1},
        {"route_start": 1}, {"link_start": 2}, {"link_start": -1},
    ],
    ids=str,
)  # fmt: skip
def test_routes_that_name_what_is_not_there(sound, wrong):
    ((name, value),) = wrong.items()
    figures = getattr(sound.routes, name).copy()
    figures[0] = value
    says = "routes name links, zones or classes that are not there"
    fails(lambda: sound.audit(routes=replace(sound.routes, **{name: figures})), says)
    shorter = getattr(sound.routes, name)[:-1]
    with pytest.raises(AuditError):
        sound.audit(routes=replace(sound.routes, **{name: shorter}))


def test_a_route_without_links(sound):
    begins = sound.routes.link_start.copy()
    begins[5] = begins[4]
    fails(lambda: sound.audit(routes=replace(sound.routes, link_start=begins)), r"a route from \d+ to \d+ has no links")


def test_flows_of_another_network(sound):
    fails(lambda: sound.audit(flow=sound.flow[:, :-1]), "are not of one network")


def test_shortest_paths_are_those_of_the_table_as_it_is_now(sound):
    # where the links lie in a matrix is kept by their content, not by who they are
    ends = sound.links.to_node.copy()
    sound.links = replace(sound.links, to_node=ends)
    origins = np.arange(24)
    before = shortest_costs(sound.links, sound.result.time, origins)
    ends[[3, 4]] = ends[[4, 3]]
    assert not np.array_equal(shortest_costs(sound.links, sound.result.time, origins), before)
    ends[[3, 4]] = ends[[4, 3]]
    assert np.array_equal(shortest_costs(sound.links, sound.result.time, origins), before)
    through = sound.links.through.copy()
    through[9] = False
    barred = shortest_costs(replace(sound.links, through=through), sound.result.time, origins)
    assert np.all(barred >= before)
    assert np.any(barred > before)
    closed = np.where(np.arange(76) == 0, np.inf, sound.result.time)
    assert shortest_costs(sound.links, closed, origins)[0, 1] > before[0, 1]


def test_a_flow_that_is_not_a_number(sound):
    sound.flow[0, 0] = np.nan
    fails(sound.audit, "a flow is not a number")


def test_a_route_through_a_zone_that_may_not_be_passed(network):
    case = Case(*network("Braess-Example"))
    case.links = replace(case.links, through=np.array([True, True, False, True]))
    fails(case.audit, "a route from 1 to 2 passes through a node that may not be passed through")


def test_a_class_where_it_may_not_go(network):
    case = Case(*network("Braess-Example"))
    fixed = case.fixed.copy()
    fixed[0, 0] = np.inf
    fails(lambda: case.audit(fixed=fixed), r"link 1 \(1 -> 3\) carries a class that may not go there")


def test_the_gap_of_an_optimum_is_one_of_marginal_costs(network):
    case = Case(*network("SiouxFalls"), objective="system_optimum")
    assert case.audit(marginal=True).relative_gap == pytest.approx(case.gap, abs=1e-14)
    fails(case.audit, "the relative gap is")


def test_several_classes_are_held_apart(braess, six):
    halves = [VehicleClass(name, six / 2) for name in ("one", "two")]
    result = assign(braess, classes=halves, gap=1e-10)
    flow = result.flow.copy()
    flow[0, 1], flow[1, 1] = flow[0, 1] + 0.5, flow[1, 1] - 0.5  # the sums of both are as they were
    with pytest.raises(AuditError, match="carries"):
        audit_assignment(braess, demand=np.array([six / 2] * 2), fixed=result.fixed, flow=flow, routes=result.routes,
                         marginal=False, relative_gap=result.relative_gap)  # fmt: skip


def test_a_solver_that_loses_a_vehicle_leaves_with_three(monkeypatch, capsys, tmp_path):
    module = sys.modules[assign.__module__]
    true = module._class_flows
    (tmp_path / "net.tntp").write_text(
        "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 2\n<END OF METADATA>\n1 2 9 1 1;\n2 1 9 1 1;\n", encoding="utf-8"
    )
    (tmp_path / "trips.tntp").write_text("<END OF METADATA>\nOrigin 1\n2 : 9;\n", encoding="utf-8")
    # of two links: what is assigned to compile the kernels keeps its vehicles
    monkeypatch.setattr(
        module, "_class_flows", lambda links, *rest: true(links, *rest) - (links == 2) * np.eye(1, links)
    )
    with pytest.raises(SystemExit) as left:
        main(
            ["flows", "assign", "--net", str(tmp_path / "net.tntp"), "--trips", str(tmp_path / "trips.tntp"), "--json"]
        )
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (3, "")
    assert "karvan: audit failed: link 1 (1 -> 2) carries 8.0, the routes over it 9.0. This is a bug" in said.err


def test_what_is_dropped_counts_in_the_smallest_unit(braess, six):
    # six billionths of a vehicle: no sum may be let off for being small
    result = assign(braess, six * 1e-9, gap=1e-8)
    flow = result.flow.copy()
    flow[0, int(flow.argmax())] *= 0.99
    audit = {"demand": np.array([six * 1e-9]), "fixed": result.fixed, "routes": result.routes, "marginal": False}
    fails(lambda: audit_assignment(braess, flow=flow, relative_gap=result.relative_gap, **audit), "carries")
    lost = replace(result.routes, flow=result.routes.flow * 0.5)
    fails(lambda: audit_assignment(braess, flow=result.flow * 0.5, relative_gap=0.0, **(audit | {"routes": lost})),
          "demand from 1 to 2 is")  # fmt: skip


def test_costs_that_are_no_number(sound):
    steep = replace(sound.links, power=np.full(len(sound.links), 1e5))
    sound.links = steep
    with np.errstate(over="ignore"):
        fails(lambda: sound.audit(relative_gap=np.nan), r"the total cost is inf, .* neither may be but a number")
    sound.links = sound.result.links
    fails(lambda: sound.audit(relative_gap=np.nan), "the relative gap is .*, the solver says nan")


@pytest.mark.parametrize("objective", ["user_equilibrium", "system_optimum"])
def test_figures_that_are_not_those_of_the_flows(network, objective):
    case = Case(*network("SiouxFalls"), objective=objective)
    result, marginal = case.result, objective == "system_optimum"

    def audit(**changed):
        figures = {"fixed": case.fixed, "flow": case.flow, "marginal": marginal, "time": result.time,
                   "objective": result.objective, "tstt": result.tstt}  # fmt: skip
        audit_figures(case.links, **(figures | changed))

    audit()
    time = result.time.copy()
    time[[3, 4]] = time[[4, 3]]
    fails(lambda: audit(time=time), r"the time of link 4 \(2 -> 6\) is .*, at its flow it is ")
    fails(lambda: audit(tstt=result.tstt - 1), "the total cost is given as .*, the flows come to ")
    fails(lambda: audit(objective=-result.objective), "the objective is given as -.*, the flows come to ")
    fails(lambda: audit(objective=np.nan), "the objective is given as nan, the flows come to ")
