"""The estimator by hand, what it drops and says, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import karvan
from karvan.errors import AuditError, InputError, RequestError, UnknownNameError
from karvan.trade import gravity_request, ppml
from karvan.trade.audit import audit_estimate


def two_groups():
    """Trade of 1, 3 without and 4, 8 with an agreement: the estimate is the logarithm of the means' ratio, ln 3."""
    return pd.DataFrame({"y": [1.0, 3.0, 4.0, 8.0], "fta": [0, 0, 1, 1], "who": list("abab")})


def test_a_dummy_is_the_logarithm_of_the_ratio_of_means():
    found = karvan.estimate(two_groups(), value="y", regressors=["fta"])
    assert found.table["estimate"][0] == pytest.approx(np.log(3), abs=1e-10)
    assert found.fitted == pytest.approx([2, 2, 6, 6])
    # by hand: scores (y - mu)(x - 6/8), information 16 x 3/4 x 1/4 = 3, meat 2 x 0.75**2 + 8 x 0.25**2
    meat = 2 * 0.75**2 + 8 * 0.25**2
    plain = np.sqrt(meat) / 3
    for correction, factor in {"none": 1, "stata": 4 / 3, "fixest": 4 / 2}.items():
        error = karvan.estimate(two_groups(), value="y", regressors=["fta"], correction=correction).table["std_error"][
            0
        ]
        assert error == pytest.approx(plain * np.sqrt(factor), rel=1e-9)


def test_clusters_by_hand():
    """Clusters a and b: scores -1 x -0.75 + -2 x 0.25 = 0.25 and 1 x -0.75 + 2 x 0.25 = -0.25."""
    found = karvan.estimate(two_groups(), value="y", regressors=["fta"], cluster=["who"])
    assert found.table["std_error"][0] == pytest.approx(np.sqrt(2 * 0.25**2 * 2 / 1) / 3, rel=1e-9)
    assert found.errors == {"kind": "cluster", "cluster": ["who"], "clusters": [2], "correction": "stata"}


def test_without_fixed_effects_there_is_a_constant_and_units_do_not_matter():
    data = two_groups()
    scaled = data.assign(y=1e9 * data["y"], fta=1e6 * data["fta"])
    one, other = (karvan.estimate(table, value="y", regressors=["fta"]) for table in (data, scaled))
    assert other.table["estimate"][0] == pytest.approx(one.table["estimate"][0] / 1e6, rel=1e-9)
    assert other.table["z"][0] == pytest.approx(one.table["z"][0], rel=1e-9)


def test_collinear_regressors_are_named():
    data = two_groups().assign(twice=lambda table: 2 * table["fta"], same=7.0, mine=[0, 1, 0, 1])
    found = karvan.estimate(data, value="y", regressors=["fta", "twice", "same", "mine"], fixed=["who"])
    assert found.collinear == ("twice", "same", "mine")
    assert list(found.table["name"]) == ["fta"]
    with pytest.raises(
        RequestError, match="No regressor says anything of its own: same, mine are explained by the fixed effects"
    ):
        karvan.estimate(data, value="y", regressors=["same", "mine"], fixed=["who"])


def test_what_is_dropped_is_counted():
    """c never trades, d is alone, one row has no value; dropping d's row leaves e alone in its year."""
    rows = [
        ("a", 1, 2, 0),
        ("a", 2, 3, 1),
        ("b", 1, 4, 1),
        ("b", 2, 1, 0),
        ("b", 1, 2, 0),
        ("c", 1, 0, 0),
        ("c", 2, 0, 1),
        ("d", 3, 5, 1),
    ]
    data = pd.DataFrame(rows, columns=["i", "t", "y", "x"]).astype({"y": object})
    data.loc[len(data)] = ["a", 1, ".", 1]
    found = karvan.estimate(data, value="y", regressors=["x"], fixed=["i", "t"])
    assert found.dropped == {"excluded": 0, "missing": 1, "singletons": 1, "separated": 2}
    assert found.observations == 5
    assert found.notes == (
        "1 rows lack a figure and were dropped: 1 in y",
        "1 observations are alone in a level of a fixed effect and were dropped",
        "2 observations of no trade have no finite fit and were dropped",
    )
    assert np.isnan(found.fitted).sum() == 4
    kept = karvan.estimate(data, value="y", regressors=["x"], fixed=["i", "t"], singletons=True)
    assert kept.dropped["singletons"] == 0
    assert kept.table["estimate"][0] == pytest.approx(found.table["estimate"][0], abs=1e-9)


