"""Running the app on loopback: a free port, a browser once it answers, and an end on Ctrl-C."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import sys
import threading
import webbrowser
from typing import TYPE_CHECKING

import uvicorn

from karvan.app.pages import NOT_BUILT, is_built
from karvan.app.server import make_app
from karvan.case import open_case
from karvan.case.atomic import make_folder
from karvan.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8017
#: Ports tried from the default on, where none was named.
TRIED_PORTS = 20
#: Seconds for which a thread keeps the interpreter to itself where another one wants it.
SWITCH_S = 0.0005
#: Seconds that answers which are under way have where the server is told to end.
GRACE_S = 1


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
    OutputError
        The folder of solved years cannot be made.
    """
    if not is_built():
        raise RequestError(NOT_BUILT)
    opened = open_case(case)
    if store is not None:
        make_folder(store.expanduser())
    listener = listen(port)
    address = f"http://{LOOPBACK}:{listener.getsockname()[1]}/"
    app = make_app(opened, store)
    app.state.work.start_when_quiet()
    # what has been read until here stays: no request needs to look through it for garbage
    gc.freeze()
    gc.enable()
    # a thread that works hands over ten times as often as usual: an answer that is soon made does not wait for it
    sys.setswitchinterval(SWITCH_S)
    config = uvicorn.Config(app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=GRACE_S)
    server = uvicorn.Server(config)
    tell(f"{opened.config.case.name}: {address} (Ctrl-C stops it)")
    if browser:
        # while the browser starts
        app.state.ahead.start()
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    # a server that is told to end takes its processes and folders along, as on Ctrl-C
    with contextlib.suppress(ValueError):  # in a thread there are no signals
        signal.signal(signal.SIGTERM, signal.default_int_handler)
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
        # with its protocol named, asyncio sends what is written at once; else a body waits 40 ms for word that its head has come
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
