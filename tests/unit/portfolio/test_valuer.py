"""The worth of sets of a case: the appraisal's own figures, kept, resumed, on several workers and on a cluster."""

from __future__ import annotations

import errno
import os
import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from dask_cluster import local_cluster

import karvan
from karvan.appraisal import appraise
from karvan.errors import OutputError, RequestError, UnknownNameError, WorkerError
from karvan.portfolio import CaseValuer, Limits, choose, entries_of
from karvan.portfolio import valuer as valuer_module
from karvan.portfolio.worth import ARRAYS

SETS = [{"N2": 2028}, {"N3": 2030}, {"N2": 2028, "N3": 2030}]


@pytest.fixture(scope="module")
def case():
    return karvan.open_case("textbook")


@pytest.fixture(scope="module")
def solved(case, tmp_path_factory):
    """Worths of the sets, and the folder in which they are kept."""
    folder = tmp_path_factory.mktemp("store")
    return CaseValuer(case, folder=folder).worths(SETS), folder


def same(one, two):
    assert all(a.openings == b.openings for a, b in zip(one, two, strict=True))
    for a, b in zip(one, two, strict=True):
        assert all(getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in ARRAYS)
        assert (a.outlays and vars(a.outlays[0])) == (b.outlays and vars(b.outlays[0]))
        assert (a.why_not, a.notes, dict(a.break_even)) == (b.why_not, b.notes, dict(b.break_even))


def test_a_worth_is_that_of_the_appraisal(case, solved):
    for openings, worth in zip(SETS, solved[0], strict=True):
        told = appraise(case, [f"{name}@{year}" for name, year in openings.items()])
        assert worth.cost_musd == pytest.approx(told.cost_musd)
        for standing, countries in CaseValuer(case).standings.items():
            assert worth.value(countries) == pytest.approx(told.enpv_musd[standing], abs=1e-6)
            for state, value in worth.in_state(countries).items():
                assert value == pytest.approx(told.enpv_by_state_musd[state][standing], abs=1e-6)
        assert np.array_equal(worth.time.probability, told.probability.to_numpy())


@pytest.mark.parametrize("rules", ["adb_2017", "world_bank_2016"])
def test_all_that_grows_with_the_cost_does(case, rules):
    """Works, their upkeep, and of the residual value what either leaves, by either kind of residual value."""
    told = appraise(case, ["N2@2028", "N3@2030"], rule_set=rules)
    worth = CaseValuer(case, rule_set=rules).worths([{"N2": 2028, "N3": 2030}])[0]
    pairs = list(zip(told.plan.projects, told.valuation.works_pv, strict=True))
    for standing, countries in CaseValuer(case).standings.items():
        counted = worth.time.countries if countries is None else countries
        mine = -sum(project.cost_musd * pv.get(name, 0.0) for project, pv in pairs for name in counted)
        assert worth.works_pv_musd(countries) == pytest.approx(mine, rel=1e-9), standing
        assert worth.value(countries, cost_factor=1.2) == pytest.approx(worth.value(countries) - 0.2 * mine, rel=1e-9)


def test_what_is_kept_is_not_appraised_again(case, solved):
    worths, folder = solved
    again = CaseValuer(case, folder=folder)
    same(again.worths(SETS), worths)
    assert again.appraised == 0


def test_a_search_that_was_cut_off_goes_on(case, solved, tmp_path):
    worths, folder = solved
    store = tmp_path / "store"
    shutil.copytree(folder, store)
    kept = sorted((store / "worths").glob("*.npz"))
    assert len(kept) == len(SETS)
    kept[0].unlink()
    kept[1].write_bytes(b"half a file")
    again = CaseValuer(case, folder=store)
    same(again.worths(SETS), worths)
    assert again.appraised == 2
    assert len(list((store / "worths").glob("*.npz"))) == len(SETS)


def test_another_question_has_another_key(case, solved):
    other = CaseValuer(case, folder=solved[1], changes=["economy:AAA:growth_share_per_year=0.02"])
    assert other._find(other._key(SETS[0], other.changes)) is None
    plain = CaseValuer(case, folder=solved[1])
    assert plain._find(plain._key(SETS[0], ())) is not None
    assert plain._find(plain._key(SETS[0], other.changes)) is None
    state = CaseValuer(case, folder=solved[1], scenario="open")
    assert state._find(state._key(SETS[0], ())) is None


@pytest.fixture
def rules_at(tmp_path):
    """Write a copy of the rules of the ADB with another discount rate, under the same id."""
    plain = (resources.files("karvan.appraisal") / "rule_sets" / "adb_2017.toml").read_text(encoding="utf-8")

    def write(rate):
        path = tmp_path / "own.toml"
        assert plain.count("rate = 0.09") == 1
        path.write_text(plain.replace("rate = 0.09", f"rate = {rate}"), encoding="utf-8")
        return path

    return write


def test_rules_of_a_file_are_used_and_its_content_is_the_key(case, rules_at, tmp_path):
    for rate in (0.05, 0.12):
        valuer = CaseValuer(case, rule_set=rules_at(rate), folder=tmp_path / "store")
        (worth,) = valuer.worths(SETS[:1])
        assert valuer.appraised == 1
        told = appraise(case, ["N2@2028"], rule_set=rules_at(rate))
        assert worth.value(None) == pytest.approx(told.enpv_musd["world"], abs=1e-6)
        assert worth.time.factors[1] == pytest.approx(1 / (1 + rate))


