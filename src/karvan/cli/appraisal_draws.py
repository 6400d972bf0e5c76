"""The draws of ``karvan appraisal PROJECT... --draws N``: how sure the value of a project is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from karvan.cli.options import console, progress_bar, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from karvan.appraisal import Appraisal, OutcomeStore, Uncertainty
    from karvan.case import Case

#: Drivers that a summary shows.
SHOWN = 8


@dataclass(frozen=True)
class DrawsAsked:
    """The options of draws: how many, or none, and the arguments of :func:`karvan.how_sure` that go with them."""

    draws: int | None
    seed: int
    exact: bool
    solves: int | None
    checks: int | None
    workers: int


def check_request(asked: DrawsAsked, s_curve: Path | None, projects: Sequence[Sequence[str]]) -> None:
    """Refuse, before anything is solved, options of draws without draws, none of them, and a picture of more than one project.

    Raises
    ------
    InputError
        There are no draws, or the seed is none.
    RequestError
        The options do not go together, or nobody works.
    """
    from karvan.appraisal.uncertain import draw_faults
    from karvan.errors import InputError, RequestError

    draws, exact, solves, checks = asked.draws, asked.exact, asked.solves, asked.checks
    told = (asked.seed != 1, exact, solves is not None, checks is not None, s_curve is not None)
    if draws is None and any(told):
        message = "--seed, --exact, --solves, --checks and --s-curve are of draws. Say how many: --draws 10000."
        raise RequestError(message)
    if draws is not None and (faults := draw_faults(draws, asked.seed, checks)):
        raise InputError(faults, what="Uncertainty")
    if asked.workers < 1:
        message = f"{asked.workers} workers cannot work. Name 1 or more."
        raise RequestError(message)
    if exact and solves is not None:
        message = "--exact solves every draw in full, without an emulator. Leave out --solves."
        raise RequestError(message)
    if checks is not None and (exact or solves == 0):
        message = f"{'--exact' if exact else '--solves 0'} has no emulator that could be held against solves. Leave out --checks."
        raise RequestError(message)
    if s_curve is not None and len(projects) != 1:
        message = "A picture is of one project or set. Name one, or several with --together."
        raise RequestError(message)


def draw_projects(
    case: Case, found: Sequence[Appraisal], setting: dict[str, Any], asked: DrawsAsked, store: OutcomeStore
) -> tuple[Uncertainty | None, ...]:
    """Return the draws of each project or set, None for each without draws or without a value."""
    if asked.draws is None:
        return (None,) * len(found)
    return tuple(_draw(case, one, setting | asdict(asked), store) for one in found)


def _draw(case: Case, found: Appraisal, asked: dict[str, Any], store: OutcomeStore) -> Uncertainty | None:
    """Return the draws of a project or set, with progress on stderr; None where it is not valued."""
    from karvan.appraisal import how_sure

    if not found.valued:
        say(f"Note: {'+'.join(found.asked)} is not valued: there is nothing to draw.")
        return None
    with progress_bar() as progress:
        task = progress.add_task("full solves", total=None)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        return how_sure(case, found.asked, progress=tell, store=store, **asked)


def write_s_curve(found: Uncertainty | None, path: Path | None) -> None:
    """Write how likely each value is as a picture, where a file is named.

    Raises
    ------
    RequestError
        Nothing was drawn.
    """
    if path is None:
        return
    from karvan.case.atomic import write_file
    from karvan.charts import words
    from karvan.charts.s_curve import draw_s_curve
    from karvan.charts.svg import figure_bytes
    from karvan.errors import RequestError

    if found is None:
        message = "Nothing was drawn: the project is not valued. Choose another project."
        raise RequestError(message)
    names = " + ".join(name.partition("@")[0] for name in found.projects)
    figure = draw_s_curve(
        found.values.tolist(), unit="USD m", title=f"{names}: ENPV over {words.count(found.draws, 'draw')}"
    )
    say(f"S-curve written to {write_file(path, figure_bytes(figure, path.suffix))}")


def show_draws(found: Uncertainty, name: str) -> None:
    """Show how sure the value is, and what that hangs on."""
    from rich.table import Table

    from karvan.charts import words
    from karvan.report.draws import left_out_of, solved_of

    out, spread = console(), found.distribution
    out.print(
        f"\nIn {words.count(found.draws, 'draw')} (seed {found.seed}) its value to {name} is "
        f"{words.musd(spread.p50)} in the middle, {words.musd(spread.p10_low)} to {words.musd(spread.p90_high)} "
        "eight times in ten.",
        style="bold",
    )
    out.print(
        f"Chance of a loss: {words.percent(spread.p_negative)}; of a return under {words.rate(found.hurdle)}: "
        f"{words.percent(found.p_below_hurdle)}. Mean of the worst tenth: {words.musd(spread.cvar)}."
    )
    if found.left_out:
        out.print(left_out_of(found.left_out))
    if found.check is not None and found.check.error_share is not None:
        out.print(solved_of(found.check))
    table = Table(box=None, pad_edge=False)
    for heading in ("driver", "ENPV at its P10", "at its P90", "share of the variance", "range from"):
        table.add_column(heading, justify="left" if heading in ("driver", "range from") else "right")
    for one in found.drivers[:SHOWN]:
        share = "-" if one.total_order is None else words.percent(max(one.total_order, 0.0))
        basis = f"{one.basis}{' (assumed)' if one.assumed else ''}"
        table.add_row(one.label, words.number(one.at_low_musd, digits=4), words.number(one.at_high_musd, digits=4), share,
                      words.shortened(basis, 60))  # fmt: skip
    out.print(table)
    for note in found.notes:
        say(f"Note: {note}.")
