"""Bad figures: each a named problem, all of them at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import karvan
from karvan.errors import InputError, NotConvergedError, RequestError, UnknownNameError

GOOD = """exporter,importer,value
A,A,90
A,B,10
A,C,5
B,A,8
B,B,80
B,C,4
C,A,6
C,B,3
C,C,70
"""
TAU = "exporter,importer,tau_hat\nA,B,0.9\n"


@pytest.fixture
def ask(tmp_path):
    """Ask with tables as text; return the problems as people read them."""

    def problems(trade=GOOD, tau=TAU, **more):
        for name, text in {"T.csv": trade, "TAU.csv": tau}.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        for name in ("theta", "new_deficits"):
            if isinstance(more.get(name), str):
                (tmp_path / f"{name}.csv").write_text(more[name], encoding="utf-8")
                more[name] = tmp_path / f"{name}.csv"
        with pytest.raises(InputError) as raised:
            karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv", **more)
        return list(raised.value.problems)

    return problems


def test_sound_tables_are_answered(tmp_path):
    (tmp_path / "T.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "TAU.csv").write_text(TAU, encoding="utf-8")
    found = karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv")
    assert list(found.table["id"]) == ["A", "B", "C"]
    assert found.notes == ("8 cells without a row in the table of trade costs keep theirs",)
    again = karvan.counterfactual(
        pd.read_csv(tmp_path / "T.csv").sample(frac=1, random_state=1), pd.read_csv(tmp_path / "TAU.csv")
    )
    assert again.table.equals(found.table)


def test_every_fault_is_found_at_once(ask):
    trade = GOOD.replace("A,C,5", "A,C,-5").replace("B,A,8", "B,A,").replace("C,B,3", "C,B,x") + "A,A,90\n"
    tau = "exporter,importer,tau_hat\nA,B,0\nA,D,0.9\nB,C,-1\nA,C,0.8\nA,C,0.7\n"
    assert ask(trade, tau, theta=-4) == [
        "T.csv, line 4, value: found '-5'; expected a number of zero or more. Correct the number.",
        "T.csv, line 5, value: found a blank cell; expected a number. Write a plain number; a blank is not zero.",
        "T.csv, line 9, value: found 'x'; expected a number. Write a plain number; a blank is not zero.",
        "T.csv, line 11: found the pair A-A again; expected one row. Remove or add up the rows.",
        "TAU.csv, line 2, tau_hat: found '0'; expected a number above zero. Correct the number.",
        (
            "TAU.csv, line 3, importer: found 'D'; expected a country of the other table. "
            "Remove the row, or add it to the other table."
        ),
        "TAU.csv, line 4, tau_hat: found '-1'; expected a number above zero. Correct the number.",
        "TAU.csv, line 6: found the pair A-C again; expected one row. Remove or add up the rows.",
        "theta: found -4; expected a number above zero. Give the elasticity of trade, such as 4.",
    ]


@pytest.mark.parametrize("theta", [0, -1, float("nan"), float("inf")])
def test_an_elasticity_that_is_none(ask, theta):
    assert ask(theta=theta) == [
        f"theta: found {theta:g}; expected a number above zero. Give the elasticity of trade, such as 4."
    ]


def test_missing_cells(ask):
    assert ask(GOOD.replace("B,C,4\n", "").replace("C,C,70\n", "")) == [
        (
            "T.csv, value: found no row for 1 domestic sales: C-C; expected a row for each. "
            "Add a row with the country as exporter and importer."
        ),
        (
            "T.csv, value: found no row for 1 pairs: B-C; expected a row for each. "
            "Add the rows, 0 where nothing is traded, or say that missing rows are zero."
        ),
    ]


def test_missing_pairs_may_be_zero_but_domestic_sales_not(ask, tmp_path):
    assert ask(GOOD.replace("B,C,4\n", "").replace("C,C,70\n", ""), missing="zero") == [
        (
            "T.csv, value: found no row for 1 domestic sales: C-C; expected a row for each. "
            "Add a row with the country as exporter and importer."
        )
    ]
    (tmp_path / "T.csv").write_text(GOOD.replace("B,C,4\n", ""), encoding="utf-8")
    found = karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv", missing="zero")
    assert found.notes[0] == "1 cells of trade without a row were taken as zero"


def test_a_country_that_trades_with_nobody(ask):
    lonely = (
        GOOD.replace("A,C,5", "A,C,0").replace("B,C,4", "B,C,0").replace("C,A,6", "C,A,0").replace("C,B,3", "C,B,0")
    )
    assert ask(lonely) == [
        (
            "T.csv, value: found C, which trades with nobody; expected trade with at least one other country. "
            "Fill in its trade, or leave the country out."
        )
    ]


def test_a_country_that_sells_nothing(ask):
    dumb = GOOD.replace("C,A,6", "C,A,0").replace("C,B,3", "C,B,0").replace("C,C,70", "C,C,0")
    assert ask(dumb)[0].startswith("T.csv, value: found C, which sells nothing;")


def test_a_cell_that_cannot_be_read_may_be_the_missing_trade(ask):
    lonely = (
        GOOD.replace("A,C,5", "A,C,?").replace("B,C,4", "B,C,0").replace("C,A,6", "C,A,0").replace("C,B,3", "C,B,0")
    )
    assert ask(lonely) == [
        "T.csv, line 4, value: found '?'; expected a number. Write a plain number; a blank is not zero."
    ]


def test_countries_on_one_side_only(ask):
    problems = ask(GOOD + "D,A,1\n")
    assert problems[0] == (
        "T.csv, exporter: found 'D', which is no importer; expected the same countries on both sides. "
        "Add its rows as importer, or remove it."
    )


def test_deficits_that_do_not_sum_to_zero(ask):
    assert ask(new_deficits="country,deficit\nA,5\nB,-2\nC,0\n") == [
        (
            "new_deficits.csv, deficit: found a sum of 3; expected deficits that sum to zero. "
            "What one country borrows another lends: correct the figures."
        )
    ]
    assert ask(new_deficits="country,deficit\nA,0\nB,0\n") == [
        "new_deficits.csv, deficit: found no row for C; expected a deficit per country. Add the rows, 0 where trade balances."
    ]


def test_a_shock_that_shuts_every_market(ask):
    shut = "exporter,importer,tau_hat\n" + "".join(f"{i},{j},inf\n" for i in "ABC" for j in "ABC")
    problems = ask(tau=shut)
    assert problems[0] == (
        "TAU.csv, tau_hat: found a shock that leaves A nobody to buy from; expected a seller for all that is bought. "
        "Leave a market open, or leave the country out."
    )
    assert (
        "TAU.csv, tau_hat: found a shock that shuts every market of C; expected an open market for each country. "
        "Leave a market open, or leave the country out."
    ) in problems


def test_a_change_beyond_the_range_of_numbers(ask):
    assert ask(tau="exporter,importer,tau_hat\nA,B,1e-100\n") == [
        (
            "TAU.csv, tau_hat: found 1e-100 for A-B, beyond the range of numbers at theta 4; "
            "expected a cheaper market, not a free one. Write a smaller change."
        )
    ]


@pytest.mark.parametrize("theta", [4, 8.28])
def test_a_pair_that_does_not_trade_stays_at_nothing_however_cheap_it_becomes(tmp_path, theta):
    """Nothing times a power beyond the range of numbers is nothing, not a number that is none."""
    (tmp_path / "T.csv").write_text(GOOD.replace("A,C,5", "A,C,0"), encoding="utf-8")
    (tmp_path / "TAU.csv").write_text("exporter,importer,tau_hat\nA,C,1e-100\n", encoding="utf-8")
    found = karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv", theta=theta)
    assert found.table["real_income_hat"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert found.pairs.set_index(["exporter", "importer"]).loc[("A", "C"), "value_after"] == 0


def test_figures_beyond_what_can_be_squared(ask):
    todo = "Correct the number, or write it in another unit."
    assert ask(GOOD.replace("A,A,90", "A,A,1e308"), "exporter,importer,tau_hat\nA,B,1e200\n", theta=1e300) == [
        f"T.csv, line 2, value: found '1e308'; expected a number up to 1e+100. {todo}",
        "TAU.csv, line 2, tau_hat: found '1e200'; expected a number up to 1e+100. Write inf to shut the market.",
        "theta: found 1e+300; expected a number up to 1e+100. Give the elasticity of trade, such as 4.",
    ]


@pytest.mark.parametrize("deficits", ["multiplicative", "balanced"])
def test_new_deficits_go_with_additive_ones_alone(tmp_path, deficits):
    """Left unread, they would answer another question than the one asked."""
    given = pd.DataFrame({"country": list("ABC"), "deficit": [0.0, 0.0, 0.0]})
    with pytest.raises(RequestError) as raised:
        karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv", deficits=deficits, new_deficits=given)
    assert str(raised.value) == (
        f"New deficits go with additive deficits alone, and these are {deficits}. Leave out --new-deficits, or choose "
        "--deficits additive."
    )


def test_a_cut_off_country_cannot_carry_a_deficit(ask, tmp_path):
    shut = "exporter,importer,tau_hat\nA,C,inf\nB,C,inf\nC,A,inf\nC,B,inf\n"
    way = "Balance trade first (--deficits balanced), give deficits that sum to zero in each part, or leave a market open."
    assert ask(GOOD.replace("C,A,6", "C,A,8"), shut) == [
        f"TAU.csv, tau_hat: found a shock that cuts {who}; expected deficits that somebody can pay. {way}"
        for who in (
            "A, B off from the rest, with deficits that sum to 2",
            "C off from the rest, with deficits that sum to -2",
        )
    ]
    found = karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv", deficits="balanced")
    assert found.table.set_index("id").loc["C", "exports_hat"] == pytest.approx(0)


def test_who_sells_nothing_to_the_rest_cannot_buy_there_without_a_deficit(ask, tmp_path):
    """Its wage would fall for ever: what was found before was where the search gave up."""
    trade = GOOD.replace("C,A,6", "C,A,0").replace("C,B,3", "C,B,0")
    found = "found C, which sells nothing to the rest, buys from it, and has a deficit of 0"
    way = (
        "expected a deficit above zero, out of which to pay. Give a market there to sell to, shut the other way too, or give "
        "deficits."
    )
    ask_deficits = "country,deficit\nA,0\nB,0\nC,0\n"
    assert ask(trade, new_deficits=ask_deficits) == [f"TAU.csv, tau_hat: {found}; {way}"]
    assert ask(trade, deficits="balanced") == [f"TAU.csv, tau_hat: {found}; {way}"]
    own = trade.replace("A,C,5", "A,C,0").replace("B,C,4", "B,C,9")
    assert ask(own, TAU + "B,C,inf\n", deficits="balanced") == [f"T.csv, value: {found}; {way}"]
    even = "exporter,importer,value\nA,A,90\nA,B,9\nB,A,9\nB,B,80\n"
    shut = TAU + "B,A,inf\n"
    for deficits in ("additive", "multiplicative", "balanced"):
        assert ask(even, shut, deficits=deficits) == [f"TAU.csv, tau_hat: {found.replace('C', 'B')}; {way}"]
    # out of the deficit that it has it can
    (tmp_path / "T.csv").write_text(trade, encoding="utf-8")
    (tmp_path / "TAU.csv").write_text(TAU, encoding="utf-8")
    after = karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv")
    bought = after.pairs.query("importer == 'C' and exporter != 'C'")
    assert bought["value_after"].sum() == pytest.approx(9)


def test_a_chain_of_sellers_ends_in_one_that_pays_out_of_its_deficit(ask):
    trade = "exporter,importer,value\nA,A,90\nA,B,9\nA,C,0\nB,A,0\nB,B,80\nB,C,4\nC,A,0\nC,B,0\nC,C,70\n"
    found = ask(trade, new_deficits="country,deficit\nA,1\nB,-10\nC,9\n")
    assert len(found) == 1
    assert "found B, C, which sells nothing to the rest, buys from it, and has a deficit of -1; " in found[0]


def test_two_columns_of_one_name(tmp_path):
    (tmp_path / "T.csv").write_text(
        "exporter,importer,value,value\nA,A,90,1\nA,B,9,1\nB,A,9,1\nB,B,80,1\n", encoding="utf-8"
    )
    (tmp_path / "TAU.csv").write_text(TAU, encoding="utf-8")
    with pytest.raises(
        RequestError, match=r"T\.csv cannot be read as a table: two columns are called value\. Rename or remove"
    ):
        karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv")


def test_a_name_of_a_column_without_end(tmp_path):
    (tmp_path / "T.csv").write_text(f"exporter,importer,value,{'x' * 131_073}\nA,A,90,1\n", encoding="utf-8")
    (tmp_path / "TAU.csv").write_text(TAU, encoding="utf-8")
    with pytest.raises(RequestError, match=r"T\.csv cannot be read as a table: its header, line 1: field larger than"):
        karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv")


def test_what_is_no_table(ask, tmp_path):
    assert ask(trade="from,to\nA,B\n")[0] == (
        "T.csv, line 1, exporter: found the columns from, to; expected a column exporter. Add the column."
    )
    assert "T.csv: found no rows; expected at least one row. Fill in the table." in ask(
        trade="exporter,importer,value\n"
    )
    with pytest.raises(
        RequestError, match=r"nothing\.csv is no file\. Name a CSV file with a header, or a Parquet file\."
    ):
        karvan.counterfactual(tmp_path / "nothing.csv", tmp_path / "TAU.csv")
    (tmp_path / "T.csv").write_bytes(b"exporter,importer,value\n\xff\xfe,B,1\n")
    with pytest.raises(RequestError, match=r"T\.csv cannot be read as a table: 'utf-8' codec can't decode"):
        karvan.counterfactual(tmp_path / "T.csv", tmp_path / "TAU.csv")


def test_columns_that_are_not_separated_by_commas_or_called_otherwise(ask):
    assert ask(trade=GOOD.replace(",", ";")) == [
        (
            "T.csv, line 1: found one column, 'exporter;importer;value'; expected columns separated by commas. "
            "Write the table with commas between columns, and with points in its numbers."
        )
    ]
    assert ask(tau=TAU.replace("tau_hat", "Tau_Hat")) == [
        (
            "TAU.csv, line 1, tau_hat: found the columns exporter, importer, Tau_Hat; expected a column tau_hat. "
            "Rename Tau_Hat to tau_hat."
        )
    ]


def test_rows_longer_than_the_header_shift_no_cell(tmp_path):
    """Left to themselves the first cells would become labels, and y the regressor."""
    (tmp_path / "data.csv").write_text("y,x\n1,0,5\n3,1,2\n4,0,3\n8,1,9\n", encoding="utf-8")
    with pytest.raises(RequestError) as raised:
        karvan.estimate(tmp_path / "data.csv", value="y", regressors=["x"])
    assert str(raised.value).endswith(
        "data.csv cannot be read as a table: its rows have 3 cells, its header 2. "
        "Give every column a name, or take away the commas at the ends of rows."
    )


def test_two_countries_that_hardly_trade():
    """Their markets clear at nearly any wages; the world's income must stand all the same."""
    trade = pd.DataFrame(
        [("A", "A", 40.0), ("A", "B", 1e-9), ("B", "A", 1.1e-9), ("B", "B", 10.0)],
        columns=["exporter", "importer", "value"],
    )
    costs = pd.DataFrame(
        [("A", "A", 0.8), ("A", "B", 0.7), ("B", "A", 1.2), ("B", "B", 1.3)],
        columns=["exporter", "importer", "tau_hat"],
    )
    for theta in (4.0, 20.0):
        found = karvan.counterfactual(trade, costs, theta=theta)
        after = found.table["income_hat"] * [40 + 1e-9, 10 + 1.1e-9]
        assert after.sum() == pytest.approx(50 + 2.1e-9, rel=1e-12)


