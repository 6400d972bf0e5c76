"""A corridor of one's own starts from the textbook case."""

from __future__ import annotations

import pytest

from karvan.case import bundled_cases, check_case, new_case, open_case
from karvan.errors import RequestError


def test_the_copy_is_sound_and_has_its_own_name(tmp_path):
    folder = new_case(tmp_path / "silk_road")
    assert folder == tmp_path / "silk_road"
    assert check_case(folder) == []
    assert open_case(folder).id == "silk_road"
    textbook = bundled_cases()["textbook"]
    files = {path.relative_to(textbook) for path in textbook.rglob("*.*")}
    assert {path.relative_to(folder) for path in folder.rglob("*.*")} == files
    for name in files - {(textbook / "case.toml").relative_to(textbook)}:
        assert (folder / name).read_bytes() == (textbook / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "case_id"),
    [
        ("my corridor", "my_corridor"),
        ("Gəncə-Karaçi 2", "G_nc_-Kara_i_2"),
        ("2027", "2027"),
        ("-draft-", "draft-"),
        ("a.b", "a_b"),
        ('it"s', "it_s"),
    ],
)
def test_any_path_will_do(tmp_path, name, case_id):
    folder = new_case(tmp_path / "Qara dəniz" / name)
    assert check_case(folder) == []
    assert open_case(folder).id == case_id


def test_the_folder_one_stands_in(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    new_case(".")
    assert open_case().id == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_a_name_that_names_nothing(tmp_path):
    with pytest.raises(RequestError) as caught:
        new_case(tmp_path / "کاروان")
    assert str(caught.value) == (
        f"{tmp_path / 'کاروان'} does not give the case a name. Name the folder with letters from a to z or digits."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("inside", ["thesis.doc", "case.toml"])
def test_a_folder_that_holds_something_is_left_alone(tmp_path, inside):
    (tmp_path / inside).write_text("mine", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        new_case(tmp_path)
    assert str(caught.value) == f"{tmp_path} is there already. Name a folder that does not exist, or an empty one."
    assert [path.name for path in tmp_path.iterdir()] == [inside]


def test_a_file_is_left_alone(tmp_path):
    (tmp_path / "case").write_text("mine", encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        new_case(tmp_path / "case")
    assert str(caught.value) == (
        f"{tmp_path / 'case'} is there already. Name a folder that does not exist, or an empty one."
    )
