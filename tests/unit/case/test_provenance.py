"""A result knows where it came from: version, case, setting, and a hash over all that it depends on."""

from __future__ import annotations

import json
from importlib import metadata

import pytest

from karvan.case import Setting, meta_of
from karvan.case import provenance as provenance_module
from karvan.case.provenance import karvan_version, meta_of_folder, meta_without_case


def test_what_travels_with_a_result(textbook):
    setting = Setting.of(year=2030, projects="N2", changes=["link:a_city-a_gate.rail:tracks=2"])
    meta = meta_of(textbook, setting, {"stage": "test"})
    assert json.loads(meta.model_dump_json()) == {
        "karvan": karvan_version(),
        "case": "textbook",
        "setting": {
            "year": 2030,
            "scenario": "open",
            "projects": ["N2"],
            "changes": ["link:a_city-a_gate.rail:tracks=2"],
        },
        "seed": None,
        "hash": meta.hash,
    }
    assert len(meta.hash) == 64
    assert set(meta.hash) <= set("0123456789abcdef")


def test_the_same_question_has_the_same_hash(textbook, files):
    request = {"stage": "test", "k": 3}
    assert meta_of(textbook, Setting(), request) == meta_of(files.open(), Setting(), request)
    assert meta_of(textbook, Setting(), request) == meta_of(textbook, Setting(scenario="open"), request)


@pytest.mark.parametrize(
    "setting",
    [
        Setting.of(year=2027),
        Setting.of(scenario="ab_shut"),
        Setting.of(projects="N1"),
        Setting.of(projects="N1@2030"),
        Setting.of(changes=["link:a_city-a_gate.rail:tracks=2"]),
    ],
)
def test_another_setting_has_another_hash(textbook, setting):
    assert meta_of(textbook, setting).hash != meta_of(textbook, Setting()).hash


def test_another_request_has_another_hash(textbook):
    assert meta_of(textbook, Setting(), {"k": 1}).hash != meta_of(textbook, Setting(), {"k": 2}).hash


def test_another_byte_of_the_case_has_another_hash(textbook, files):
    files.set("border.csv", "ab.rail.AAA-BBB", time_h="10.0")
    assert meta_of(files.open(), Setting()).hash != meta_of(textbook, Setting()).hash


def test_another_source_of_the_package_has_another_hash(textbook, monkeypatch):
    before = meta_of(textbook, Setting())
    monkeypatch.setattr(provenance_module, "package_digest", lambda: "another")
    assert meta_of(textbook, Setting()).hash != before.hash


def test_a_folder_that_is_no_sound_case_has_a_provenance_too(files):
    assert meta_of_folder(files.folder).case == "textbook"
    sound = meta_of_folder(files.folder).hash
    (files.folder / "case.toml").unlink()
    broken = meta_of_folder(files.folder)
    assert broken.case == files.folder.name
    assert broken.hash != sound
    assert broken.setting == {"year": None, "scenario": None, "projects": [], "changes": []}


def test_a_package_that_is_not_installed(monkeypatch):
    def none(_name):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(provenance_module, "version", none)
    assert karvan_version.__wrapped__() == "0+unknown"


def test_an_answer_without_a_case_knows_what_it_was_computed_from():
    meta = meta_without_case(b"year,benefit,cost\n", {"rate": 0.07}, seed=3)
    assert (meta.case, meta.setting, meta.seed) == (None, {}, 3)
    assert meta == meta_without_case(b"year,benefit,cost\n", {"rate": 0.07}, seed=3)
    assert meta.hash != meta_without_case(b"year,benefit,cost\n", {"rate": 0.08}, seed=3).hash
    assert meta.hash != meta_without_case(b"year,benefit,price\n", {"rate": 0.07}, seed=3).hash
