"""A reader sees all of a result or nothing, whatever goes wrong while it is written.

The tests may run as root, whom no permission stops: what a read-only disk says (EROFS) is raised where the system would raise
it; a parent that is a file stops root as well.
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest

from karvan.case import atomic
from karvan.case.atomic import write_file, write_folder
from karvan.errors import OutputError

MARKER = "run.json"


def fill(draft: Path) -> None:
    (draft / "table.csv").write_text("new", encoding="utf-8")
    (draft / "deep").mkdir()
    (draft / "deep" / "more.csv").write_text("new", encoding="utf-8")
    (draft / MARKER).write_text("{}", encoding="utf-8")


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


WHOLE = {"table.csv", "deep", "deep/more.csv", MARKER}


def failing(number: int):
    def fail(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return fail


# a file ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["Gəncə", "Gəncə".encode()], ids=["text", "bytes"])
def test_a_file_is_written_with_the_folders_above_it(tmp_path, content):
    path = write_file(tmp_path / "new" / "er" / "a.txt", content)
    assert path == tmp_path / "new" / "er" / "a.txt"
    assert path.read_bytes() == "Gəncə".encode()
    assert names(tmp_path) == {"new", "new/er", "new/er/a.txt"}


def test_a_file_is_replaced(tmp_path):
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    write_file(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "new"


def test_a_file_where_a_folder_is(tmp_path):
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path, "text")
    assert str(caught.value) == f"{tmp_path} is a folder. Name a file."


def test_a_file_under_a_file(tmp_path):
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path / "a.txt" / "b.txt", "new")
    target = tmp_path / "a.txt" / "b.txt"
    assert str(caught.value) == f"{target} cannot be written: File exists. Choose another place, or free this one."
    assert names(tmp_path) == {"a.txt"}


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "No space left on device"), (errno.EIO, "Input/output error")]
)
def test_a_disk_that_fails_leaves_the_former_file(tmp_path, monkeypatch, number, reason):
    (tmp_path / "a.txt").write_text("old", encoding="utf-8")
    monkeypatch.setattr(atomic.os, "fsync", failing(number))
    with pytest.raises(OutputError) as caught:
        write_file(tmp_path / "a.txt", "new")
    assert str(caught.value) == (
        f"{tmp_path / 'a.txt'} cannot be written: {reason}. Choose another place, or free this one."
    )
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == {"a.txt"}


def test_a_file_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert write_file("~/a.txt", "text") == tmp_path / "a.txt"


# a folder -------------------------------------------------------------------------------------------------------------


def test_a_folder_is_written_whole(tmp_path):
    folder = write_folder(tmp_path / "new" / "run", fill, marker=MARKER)
    assert folder == tmp_path / "new" / "run"
    assert names(folder) == WHOLE
    assert names(tmp_path / "new") == {"run", *(f"run/{name}" for name in WHOLE)}
    assert folder.stat().st_mode & 0o777 == 0o755


def test_nothing_is_there_until_all_is_there(tmp_path):
    def look(draft):
        fill(draft)
        assert not (tmp_path / "run").exists()
        assert draft.name.startswith(".run.")
        assert draft.name.endswith(".partial")

    write_folder(tmp_path / "run", look, marker=MARKER)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_fill_that_raises_leaves_nothing_behind(tmp_path, error):
    def stop(draft):
        fill(draft)
        raise error

    with pytest.raises(error):
        write_folder(tmp_path / "run", stop, marker=MARKER)
    assert names(tmp_path) == set()


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    def full(draft):
        fill(draft)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError) as caught:
        write_folder(tmp_path / "run", full, marker=MARKER)
    assert str(caught.value) == (
        f"{tmp_path / 'run'} cannot be written: No space left on device. Choose another place, or free this one."
    )
    assert names(tmp_path) == set()


def test_a_fill_that_raises_leaves_the_former_result(tmp_path):
    write_folder(tmp_path / "run", fill, marker=MARKER)
    with pytest.raises(OutputError):
        write_folder(tmp_path / "run", failing(errno.ENOSPC), marker=MARKER)
    assert names(tmp_path / "run") == WHOLE


def test_a_former_result_is_replaced_with_all_that_was_in_it(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / MARKER).write_text("{}", encoding="utf-8")
    (tmp_path / "run" / "former.csv").write_text("old", encoding="utf-8")
    write_folder(tmp_path / "run", fill, marker=MARKER)
    assert names(tmp_path) == {"run", *(f"run/{name}" for name in WHOLE)}


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path):
    """Somebody may stand in it."""
    (tmp_path / "run").mkdir()
    before = (tmp_path / "run").stat().st_ino
    write_folder(tmp_path / "run", fill, marker=MARKER)
    assert (tmp_path / "run").stat().st_ino == before
    assert names(tmp_path / "run") == WHOLE


def test_the_folder_one_stands_in(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    assert write_folder(".", fill, marker=MARKER) == tmp_path / "run"
    assert names(tmp_path) == {"run", *(f"run/{name}" for name in WHOLE)}


def test_an_empty_folder_that_cannot_be_filled_stays_empty(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    rename = Path.rename

    def stop_at_the_marker(self, target):
        if self.name == MARKER:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop_at_the_marker)
    with pytest.raises(OutputError):
        write_folder(tmp_path / "run", fill, marker=MARKER)
    assert names(tmp_path) == {"run"}


def test_what_is_half_written_is_replaced(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "table.csv").write_text("half", encoding="utf-8")
    write_folder(tmp_path / "run", fill, marker=MARKER, leftovers=frozenset({"table.csv", MARKER}))
    assert names(tmp_path / "run") == WHOLE
    assert (tmp_path / "run" / "table.csv").read_text(encoding="utf-8") == "new"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("table.csv", "thesis.doc"):
        (tmp_path / "run" / name).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_folder(tmp_path / "run", fill, marker=MARKER, leftovers=frozenset({"table.csv"}))
    assert str(caught.value) == (
        f"{tmp_path / 'run'} holds something else (no run.json). Name another folder, or empty this one."
    )
    assert names(tmp_path) == {"run", "run/table.csv", "run/thesis.doc"}
    assert (tmp_path / "run" / "table.csv").read_text(encoding="utf-8") == "mine"


def test_a_folder_where_a_file_is(tmp_path):
    (tmp_path / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_folder(tmp_path / "run", fill, marker=MARKER)
    assert str(caught.value) == f"{tmp_path / 'run'} is a file. Name a folder."


def test_a_folder_under_a_file(tmp_path):
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    target = tmp_path / "a.txt" / "deep" / "run"
    with pytest.raises(OutputError) as caught:
        write_folder(target, fill, marker=MARKER)
    assert str(caught.value) == f"{target} cannot be written: Not a directory. Choose another place, or free this one."
    assert names(tmp_path) == {"a.txt"}


def test_a_parent_that_takes_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", failing(errno.EROFS))
    with pytest.raises(OutputError) as caught:
        write_folder(tmp_path / "run", fill, marker=MARKER)
    assert str(caught.value) == (
        f"{tmp_path / 'run'} cannot be written: Read-only file system. Choose another place, or free this one."
    )
    assert names(tmp_path) == set()


def test_a_result_that_cannot_take_its_place_leaves_the_former_one(tmp_path, monkeypatch):
    write_folder(tmp_path / "run", fill, marker=MARKER)
    (tmp_path / "run" / "former.csv").write_text("old", encoding="utf-8")
    rename = Path.rename

    def stop_the_new_one(self, target):
        if self.suffix == ".partial":
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stop_the_new_one)
    with pytest.raises(OutputError):
        write_folder(tmp_path / "run", fill, marker=MARKER)
    assert names(tmp_path) == {"run", "run/former.csv", *(f"run/{name}" for name in WHOLE)}