def test_what_is_not_sold_abroad_any_more_is_nothing():
    """Not what rounding leaves of a total less sales at home."""
    value = np.random.default_rng(4).lognormal(2, 1, (3, 6, 6))
    rows = [(i, j, s, value[s, i, j] + value[s, j, i]) for s in range(3) for i in range(6) for j in range(6)]
    trade = pd.DataFrame(rows, columns=["exporter", "importer", "commodity", "value"])
    shut = trade.loc[trade["exporter"] != trade["importer"], ["exporter", "importer", "commodity"]].assign(
        tau_hat=np.inf
    )
    found = karvan.counterfactual(trade, shut)
    assert (found.table[["exports_hat", "imports_hat"]] == 0).all(axis=None)
    assert found.world["trade_after"] == 0


def test_goods_need_an_elasticity_each(ask):
    rows = [row.split(",") for row in GOOD.splitlines()[1:]]
    trade = "exporter,importer,commodity,value\n" + "".join(
        f"{i},{j},{s},{v}\n" for i, j, v in rows for s in ("coal", "rice")
    )
    assert ask(trade, theta={"coal": 4.0}) == [
        "theta, theta: found no row for rice; expected an elasticity per commodity. Add the rows."
    ]
    assert ask(trade, theta="commodity,theta\ncoal,4\nrice,0\nrise,3\n") == [
        "theta.csv, line 3, theta: found '0'; expected a number above zero. Correct the number.",
        (
            "theta.csv, line 4, commodity: found 'rise'; expected a commodity of the other table. "
            "Write rice, or add it to the other table."
        ),
    ]


def test_a_country_that_would_have_nothing_left_to_spend():
    """A lends most of what it earns; a shock that halves its wage leaves less than nothing."""
    trade = pd.DataFrame(
        [("A", "A", 1.0), ("A", "B", 9.0), ("B", "A", 1.0), ("B", "B", 90.0)], columns=["exporter", "importer", "value"]
    )
    dear = pd.DataFrame([("A", "B", 1e3)], columns=["exporter", "importer", "tau_hat"])
    with pytest.raises(NotConvergedError) as raised:
        karvan.counterfactual(trade, dear, theta=8)
    assert str(raised.value) == (
        "No equilibrium was found in 5,000 steps: demand for the output of A is off by 1 of it, against 1e-12 asked for. "
        "Use a smaller shock or elasticity, or multiplicative deficits: a country may not be able to carry its deficit as it was."
    )


def test_an_unknown_form_of_deficits():
    with pytest.raises(UnknownNameError, match=r"No form of deficits is called 'addictive'\. Did you mean additive\?"):
        karvan.counterfactual("T.csv", "TAU.csv", deficits="addictive")
