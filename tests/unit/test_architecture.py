"""The picture of the rooms in ARCHITECTURE.md is what its script makes of the import contracts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def architecture() -> ModuleType:
    spec = importlib.util.spec_from_file_location("architecture", ROOT / "tools" / "architecture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_what_the_script_makes(architecture: ModuleType) -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert architecture.picture() in page, "run `python tools/architecture.py`"


def test_every_room_of_the_package_is_in_the_picture(architecture: ModuleType) -> None:
    package = ROOT / "src" / "karvan"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")} | {path.stem for path in package.glob("*.py")}
    shown = {room for layer in architecture.layers() for room in layer}
    assert shown == rooms - {"__init__", "__main__"}


def test_every_room_says_what_it_is_for(architecture: ModuleType) -> None:
    assert all(architecture.what_for(room) for layer in architecture.layers() for room in layer)


def test_rooms_of_one_layer_are_read_apart(architecture: ModuleType, tmp_path: Path) -> None:
    contracts = tmp_path / ".importlinter"
    contracts.write_text("[importlinter:contract:layers]\nlayers =\n    top\n    left | right\n    one : two\n")
    assert architecture.layers(contracts) == [["top"], ["left", "right"], ["one", "two"]]
