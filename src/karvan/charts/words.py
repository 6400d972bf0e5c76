"""Figures and dates as people say them: three significant figures, a real minus sign, the unit once.

Everything that shows a figure to a person writes it with these functions, so that the command line, the report and the charts
say the same. What is not known says so.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What stands where a figure is missing.
NOT_KNOWN = "not known"
#: Below this a rate in per cent rounds to -100.00.
_LOSS = -0.99995
MINUS = "\u2212"
EN_DASH = "\u2013"
#: No figure is better known than this, so none is shown with more.
SIGNIFICANT_FIGURES = 3

HOURS_PER_DAY = 24.0
#: Below two days people count in hours.
HOURS_LIMIT = 48.0
#: From here on a tenth of a day says nothing.
WHOLE_DAYS_LIMIT = 100.0

_MILLION, _BILLION = 1e6, 1e9
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def number(value: float, *, digits: int = SIGNIFICANT_FIGURES, decimals: int = 0) -> str:
    """Return a number with a few significant figures and thousands separators, such as ``1,230`` or ``\u22120.25``.

    Parameters
    ----------
    value
        The number; NaN and infinities are not known.
    digits
        Significant figures.
    decimals
        Least decimals, where the significant figures reach that far; further zeros at the end are left out.
    """
    if not math.isfinite(value):
        return NOT_KNOWN
    rounded = _rounded(value, digits)
    if rounded == 0:
        return "0"
    text = f"{abs(rounded):,f}"
    if "." in text:
        whole, _, part = text.partition(".")
        part = part.rstrip("0").ljust(decimals, "0")
        text = f"{whole}.{part}" if part else whole
    elif decimals and abs(rounded) < 10 ** (digits - 1):
        text = f"{text}.{'0' * decimals}"
    return (MINUS if rounded < 0 else "") + text


def _rounded(value: float, digits: int) -> Decimal:
    """Round to significant figures, a half to the even neighbour of what the shortest decimal form says."""
    exact = Decimal(repr(float(value)))
    if exact == 0:
        return Decimal(0)
    place = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return exact.quantize(place, rounding=ROUND_HALF_EVEN)


def _fixed(value: float, decimals: int) -> str:
    """Return a number with just that many decimals and a real minus sign."""
    text = f"{abs(value):,.{decimals}f}"
    negative = value < 0 and any(char in "123456789" for char in text)
    return (MINUS if negative else "") + text


def count(amount: float, noun: str = "", plural: str = "") -> str:
    """Return a whole number with its noun, such as ``1 link`` or ``1,204 links``."""
    if not math.isfinite(amount):
        return NOT_KNOWN
    text = _fixed(float(round(amount)), 0)
    if not noun:
        return text
    return f"{text} {noun if round(amount) == 1 else plural or noun + 's'}"


def hours(value: float) -> str:
    """Return hours, such as ``31 h`` or ``4.2 h``."""
    return _with_unit(number(value), "h")


def _in_hours(mean_h: float) -> bool:
    return abs(mean_h) < HOURS_LIMIT


def _day_figure(value_h: float) -> str:
    value = value_h / HOURS_PER_DAY
    return _fixed(value, 0 if abs(value) >= WHOLE_DAYS_LIMIT else 1)


def days(value_h: float) -> str:
    """Return a duration given in hours: ``31 h`` below 48 h, else ``9.4 days``."""
    if not math.isfinite(value_h):
        return NOT_KNOWN
    if _in_hours(value_h):
        return hours(_whole_hours(value_h))
    return f"{_day_figure(value_h)} days"


def _whole_hours(value_h: float) -> float:
    return float(round(value_h)) if abs(value_h) >= 10 else round(value_h, 1)  # noqa: PLR2004 - below ten a tenth tells


def spread(mean_h: float, p10_h: float, p90_h: float) -> str:
    """Return a duration in hours with its range in the same unit, such as ``9.4 days (7.8\u201312.1)``."""
    if not math.isfinite(mean_h):
        return NOT_KNOWN
    if not (math.isfinite(p10_h) and math.isfinite(p90_h)):
        return f"{days(mean_h)} (range {NOT_KNOWN})"
    say = (lambda value: number(_whole_hours(value))) if _in_hours(mean_h) else _day_figure
    return f"{days(mean_h)} ({between(say(p10_h), say(p90_h))})"


def between(low: str, high: str) -> str:
    """Return two figures as a range: an en dash, or ``to`` where one of them is negative; one where they are the same."""
    if low == high:
        return low
    return f"{low} to {high}" if MINUS in low + high else f"{low}{EN_DASH}{high}"


def usd(value: float) -> str:
    """Return dollars, such as ``USD 3,900``, ``USD 390 m`` or ``USD 2.0 bn``."""
    if not math.isfinite(value):
        return NOT_KNOWN
    size = abs(_rounded(value, SIGNIFICANT_FIGURES))
    if size >= Decimal(_BILLION):
        return f"USD {number(value / _BILLION, decimals=1)} bn"
    if size >= Decimal(_MILLION):
        return f"USD {number(value / _MILLION)} m"
    return f"USD {number(value)}"


def musd(value_musd: float) -> str:
    """Return millions of dollars, as :func:`usd` says them."""
    return usd(value_musd * _MILLION)


def budget(value_musd: float) -> str:
    """Return a budget in millions of dollars, as :func:`usd` says it; ``no limit`` where it is infinite."""
    return "no limit" if math.isinf(value_musd) else musd(value_musd)


def musd_range(value_musd: float, low_musd: float, high_musd: float) -> str:
    """Return a cost in millions of dollars with its range, as far as they are known; ``no cost known`` where nothing is."""
    ends = [end for end in (low_musd, high_musd) if math.isfinite(end)]
    if not math.isfinite(value_musd):
        if not ends:
            return "no cost known"
        if len(ends) == 1:
            return f"{'at least' if math.isfinite(low_musd) else 'at most'} {musd(ends[0])}"
        return _musd_between(low_musd, high_musd)
    if not ends or set(ends) == {value_musd}:
        return musd(value_musd)
    low, high = (end if math.isfinite(end) else value_musd for end in (low_musd, high_musd))
    return f"{musd(value_musd)} ({_musd_between(low, high).removeprefix('USD ')})"


def _musd_between(low: float, high: float) -> str:
    first, last = musd(low), musd(high)
    if first == last:
        return first
    unit = next((unit for unit in (" bn", " m") if first.endswith(unit) and last.endswith(unit)), "")
    return between(first.removesuffix(unit), last.removeprefix("USD "))


def km(value: float) -> str:
    """Return a distance, such as ``647 km``."""
    return _with_unit(number(value), "km")


def kg(value: float) -> str:
    """Return a mass, such as ``84.2 kg``."""
    return _with_unit(number(value), "kg")


def mt(value_mt: float) -> str:
    """Return millions of tonnes, such as ``3 Mt``."""
    return _with_unit(number(value_mt), "Mt")


def percent(share: float) -> str:
    """Return a share of one in per cent, such as ``62 %``; what is not quite all or not quite nothing says so."""
    if not math.isfinite(share):
        return NOT_KNOWN
    value = share * 100
    if 0 < abs(value) < 0.1:  # noqa: PLR2004 - a tenth of a per cent
        return "under 0.1 %" if value > 0 else f"above {MINUS}0.1 %"
    if 99.5 <= value < 100:  # noqa: PLR2004 - would round to all of it
        return "over 99 %"
    return f"{number(value, digits=2) if abs(value) < 10 else _fixed(value, 0)} %"  # noqa: PLR2004 - two figures either way


def rate(share: float) -> str:
    """Return a rate of interest or return, a share of one, in per cent with two decimals, such as ``8.66 %``.

    A rate above -100 % that rounds to it is ``just above -100 %``: at -100 % there would be nothing left.
    """
    if not math.isfinite(share):
        return NOT_KNOWN
    return f"just above {MINUS}100 %" if -1.0 < share < _LOSS else f"{_fixed(share * 100, 2)} %"


def _with_unit(text: str, unit: str) -> str:
    return text if text == NOT_KNOWN else f"{text} {unit}"


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words: ``a``, ``a and b``, ``a, b and c``."""
    items = [str(name) for name in names]
    if len(items) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def when(text: str) -> str:
    """Return a date in ISO form, as precise as it is: ``2026-03-01`` as ``1 March 2026``, ``2026-03`` as ``March 2026``."""
    parts = text.split("-")
    if not text:
        return NOT_KNOWN
    if len(parts) == 1:
        return text
    month = _MONTHS[int(parts[1]) - 1]
    return f"{int(parts[2])} {month} {parts[0]}" if len(parts) > 2 else f"{month} {parts[0]}"  # noqa: PLR2004 - with a day


