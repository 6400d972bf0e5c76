"""The reference of a case on disk: the very same figures, and never those of another case."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from karvan.case import Setting, open_case
from karvan.flows import corridor_solve
from karvan.flows import kept as kept_solutions
from karvan.flows.corridor_solve import reference_of, solve_setting
from karvan.flows.route_sets import FormRoutes


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Count how often a reference is solved, with a folder of its own."""
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path / "kept"))
    solved = []
    true = corridor_solve._solve_reference
    monkeypatch.setattr(corridor_solve, "_solve_reference", lambda case: solved.append(case.id) or true(case))
    return solved


def alike(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other) and one.dtype == other.dtype
    if isinstance(one, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if hasattr(one, "__dataclass_fields__"):
        # versions tell sets of routes of one process apart, and are given anew
        names = [item.name for item in fields(one) if item.name != "version"]
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


def test_a_second_process_reads_the_very_same(kept):
    # two cases that were read apart stand for two processes
    first, second = reference_of(open_case("textbook")), reference_of(open_case("textbook"))
    assert kept == ["textbook"]
    assert alike(first, second)


def test_an_altered_case_is_solved_anew(kept, tmp_path):
    case = open_case("textbook")
    altered = replace(case, tables={**case.tables})
    assert not altered.as_read
    reference_of(altered)
    reference_of(replace(case, tables={**case.tables}))
    assert kept == ["textbook", "textbook"]
    assert not (tmp_path / "kept").exists()


def test_other_source_finds_nothing(kept, monkeypatch):
    reference_of(open_case("textbook"))
    monkeypatch.setattr(kept_solutions, "_solver_digest", lambda: "another")
    reference_of(open_case("textbook"))
    assert kept == ["textbook", "textbook"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", None])
def test_what_cannot_be_read_is_solved_again(kept, tmp_path, content):
    reference_of(open_case("textbook"))
    (path,) = (tmp_path / "kept").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    reference_of(open_case("textbook"))
    assert kept == ["textbook", "textbook"]
    assert path.read_bytes() == whole


def test_where_nothing_can_be_written_nothing_is_kept(kept, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for where in (str(tmp_path / "file" / "below"), "off"):
        monkeypatch.setenv("KARVAN_CACHE", where)
        reference_of(open_case("textbook"))
        reference_of(open_case("textbook"))
    assert len(kept) == 4
    assert kept_solutions.cache_folder() is None


def test_where_references_are_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("KARVAN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kept_solutions.cache_folder() == tmp_path / "karvan"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kept_solutions.cache_folder() == tmp_path / ".cache" / "karvan"


def test_the_oldest_go(monkeypatch, tmp_path):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path))
    monkeypatch.setitem(kept_solutions.MOST_FILES, "reference", 2)
    case = open_case("textbook")
    found = reference_of(case)
    for name in ("a", "b", "c"):
        monkeypatch.setattr(kept_solutions, "_solver_digest", lambda name=name: name)
        kept_solutions.keep_reference(case, found)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_setting_is_read_as_it_was_solved(kept, monkeypatch, tmp_path):
    """Scarce trains, so that prices, leans and added routes are there to be kept."""
    setting = Setting(scenario="ab_shut", year=2050)
    first = solve_setting(open_case("textbook"), setting)
    monkeypatch.setattr(corridor_solve, "_solve", None)
    second = solve_setting(open_case("textbook"), setting)
    assert alike(first.equilibrium, second.equilibrium)
    assert alike(first.chosen, second.chosen)
    assert alike(first.model.problem.routes, second.model.problem.routes)
    assert len(list((tmp_path / "kept").glob("setting-*.npz"))) == 1


def test_routes_that_were_added_are_told_from_the_others():
    routes = FormRoutes.of("bulk", [("a", "b"), ("b", "c")], [[(0, (1, 2)), (2, (3,))], [(1, (4,))]])
    more = routes.plus(np.array([0, 1, 0]), np.array([2, 0, 0]), np.array([0, 2, 3, 4]), np.array([5, 6, 7, 8]))
    pair, nest, arc_ptr, arcs = kept_solutions._added(routes, more)
    assert pair.tolist() == [0, 0, 1]
    assert nest.tolist() == [0, 2, 0]
    assert arc_ptr.tolist() == [0, 1, 3, 4]
    assert arcs.tolist() == [8, 5, 6, 7]
    assert alike(routes.plus(pair, nest, arc_ptr, arcs).flat, more.flat)
    assert routes.plus(pair[:0], nest[:0], arc_ptr[:1], arcs[:0]) is routes


def test_settings_with_projects_are_not_kept(kept, tmp_path):
    solve_setting(open_case("textbook"), Setting(projects=("N1",)))
    assert not list((tmp_path / "kept").glob("setting-*.npz"))


def test_one_thread_reads_at_a_time(tmp_path):
    """Python's parser, which reads the heads of arrays, once failed in two threads."""
    path, reading, most = tmp_path / "some.npz", [], []
    np.savez(path, one=np.zeros(3))

    def read(data):
        reading.append(data)
        most.append(len(reading))
        time.sleep(0.02)
        reading.pop()
        return float(data["one"].sum())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: kept_solutions._load(path, read), range(4))) == [0.0] * 4
    assert max(most) == 1


def test_what_was_not_sought_is_not_said_to_have_been(textbook):
    """Dearer hours make other ways cheapest on the very same arcs, which a look at the arcs alone does not see."""
    goods = [f"commodity:{name}:time_value_usd_per_t_day*=40" for name in textbook.rows("commodity")]
    near = solve_setting(textbook, Setting())
    assert solve_setting(textbook, Setting.of(changes=goods), near, tolerance=1e-5).sought is None
    shut = [f"border:{textbook.tables['border'].index[0]}:status=shut"]
    assert solve_setting(textbook, Setting.of(changes=shut), near, tolerance=1e-5).sought is not None
