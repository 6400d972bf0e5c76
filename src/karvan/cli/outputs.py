"""Files that a command is to write: refused, where they cannot be, before it works for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def check_outputs(
    *, workbook: Path | None = None, page: Path | None = None, figures: tuple[Path | None, ...] = ()
) -> None:
    """Refuse what the name of a file tells: another kind of file, a folder, and one file for two answers.

    Raises
    ------
    OutputError
        A file is a folder.
    RequestError
        A suffix is not that of its kind, or two answers would go to one file.
    """
    from karvan.charts.svg import check_suffix
    from karvan.errors import OutputError, RequestError

    for what, path, wanted in (("workbook", workbook, ".xlsx"), ("page", page, ".html")):
        if path is not None and path.suffix.lower() != wanted:
            message = f"A {what} cannot be written as {path.suffix or 'a file without suffix'!r}. Choose {wanted}."
            raise RequestError(message)
    drawn = [path for path in figures if path is not None]
    for path in drawn:
        check_suffix(path.suffix)
    asked = [path.expanduser() for path in (workbook, page, *drawn) if path is not None]
    for path in asked:
        if path.is_dir():
            message = f"{path} is a folder. Name a file."
            raise OutputError(message)
    if len({path.resolve() for path in asked}) < len(asked):
        message = "Two pictures cannot be written to one file: the second would replace the first. Name another."
        raise RequestError(message)