def shortened(text: str, length: int) -> str:
    """Return a text of at most so many characters, cut between words and ended by an ellipsis where it is longer."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    if " " in head[length // 2 :]:
        head = head.rsplit(" ", 1)[0]
    return head.rstrip(" ,;:(-") + "\u2026"


def country(code: str) -> str:
    """Return the short English name of a country by its ISO 3166 alpha-3 code; the code where it is none we know."""
    return _COUNTRIES.get(code, code)


#: Names as these countries are called in English, those of a corridor across Eurasia and its trading partners.
_COUNTRIES = {
    "AFG": "Afghanistan", "ARE": "United Arab Emirates", "ARM": "Armenia", "AUT": "Austria", "AZE": "Azerbaijan",
    "BGD": "Bangladesh", "BGR": "Bulgaria", "BHR": "Bahrain", "BLR": "Belarus", "BTN": "Bhutan", "CHE": "Switzerland",
    "CHN": "China", "CYP": "Cyprus", "CZE": "Czechia", "DEU": "Germany", "DJI": "Djibouti", "EGY": "Egypt", "ERI": "Eritrea",
    "ESP": "Spain", "EST": "Estonia", "ETH": "Ethiopia", "FIN": "Finland", "FRA": "France", "GBR": "United Kingdom",
    "GEO": "Georgia", "GRC": "Greece", "HKG": "Hong Kong", "HUN": "Hungary", "IDN": "Indonesia", "IND": "India", "IRN": "Iran",
    "IRQ": "Iraq", "ISR": "Israel", "ITA": "Italy", "JOR": "Jordan", "JPN": "Japan", "KAZ": "Kazakhstan", "KEN": "Kenya",
    "KGZ": "Kyrgyzstan", "KHM": "Cambodia", "KOR": "South Korea", "KWT": "Kuwait", "LAO": "Laos", "LBN": "Lebanon",
    "LKA": "Sri Lanka", "LTU": "Lithuania", "LVA": "Latvia", "MDA": "Moldova", "MMR": "Myanmar", "MNG": "Mongolia",
    "MYS": "Malaysia", "NLD": "Netherlands", "NPL": "Nepal", "OMN": "Oman", "PAK": "Pakistan", "PHL": "Philippines",
    "POL": "Poland", "QAT": "Qatar", "ROU": "Romania", "RUS": "Russia", "RWA": "Rwanda", "SAU": "Saudi Arabia",
    "SDN": "Sudan", "SGP": "Singapore", "SOM": "Somalia", "SRB": "Serbia", "SYR": "Syria", "THA": "Thailand",
    "TJK": "Tajikistan", "TKM": "Turkmenistan", "TUR": "T\u00fcrkiye", "TWN": "Taiwan", "TZA": "Tanzania", "UGA": "Uganda",
    "UKR": "Ukraine", "USA": "United States", "UZB": "Uzbekistan", "VNM": "Vietnam", "YEM": "Yemen", "ZMB": "Zambia",
}  # fmt: skip
