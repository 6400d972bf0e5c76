"""What stands below the picture of trade."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from karvan.report.figures import _trade_foot


def test_the_range_has_the_unit_of_its_figure():
    """Less than a million is said in dollars, and so are its ends."""
    found = SimpleNamespace(
        sensitivity=pd.DataFrame({"equivalent_variation_musd": [-0.81, -0.822, -0.789]}),
        world={"equivalent_variation_musd": -0.81},
        compared_with="scenario open",
        theta=4.0,
    )
    assert _trade_foot(found) == (
        "Against scenario open; elasticity of trade 4. All economies a year: "
        "USD \u2212810,000 (\u2212822,000 to \u2212789,000 at other elasticities)."
    )
