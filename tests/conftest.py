"""Fixtures that all tests share: the textbook case to break, and the program to run."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from karvan.case import bundled_cases, check_case, open_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from karvan.case import Case


def pytest_configure(config: pytest.Config) -> None:
    """Keep references of cases with the tests' own cache; processes that tests start find them there."""
    os.environ["KARVAN_CACHE"] = str(config.cache.mkdir("karvan")) if config.cache else "off"


@dataclass(frozen=True)
class CaseFiles:
    """A copy of a case whose files a test may change; a file is named as in the case folder, such as ``link.csv``."""

    folder: Path

    def read(self, file: str) -> list[list[str]]:
        """Return the lines of a table as lists of cells, the header first."""
        with (self.folder / file).open(encoding="utf-8", newline="") as handle:
            return list(csv.reader(handle))

    def write(self, file: str, lines: list[list[str]]) -> None:
        """Write a table."""
        with (self.folder / file).open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows(lines)

    def line_of(self, file: str, key: str) -> int:
        """Return the line of the row with that key; the header is line 1."""
        keys = [cells[0] for cells in self.read(file)]
        return keys.index(key, 1) + 1

    def row(self, file: str, key: str) -> dict[str, str]:
        """Return a row as a dict of texts."""
        lines = self.read(file)
        return dict(zip(lines[0], lines[self.line_of(file, key) - 1], strict=True))

    def set(self, file: str, key: str, **cells: str) -> int:
        """Change cells of a row; return its line."""
        lines = self.read(file)
        number = self.line_of(file, key)
        for column, text in cells.items():
            lines[number - 1][lines[0].index(column)] = text
        self.write(file, lines)
        return number

    def add(self, file: str, like: str | None = None, **cells: str) -> int:
        """Append a row, blank or like another one but for the cells named; return its line."""
        lines = self.read(file)
        start = self.row(file, like) if like is not None else {}
        texts = start | cells
        lines.append([texts.get(column, "") for column in lines[0]])
        self.write(file, lines)
        return len(lines)

    def drop(self, file: str, *keys: str) -> None:
        """Remove rows."""
        self.write(file, [cells for cells in self.read(file) if cells[0] not in keys])

    def rename_column(self, file: str, old: str, new: str) -> None:
        """Give a column another header."""
        lines = self.read(file)
        self.write(file, [[new if name == old else name for name in lines[0]], *lines[1:]])

    def drop_column(self, file: str, column: str) -> None:
        """Remove a column."""
        lines = self.read(file)
        place = lines[0].index(column)
        self.write(file, [cells[:place] + cells[place + 1 :] for cells in lines])

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace text that stands in a file exactly once."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def problems(self) -> list[str]:
        """Return what is wrong with the case, as people read it."""
        return [str(problem) for problem in check_case(self.folder)]

    def open(self) -> Case:
        """Open the case as it is now."""
        return open_case(self.folder)


@pytest.fixture(scope="session")
def textbook() -> Case:
    """The textbook case, as it is; a case is never changed by what is done with it."""
    return open_case("textbook")


@pytest.fixture
def copy_case(tmp_path: Path) -> Callable[[str], CaseFiles]:
    """Copy a bundled case to change it."""

    def copy(name: str = "textbook") -> CaseFiles:
        folder = tmp_path / name
        shutil.copytree(bundled_cases()[name], folder, copy_function=shutil.copyfile)
        return CaseFiles(folder)

    return copy


@pytest.fixture
def files(copy_case: Callable[[str], CaseFiles]) -> CaseFiles:
    """A copy of the textbook case to change."""
    return copy_case("textbook")


@pytest.fixture
def run_karvan(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the program as a user does: in a process of its own, in an empty folder, in the environment named."""

    def run(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        place = cwd or tmp_path / "here"
        place.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "karvan", *arguments]
        whole = {**os.environ, "PYTHONIOENCODING": "utf-8", **env}
        return subprocess.run(
            command, cwd=place, env=whole, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return run