def test_na_is_a_country_among_codes_of_two_letters():
    """NA is Namibia in ISO 3166-1; among other names it is what people write for nothing."""
    rows = [(one, two, 1 + 2 * i + 3 * j + i * j, (i * j) % 2) for i, one in enumerate(("NA", "AZ", "PK", "TR"))
            for j, two in enumerate(("NA", "AZ", "PK", "TR"))]  # fmt: skip
    data = pd.DataFrame(rows, columns=["exporter", "importer", "trade", "near"])
    request = {"value": "trade", "regressors": ["near"], "fixed": ["exporter", "importer"]}
    found = karvan.estimate(data, **request)
    other = karvan.estimate(data.replace("NA", "NM"), **request)
    assert found.observations == 16
    assert found.table.equals(other.table)
    assert found.notes == (
        "NA in exporter is taken as a code, since all others there have two letters",
        "NA in importer is taken as a code, since all others there have two letters",
    )
    longer = karvan.estimate(data.replace("TR", "TUR"), **request)
    assert longer.dropped["missing"] == 7
    assert longer.notes == ("7 rows lack a figure and were dropped: 4 in exporter, 4 in importer",)


def test_separation_by_a_regressor():
    """x is above zero only where there is no trade: its estimate would be minus infinity, and two rows say nothing of z."""
    y = np.array([1.0, 2, 3, 4, 0, 0])
    x = np.array([0.0, 0, 0, 0, 1, 2])
    z = np.array([0.0, 1, 0, 1, 0, 1])
    data = pd.DataFrame({"y": y, "x": x, "z": z})
    found = karvan.estimate(data, value="y", regressors=["z", "x"])
    assert found.dropped["separated"] == 2
    assert found.collinear == ("x",)
    alone = karvan.estimate(data[:4], value="y", regressors=["z"])
    assert found.table["estimate"][0] == pytest.approx(alone.table["estimate"][0], abs=1e-9)


def test_separation_by_a_regressor_and_effects_together():
    """x - 1[group b] is zero wherever there is trade and one in the last row: neither alone separates it."""
    data = pd.DataFrame({
        "y": [1.0, 2, 3, 5, 0, 1], "group": list("aabbbb")[:6], "x": [0.0, 0, 1, 1, 2, 1], "z": [0.0, 1, 0, 1, 0, 1],
    })  # fmt: skip
    levels = [ppml.renumber(pd.factorize(data["group"])[0])]
    split = ppml.separated(data["y"].to_numpy(), data[["x", "z"]].to_numpy(), levels)
    assert list(split) == [False, False, False, False, True, False]


def test_a_combination_that_dwindles_is_no_certificate():
    """What is zero at all four rows of trade is one combination alone, above zero at two of the others and below at one."""
    data = pd.DataFrame({
        "y": [0, 0, 0.5, 1.0, 0.2, 0, 0, 0, 0.3],
        "a": [2, 2, 2, 2, 1, 0, 2, 2, 0], "b": [0, 0, 1, 1, 0, 0, 1, 1, 0],
        "c": [0.2, 0.6, 0.1, -1.5, -1.0, -0.5, 0.5, -1.6, 0.5], "who": list("fffhfhhfh"),
    })  # fmt: skip
    design = np.column_stack([data[["a", "b", "c"]], data["who"] == "f", data["who"] == "h"]).astype(float)
    traded = (data["y"] > 0).to_numpy()
    (combination,) = np.linalg.svd(design[traded])[2][np.linalg.matrix_rank(design[traded]) :]
    elsewhere = design[~traded] @ combination
    assert elsewhere.min() < -0.1
    assert elsewhere.max() > 0.1
    found = karvan.estimate(data, value="y", regressors=["a", "b", "c"], fixed=["who"])
    assert found.dropped["separated"] == 0
    assert len(found.fitted) == len(data)


