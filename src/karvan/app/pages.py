"""The compiled front end, where it lies and how to get it."""

from __future__ import annotations

import mimetypes
from pathlib import Path

STATIC = Path(__file__).resolve().parent / "static"
PAGE = "index.html"
#: Folder of the compiled files; their names carry a hash.
ASSETS = "assets"
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
