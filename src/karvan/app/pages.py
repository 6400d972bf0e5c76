"""The compiled front end, where it lies and how to get it."""

from __future__ import annotations

import json
import mimetypes
from functools import lru_cache
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
PAGE = "index.html"
#: Folder of the compiled files; their names carry a hash.
ASSETS = "assets"
#: What the build says about its files.
MANIFEST = "manifest.json"
#: What the pages ask of the server whatever their screen.
ASKED_FIRST = ("/api", "/api/case")
#: What `karvan serve` says where the pages are missing.
NOT_BUILT = (
    "The pages of the app are not in this installation: it was made with KARVAN_WEB=skip, or without the network that building "
    "them needs. In a clone, run `make web`. Elsewhere, install Karvan again with KARVAN_WEB=require: it builds them, or says "
    "what stands in the way. All other commands work without them."
)

# Windows may have other ideas of these
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("application/json", ".json")


def is_built() -> bool:
    """Whether the front end is in this installation."""
    return (STATIC / PAGE).is_file()


def page_file(path: str) -> tuple[Path | None, bool]:
    """Return the file that an address means, and whether it may be kept for ever; the page itself for any screen."""
    if not is_built():
        return None, False
    wanted = (STATIC / path).resolve()
    if path and wanted.is_relative_to(STATIC) and wanted.is_file():
        return wanted, wanted.is_relative_to(STATIC / ASSETS)
    return STATIC / PAGE, False


def media_type(file: Path) -> str:
    """Return what kind of file it is, as a browser wants to hear it."""
    return mimetypes.guess_type(file.name)[0] or "application/octet-stream"


def content_of(file: Path, *, zipped: bool) -> tuple[bytes, bool]:
    """Return what is in a file, and whether it is zipped: the build writes a zipped twin beside what gains by it."""
    twin = file.with_name(f"{file.name}.gz")
    chosen = twin if zipped and twin.is_file() else file
    about = chosen.stat()
    return _read(chosen, about.st_mtime_ns, about.st_size), chosen is twin


@lru_cache(maxsize=128)
def _read(file: Path, _time_ns: int, _size: int) -> bytes:
    """Return the bytes of a file, read anew where it was written anew."""
    return file.read_bytes()


def preloads(path: str) -> str:
    """Return what a browser may fetch while it reads the page: the code of the screen, the land, and what every page asks.

    It is the value of a Link header.
    """
    room = path.split("/", 1)[0]
    parts = [f"<{address}>; rel=preload; as=fetch; crossorigin" for address in ASKED_FIRST]
    for file in _screen_files(room, STATIC):
        is_code = file.endswith(".js")
        parts.append(f"</{file}>; rel=modulepreload" if is_code else f"</{file}>; rel=preload; as=fetch; crossorigin")
    return ", ".join(parts)


def _screen_files(room: str, static: Path) -> tuple[str, ...]:
    """Return the files that the screen of a room is made of, by the manifest of the build; none where it has none."""
    if not (static / MANIFEST).is_file():
        return ()
    manifest = json.loads(content_of(static / MANIFEST, zipped=False)[0])
    start = f"src/screens/{room}/index.tsx"
    found: dict[str, None] = {}
    waiting = [start] if start in manifest else []
    while waiting:
        chunk = manifest[waiting.pop()]
        if chunk["file"] in found or chunk.get("isEntry"):
            continue
        found[chunk["file"]] = None
        waiting += chunk.get("imports", [])
        found |= dict.fromkeys(name for name in chunk.get("assets", []) if name.endswith(".json"))
    return tuple(found)
