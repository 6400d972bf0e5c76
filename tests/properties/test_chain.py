"""Whatever becomes cheaper: trade and flows meet, and nobody pays more than what fuller lines cost."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import karvan

CASE = karvan.open_case("textbook")
CUTS = st.floats(0.5, 1.0)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(rail=CUTS, road=CUTS, gate=CUTS)
def test_cheaper_ways(rail, road, gate):
    changes = [f"service:rail.any:price_usd_per_tkm*={rail}", f"service:road.any:price_usd_per_tkm*={road}"]
    changes += [f"border:ab.{mode}.{way}:time_h*={gate}" for mode in ("rail", "road") for way in ("AAA-BBB", "BBB-AAA")]
    found = karvan.simulate(CASE, changes=changes)
    assert found.audit.residual < 1e-5
    costs = found.costs
    dearer = costs["logsum_usd_per_t"] - costs["logsum_before_usd_per_t"]
    # what a tonne can meet besides its route: every hour of delay and queue, and every price, on the whole network
    fuller = 0.0
    for side, sign in ((found.side, 1), (found.side_before, -1)):
        worst = [
            float(solved.equilibrium.controls.price_usd.sum())
            + float((solved.equilibrium.delay_h.sum() + solved.equilibrium.controls.queue_h.sum())
                    * solved.model.problem.classes.delay_usd.max())
            for solved in side.solved.values()
        ]  # fmt: skip
        fuller += max(worst) if sign > 0 else 0.0
    assert float(dearer.max()) <= fuller + 1e-6
    world = found.trade.world
    assert np.isclose(world["equivalent_variation_musd"], world["rule_of_half_musd"], rtol=0.06, atol=1e-6)
    np.testing.assert_allclose(sum(found.states.values()), 1.0, atol=1e-12)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(theta=st.floats(1.0, 8.0))
def test_more_elastic_trade_moves_more_and_gains_about_as_much(theta):
    one = karvan.simulate(CASE, projects=["N1"], theta=theta)
    two = karvan.simulate(CASE, projects=["N1"], theta=theta * 1.2)
    assert two.trade.world["trade_after_musd"] > one.trade.world["trade_after_musd"]
    gains = [found.trade.world["equivalent_variation_musd"] for found in (one, two)]
    assert np.isclose(*gains, rtol=0.1)