def test_zeros_that_overlap_are_not_separated():
    y, x = np.array([0.0, 0, 1, 2, 3, 0]), np.array([0.0, 1, 0, 1, 2, 2])
    assert not ppml.separated(y, x[:, None], [np.zeros(6, dtype=np.int64)]).any()


def separated_by_definition(y, design):
    """The largest set of zeros at which some combination of columns that is zero at trade, and nowhere below zero, is above."""
    zero = y == 0
    traded, idle = design[~zero], design[zero]
    size, free = idle.shape
    found = linprog(
        np.r_[np.zeros(free), -np.ones(size)], A_ub=np.block([[-idle, np.eye(size)], [-idle, np.zeros((size, size))]]),
        b_ub=np.zeros(2 * size), A_eq=np.c_[traded, np.zeros((len(traded), size))], b_eq=np.zeros(len(traded)),
        bounds=[(None, None)] * free + [(0, 1)] * size,
    )  # fmt: skip
    split = np.zeros(len(y), dtype=bool)
    split[np.flatnonzero(zero)] = found.x[free:] > 1e-6
    return split


@pytest.mark.parametrize("seed", range(11))
def test_all_that_is_separated_is_dropped_and_nothing_else(seed):
    """Small panels with many zeros, where heavy weights alone miss some or leave no digits to the fixed effects."""
    rng = np.random.default_rng(seed)
    places, years = int(rng.integers(4, 8)), int(rng.integers(2, 4))
    rows = [(i, j, t) for i in range(places) for j in range(places) for t in range(years) if i != j]
    data = pd.DataFrame(rows, columns=["i", "j", "t"])
    data["x"], data["w"] = (rng.uniform(size=len(data)) < 0.3).astype(float), rng.lognormal(0, 1, len(data))
    data["y"] = rng.gamma(0.7, np.exp(rng.normal(0, 1, len(data)))) * (rng.uniform(size=len(data)) > 0.35)
    fixed = [["i", "t"], ["j", "t"], ["i", "j"]]
    dummies = [pd.get_dummies(data[keys].astype(str).agg("-".join, axis=1)).to_numpy(dtype=float) for keys in fixed]
    found = karvan.estimate(
        data, value="y", regressors=["x", "w"], fixed=["^".join(keys) for keys in fixed], singletons=True
    )
    expected = separated_by_definition(data["y"].to_numpy(), np.column_stack([data[["x", "w"]], *dummies]))
    assert list(np.isnan(found.fitted)) == list(expected)
    assert found.dropped["separated"] == expected.sum()


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_the_unit_of_trade_does_not_matter(unit):
    """Neither to an estimate with errors, nor to one that fits exactly."""
    rng = np.random.default_rng(8)
    data = pd.DataFrame({"i": np.repeat(list("abcdef"), 10), "d": rng.uniform(1, 9, 60)})
    for noise in (np.ones(60), rng.gamma(0.5, 2, 60)):
        data["y"] = noise * np.exp(1 - 0.7 * np.log(data["d"]))
        one, other = (
            karvan.estimate(data.assign(y=scale * data["y"]), value="y", regressors=["log(d)"], fixed=["i"])
            for scale in (1.0, unit)
        )
        assert other.table["estimate"][0] == pytest.approx(one.table["estimate"][0], rel=1e-11)
        assert other.table["std_error"][0] == pytest.approx(one.table["std_error"][0], rel=1e-9, abs=1e-12)


def test_one_cluster_has_no_error():
    with pytest.raises(RequestError) as raised:
        karvan.estimate(two_groups().assign(all=1), value="y", regressors=["fta"], cluster=["who", "all"])
    assert str(raised.value) == (
        "All 4 observations are in one cluster of all, from which no error can be estimated. "
        "Name columns that make more clusters, or none for robust errors."
    )


