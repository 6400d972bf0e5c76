"""Writing files and folders so that a reader sees all of them or nothing.

Everything goes to a temporary name beside the target and is renamed when it is complete; what a killed run leaves behind
starts with a dot and ends with ``.partial`` and is never read.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from karvan.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

PARTIAL = ".partial"
#: What reading an archive of arrays (.npz) raises where a disk has lost or changed a part of it.
UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile, zlib.error)


def write_file(path: str | Path, content: str | bytes) -> Path:
    """Write a file, all of it or nothing.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    target = Path(path).expanduser()
    data = content.encode() if isinstance(content, str) else content
    draft = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            message = f"{target} is a folder. Name a file."
            raise OutputError(message)
        with draft.open("wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise _cannot(target, error) from error
    return target


def write_folder(
    path: str | Path, fill: Callable[[Path], None], *, marker: str, leftovers: frozenset[str] = frozenset()
) -> Path:
    """Make a folder with everything that `fill` puts into it, or nothing.

    Parameters
    ----------
    path
        Folder to make. One that holds `marker` is a former result and is replaced; so is an empty one.
    fill
        Writes the contents into the draft folder that it is given.
    marker
        File whose presence tells a complete result.
    leftovers
        Names that a half-written result may hold: a folder with nothing else in it is replaced too.

    Raises
    ------
    OutputError
        It cannot be written, or the folder holds something that is no former result.
    """
    target = Path(path).expanduser()
    if target.name in ("", ".."):
        target = target.resolve()
    if target.exists() and not target.is_dir():
        message = f"{target} is a file. Name a folder."
        raise OutputError(message)
    if target.is_dir() and not (target / marker).is_file() and {item.name for item in target.iterdir()} - leftovers:
        message = f"{target} holds something else (no {marker}). Name another folder, or empty this one."
        raise OutputError(message)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=PARTIAL, dir=target.parent))
    except OSError as error:
        raise _cannot(target, error) from error
    try:
        fill(draft)
        draft.chmod(0o755)
        _settle(draft)
        _swap(draft, target, marker)
    except OSError as error:
        raise _cannot(target, error) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _settle(draft: Path) -> None:
    """Have the system write every file to the disk before the folder gets its name."""
    for path in sorted(draft.rglob("*")):
        if path.is_file():
            with path.open("rb") as handle:
                os.fsync(handle.fileno())


def _swap(draft: Path, target: Path, marker: str) -> None:
    if not target.exists():
        draft.rename(target)
        return
    if not any(target.iterdir()):
        _move_in(draft, target, marker)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", suffix=PARTIAL, dir=target.parent))
    try:
        target.rename(old / "was")
        draft.rename(target)
    except OSError:
        if not target.exists() and (old / "was").exists():
            (old / "was").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _move_in(draft: Path, target: Path, marker: str) -> None:
    """Fill an empty folder, which may be the one that somebody stands in; what tells that it is complete comes last."""
    names = [path.name for path in draft.iterdir()]
    try:
        for name in sorted(names, key=lambda name: (name == marker, name)):
            (draft / name).rename(target / name)
    except OSError:
        for name in names:
            with contextlib.suppress(OSError):
                (target / name).rename(draft / name)
        raise


def make_folder(folder: Path) -> None:
    """Make a folder that files are to be kept in, where it is not there.

    Raises
    ------
    OutputError
        It cannot be made, or is no folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot(folder, error) from None


def _cannot(target: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"{target} cannot be written: {reason}. Choose another place, or free this one.")
