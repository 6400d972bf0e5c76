"""Running the app on loopback: a free port, a browser once it answers, and an end on Ctrl-C."""

from __future__ import annotations

import socket
import threading
import webbrowser
from importlib import import_module
from typing import TYPE_CHECKING

import uvicorn

from karvan.app.pages import NOT_BUILT, is_built
from karvan.app.server import make_app
from karvan.case import open_case
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8017
#: Ports tried from the default on, where none was named.
TRIED_PORTS = 20


def serve(
    case: str | None = None,
    *,
    port: int | None = None,
    browser: bool = True,
    store: Path | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Serve the app until it is stopped.

    Parameters
    ----------
    case
        A folder or the name of a bundled case; None as in :func:`karvan.open_case`.
    port
        Port on loopback; None takes the first free one from 8017 on.
    browser
        Whether to open a browser.
    store
        Where solved years of appraisals are kept between servers; by default they go with this one.
    tell
        Called with what a user should know.

    Raises
    ------
    CaseError
        The case has problems.
    RequestError
        The front end is not built, or the port is taken.
    """
    if not is_built():
        raise RequestError(NOT_BUILT)
    opened = open_case(case)
    listener = listen(port)
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/"
    app = make_app(opened, store)
    app.state.work.start_later()
    # what the first page asks for needs these; they load while the browser does
    threading.Thread(target=import_module, args=("karvan.routes",), daemon=True).start()
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none")
    server = uvicorn.Server(config)
    tell(f"{opened.config.case.name}: {address} (Ctrl-C stops it)")
    if browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        app.state.work.close()
        app.state.runs.close()
        listener.close()


def listen(port: int | None) -> socket.socket:
    """Return a socket that listens on loopback.

    Raises
    ------
    RequestError
        The port is taken, or none of those tried is free.
    """
    tried = [port] if port is not None else [*range(DEFAULT_PORT, DEFAULT_PORT + TRIED_PORTS)]
    for number in tried:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, number))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if port is not None:
                message = f"Port {port} cannot be had ({error.strerror}). Name another one with --port."
                raise RequestError(message) from error
        else:
            return listener
    message = f"No port from {tried[0]} to {tried[-1]} is free. Name one with --port."
    raise RequestError(message)
