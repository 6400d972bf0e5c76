"""Write web/src/format/samples.json: what charts/words.py makes of some figures, for the front end to be held to.

A test holds the file to it.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "web" / "src" / "format" / "samples.json"
SEED, DRAWN = 1, 60


def samples() -> dict[str, list[Any]]:
    """Return figures with what is said of them: ties, ends of units and drawn ones."""
    from karvan.charts import words  # noqa: PLC0415 - heavy

    chance = random.Random(SEED)  # noqa: S311 - samples, no secret
    drawn = [chance.choice((-1, 1)) * 10 ** chance.uniform(-4, 11) for _ in range(DRAWN)]
    figures = [
        0.0,
        0.25,
        1.005,
        1.015,
        12.35,
        12.45,
        99.95,
        999.5,
        1000.0,
        1234.5,
        2690.4,
        999_500.0,
        1e6,
        2e9,
        -0.25,
        -1234.0,
        *drawn,
    ]
    hours = [0.0, 4.2, 9.96, 31.0, 47.9, 48.0, 225.6, 371.9, 2400.0, 2399.0, *[abs(value) % 3000 for value in drawn]]
    shares = [0.0, 0.0004, 0.056, 0.0995, 0.42, 0.57, 0.994, 0.995, 0.9999, 1.0, -0.0004, -0.3]
    spreads = [(371.9, 314.2, 436.9), (31.0, 20.2, 44.4), (47.9, 30.0, 70.0), (2500.0, 2000.0, 3100.0)]
    names = [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    return {
        "number": [[value, words.number(value)] for value in figures],
        "days": [[value, words.days(value)] for value in hours],
        "usd": [[value, words.usd(value)] for value in figures],
        "percent": [[value, words.percent(value)] for value in shares],
        "spread": [[*span, words.spread(*span)] for span in spreads],
        "when": [[text, words.when(text)] for text in ("2026", "2026-03", "2026-11-24")],
        "listed": [[part, words.listed(part)] for part in names],
    }


def main() -> None:
    """Write the file."""
    SAMPLES.write_text(json.dumps(samples(), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
