"""Arcs taken over from the case are those that would be built anew."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from karvan.case import Setting, open_case
from karvan.network import FORMS, build_network
from karvan.network.arcs import Arcs
from karvan.network.build import build_arcs, index_states
from karvan.network.mend import mended_arcs
from karvan.network.states import SEA_MODES


@pytest.fixture(scope="module")
def cases():
    return {name: open_case(name) for name in ("textbook", "pakistan_azerbaijan")}


def settings(case):
    """Return every scenario, every project that may stand alone, and changes of every table that arcs are built from."""
    first = {table: next(iter(case.rows(table))) for table in ("link", "terminal", "border", "service")}
    broad = next(name for name, row in case.rows("link").items() if row["mode"] == "rail")
    changes = [
        f"link:{first['link']}:length_km*=1.1", f"link:{broad}:gauge_mm=1000", f"terminal:{first['terminal']}:time_h*=2",
        f"border:{first['border']}:time_h*=2", f"border:{first['border']}:status=shut",
        f"service:{first['service']}:speed_kmh*=1.2",
    ]  # fmt: skip
    # terminals of ports, whose gates hang on them, and others
    by_sea: dict[bool, str] = {}
    for name, row in case.rows("terminal").items():
        by_sea.setdefault(not SEA_MODES.isdisjoint((row["mode_a"], row["mode_b"])), name)
    changes += [
        f"terminal:{name}:{cell}" for name in by_sea.values() for cell in ("price_usd_per_t*=3", "status=proposed")
    ]
    yield Setting()
    yield from (Setting(scenario=name) for name in case.rows("scenario"))
    yield from (
        Setting.of(projects=[name], year=2045) for name, row in case.rows("project").items() if row["status"] != "done"
    )
    yield from (Setting.of(changes=[change]) for change in changes)
    yield Setting.of(changes=changes[:1] + changes[2:5])
    # a world in which services and links differ, under every scenario and with projects: mended from the first of them
    world = [f"service:{name}:speed_kmh*=1.3" for name in case.rows("service")]
    world += [f"link:{name}:length_km*=1.01" for name in case.rows("link")]
    yield from (Setting.of(scenario=name, changes=world) for name in case.rows("scenario"))
    last = next(reversed(case.rows("project")))
    yield Setting.of(projects=[last], year=2045, changes=world)
    yield Setting.of(projects=[last], year=2045, changes=[*world, f"terminal:{first['terminal']}:time_h*=2"])


def assert_same(one, other):
    for item in fields(Arcs):
        mine, theirs = getattr(one, item.name), getattr(other, item.name)
        assert mine.dtype == theirs.dtype
        assert np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"), item.name


@pytest.mark.parametrize("name", ["textbook", "pakistan_azerbaijan"])
def test_a_setting_has_the_arcs_that_are_built_from_nothing(cases, name):
    case = cases[name]
    taken = 0
    for setting in settings(case):
        try:
            applied = case.apply(setting)
        except Exception as error:  # noqa: BLE001 - a project without a year of opening
            assert "no year of opening" in str(error)  # noqa: PT017
            continue
        network = build_network(applied)
        assert network.index.states == index_states(applied).states
        for form in FORMS:
            taken += mended_arcs(network, form) is not None
            for relaxed in (True, False):
                built = build_arcs(applied, index_states(applied), form, relaxed=relaxed)
                assert_same(network.arcs(form, relaxed=relaxed), built)
    assert taken > 2 * len(case.rows("scenario"))


def test_rows_that_no_effect_alters_are_those_of_the_case(cases):
    case = cases["textbook"]
    link = next(iter(case.rows("link")))
    applied = case.apply(Setting.of(changes=[f"link:{link}:length_km=77"]))
    assert applied.rows("link")[link]["length_km"] == 77
    assert list(applied.rows("link")) == list(case.rows("link"))
    others = [name for name in case.rows("link") if name != link]
    assert all(applied.rows("link")[name] is case.calibrated_rows("link")[name] for name in others)
    assert applied.rows("link")[link].keys() == case.rows("link")[link].keys()
    assert case.rows("link")[link]["length_km"] != 77


def test_a_gauge_that_changes_makes_states_of_its_own(cases):
    case = cases["textbook"]
    rail = next(name for name, row in case.rows("link").items() if row["mode"] == "rail")
    network = build_network(case.apply(Setting.of(changes=[f"link:{rail}:gauge_mm=1000"])))
    assert network.base is None
    assert any(state.gauge_mm == 1000 for state in network.index.states)