def two_by_two(seed, regressors):
    """Counts between four exporters and four importers in two years, which nothing explains."""
    rng = np.random.default_rng(seed)
    rows = [(f"E{i}", f"M{j}", year) for i in range(4) for j in range(4) for year in (2000, 2001)]
    data = pd.DataFrame(rows, columns=["ex", "im", "yr"])
    data["x"], data["y"] = rng.normal(size=32).round(2), rng.poisson(3, 32)
    if "z" in regressors:
        data["z"] = rng.normal(size=32).round(2)
    return {"data": data, "value": "y", "regressors": regressors, "fixed": ["ex", "im"]}


MENDED = (
    "the covariance of errors clustered in several ways had negative eigenvalues, which were set to zero (Cameron, Gelbach and "
    "Miller 2011); few clusters make that likely"
)


@pytest.mark.parametrize("correction", ["stata", "fixest", "none"])
def test_a_variance_below_zero_gives_no_error(correction):
    """One regressor has one eigenvalue: its variance. As zero it would say that the estimate is certain."""
    found = karvan.estimate(**two_by_two(36, ["x"]), cluster=["ex", "im"], correction=correction)
    assert found.notes == (MENDED, "no error can be had for x: the variance is not above zero")
    assert found.table[["std_error", "z", "p_value", "low", "high"]].isna().all(axis=None)
    assert found.table["estimate"][0] == pytest.approx(-0.0570799, abs=1e-7)
    assert np.isnan(found.covariance).all()


@pytest.mark.parametrize("seed", [0, 9, 57])
def test_negative_eigenvalues_are_set_to_zero(seed):
    """The covariance from its parts, as Cameron, Gelbach and Miller add and subtract them."""
    request = two_by_two(seed, ["x", "z"])
    parts = [
        karvan.estimate(**request, cluster=cluster, correction="none").covariance
        for cluster in (["ex"], ["im"], ["ex^im"])
    ]
    plain = parts[0] + parts[1] - parts[2]
    values, vectors = np.linalg.eigh(plain)
    assert values[0] < 0 < values[1]
    found = karvan.estimate(**request, cluster=["ex", "im"], correction="none")
    assert found.notes == (MENDED,)
    assert found.covariance == pytest.approx(values[1] * np.outer(vectors[:, 1], vectors[:, 1]), rel=1e-9)
    assert found.table["std_error"].to_numpy() == pytest.approx(np.sqrt(np.diag(found.covariance)), rel=1e-12)


def test_a_covariance_that_is_one_stays_to_the_digit():
    request = two_by_two(1, ["x", "z"])
    one, other, both = (
        karvan.estimate(**request, cluster=cluster, correction="none").covariance
        for cluster in (["ex"], ["im"], ["ex^im"])
    )
    found = karvan.estimate(**request, cluster=["ex", "im"], correction="none")
    assert np.linalg.eigvalsh(one + other - both).min() > 0
    assert found.notes == ()
    assert found.covariance == pytest.approx(one + other - both, rel=1e-10)


def test_fixest_needs_more_observations_than_parameters():
    data = pd.DataFrame({"y": [1.0, 3, 4, 8, 2], "x": [0, 1, 0, 1, 1], "who": list("aabcd")})
    with pytest.raises(RequestError) as raised:
        karvan.estimate(data, value="y", regressors=["x"], fixed=["who"], singletons=True, correction="fixest")
    assert str(raised.value) == (
        "No errors can be had with the correction fixest: it counts 5 parameters, and there are 5 observations. "
        "Give more rows or fewer fixed effects, or choose the correction stata or none."
    )


