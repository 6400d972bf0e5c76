"""``karvan serve``: the web app."""

from __future__ import annotations

import gc
from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import Annotated

import typer

from karvan.cli.options import CaseArgument, say


def serve(
    case: CaseArgument = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Port on this machine (default: the first free one from 8017 on).",
            show_default=False,
        ),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep solved years of appraisals here, and use those that are kept."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the app: the case on screens, with what-if in reach, on this machine alone."""
    # nothing that is read at the start becomes garbage; looking for it would take a tenth of the time
    gc.disable()
    try:
        from karvan.app.serving import serve as run

        run(case, port=port, browser=not no_browser, store=store, tell=say)
    finally:
        gc.enable()