def test_rules_of_an_id_that_is_not_bundled(case, rules_at):
    path = rules_at(0.05)
    path.write_text(path.read_text(encoding="utf-8").replace('id = "adb_2017"', 'id = "own"'), encoding="utf-8")
    (worth,) = CaseValuer(case, rule_set=path).worths(SETS[:1])
    assert worth.time.factors[1] == pytest.approx(1 / 1.05)


def test_the_hash_of_a_choice_holds_the_rules(case, rules_at):
    how = {"projects": ["N2"], "later_years": 0}
    low, high = (choose(case, 100.0, rule_set=rules_at(rate), **how).meta for rate in (0.05, 0.12))
    assert low.hash != high.hash


def test_an_unknown_rule_set_is_refused(case):
    with pytest.raises(UnknownNameError, match=r"^No rule set is called 'adb_2071'\. Did you mean adb_2017"):
        choose(case, 100.0, rule_set="adb_2071")


def test_two_processes_and_a_cluster_give_the_same_bytes(case, solved, tmp_path):
    valuer = CaseValuer(case, workers=2)
    same(valuer.worths(SETS), solved[0])
    valuer.close()
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'karvan[dask]'")
    with local_cluster(tmp_path, 1) as cluster:
        same(CaseValuer(case, cluster=cluster.address).worths(SETS), solved[0])


def test_a_set_that_cannot_stand_has_no_worth_and_says_why(case):
    (worth,) = CaseValuer(case).worths([{"N1": 2030, "N3": 2030}])
    assert not worth.valued
    assert "N3, its alternative" in worth.why_not


def dies(task):
    if Path(task.store, "died").exists():
        return valuer_module.worth_of(_told(task))
    Path(task.store).mkdir(parents=True, exist_ok=True)
    Path(task.store, "died").touch()
    os._exit(9)


def _told(task):
    return appraise(task.case.open(), task.projects)


def dies_always(task):
    os._exit(9)


@pytest.fixture
def _importable(monkeypatch):
    here = str(Path(__file__).parent)
    monkeypatch.syspath_prepend(here)
    monkeypatch.setenv(
        "PYTHONPATH",
        os.pathsep.join([here, str(Path(__file__).parents[2] / "helpers"), os.environ.get("PYTHONPATH", "")]),
    )


@pytest.mark.usefixtures("_importable")
def test_a_worker_killed_in_the_middle_loses_nothing(case, solved, tmp_path, monkeypatch):
    import test_valuer as here

    monkeypatch.setattr(valuer_module, "_appraise_set", here.dies)
    valuer = CaseValuer(case, workers=2, folder=tmp_path)
    same(valuer.worths(SETS[:1]), solved[0][:1])
    valuer.close()


@pytest.mark.usefixtures("_importable")
def test_a_set_that_kills_its_workers_is_named(case, tmp_path, monkeypatch):
    import test_valuer as here

    monkeypatch.setattr(valuer_module, "_appraise_set", here.dies_always)
    valuer = CaseValuer(case, workers=2, folder=tmp_path)
    with pytest.raises(WorkerError) as caught:
        valuer.worths(SETS[:1])
    valuer.close()
    assert str(caught.value) == (
        "The set N2@2028 has no worth: The worker process of task 0 died (exit code 9); the task has no result. "
        "What was found before is kept; run the search again."
    )


def test_a_full_disk(case, solved, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    valuer = CaseValuer(case, folder=tmp_path / "store")
    monkeypatch.setattr(valuer_module, "_appraise_set", lambda _task: solved[0][0])
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(
        OutputError, match=r"No space left on device\. Choose another place, or free this one"
    ) as caught:
        valuer.worths(SETS[:1])
    assert str(caught.value).startswith(str(tmp_path / "store"))
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


# the case ---------------------------------------------------------------------------------------------------------------


def test_entries_are_the_candidates_of_the_case(case):
    entries = {item.id: item for item in entries_of(case, rule_set="adb_2017")}
    assert set(entries) == {"N1", "N2", "N3", "N4"}
    assert entries["N1"].outlay_musd == (250.0,) * 4
    assert entries["N1"].opening == 2030
    assert entries["N1"].alternatives == ("N3",)
    assert entries["N4"].contains == ("N2",)
    # N5, which N4 needs, is under way and stands in any case
    assert entries["N4"].prerequisites == ()
    assert (entries["N1"].cost_low_share, entries["N1"].cost_high_share) == (0.9, 1.8)
    assert {"a_gate", "b_west"} <= entries["N2"].touches | entries["N3"].touches


def test_an_unknown_project_is_refused_before_anything_is_solved(case, monkeypatch):
    monkeypatch.setattr(valuer_module, "_appraise_set", None)
    with pytest.raises(UnknownNameError, match=r"^No project is called 'N9'\. There are: N1, N2, N3, N4, N5, north\.$"):
        choose(case, 500.0, projects=["N9"])
    with pytest.raises(UnknownNameError, match="No project is called 'N77'"):
        choose(case, 500.0, limits=Limits(required=frozenset({"N77"})))
    with pytest.raises(UnknownNameError, match=r"^No funder is called 'S99'\."):
        choose(case, 500.0, limits=Limits(funder_musd={"S99": 5.0}))
    with pytest.raises(UnknownNameError, match=r"^No country is called 'AAB'\. Did you mean AAA"):
        choose(case, 500.0, limits=Limits(least_country_share={"AAB": 0.5}))
    with pytest.raises(UnknownNameError, match=r"^No aim is called 'bot'\. Did you mean both"):
        choose(case, 500.0, aim="bot")
    with pytest.raises(RequestError) as caught:
        choose(case, 10.0)
    assert str(caught.value) == (
        "The budget of USD 10 m lies below the cost of every project; the cheapest is N2 at USD 20 m. Raise the budget."
    )
