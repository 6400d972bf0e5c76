"""Gravity estimates that others have published, and another program on the same data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import karvan

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "trade" / "verify"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the published panels are not at {DATA}")
GUIDE = {
    "value": "trade",
    "regressors": ["lndist", "contiguity", "common_language", "pta", "international"],
    "fixed": ["exporter", "importer"],
}
PANEL = {
    "value": "trade",
    "regressors": ["eu_enlargement", "other_fta"],
    "fixed": ["exporter^year", "importer^year", "exporter^importer"],
    "where": ["exporter!=importer"],
}


@needs_data
@pytest.mark.parametrize("engine", ["karvan", "pyfixest"])
def test_the_sample_of_the_advanced_guide(engine):
    """Stata's estimates as published with gegravity, and its error of distance; 900 observations of 30 countries in 2006."""
    found = karvan.estimate(DATA / "gegravity_sample_2006.csv", **GUIDE, engine=engine)
    published = [-0.3898623, 0.891577, 0.0326249, 0.4711383, -3.412584]
    # printed to seven digits: half a unit of the last
    assert list(found.table["estimate"]) == pytest.approx(published, abs=5e-7)
    assert found.table["std_error"][0] == pytest.approx(0.0730, abs=5e-5)
    assert found.observations == 900


@needs_data
@pytest.mark.parametrize("engine", ["karvan", "pyfixest"])
def test_the_enlargement_panel(engine):
    """Stata's ge_gravity: 0.22424901 for the enlargement, with exporter-year, importer-year and pair effects."""
    found = karvan.estimate(DATA / "wiod44_trade_2000_2014_musd.csv", **PANEL, engine=engine)
    assert found.table["estimate"][0] == pytest.approx(0.22424901, abs=5e-7)
    assert found.table["estimate"][1] == pytest.approx(-0.036505, abs=5e-7)
    assert found.observations == 7568


@needs_data
def test_pyfixest_and_we_agree_to_many_digits():
    ours, theirs = (
        karvan.estimate(DATA / "wiod44_trade_2000_2014_musd.csv", **PANEL, engine=engine)
        for engine in ("karvan", "pyfixest")
    )
    assert np.abs(ours.table["estimate"] - theirs.table["estimate"]).max() < 1e-8
    assert np.abs(ours.table["std_error"] / theirs.table["std_error"] - 1).max() < 1e-6


@needs_data
@pytest.mark.parametrize(
    ("cluster", "vcov"),
    [([], "hetero"), (["exporter"], {"CRV1": "exporter"}), (["exporter", "importer"], {"CRV1": "exporter+importer"})],
    ids=["robust", "one way", "two ways"],
)
@pytest.mark.filterwarnings("ignore")  # pyfixest's own
def test_errors_are_those_of_pyfixest_with_its_factor(cluster, vcov):
    from pyfixest import fepois

    data = pd.read_csv(DATA / "gegravity_sample_2006.csv")
    theirs = fepois(
        f"trade ~ {' + '.join(GUIDE['regressors'])} | exporter + importer", data=data, vcov=vcov, iwls_tol=1e-12
    )
    ours = karvan.estimate(data, **GUIDE, cluster=cluster, correction="fixest")
    if cluster:
        # its count of nested levels differs from that of fixest, which it follows: see docs/methods/trade.md
        theirs = fepois(
            f"trade ~ {' + '.join(GUIDE['regressors'])} | exporter + importer", data=data, vcov=vcov, iwls_tol=1e-12,
            ssc={"k_adj": False, "k_fixef": "none", "G_adj": True, "G_df": "min"},
        )  # fmt: skip
        ours = karvan.estimate(data, **GUIDE, cluster=cluster, correction="stata")
    assert ours.table["std_error"].to_numpy() == pytest.approx(
        theirs.se().to_numpy(), rel=1e-5
    )  # its effects leave to 1e-6


def sample(seed=0, sparse=0.3):
    """A made-up panel with zeros, three sets of effects, and singletons and empty levels among them."""
    rng = np.random.default_rng(seed)
    rows = [(i, j, t) for i in range(9) for j in range(9) for t in range(4) if i != j]
    data = pd.DataFrame(rows, columns=["i", "j", "t"]).sample(frac=0.8, random_state=seed)
    data["x1"], data["x2"] = rng.normal(size=(2, len(data)))
    effects = rng.normal(size=(3, 9))
    mean = np.exp(
        0.5 * data["x1"]
        - 0.3 * data["x2"]
        + effects[0][data["i"]]
        + effects[1][data["j"]]
        + 0.2 * effects[2][data["t"]]
    )
    data["y"] = rng.poisson(mean) * (rng.uniform(size=len(data)) > sparse)
    return data


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.filterwarnings("ignore")  # pyfixest's own
def test_made_up_panels_with_zeros(seed):
    from pyfixest import fepois

    data = sample(seed)
    ours = karvan.estimate(data, value="y", regressors=["x1", "x2"], fixed=["i^t", "j^t"], separation="fixed")
    theirs = fepois("y ~ x1 + x2 | i^t + j^t", data=data, vcov="hetero", iwls_tol=1e-12, separation_check=["fe"])
    assert ours.table["estimate"].to_numpy() == pytest.approx(theirs.coef().to_numpy(), abs=1e-6)
