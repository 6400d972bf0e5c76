"""Compiled kernels: no stale caches, and the user is told when something is compiled."""

from __future__ import annotations

import ast
import builtins
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import karvan
from karvan.flows import (
    choice_kernels,
    dense_kernels,
    elimination_kernels,
    problem,
    route_kernels,
    shift_kernels,
    swap_kernels,
    tree_kernels,
    warm,
)

FILES = sorted((Path(karvan.__file__).parent / "flows").glob("*_kernels.py"))


def names_from(tree, module):
    return {
        a.name for node in tree.body if isinstance(node, ast.ImportFrom) if node.module == module for a in node.names
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_cached_kernel_calls_kernels_of_its_own_file_or_of_files_that_its_name_knows(path):
    # Numba looks at the source of the file alone: a changed kernel of another file would leave the old one in the cache
    tree = ast.parse(path.read_text(encoding="utf-8"))
    others = names_from(tree, "karvan.flows")
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    kernels = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for other in others:
        theirs = ast.parse(path.with_name(f"{other}.py").read_text(encoding="utf-8"))
        assert names_from(theirs, "karvan.flows") <= others
        own |= names_from(tree, f"karvan.flows.{other}")
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {"__future__", "numpy", "numba", "math", "typing"}
    if others:
        allowed |= {"karvan.flows", "karvan.flows.resting", *(f"karvan.flows.{other}" for other in others)}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        rests = {ast.unparse(call) for call in calls if ast.unparse(call.func) == "resting_on"}
        assert rests == {f"resting_on({', '.join(sorted(others))})"}
        assert all(ast.unparse(kernel.decorator_list[-1]) == "_RESTS" for kernel in kernels)
    assert imported <= allowed
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called - own - set(dir(builtins)) - {"njit", "resting_on"} == set()


def test_a_kernel_is_compiled_anew_when_a_file_changes_on_which_it_rests(tmp_path):
    (tmp_path / "one.py").write_text("from numba import njit\n@njit(cache=True)\ndef f(x):\n    return x + 1\n")
    (tmp_path / "two.py").write_text(
        "import one\nfrom numba import njit\nfrom one import f\nfrom karvan.flows.resting import resting_on\n"
        "@njit(cache=True)\n@resting_on(one)\ndef g(x):\n    return 10 * f(x)\nprint(g(1), sum(g.stats.cache_hits.values()))\n"
    )

    def printed():
        run = [sys.executable, "-c", "import two"]
        return subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()

    assert printed() == ["20", "0"]
    assert printed() == ["20", "1"]
    (tmp_path / "one.py").write_text("from numba import njit\n@njit(cache=True)\ndef f(x):\n    return x + 2\n")
    assert printed() == ["30", "0"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_kernel_is_cached_and_exact(path):
    text = path.read_text(encoding="utf-8")
    assert "fastmath=" not in text
    assert "parallel=True" not in text
    assert text.count("@njit(") == text.count("cache=True")


def test_what_two_files_of_kernels_say_is_the_same():
    assert dense_kernels.NOTHING_DEARER == tree_kernels.NOTHING_DEARER
    for column in ("VOLUME", "FREE", "RISE", "CAPACITY", "POWER", "KIND", "SLOPE"):
        assert getattr(shift_kernels, column) == getattr(swap_kernels, column)
    assert choice_kernels.NESTS == route_kernels.NESTS == problem.NESTS
    assert elimination_kernels.LAYERS == route_kernels.LAYERS
    assert elimination_kernels.WATER == route_kernels.WATER_BIT
    for layer in range(route_kernels.LAYERS):
        for bit in (0, route_kernels.RAIL_BIT, route_kernels.ROAD_BIT, route_kernels.WATER_BIT):
            assert elimination_kernels.together(layer, bit) == route_kernels._next_layer(layer, bit)


def test_the_delay_and_its_slope():
    for power, kind in ((1.0, 1), (4.0, 4), (2.7, -1), (0.5, -1)):
        time, slope = dense_kernels.delay(30.0, 2.0, 3.0, 40.0, power, kind)
        assert time == pytest.approx(2 + 3 * 0.75**power, rel=1e-15)
        assert slope == pytest.approx(3 * power * 0.75 ** (power - 1) / 40, rel=1e-14)
    assert dense_kernels.delay(30.0, 2.0, 3.0, 40.0, 4.0, 0) == (2.0, 0.0)
    assert dense_kernels.delay(0.0, 2.0, 3.0, 40.0, 0.5, -1) == (2.0, np.inf)


def three_pairs():
    """Return where paths and links begin, links, flow, state and times: links are 0 or 1, then 2 or 3; each takes 10 + v / c."""
    links = [[0, 2], [1, 2], [0, 3], [1, 3]]
    path_start = np.array([0, 2, 4, 8])
    path_links = np.array([*links[0], *links[1], *links[1], *links[3], *np.ravel(links)], dtype=np.uint32)
    link_start = np.arange(0, path_links.size + 1, 2)
    flow = np.array([30.0, 5.0, 12.0, 9.0, 8.0, 7.0, 6.0, 5.0])
    capacity = np.array([1.0, 2.0, 3.0, 1.0])
    volume = volumes(link_start, path_links, flow)
    ones = np.ones(4)
    state = np.column_stack([volume, 10 * ones, ones, capacity, ones, ones, 1 / capacity, ones])
    return path_start, link_start, path_links, flow, state, 10 + volume / capacity


def volumes(link_start, path_links, flow):
    return np.bincount(path_links, np.repeat(flow, np.diff(link_start)), minlength=4)


def joint_step(path_start, link_start, path_links, flow, state, time, goal, *, near=False):
    marks = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64)
    fixed, cost = np.zeros(flow.size), np.empty(4)
    return swap_kernels.joint_step(
        np.arange(3), path_start, link_start, path_links, flow, fixed, 2, 0, *marks, cost, goal, near, state, time
    )


@pytest.mark.parametrize("near", [False, True])
def test_a_step_in_all_swaps_at_once_ends_where_the_objective_is_least(near):
    path_start, link_start, path_links, flow, state, time = three_pairs()
    whole = np.add.reduceat(flow, path_start[:-1])
    for _ in range(3):  # what conjugate gradients leave, the next takes
        joint_step(path_start, link_start, path_links, flow, state, time, 0.0, near=near)
    assert time == pytest.approx([time[0], time[0], time[2], time[2]], rel=1e-3)
    assert np.add.reduceat(flow, path_start[:-1]) == pytest.approx(whole)
    assert flow.min() >= 0
    again = volumes(link_start, path_links, flow)
    assert state[:, swap_kernels.VOLUME] == pytest.approx(again)
    assert time == pytest.approx(10 + again / state[:, swap_kernels.CAPACITY])


@pytest.mark.parametrize("near", [False, True])
def test_steps_in_all_swaps_go_on_until_the_excess_is_down_to_the_goal(near):
    path_start, link_start, path_links, flow, state, time = three_pairs()

    def excess():
        cost = np.add.reduceat(time[path_links], link_start[:-1])
        least = np.repeat(np.minimum.reduceat(cost, path_start[:-1]), np.diff(path_start))
        return float(flow @ (cost - least))

    first, goal = excess(), 1e-3 * excess()
    before, after, whole, _ = joint_step(path_start, link_start, path_links, flow, state, time, goal, near=near)
    assert (before, whole) == (pytest.approx(first), True)
    assert after == pytest.approx(excess(), rel=1e-9)
    assert after <= goal


def test_a_mended_tree_is_the_one_grown_from_nothing():
    random = np.random.default_rng(1)
    nodes, links = 60, 400
    tail = np.sort(random.integers(0, nodes, links)).astype(np.int32)
    head = random.integers(0, nodes, links).astype(np.int32)
    first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=nodes))])
    through = random.random(nodes) < 0.8
    pairs = np.arange(1, nodes, dtype=np.int32)
    empty = (
        np.zeros(nodes, dtype=np.int64),
        np.zeros(1, dtype=np.int64),
        np.empty(0, dtype=np.int32),
        np.empty(0),
        np.empty(0),
    )

    def grown(cost, state):
        reach, total = np.zeros(nodes - 1), np.zeros(1)
        tree_kernels.grow_trees(
            0, 1, np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32), first, tail, head, through, cost[None, :],
            np.array([0, nodes - 1]), pairs, np.ones(nodes - 1), *state, reach, total, *empty, np.empty(0),
            np.zeros(nodes - 1, dtype=np.int64), np.zeros(nodes - 1),
        )  # fmt: skip
        return reach

    def fresh():
        return (
            np.full((1, nodes), -1, dtype=np.int32),
            np.zeros((1, nodes), dtype=np.int32),
            np.zeros(1, dtype=np.int64),
        )

    state, cost = fresh(), random.uniform(0, 1, links)
    for _ in range(60):
        assert np.array_equal(grown(cost, state), grown(cost, fresh()))
        changed = random.random(links) < 0.2
        cost = np.where(changed, random.uniform(0, 1, links), cost)


