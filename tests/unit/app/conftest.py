"""The app over HTTP, as a browser meets it: a server of the textbook case in this very process."""

from __future__ import annotations

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import uvicorn

from karvan.app.server import make_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from karvan.case import Case


class Reply(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks a server on loopback."""

    def __init__(self, app: Any, port: int) -> None:
        self.app = app
        self.port = port

    def __call__(self, address: str, *, method: str = "GET", **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{address}", method=method, headers=named)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Reply(
                    answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
                )
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, {name.lower(): value for name, value in error.headers.items()}, error.read())


@pytest.fixture(scope="module")
def serve_case() -> Iterator[Callable[[Case], Client]]:
    """Serve a case until the module's tests are over."""
    running: list[tuple[uvicorn.Server, threading.Thread, Any]] = []

    def serve(case: Case) -> Client:
        app = make_app(case)
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread, app))
        while not server.started:
            time.sleep(0.01)
        return Client(app, listener.getsockname()[1])

    yield serve
    for server, thread, app in running:
        app.state.runs.close()
        app.state.work.close()
        server.should_exit = True
        thread.join(timeout=30)


@pytest.fixture(scope="module")
def ask(serve_case: Callable[[Case], Client], textbook: Case) -> Client:
    """Ask the server of the textbook case."""
    return serve_case(textbook)
