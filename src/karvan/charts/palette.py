"""The colours of the caravan road, and how each kind of line is drawn; meaning never rests on hue alone.

Every colour of a figure is one of these, so that the same figure can be shown on a dark ground: in a page its colours are
custom properties of the style sheet (:mod:`karvan.charts.svg`), named as the fields here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Palette:
    """Colours as hex strings; those of one palette differ from each other.

    Attributes
    ----------
    lapis, turquoise, saffron, madder, sage
        Rail and what is first; sea and ferry; road and what wants attention; crossing, closure, loss; gain.
    ink, stone, mist, line, paper
        Text and marks; axes and lesser marks; what has stepped back; grids and hairlines; the ground.
    lapis_light, turquoise_light, saffron_light, madder_light
        The same, for what is being built, steps back, or is shaded.
    stone_ink
        Stone dark enough to be read as text.
    """

    lapis: str
    turquoise: str
    saffron: str
    madder: str
    sage: str
    ink: str
    stone: str
    mist: str
    line: str
    paper: str
    lapis_light: str
    turquoise_light: str
    saffron_light: str
    madder_light: str
    stone_ink: str

    def names(self) -> dict[str, str]:
        """Return the colours by name."""
        return asdict(self)


LIGHT = Palette(
    lapis="#1f4e8c", turquoise="#138a8a", saffron="#e0952b", madder="#a8323e", sage="#5b8c5a",
    ink="#1d2530", stone="#8a9099", mist="#c9ccd0", line="#e4e1da", paper="#faf8f4",
    lapis_light="#8ea9cb", turquoise_light="#9accca", saffron_light="#f0cd9b", madder_light="#f1dedd", stone_ink="#636a74",
)  # fmt: skip
DARK = Palette(
    lapis="#7fabe6", turquoise="#4cc2bf", saffron="#efb35c", madder="#ea808a", sage="#93c491",
    ink="#eceae4", stone="#8b929c", mist="#4b5562", line="#333c49", paper="#1d2530",
    lapis_light="#48658f", turquoise_light="#2c6a6c", saffron_light="#77592f", madder_light="#432f38", stone_ink="#a9b0b9",
)  # fmt: skip

#: Broad gauges of the corridor, in mm.
RUSSIAN_GAUGE_MM, STANDARD_GAUGE_MM = 1520, 1435


@dataclass(frozen=True)
class LineStyle:
    """How a line is drawn.

    Attributes
    ----------
    color
        Hex string.
    width_pt
        Width in points.
    dash
        Lengths of dashes and gaps in line widths; empty for a solid line.
    double
        Two thin lines with the ground between them.
    """

    color: str
    width_pt: float
    dash: tuple[float, ...] = ()
    double: bool = False


_DOTTED = (0.6, 1.5)
_LONG_DASH = (5.0, 1.6)


def link_style(palette: Palette, mode: str, gauge_mm: float, status: str, *, lit: bool = False) -> LineStyle:
    """Return how a link is drawn.

    Parameters
    ----------
    palette
        Colours.
    mode
        ``rail``, ``road``, ``sea`` or ``ferry``.
    gauge_mm
        Gauge in mm; anything for what has none.
    status
        ``existing``, ``under_construction`` or ``proposed``.
    lit
        Whether the link is on the route that is shown.
    """
    color, faint = mode_colors(palette, mode)
    width = {"rail": 1.35, "road": 0.7, "ferry": 1.1}.get(mode, 0.8) * (2.2 if lit else 1.0)
    if mode == "road":
        width = 2.4 if lit else width
    if status == "proposed":
        return LineStyle(color, width, _DOTTED)
    shown = faint if status == "under_construction" else color
    if mode != "rail":
        return LineStyle(shown, width)
    if gauge_mm == STANDARD_GAUGE_MM:
        return LineStyle(shown, width * 1.9, double=True)
    return LineStyle(shown, width, _LONG_DASH if gauge_mm == RUSSIAN_GAUGE_MM else ())


def mode_colors(palette: Palette, mode: str) -> tuple[str, str]:
    """Return the colour of a mode and its lighter form."""
    if mode in ("sea", "ferry"):
        return palette.turquoise, palette.turquoise_light
    if mode == "road":
        return palette.saffron, palette.saffron_light
    return palette.lapis, palette.lapis_light