def test_set_up_says_that_it_compiles(monkeypatch, capsys):
    monkeypatch.setattr(warm, "warm_all", lambda: None)
    warm.main()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "compiling the kernels of flows (once, about a minute) ...",
        "compiled in 0 s",
    ]


#: Prints the kernels of flows that a simulation needs and that were not there after warming.
COLD = """
import sys
from numba.core.dispatcher import Dispatcher
from karvan.flows.warm import warm_corridor, warm_equilibrium, warm_missing, warm_routes

def compiled():
    modules = [module for name, module in sys.modules.items() if name.startswith("karvan.flows")]
    kernels = [one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)]
    return {(one.py_func.__qualname__, signature) for one in kernels for signature in one.overloads}

warm_equilibrium(), warm_routes(), warm_missing(), warm_corridor()
warmed = compiled()
import karvan
case = karvan.open_case("textbook")
for projects in (["N1"], ["N2"], ["N1", "N2"]):
    karvan.simulate(case, projects=projects).to_dict()
karvan.assign_flows(case, scenario="ab_shut").to_dict()
print(sorted(name for name, _ in compiled() - warmed))
"""


def test_set_up_compiles_all_that_a_simulation_needs():
    """Whatever is missing would be compiled in the midst of somebody's first question."""
    run = subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_first_run_says_that_it_compiles(monkeypatch, capsys, tmp_path):
    from karvan.cli import main

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "nothing"))
    assert not warm.is_compiled()
    (tmp_path / "net.tntp").write_text(
        "<NUMBER OF ZONES> 2\n<NUMBER OF NODES> 2\n<END OF METADATA>\n1 2 9 1 1;\n", encoding="utf-8"
    )
    (tmp_path / "trips.tntp").write_text("<END OF METADATA>\nOrigin 1\n2 : 9;\n", encoding="utf-8")
    with pytest.raises(SystemExit):
        main(
            ["flows", "assign", "--net", str(tmp_path / "net.tntp"), "--trips", str(tmp_path / "trips.tntp"), "--json"]
        )
    said = capsys.readouterr()
    assert said.err.startswith("Compiling the solver; this happens once and takes about half a minute.\n")
    assert json.loads(said.out)["tstt"] == pytest.approx(9 * (1 + 0.15))
