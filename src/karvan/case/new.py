"""Starting a corridor from the textbook case."""

from __future__ import annotations

import shutil
from pathlib import Path

from karvan.case.atomic import write_folder
from karvan.case.config import CONFIG_FILE
from karvan.case.reading import bundled_cases
from karvan.errors import RequestError


def new_case(folder: str | Path) -> Path:
    """Copy the textbook case to a new folder, all of it or nothing.

    Parameters
    ----------
    folder
        Folder to make; it must not exist, or be empty.

    Returns
    -------
    The folder.

    Raises
    ------
    RequestError
        The folder holds something already, or its name cannot name a case.
    OutputError
        It cannot be written.
    """
    target = Path(folder).expanduser()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        message = f"{target} is there already. Name a folder that does not exist, or an empty one."
        raise RequestError(message)
    name = _case_name(target)

    def fill(draft: Path) -> None:
        shutil.copytree(bundled_cases()["textbook"], draft, copy_function=shutil.copyfile, dirs_exist_ok=True)
        config = draft / CONFIG_FILE
        text = config.read_text(encoding="utf-8").replace('id = "textbook"', f'id = "{name}"')
        config.write_text(text, encoding="utf-8")

    return write_folder(target, fill, marker=CONFIG_FILE)


def _case_name(target: Path) -> str:
    name = "".join(
        char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in target.resolve().name
    )
    name = name.lstrip("_-")
    if not name:
        message = f"{target} does not give the case a name. Name the folder with letters from a to z or digits."
        raise RequestError(message)
    return name