def test_logarithms_conditions_and_interactions():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(
        {"i": np.repeat(list("abcd"), 12), "t": np.tile([2000, 2001], 24), "d": rng.uniform(1, 9, 48), "d2": 1.0}
    )
    data["logd"] = np.log(data["d"])
    data["y"] = rng.poisson(np.exp(2 - 0.5 * data["logd"]))
    one = karvan.estimate(data, value="y", regressors=["log(d)"], fixed=["i^t"], where=["t>=2001"])
    other = karvan.estimate(data[data["t"] == 2001], value="y", regressors=["logd"], fixed=["i"])
    assert one.table["estimate"][0] == pytest.approx(other.table["estimate"][0], abs=1e-9)
    assert one.dropped["excluded"] == 24
    assert list(one.table["name"]) == ["log(d)"]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("a=b", [0]),
        ("a!=b", [1, 2]),
        ("a=1", [0, 2]),
        ("a=1.0", [0, 2]),
        ("a<2", [0, 2]),
        ("n=x", [0, 1]),
        ("a >= b", [0, 1]),
        ("a==1", [0, 2]),
        ("n=='x'", [0, 1]),
        ('n="x"', [0, 1]),
        ("n!='x'", [2]),
        ("a='1'", [0, 2]),
        ("n='a'", []),
        ("'a'=b", [0]),
    ],
)
def test_conditions(condition, kept):
    from karvan.trade.figures import Figures

    data = pd.DataFrame({"a": ["1", "2", "1"], "b": ["1.0", "1", "3"], "n": ["x", "x", "y"]})
    assert list(np.flatnonzero(gravity_request.meets(Figures.read(data, "data", []), condition))) == kept


def test_every_fault_of_the_request_at_once():
    with pytest.raises(InputError) as raised:
        karvan.estimate(
            two_groups(), value="y", regressors=["y", "ftaa", "fta", "fta"], fixed=["who^year"], where=["year"]
        )
    assert raised.value.problems == (
        "'year' is no condition. Write COLUMN!=COLUMN or COLUMN>=VALUE; signs are = != < <= > >=.",
        "There is no column 'ftaa'. Did you mean fta?",
        "There is no column 'year'. There are: y, fta, who.",
        "The regressor fta is named twice. Name it once.",
        "y is both the value and a regressor. Leave it out of the regressors.",
    )


def test_the_value_is_in_levels_and_explains_nothing():
    data = two_groups().assign(year=2000)
    with pytest.raises(InputError) as raised:
        karvan.estimate(data, value="log(y)", regressors=["fta"])
    assert raised.value.problems == (
        "The value is log(y), but trade is taken in levels, so that zeros count. Name the column y.",
    )
    with pytest.raises(InputError) as raised:
        karvan.estimate(
            data,
            value="y",
            regressors=["fta", "log(y)"],
            fixed=["y", "who^y", "who^"],
            cluster=["^year"],
            where=["year>=>1"],
        )
    assert raised.value.problems == (
        "'year>=>1' is no condition. Write COLUMN!=COLUMN or COLUMN>=VALUE; signs are = != < <= > >=.",
        "The set of fixed effects 'who^' has a blank beside a ^. Join columns by it, such as exporter^year.",
        "The set of clusters '^year' has a blank beside a ^. Join columns by it, such as exporter^year.",
        "The regressor log(y) is made of the value y. Leave it out of the regressors.",
        "y is both the value and a set of fixed effects. Leave it out of the fixed effects.",
        "The set of fixed effects who^y is made of the value y. Leave it out of the fixed effects.",
    )


def test_bad_cells_are_named():
    data = two_groups().astype({"y": object, "fta": object})
    data.loc[0, "y"], data.loc[1, "fta"], data.loc[2, "y"] = -1, "many", "inf"
    with pytest.raises(InputError) as raised:
        karvan.estimate(data, value="y", regressors=["fta"])
    assert raised.value.problems == (
        "data, line 2, y: found -1; expected trade of zero or more. Correct the value, or exclude the row.",
        "data, line 3, fta: found 'many'; expected a number or a blank. Write a plain number.",
        "data, line 4, y: found 'inf'; expected a number or a blank. Write a plain number.",
    )
    with pytest.raises(InputError, match="found 0; expected a number above zero, since its logarithm is asked for"):
        karvan.estimate(two_groups(), value="y", regressors=["log(fta)"])


