"""The app in a real browser: Debian's Chromium, driven by Playwright, against `karvan serve`."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--enable-unsafe-swiftshader", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
#: A shared machine without a GPU draws slowly: how long a page may take is for benchmarks to say, not for tests.
PATIENCE_MS = 240_000
IN_CI = os.environ.get("CI") == "true"


def hatch_build() -> Any:
    """The build hook as a module."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def need(condition: bool, reason: str) -> None:  # noqa: FBT001
    """Skip with a reason; in continuous integration nothing is skipped."""
    if not condition:
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def front_end() -> None:
    """The compiled pages, as of the sources that are here."""
    need(hatch_build().is_current(), "the pages of the app are not built from the sources as they are; run `make web`")


class Server:
    """`karvan serve` in a process of its own."""

    def __init__(self, case: str = "pakistan_azerbaijan", port: int | None = None) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "karvan", "serve", case, "--no-browser", "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.wait()

    def wait(self) -> None:
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            try:
                with urllib.request.urlopen(f"{self.address}/api", timeout=10):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("karvan serve does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        if self.process.stderr:
            self.process.stderr.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(front_end: None) -> Iterator[Server]:
    """The bundled case, served for all tests."""
    running = Server()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def launch(front_end: None) -> Iterator[Callable[..., Browser]]:
    """Start a browser."""
    need(shutil.which(CHROMIUM) is not None, "no browser: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    started: list[Browser] = []
    with sync_playwright() as playwright:

        def start(*more: str) -> Browser:
            started.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more]))
            return started[-1]

        yield start
        for browser in started:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch: Callable[..., Browser]) -> Browser:
    """A browser with WebGL in software."""
    return launch()


class Shown:
    """A page of the app, and what it complained about or asked of other machines."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self.scripts: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if re.match(r"(data|blob):", url):
            return
        if not url.startswith(f"{self.server.address}/"):
            self.elsewhere.append(url)
        if url.endswith((".js", ".mjs")):
            self.scripts.append(url)

    def open(self, address: str) -> Shown:
        """Go to an address of the app and wait until everything is drawn."""
        self.page.goto(self.server.address + address, wait_until="commit")
        return self.settle()

    def settle(self) -> Shown:
        self.page.wait_for_function(
            "() => document.documentElement?.dataset.settled === 'true'"
            " && document.querySelector('main [data-answer], main [role=alert], main [data-fault]') !== null"
        )
        return self

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()

    def search(self) -> str:
        return str(self.page.evaluate("() => location.search"))


@pytest.fixture
def show(browser: Browser, server: Server) -> Iterator[Callable[..., Shown]]:
    """Open an address of the app in a page of its own; the map is drawn as SVG unless `gl` is asked for."""
    pages: list[Shown] = []

    def open_page(
        address: str, *, gl: bool = False, on: Server | None = None, using: Browser | None = None, **options: Any
    ) -> Shown:
        context = (using or browser).new_context(**options)
        shown = Shown(context.new_page(), on or server)
        pages.append(shown)
        address += ("&" if "?" in address else "?") + ("map=gl" if gl else "map=svg")
        return shown.open(address)

    yield open_page
    for shown in pages:
        shown.page.context.close()
