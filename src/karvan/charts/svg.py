"""From a figure to bytes: SVG that is the same on every run and stands well in a page, PNG and PDF.

Text stays text, in the reader's own system font; no date and no random number enters the file. For a page, identifiers carry
a prefix, so that several figures share it without clashing, and every colour of the palette becomes a custom property
(``var(--lapis, #1f4e8c)``), so that the page's style sheet decides between light and dark.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from karvan.charts.palette import LIGHT
from karvan.errors import RequestError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Kinds of files that a figure can become.
SUFFIXES = (".svg", ".png", ".pdf")
#: Any fixed text: it makes the identifiers the same on every run.
_HASH_SALT = "karvan"
_PNG_DPI = 200
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

#: Mark (``gid``) of texts that stand on lines and are edged with the ground.
HALO = "halo"
_HALO_PT = 2.0

#: Settings of every figure, given to matplotlib for the time of drawing and writing only.
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": _HASH_SALT,
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": LIGHT.ink,
    "axes.edgecolor": LIGHT.stone,
    "axes.labelcolor": LIGHT.stone_ink,
    "axes.unicode_minus": True,
    "axes.linewidth": 0.8,
    "xtick.color": LIGHT.stone_ink,
    "ytick.color": LIGHT.stone_ink,
    "figure.facecolor": LIGHT.paper,
    "axes.facecolor": LIGHT.paper,
    "savefig.facecolor": LIGHT.paper,
    "path.simplify": False,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "hatch.linewidth": 0.6,
}


def check_suffix(suffix: str) -> str:
    """Return the suffix of a figure's file in small letters.

    Raises
    ------
    RequestError
        It is none that a figure can be written as.
    """
    kind = suffix.lower()
    if kind not in SUFFIXES:
        message = f"A figure cannot be written as {suffix or 'a file without suffix'!r}. Choose {', '.join(SUFFIXES)}."
        raise RequestError(message)
    return kind


def figure_bytes(figure: Figure, suffix: str) -> bytes:
    """Return a figure as the bytes of a file.

    Parameters
    ----------
    figure
        The figure.
    suffix
        ``.svg``, ``.png`` or ``.pdf``.

    Raises
    ------
    RequestError
        The suffix is another.
    """
    kind = check_suffix(suffix)
    if kind == ".svg":
        return figure_svg(figure).encode()
    return _saved(figure, kind.removeprefix("."))


def figure_svg(figure: Figure) -> str:
    """Return a figure as an SVG file."""
    return _as_text(_saved(figure, "svg").decode(), _ground(figure))


def inline_svg(figure: Figure, *, prefix: str, label: str) -> str:
    """Return a figure as an ``svg`` element for a page.

    Parameters
    ----------
    figure
        The figure.
    prefix
        What its identifiers begin with; one per figure of the page.
    label
        What the figure shows, for those who cannot see it.
    """
    text = _as_text(_saved(figure, "svg").decode(), _ground(figure))
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{prefix}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{prefix}-", text)
    for name, color in LIGHT.names().items():
        text = re.sub(rf"(?i){color}\b", f"var(--{name.replace('_', '-')}, {color})", text)
    head = re.match(r"<svg[^>]*>", text)
    assert head is not None  # noqa: S101 - matplotlib writes one
    view = re.search(r'viewBox="([^"]*)"', head.group(0))
    assert view is not None  # noqa: S101 - as above
    opening = (
        f'<svg viewBox="{view.group(1)}" role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg">'
    )
    # xlink is deprecated and needs a declaration of its own; every browser knows the plain attribute
    return (opening + text[head.end() :]).replace("xlink:href", "href").strip()


def _saved(figure: Figure, kind: str) -> bytes:
    from matplotlib import rc_context  # noqa: PLC0415 - heavy
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - heavy

    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    edged = [] if kind == "svg" else figure.findobj(lambda artist: artist.get_gid() == HALO)
    for artist in edged:
        artist.set_path_effects([withStroke(linewidth=_HALO_PT, foreground=figure.get_facecolor())])
    with rc_context(STYLE):
        figure.savefig(buffer, format=kind, metadata=metadata, dpi=_PNG_DPI, facecolor=figure.get_facecolor())
    for artist in edged:
        artist.set_path_effects([])
    return buffer.getvalue()


def _as_text(text: str, ground: str) -> str:
    """Give texts the readers' own fonts, which run no wider than the one measured with, and edge those that ask for it.

    matplotlib would draw edged text as outlines, which no one can select, search or read aloud.
    """
    edge = f"paint-order: stroke; stroke: {ground}; stroke-width: {_HALO_PT}; stroke-linejoin: round"
    text = text.replace(f'<g id="{HALO}">', f'<g style="{edge}">')
    return text.replace("'DejaVu Sans'", _FONTS)


def _ground(figure: Figure) -> str:
    from matplotlib.colors import to_hex  # noqa: PLC0415 - heavy

    return to_hex(figure.get_facecolor())