def test_no_trade_at_all():
    with pytest.raises(RequestError, match="No observation has trade above zero"):
        karvan.estimate(two_groups().assign(y=0), value="y", regressors=["fta"])
    with pytest.raises(
        RequestError, match="No observation is left: every one is alone in a level of the fixed effects"
    ):
        karvan.estimate(two_groups().assign(row=range(4)), value="y", regressors=["fta"], fixed=["row"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"correction": "hc3"}, "No correction is called 'hc3'. There are: stata, fixest, none."),
        ({"separation": "all"}, "No search for separation is called 'all'. There are: full, fixed, none."),
        ({"engine": "pyfixes"}, "No engine is called 'pyfixes'. Did you mean pyfixest?"),
    ],
)
def test_words_that_are_none(words, message):
    with pytest.raises(UnknownNameError) as raised:
        karvan.estimate(two_groups(), value="y", regressors=["fta"], **words)
    assert str(raised.value) == message


def test_the_audit_notices_a_wrong_fit():
    y, x, levels = np.array([1.0, 3, 4, 8]), np.array([[0.0], [0], [1], [1]]), [np.zeros(4, dtype=np.int64)]
    audit_estimate(y, np.array([2.0, 2, 6, 6]), x, levels)
    with pytest.raises(AuditError, match=r"fixed effects 1: fitted trade of a level is off by 0\.062 of all trade"):
        audit_estimate(y, np.array([2.0, 2, 6, 7]), x, levels)
    with pytest.raises(AuditError, match="regressor 1: the first-order condition is off by"):
        audit_estimate(y, np.array([3.0, 3, 5, 5]), x, levels)


def test_one_observation_and_a_regressor_that_does_not_vary():
    with pytest.raises(RequestError, match=r"One observation is left, which any figures fit\. Give more rows"):
        karvan.estimate(pd.DataFrame({"y": [2.0], "x": [1.0]}), value="y", regressors=["x"])
    said = r"No regressor says anything of its own: x is explained by a constant or by each other\. Name regressors that vary\."
    with pytest.raises(RequestError, match=said):
        karvan.estimate(pd.DataFrame({"y": [2.0, 3.0], "x": [1.0, 1.0]}), value="y", regressors=["x"])


def test_sets_that_are_named_twice():
    """Levels that are counted twice would make the errors of fixest larger."""
    with pytest.raises(InputError) as raised:
        karvan.estimate(two_groups(), value="y", regressors=["fta"], fixed=["who", "who"], cluster=["who", "who"])
    assert raised.value.problems == (
        "The set of fixed effects who is named twice. Name it once.",
        "The set of clusters who is named twice. Name it once.",
    )


def test_figures_whose_squares_cannot_be_written():
    with pytest.raises(InputError) as raised:
        karvan.estimate(two_groups().assign(fta=[0, 1, 4e200, 1]), value="y", regressors=["fta"])
    assert raised.value.problems == (
        (
            "data, line 4, fta: found 4e+200; expected a number within 1e+100 on either side of zero. "
            "Correct the number, or write it in another unit."
        ),
    )


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_signs_between_columns(tmp_path, sign):
    path = tmp_path / "data.csv"
    path.write_text(f"y{sign}x\n1{sign}2\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        karvan.estimate(path, value="y", regressors=["x"])
    header = f"y{sign}x"
    assert raised.value.problems == (
        (
            f"data.csv, line 1: found one column, {header!r}; expected columns separated by commas. "
            "Write the table with commas between columns, and with points in its numbers."
        ),
    )
    path.write_text("y;x\n1,5;2\n2,5;3\n", encoding="utf-8")
    with pytest.raises(
        RequestError, match=r"its header 1\. Write the table with commas between columns, and with points"
    ):
        karvan.estimate(path, value="y", regressors=["x"])


def test_lines_are_those_of_the_file_where_a_cell_has_several(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text('y,x,g\n1,1,"a\nb"\n2,2,c\nzz,3,c\n', encoding="utf-8")
    with pytest.raises(InputError) as raised:
        karvan.estimate(path, value="y", regressors=["x"])
    assert raised.value.problems == (
        "data.csv, line 5, y: found 'zz'; expected a number or a blank. Write a plain number.",
    )
