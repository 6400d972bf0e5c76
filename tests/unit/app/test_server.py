"""The server keeps to this machine, zips what is long, and sends pages from the installation alone."""

from __future__ import annotations

import asyncio
import gzip
import importlib.util
import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from karvan.app import pages, serving
from karvan.app.rooms import CHAIN, routers_of
from karvan.errors import RequestError

if TYPE_CHECKING:
    from tests.unit.app.conftest import Client

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end of three files, in place of the compiled one."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Karvan</title>" + " " * 2000, encoding="utf-8")
    (static / "assets" / "main-1a2b.js").write_text("export {}", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("not for the web", encoding="utf-8")
    monkeypatch.setattr(pages, "STATIC", static)
    return static


def test_long_answers_are_zipped(ask: Client) -> None:
    reply = ask("/api/case", Accept_Encoding="gzip")
    assert reply.headers["content-encoding"] == "gzip"
    assert len(gzip.decompress(reply.body)) > 2 * len(reply.body)


def test_another_name_of_the_machine_is_refused(ask: Client) -> None:
    assert ask("/api/case", Host="corridor.example").status == 400
    assert ask("/api/case", Host=f"localhost:{ask.port}").status == 200


def test_a_page_from_elsewhere_may_start_nothing(ask: Client) -> None:
    reply = ask("/api/case/runs", method="POST", Origin="https://corridor.example")
    assert reply.status == 403
    assert reply.json["message"] == "A page from elsewhere may not start or stop anything here."


def test_pages_may_load_nothing_from_elsewhere(ask: Client, built: Path) -> None:
    policy = ask("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "http" not in policy


def test_any_screen_is_the_page_and_files_are_kept_by_their_hash(ask: Client, built: Path) -> None:
    for address in ("/", "/network?year=2030", "/no-such-screen"):
        reply = ask(address)
        assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert reply.headers["cache-control"] == "no-cache"
    script = ask("/assets/main-1a2b.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")


def test_a_file_that_was_zipped_by_the_build_is_sent_so_to_those_who_can_read_it(ask: Client, built: Path) -> None:
    (built / "assets" / "main-1a2b.js.gz").write_bytes(gzip.compress(b"export {}"))
    reply = ask("/assets/main-1a2b.js", Accept_Encoding="gzip")
    assert (reply.headers["content-encoding"], gzip.decompress(reply.body)) == ("gzip", b"export {}")
    assert reply.headers["content-type"].startswith("text/javascript")
    plain = ask("/assets/main-1a2b.js")
    assert ("content-encoding" in plain.headers, plain.body) == (False, b"export {}")


def test_a_page_names_what_its_screen_is_made_of(ask: Client, built: Path) -> None:
    manifest = {
        "index.html": {"file": "assets/main-1a2b.js", "isEntry": True},
        "_Frame.js": {"file": "assets/Frame-3c.js", "imports": ["index.html"]},
        "src/screens/network/index.tsx": {
            "file": "assets/network-4d.js", "imports": ["index.html", "_Frame.js"], "assets": ["assets/land-5e.json"],
        },
    }  # fmt: skip
    asked = "</api>; rel=preload; as=fetch; crossorigin, </api/case>; rel=preload; as=fetch; crossorigin"
    assert ask("/network").headers["link"] == asked
    (built / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert ask("/network?year=2030").headers["link"] == (
        f"{asked}, </assets/network-4d.js>; rel=modulepreload, </assets/land-5e.json>; rel=preload; as=fetch; crossorigin, "
        "</assets/Frame-3c.js>; rel=modulepreload"
    )
    assert ask("/no-such-screen").headers["link"] == asked


@pytest.mark.parametrize(
    "address", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt"]
)
def test_no_file_outside_the_front_end_is_sent(ask: Client, built: Path, address: str) -> None:
    assert b"not for the web" not in ask(address).body


def test_without_a_front_end_the_page_says_how_to_get_it(
    ask: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path / "none")
    reply = ask("/network")
    assert (reply.status, reply.body.decode()) == (503, pages.NOT_BUILT)


def test_serve_says_how_to_get_the_front_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path / "none")
    with pytest.raises(RequestError) as caught:
        serving.serve("textbook", browser=False)
    assert str(caught.value) == pages.NOT_BUILT
    assert "make web" in pages.NOT_BUILT
    assert "KARVAN_WEB=require" in pages.NOT_BUILT


def test_a_port_that_is_taken_is_named() -> None:
    with serving.listen(None) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RequestError) as caught:
            serving.listen(port)
        assert str(caught.value).startswith(f"Port {port} cannot be had (")
        assert str(caught.value).endswith("Name another one with --port.")
        with serving.listen(None) as other:
            assert other.getsockname()[1] != port


def test_what_a_server_writes_is_sent_at_once() -> None:
    sent_at_once: list[int] = []

    async def note(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent_at_once.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async def meet() -> None:
        with serving.listen(None) as listener:
            async with await asyncio.start_server(note, sock=listener):
                reader, writer = await asyncio.open_connection(*listener.getsockname())
                await reader.read()
                writer.close()

    # the body of an answer would else wait, after its head, until the page has acknowledged that: 40 ms
    with ThreadPoolExecutor(1) as apart:  # a browser's tests leave a loop running in this thread
        apart.submit(lambda: asyncio.run(meet())).result()
    assert sent_at_once == [1]


def test_a_process_ends_with_the_one_that_started_it_and_hears_what_that_says() -> None:
    code = (
        "import time, karvan.app.parent as parent\n"
        "parent.end_with_parent(lambda line: print(line.decode().strip(), flush=True))\n"
        "time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(b"one\n")
    child.stdin.flush()
    assert child.stdout.readline() == b"one\n"
    assert child.poll() is None
    child.stdin.close()
    assert child.wait(timeout=60) == 0
    child.stdout.close()


def test_rooms_come_in_the_order_of_the_chain() -> None:
    rooms = list(routers_of())
    assert rooms == [room for room in CHAIN if room in rooms]


def test_the_types_of_the_front_end_are_those_of_the_server() -> None:
    spec = importlib.util.spec_from_file_location("api_types", ROOT / "tools" / "api_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = module.TYPES.read_text(encoding="utf-8")
    assert module.types_text() == written, "run `python tools/api_types.py`"
