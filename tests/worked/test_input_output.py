"""Counterfactuals with input-output links and tariffs whose answers can be written down, and what must hold of any."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import karvan
from karvan.errors import AuditError, InputError, NotConvergedError, RequestError
from karvan.trade.audit import audit_io
from karvan.trade.caliendo_parro import solve
from karvan.trade.io_tables import read_io_question
from karvan.trade.tables import LEAST_THETA

#: Labour markets clear to 1e-10 of labour.
NEAR = 1e-8


def rows(array, axes, column):
    """Return an array as a table with a row per cell."""
    return pd.DataFrame(
        [
            (*[names[place] for names, place in zip(axes.values(), index, strict=True)], cell)
            for index, cell in np.ndenumerate(array)
        ],
        columns=[*axes, column],
    )


def tables(size=4, goods=3, seed=0, *, inputs=True, tariffs=True, most=9.0):
    """Made-up tables of a world in which each country buys mostly at home."""
    rng = np.random.default_rng(seed)
    names, kinds = [f"c{place}" for place in range(size)], [f"g{place}" for place in range(goods)]
    pair = {"commodity": kinds, "exporter": names, "importer": names}
    own = {"commodity": kinds, "country": names}
    home = np.eye(size, dtype=bool)
    value = np.exp(rng.normal(0, 1, (goods, size, size))) * np.where(home, 3 * size, 1)
    added = rng.uniform(0.85, 0.95, (goods, size)) if inputs else np.ones((goods, size))
    cut = np.where(home, 1.0, 0.95)
    found = {
        "trade": rows(value, pair, "value"),
        "value_added": rows(added, own, "share"),
        "elasticity": pd.DataFrame({"commodity": kinds, "theta": rng.uniform(2, most, goods)}),
        "tau_hat": rows(cut, {"exporter": names, "importer": names}, "tau_hat"),
    }
    if inputs:
        # uses of a commodity follow what is spent on it, so that final demand is nowhere below zero
        weight = value.sum(axis=(1, 2)) / value.sum()
        share = np.repeat(np.repeat(weight[:, None, None], goods, axis=1), size, axis=2)
        found["input_output"] = rows(share, {"input": kinds, **own}, "share_of_inputs")
    if tariffs:
        rate = np.where(home, 0.0, rng.uniform(0, 0.2, (goods, size, size)))
        found["tariff"] = rows(rate, pair, "before").assign(after=(0.3 * rate).ravel())
    return found


def two_alike(home, theta, *, added=1.0, tariff=0.0, tau=1.0):
    """Two countries alike with one commodity: `home` at home and the rest abroad, tariffs taken away, transport changed."""
    names = ["a", "b"]
    abroad = (1 - home) / (1 + tariff)
    found = {
        "trade": pd.DataFrame(
            [(i, j, "g", home if i == j else abroad) for i in names for j in names],
            columns=["exporter", "importer", "commodity", "value"],
        ),
        "value_added": pd.DataFrame({"country": names, "commodity": "g", "share": added}),
        "input_output": pd.DataFrame({"input": ["g"], "commodity": ["g"], "share": [1 - added]}),
        "elasticity": pd.DataFrame({"commodity": ["g"], "theta": [theta]}),
        "tau_hat": pd.DataFrame({"exporter": names, "importer": names[::-1], "tau_hat": tau}),
        "tariff": pd.DataFrame(
            {"exporter": names, "importer": names[::-1], "commodity": "g", "before": tariff, "after": 0.0}
        ),
    }
    if added == 1:
        del found["input_output"]
    return found


@pytest.mark.parametrize(("added", "theta", "tau"), [(1.0, 4.0, 0.9), (0.5, 4.0, 0.9), (0.4, 8.0, 1.2)])
def test_inputs_multiply_the_gain(added, theta, tau):
    """One commodity: real income is the domestic share to minus one over theta times value added in output.

    Costinot and Rodriguez-Clare (2014), equation 29 with one commodity.
    """
    home = 0.8
    found = karvan.counterfactual_io(two_alike(home, theta, added=added, tau=tau)).table
    # prices: P = [home c^-theta + (1 - home) (tau c)^-theta]^(-1/theta), c = P^(1 - added)
    bundle = home + (1 - home) * tau**-theta
    assert found["price_hat"].to_numpy() == pytest.approx(bundle ** (-1 / (theta * added)), rel=NEAR)
    share = 1 / bundle
    assert found["domestic_share_hat"].to_numpy() == pytest.approx(share, rel=NEAR)
    assert found["real_income_hat"].to_numpy() == pytest.approx(share ** (-1 / (theta * added)), rel=NEAR)


def test_taking_a_tariff_away_by_hand():
    """Two countries alike: wages stay, revenue goes, prices fall."""
    home, theta, tariff = 0.8, 4.0, 0.25
    found = karvan.counterfactual_io(two_alike(home, theta, tariff=tariff)).table
    price = (home + (1 - home) * (1 + tariff) ** theta) ** (-1 / theta)
    income = 1 - (1 - home) * tariff / (1 + tariff)
    assert found["price_hat"].to_numpy() == pytest.approx(price, rel=NEAR)
    assert found["tariff_revenue"].to_numpy() == pytest.approx((1 - home) * tariff / (1 + tariff), rel=NEAR)
    assert found["tariff_revenue_after"].to_numpy() == pytest.approx(0, abs=1e-12)
    assert found["real_income_hat"].to_numpy() == pytest.approx(income / price, rel=NEAR)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("deficits", ["additive", "balanced"])
def test_without_inputs_and_tariffs_it_is_the_model_of_many_commodities(seed, deficits):
    given = tables(seed=seed, inputs=False, tariffs=False)
    ours = karvan.counterfactual_io(given, deficits=deficits)
    plain = karvan.counterfactual(given["trade"], given["tau_hat"], theta=given["elasticity"], deficits=deficits)
    for column in ("real_income_hat", "wage_hat", "price_hat", "domestic_share_hat", "exports_hat", "imports_hat"):
        assert ours.table[column].to_numpy() == pytest.approx(plain.table[column].to_numpy(), rel=NEAR)
    for column in ("cost_part", "terms_of_trade_part", "volume_part"):
        assert ours.table[column].to_numpy() == pytest.approx(plain.table[column].to_numpy(), rel=1e-6, abs=1e-7)
    assert ours.pairs["value_after"].to_numpy() == pytest.approx(plain.pairs["value_after"].to_numpy(), rel=NEAR)


@pytest.mark.parametrize("seed", range(3))
def test_no_change_changes_nothing_where_the_tables_are_an_equilibrium(seed):
    given = tables(seed=seed)
    given["tariff"]["after"] = given["tariff"]["before"]
    del given["tau_hat"]
    found = karvan.counterfactual_io(given)
    assert found.notes == ()
    assert found.table["real_income_hat"].to_numpy() == pytest.approx(1, abs=NEAR)
    assert found.pairs["value_after"].to_numpy() == pytest.approx(given["trade"]["value"].to_numpy(), rel=1e-6)


def test_values_and_shares_are_one_economy():
    """The same economy as values, as shares of output, and as shares of spending with its level."""
    given = tables(seed=5)
    question = read_io_question(given)
    economy = question.economy
    own = {"commodity": question.commodities, "country": question.countries}
    spending = read_spending(given)
    pair = {"commodity": question.commodities, "exporter": question.countries, "importer": question.countries}
    output = np.einsum("sij,sj->si", economy.share / (1 + economy.tariff), spending)
    other = given | {
        "trade": rows(economy.share, pair, "share"),
        "spending": rows(spending, own, "value"),
        "value_added": rows(economy.value_added * output, own, "value"),
        "input_output": rows(economy.inputs * output[None], {"input": question.commodities, **own}, "value"),
    }
    one, two = karvan.counterfactual_io(given), karvan.counterfactual_io(other)
    assert two.table["real_income_hat"].to_numpy() == pytest.approx(one.table["real_income_hat"].to_numpy(), rel=NEAR)
    assert two.table["value_added"].to_numpy() == pytest.approx(one.table["value_added"].to_numpy(), rel=NEAR)


def read_spending(given):
    merged = given["trade"].merge(given["tariff"], on=["exporter", "importer", "commodity"])
    paid = merged["value"] * (1 + merged["before"])
    table = merged.assign(paid=paid).pivot_table(index="commodity", columns="importer", values="paid", aggfunc="sum")
    return table.to_numpy()


def test_large_elasticities_and_many_commodities_converge():
    """Elasticities as large as 60, as published for petroleum."""
    found = karvan.counterfactual_io(tables(8, 6, 3, most=60.0))
    assert found.convergence.residual <= found.convergence.tolerance


def test_tables_that_are_no_equilibrium_are_solved_first():
    given = tables(seed=2)
    question = read_io_question(given)
    shares = np.full((len(question.commodities), len(question.countries)), 1 / len(question.commodities))
    own = {"commodity": question.commodities, "country": question.countries}
    given["final"] = rows(shares, own, "share")
    found = karvan.counterfactual_io(given)
    assert found.notes[0].startswith("The tables are no equilibrium: without a change wages would move by up to 0.")
    still = karvan.counterfactual_io({name: table for name, table in given.items() if name not in ("tau_hat", "tariff")} | {
        "tariff": given["tariff"].assign(after=given["tariff"]["before"])
    })  # fmt: skip
    assert still.table["real_income_hat"].to_numpy() == pytest.approx(1, abs=NEAR)


def test_the_audit_notices_a_wrong_answer():
    question = read_io_question(tables())
    zero = np.zeros(len(question.countries))
    still = np.ones_like(question.economy.share)
    world = solve(question.economy, still, question.tariff, zero)
    audit_io(question.economy, still, question.tariff, zero, world, question.countries)
    for name, what in {"wage": "unit costs", "spending": "income", "price_index": "the price index"}.items():
        wrong = dataclasses.replace(world, **{name: 1.001 * getattr(world, name)})
        with pytest.raises(AuditError, match=f"{what} of c"):
            audit_io(question.economy, still, question.tariff, zero, wrong, question.countries)


def test_every_fault_of_the_tables_at_once():
    given = tables()
    given["value_added"].loc[0, "share"] = 0.95
    given["elasticity"].loc[1, "theta"] = -4
    given["tariff"].loc[3, "before"] = -0.1
    given["trade"] = given["trade"].drop(index=5)
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        "elasticity, line 3, theta: found -4.0; expected a number above zero. Correct the number.",
        "tariff, line 5, before: found -0.1; expected a number of zero or more. Correct the number.",
        "trade, value: found no row for 1 cells: g0-c1-c1; expected a row for each. Add the rows, 0 where there is nothing.",
    )


def test_shares_that_do_not_add_up():
    given = tables(inputs=False)
    given["value_added"].loc[0, "share"] = 0.95
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "value_added, share: found 0.95 of the output of g0-c0; expected all of it, since there is no input_output.csv. "
            "Correct it, or add input_output.csv."
        ),
    )


def alike(*, added=1.0, final=None):
    """Two countries alike that sell 90 of each of two goods at home and 10 abroad; the elasticities are 4 and 6."""
    names, kinds = ["A", "B"], ["g", "h"]
    own = {"country": names, "commodity": kinds}
    found = {
        "trade": pd.DataFrame(
            [(i, j, s, 90.0 if i == j else 10.0) for s in kinds for i in names for j in names],
            columns=["exporter", "importer", "commodity", "value"],
        ),
        "value_added": rows(np.full((2, 2), added), own, "share"),
        "elasticity": pd.DataFrame({"commodity": kinds, "theta": [4.0, 6.0]}),
        "tau_hat": pd.DataFrame({"exporter": ["A"], "importer": ["B"], "tau_hat": [0.9]}),
    }
    if final is not None:
        found["final"] = rows(np.array(final), own, "share")
    return found


def test_trade_that_is_not_that_of_the_tables_is_said_though_no_wage_moves():
    found = karvan.counterfactual_io(alike(final=[[0.9, 0.1], [0.9, 0.1]]))
    base = found.pairs.set_index(["exporter", "importer", "commodity"])["value"]
    # nine tenths of 200, nine tenths of it at home
    assert base["A", "A", "g"] == pytest.approx(162)
    way = "by up to 0.36 of what the importer buys (A-A of g, from 90 to 162); all changes are from"
    assert found.notes == (
        f"The tables are no equilibrium: without a change trade would move {way} the nearest world that is one",
    )
    balanced = karvan.counterfactual_io(alike(final=[[0.9, 0.1], [0.9, 0.1]]), deficits="balanced")
    assert balanced.notes[0].startswith("Deficits were removed before the change, which moves wages by up to ")
    assert balanced.notes[0].endswith(f", and trade {way} that world")
    assert karvan.counterfactual_io(alike(final=[[0.5, 0.5], [0.5, 0.5]])).notes == ()


def test_spending_beside_trade_in_values_must_be_what_trade_makes_it():
    """It scaled trade of A to twice what the table has."""
    given = alike()
    own = {"country": ["A", "B"], "commodity": ["g", "h"]}
    given["spending"] = rows(np.array([[200.0, 100.0], [100.0, 100.04]]), own, "value")
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "spending, value: found 200 for g-A; expected 100, as trade and tariffs make it. "
            "Leave out the file, or give trade as shares."
        ),
    )
    given["spending"] = rows(np.array([[100.0, 100.0], [100.0, 100.04]]), own, "value")
    assert karvan.counterfactual_io(given).table.equals(karvan.counterfactual_io(alike()).table)


def test_a_country_without_final_demand():
    own = {"country": ["A", "B"], "commodity": ["g", "h"]}
    given = alike() | {"final": rows(np.array([[0.0, 0.0], [20.0, 30.0]]), own, "value")}
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "final, value: found nothing for A; expected final demand in every country. "
            "Fill in what it spends, or leave out the file."
        ),
    )


def lender():
    """A earns 54 and sells 85 more than it buys; its inputs are 126, and it spends 95."""
    cells = [("A", "A", 90.0), ("A", "B", 90.0), ("B", "A", 5.0), ("B", "B", 5.0)]
    return {
        "trade": pd.DataFrame(
            [(i, j, "g", value) for i, j, value in cells], columns=["exporter", "importer", "commodity", "value"]
        ),
        "value_added": pd.DataFrame({"country": ["A", "B"], "commodity": "g", "share": 0.3}),
        "input_output": pd.DataFrame({"input": ["g"], "commodity": ["g"], "share": [0.7]}),
        "elasticity": pd.DataFrame({"commodity": ["g"], "theta": [4.0]}),
        "tau_hat": pd.DataFrame({"exporter": ["A"], "importer": ["B"], "tau_hat": [0.9]}),
    }


def test_tables_that_are_impossible_before_any_change_say_so():
    given = lender()
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "input_output: found inputs of A that take all that it spends, and 31 more; expected something left for final "
            "demand. Correct its trade, value added or inputs, or add final.csv."
        ),
    )
    given["final"] = pd.DataFrame({"country": ["A", "B"], "commodity": "g", "share": 1.0})
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "trade.csv: found A, which would spend -31 before any change: it earns 54 and lends 85; expected something left to "
            "spend in every country. Correct its trade, value added or deficit, or balance trade first (--deficits balanced)."
        ),
    )
    karvan.counterfactual_io(given, deficits="balanced")


def test_a_search_without_a_change_blames_the_tables():
    economy = read_io_question(alike()).economy
    still, poor = np.ones_like(economy.share), np.array([-300.0, 300.0])
    for change, text in (
        (False, "The tables themselves, without a change, have no eq"),
        (True, "No equilibrium was f"),
    ):
        with pytest.raises(NotConvergedError, match=text):
            solve(economy, still, economy.tariff, poor, change=change)


def test_messages_name_the_column_that_is_there():
    own = {"country": ["A", "B"], "commodity": ["g", "h"]}
    given = alike() | {"value_added": rows(np.array([[90.0, 100.0], [100.0, 100.0]]), own, "value")}
    with pytest.raises(InputError, match=r"value_added, value: found 0\.9 of the output of g-A; expected all of it"):
        karvan.counterfactual_io(given)
    inputs = {"country": ["A"], "input": ["g"], "commodity": ["g"]}
    given["input_output"] = pd.DataFrame(inputs | {"value": [5.0]})
    with pytest.raises(InputError, match=r"input_output, value: found 0\.95 of the output of g-A, with value added"):
        karvan.counterfactual_io(given)
    given["input_output"] = pd.DataFrame(inputs | {"share": [0.3]})
    with pytest.raises(
        InputError, match=r"input_output, share: found a sum of 1\.2 for g-A; expected shares that with"
    ):
        karvan.counterfactual_io(given)


def test_deficits_and_files(tmp_path):
    given = tables()
    given["deficit"] = pd.DataFrame(
        {"country": ["c0", "c1", "c2", "c3"], "deficit": [1.0, -1, 0, 0], "after": [1.0, 1, 0, 0]}
    )
    with pytest.raises(InputError, match="deficit, after: found a sum of 2; expected deficits that sum to zero"):
        karvan.counterfactual_io(given)
    with pytest.raises(RequestError, match=r"is no folder\. Name the folder that holds trade\.csv"):
        karvan.counterfactual_io(tmp_path / "none")
    tables()["trade"].to_csv(tmp_path / "trade.csv", index=False)
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(tmp_path)
    assert raised.value.problems == (
        "elasticity.csv: found no such file; expected a table. Add the file.",
        "value_added.csv: found no such file; expected a table. Add the file.",
    )


def test_a_country_that_trades_with_nobody_or_earns_more_than_it_makes():
    """Nothing ties the wage of the first to those of others; the second would have inputs below zero."""
    given = tables(tariffs=False)
    apart = (given["trade"]["exporter"] == "c0") != (given["trade"]["importer"] == "c0")
    given["trade"].loc[apart, "value"] = 0.0
    given["value_added"].loc[1, "share"] = 1.4
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        (
            "trade: found c0, which trades with nobody; expected trade with at least one other country. "
            "Fill in its trade, or leave the country out."
        ),
        "value_added, share: found 1.4 of the output of g0-c1; expected no more than all of it. Correct it.",
    )


def test_a_change_that_shuts_markets_or_leaves_the_range_of_numbers():
    given = tables(size=3, goods=1)
    costs = given["tau_hat"]
    closed = given | {"tau_hat": costs.assign(tau_hat=np.where(costs["importer"] == "c1", np.inf, 1.0))}
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(closed)
    assert raised.value.problems == (
        (
            "tau_hat, tau_hat: found a shock that leaves c1 nobody to buy from; expected a seller for all that is bought. "
            "Leave a market open, or leave the country out."
        ),
    )
    alone = given | {"tau_hat": costs.assign(tau_hat=np.where(costs["importer"] == costs["exporter"], 1.0, np.inf))}
    with pytest.raises(InputError, match="found a shock that cuts c0 off from the rest, with deficits that sum to"):
        karvan.counterfactual_io(alone)
    found = karvan.counterfactual_io(alone, deficits="balanced")
    assert (found.table[["exports_hat", "imports_hat"]] < 1e-12).all(axis=None)
    free = given | {"tau_hat": costs.assign(tau_hat=np.where(costs["importer"] == costs["exporter"], 1.0, 1e-200))}
    with pytest.raises(InputError, match="beyond the range of numbers at theta"):
        karvan.counterfactual_io(free)


def test_a_pair_that_does_not_trade_stays_at_nothing_however_cheap_it_becomes():
    given = tables(size=3, goods=2)
    trade = given["trade"]
    idle = (trade["commodity"] == "g0") & (trade["exporter"] == "c0") & (trade["importer"] == "c1")
    trade.loc[idle, "value"] = 0.0
    plain = karvan.counterfactual_io(given)
    costs = trade.drop(columns="value").assign(tau_hat=np.where(trade["exporter"] == trade["importer"], 1.0, 0.95))
    costs.loc[idle, "tau_hat"] = 1e-100
    found = karvan.counterfactual_io(given | {"tau_hat": costs})
    assert found.table["real_income_hat"].to_numpy() == pytest.approx(plain.table["real_income_hat"].to_numpy())
    assert (found.pairs.loc[found.pairs["tau_hat"] == 1e-100, "value_after"] == 0).all()


@pytest.mark.parametrize("theta", [1e-9, 1e-15])
def test_an_elasticity_below_what_can_be_computed_with(theta):
    given = tables(size=2, goods=2)
    given["elasticity"].loc[1, "theta"] = theta
    with pytest.raises(InputError) as raised:
        karvan.counterfactual_io(given)
    assert raised.value.problems == (
        f"elasticity, line 3, theta: found {theta}; expected 1e-06 at least. Correct the number.",
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_least_elasticity_passes_the_audit(seed):
    given = tables(size=2 + seed, goods=1 + seed % 3, seed=seed)
    given["elasticity"].loc[0, "theta"] = LEAST_THETA
    karvan.counterfactual_io(given)
    shared = given["trade"].assign(value=1 + given["trade"]["value"])
    karvan.counterfactual(shared, given["tau_hat"], theta=LEAST_THETA)


def test_parts_of_the_world_that_do_not_trade_are_worlds_of_their_own():
    """Each has a level of wages of its own, and answers as it does alone."""
    given = tables(tariffs=False)
    parts = [["c0", "c1"], ["c2", "c3"]]
    trade = given["trade"]
    across = trade["exporter"].isin(parts[0]) != trade["importer"].isin(parts[0])
    trade.loc[across, "value"] = 0.0
    whole = karvan.counterfactual_io(given, deficits="balanced").table.set_index("id")
    for names in parts:
        own = dict(given)
        for name, table in given.items():
            for side in {"exporter", "importer", "country"} & set(table):
                own[name] = own[name][own[name][side].isin(names)]
        alone = karvan.counterfactual_io(own, deficits="balanced").table.set_index("id")
        for column in ("wage_hat", "price_hat", "real_income_hat", "equivalent_variation"):
            assert whole.loc[names, column].to_numpy() == pytest.approx(alone[column].to_numpy(), rel=1e-7)


def test_who_sells_nothing_to_the_rest_cannot_buy_there_without_a_deficit():
    given = tables()
    trade = given["trade"]
    trade.loc[(trade["exporter"] == "c0") & (trade["importer"] != "c0"), "value"] = 0.0
    found = "c0, which sells nothing to the rest, buys from it, and has a deficit of 0"
    with pytest.raises(InputError, match=found):
        karvan.counterfactual_io(given, deficits="balanced")
    karvan.counterfactual_io(given)
    names = sorted(set(trade["exporter"]))
    own = trade[trade["exporter"] != trade["importer"]]
    deficit = own.groupby("importer")["value"].sum() - own.groupby("exporter")["value"].sum()
    given["deficit"] = pd.DataFrame({"country": names, "deficit": deficit.to_numpy(), "after": 0.0})
    with pytest.raises(InputError, match=found):
        karvan.counterfactual_io(given)


@pytest.mark.parametrize(("home", "theta"), [(60.0, 6.0), (200.0, 4.0)])
def test_a_country_that_would_spend_less_than_nothing_is_no_equilibrium(tmp_path, home, theta):
    """B lends most of what it earns; dearer exports leave it less than it lends, as the model of one sector says too."""
    rows = [("A", "A", home), ("A", "B", 3.0), ("B", "A", 70.0), ("B", "B", 2.0)]
    files = {
        "trade": "exporter,importer,commodity,value\n" + "".join(f"{i},{j},g,{value}\n" for i, j, value in rows),
        "value_added": "country,commodity,share\nA,g,1\nB,g,1\n",
        "elasticity": f"commodity,theta\ng,{theta}\n",
        "tau_hat": "exporter,importer,tau_hat\nA,A,1\nA,B,1\nB,A,1.5\nB,B,1\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(NotConvergedError, match=r"No equilibrium was found: "):
        karvan.counterfactual_io(tmp_path)
