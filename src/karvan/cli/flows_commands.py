"""``karvan flows``: its verb ``assign`` works on a network of its own; the bare group runs the stage on a case."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer needs it at run time
from typing import TYPE_CHECKING, Annotated

import typer

from karvan.cli.corridor_commands import flows
from karvan.cli.options import JsonOption, console, print_json, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from karvan.flows import Assignment

app = typer.Typer()
app.callback(invoke_without_command=True)(flows)

#: Columns of a select-link table on the screen: the largest users.
SHOWN_USERS = 10


@app.command("assign")
def assign(
    net: Annotated[Path, typer.Option("--net", metavar="FILE", help="Network, in the TNTP format.")],
    trips: Annotated[Path, typer.Option("--trips", metavar="FILE", help="Trips, in the TNTP format or as OMX.")],
    matrix: Annotated[str | None, typer.Option("--matrix", help="Matrix of an OMX file that holds several.")] = None,
    toll_factor: Annotated[float, typer.Option("--toll-factor", help="Time per unit of toll.")] = 0.0,
    distance_factor: Annotated[float, typer.Option("--distance-factor", help="Time per unit of length.")] = 0.0,
    system_optimum: Annotated[
        bool, typer.Option("--system-optimum", help="Least total cost, not equilibrium.")
    ] = False,
    gap: Annotated[float, typer.Option("--gap", help="Relative gap to stop at.")] = 1e-6,
    max_iterations: Annotated[int, typer.Option("--max-iterations", help="Rounds of trees, at most.")] = 1000,
    threads: Annotated[int | None, typer.Option("--threads", help="Threads (default: the cores there are).")] = None,
    select_link: Annotated[
        str | None, typer.Option("--select-link", metavar="FROM-TO", help="Show who uses a link, from where to where.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write links as .csv or .parquet, demand and costs as .omx."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Assign trips to a road network, as user equilibrium or system optimum, and audit the result."""
    from karvan.flows.export import check_suffix, read_omx, write_assignment
    from karvan.flows.tntp import read_network, read_trips

    if out is not None:
        check_suffix(out)
    links = read_network(net)
    notes: list[str] = []
    if trips.suffix.lower() == ".omx":
        demand = read_omx(trips, links.zones, matrix=matrix)
    else:
        if matrix is not None:
            message = "--matrix names one of an OMX file; --trips is none."
            raise typer.BadParameter(message)
        demand, notes = read_trips(trips, links.zones)
    make_ready()
    from karvan.flows import assign as run_assign

    result = run_assign(
        links, demand, objective="system_optimum" if system_optimum else "user_equilibrium", gap=gap,
        toll_factor=toll_factor, distance_factor=distance_factor, max_iterations=max_iterations, threads=threads,
        tell=_teller(),
    )  # fmt: skip
    users = _users(result, select_link) if select_link else None
    for note in (*notes, *result.notes):
        say(f"Note: {note.removesuffix('.')}.")
    if out is not None:
        say(f"Written to {write_assignment(result, out)}")
    if json:
        data = result.to_dict()
        data["notes"] = [*notes, *data["notes"]]
        if users is not None:
            data["select_link"] = users
        print_json(data)
    else:
        _show(result, users)


def make_ready() -> None:
    """Load the compiled solver, so that the seconds of a run are its own; compile it first where that is still to do."""
    from karvan.flows.warm import is_compiled, warm_dense

    if not is_compiled():
        say("Compiling the solver; this happens once and takes about half a minute.")
    warm_dense()


def _teller() -> Callable[[int, float], None]:
    def tell(iteration: int, gap: float) -> None:
        say(f"iteration {iteration}: relative gap {gap:.2e}")

    return tell


def _users(result: Assignment, ends: str) -> list[dict[str, object]]:
    """Return who uses the links between two nodes, largest first."""
    from karvan.errors import RequestError

    begin, dash, end = ends.partition("-")
    if not dash or not begin.strip() or not end.strip():
        message = f"--select-link: found {ends!r}; expected FROM-TO, such as 10-16."
        raise RequestError(message)
    table = result.select_link(result.rows_of(begin.strip(), end.strip()))
    ordered = table.sort_values("flow", ascending=False, kind="stable")
    return [{str(name): value for name, value in row.items()} for row in ordered.to_dict("records")]


def _show(result: Assignment, users: list[dict[str, object]] | None) -> None:
    from rich.table import Table

    out = console()
    what = "System optimum" if result.kind == "system_optimum" else "User equilibrium"
    links = result.links
    out.print(
        f"{what} on {links.name}: {links.zones} zones, {len(links.nodes)} nodes, {len(links)} links", style="bold"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    rows = (
        ("objective", f"{result.objective:.12g}"), ("total cost (tstt)", f"{result.tstt:.12g}"),
        ("relative gap", f"{result.relative_gap:.3g}"), ("iterations", str(result.iterations)),
        ("seconds", f"{result.seconds:.3g}"), ("vehicle equivalents served", f"{result.audit.served:.12g}"),
    )  # fmt: skip
    for row in rows:
        table.add_row(*row)
    out.print(table)
    out.print(
        "Audited: demand served, flow conserved at every node, no negative flow, gap found anew with another search."
    )
    if users is not None:
        out.print(f"\nUsers of the link, {len(users)} pairs, largest first:")
        for user in users[:SHOWN_USERS]:
            out.print(f"  {user['origin']} to {user['destination']}: {user['flow']:.6g} vehicles")
