"""Readiness: how far a project has come, read from what its row reports.

Seven criteria: feasibility, approval, land, finance, legal basis, safeguards, security. The row's stage, funders and
conditions, and of
land its note, are read for the words below; each criterion is met (1), under way (one half), missing (0), or not reported.
The readiness of a project
is the mean of those reported, and how many these are stands beside it: it says what was reported, not what is true.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from karvan.case import Case

#: Words by criterion: for what is met, under way, and missing. The first that is found counts, from missing to met.
WORDS: dict[str, tuple[str, str, str]] = {
    "feasibility": (
        r"feasibility (study )?(is |was )?(done|complete|completed|concluded|shared)|design (finished|done)|under construction",
        r"feasibility|survey|fieldwork|design|pc-i", r"no pc-i|\bidea\b|\bconcept\b|not announced",
    ),
    "approval": (
        r"approved|cleared|vetted|ratified|contract awarded|ready to fund|under construction|ground broken",
        r"processing|agreed|\bmou\b|framework|signed|attached to|planned|programme",
        r"rejected|superseded|dropped|not yet|unfunded|\bidea\b|\bconcept\b|not announced",
    ),
    "land": (r"land (was |is )?(bought|acquired|handed over)", r"land acquisition (begun|starting)|of land handed", r"\bland\b"),
    "finance": (
        r"\d+ ?%|(usd|eur) ?\d", r"[a-z]{2,}", r"none identified|unfunded|no funding|no funds|not concluded|donors being sought",
    ),
    "legal": (r"agreement signed|ratified|treaty|agreements vetted", r"agreement|framework|\bmou\b|protocol",
    r"recognition|sanctions|consent"),
    "safeguards": (r"safeguards? (cleared|approved)|due diligence done", r"due diligence|safeguard|environmental", r"$^"),
    "security": (r"security clear(ed|ance given)", r"$^", r"security|hostilities|\bwar\b"),
}  # fmt: skip
#: Columns read by criterion; a condition that names one says that it is missing still.
COLUMNS = {"finance": ("funders", "stage"), "land": ("stage", "note")}
DEFAULT_COLUMNS = ("stage",)
#: What has come of the finance of a project, the firmest first; the first two are met.
STATUSES = ("agreed", "approved", "offered", "sought")
MET, UNDER_WAY, MISSING = 1.0, 0.5, 0.0


@dataclass(frozen=True)
class Readiness:
    """How far a project has come.

    Attributes
    ----------
    score
        Mean of the criteria reported, from 0 to 1; NaN where none is.
    criteria
        1, one half or 0 by criterion; None where nothing is reported.
    words
        The words that say so.
    """

    score: float
    criteria: Mapping[str, float | None]
    words: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the readiness as JSON can hold it."""
        known = [value for value in self.criteria.values() if value is not None]
        return {
            "score": self.score,
            "reported": len(known),
            "criteria": [
                {"criterion": name, "level": level, "words": self.words.get(name, "")}
                for name, level in self.criteria.items()
            ],
        }


def read_readiness(case: Case, project: str) -> Readiness:
    """Return the readiness of a project from its row of project.csv, and of its finance from finance.csv where that has rows."""
    row = case.rows("project")[project]
    criteria: dict[str, float | None] = {}
    words: dict[str, str] = {}
    for name, (met, way, missing) in WORDS.items():
        text = " ".join(str(row[column]) for column in COLUMNS.get(name, DEFAULT_COLUMNS)).casefold()
        conditions = str(row["conditions"]).casefold()
        tries = [(text + " " + conditions, missing, MISSING), (text, met, MET), (text, way, UNDER_WAY)]
        if name == "land":  # a bare word of land in a condition is one still to be had
            tries = [(text, met, MET), (text, way, UNDER_WAY), (conditions, missing, MISSING)]
        for where, pattern, value in tries:
            found = re.search(pattern, where)
            if found and found.group():
                criteria[name], words[name] = value, found.group()
                break
        else:
            criteria[name] = None
    firmest = min((STATUSES.index(item["status"]) for item in case.rows("finance").values() if item["project_id"] == project
                   and item["status"] in STATUSES), default=None)  # fmt: skip
    if firmest is not None:
        criteria["finance"] = MET if firmest <= STATUSES.index("approved") else UNDER_WAY
        words["finance"] = STATUSES[firmest]
    known = [value for value in criteria.values() if value is not None]
    return Readiness(math.fsum(known) / len(known) if known else math.nan, criteria, words)
