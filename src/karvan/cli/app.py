"""The application: its commands, and what becomes of an error.

Data goes to stdout, talk and progress to stderr. Exit codes: 0 done, 1 the case or the request is wrong, 2 wrong usage, 3 a
failed audit or a bug. On an error stdout stays empty.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback

import typer

from karvan.cli import (
    appraisal_commands,
    case_commands,
    case_validate_command,
    demand_command,
    flows_commands,
    futures_command,
    network_commands,
    plan_command,
    portfolio_commands,
    programme_commands,
    quality_command,
    routes_commands,
    serve_command,
    trade_commands,
)
from karvan.errors import AuditError, KarvanError

#: What stands below the lines of an error that nobody foresaw.
BUG = "this is a bug in Karvan; please report it with the lines above."
#: A disk that is full, or that a quota or a limit makes so, or that is broken.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

app = typer.Typer(
    name="karvan",
    help="Find, prove, choose and follow the investments that open a trade corridor between countries.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from karvan.case.provenance import karvan_version

        typer.echo(f"karvan {karvan_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
    ),
) -> None:
    """Hold the options of the program itself."""
    del version  # its callback has seen to it


app.command("plan")(plan_command.plan)
app.command("check")(case_commands.check)
app.command("new")(case_commands.new)
case_commands.case_app.command("demand")(demand_command.demand)
case_commands.case_app.command("validate")(case_validate_command.validate)
app.add_typer(case_commands.case_app, name="case")
case_commands.case_app.command("futures")(futures_command.futures)
case_commands.case_app.command("quality")(quality_command.quality)
app.command("network")(network_commands.network)
app.command("routes")(routes_commands.routes)
app.add_typer(trade_commands.group)
app.add_typer(appraisal_commands.app, name="appraisal")
app.add_typer(flows_commands.app, name="flows")
app.add_typer(portfolio_commands.app, name="portfolio")
app.command("programme")(programme_commands.programme)
app.command("serve")(serve_command.serve)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    try:
        try:
            app(args=arguments)
        finally:
            # what waits to be written would else fail when nobody can say so any more
            sys.stdout.flush()
    except AuditError as error:
        _leave(f"audit failed: {error}. This is a bug in Karvan; please report it.", code=3)
    except KarvanError as error:
        _leave(str(error), code=1)
    except BrokenPipeError:
        # the reader has gone: nothing is left to say, and Python must not try again on its way out
        _give_up_stdout()
    except OSError as error:
        if error.errno not in NO_ROOM:
            traceback.print_exc()
            _leave(BUG, code=3)
        _give_up_stdout()
        _leave(f"the output cannot be written: {error.strerror}. Send it to another place, or free this one.", code=1)
    except Exception:  # noqa: BLE001 - whatever it is, it is a bug, and says so
        traceback.print_exc()
        _leave(BUG, code=3)


def _give_up_stdout() -> None:
    """Send what still waits for stdout nowhere, lest Python tries again on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(message: str, *, code: int) -> None:
    print(f"karvan: {message}", file=sys.stderr)  # noqa: T201 - stderr is where talk goes
    sys.exit(code)
