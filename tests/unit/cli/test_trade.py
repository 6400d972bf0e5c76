"""``karvan trade``: what it prints, and what it says of wrong requests."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import karvan as karvan_module
from karvan.charts import words

TRADE = "exporter,importer,value\nA,A,90\nA,B,10\nB,A,9\nB,B,80\n"
TAU = "exporter,importer,tau_hat\nA,B,0.9\nB,A,0.9\n"


@pytest.fixture
def tables(tmp_path):
    for name, text in {"T.csv": TRADE, "TAU.csv": TAU}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return ("--trade", tmp_path / "T.csv", "--tau", tmp_path / "TAU.csv")


def test_json_says_where_it_comes_from_and_leaves_pairs_out_unless_asked(karvan, tables):
    answer = karvan("trade", "counterfactual", *tables, "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert set(found) == {"meta", "model", "deficits", "convergence", "notes", "world", "countries", "commodities"}
    assert found["meta"]["case"] is None
    assert [country["id"] for country in found["countries"]] == ["A", "B"]
    assert all(country["real_income_hat"] > 1 for country in found["countries"])
    assert karvan("trade", "counterfactual", *tables, "--json").out == answer.out
    with_pairs = json.loads(karvan("trade", "counterfactual", *tables, "--json", "--pairs").out)
    assert len(with_pairs["pairs"]) == 4


def test_csv_is_one_row_per_country_or_pair(karvan, tables):
    rows = karvan("trade", "counterfactual", *tables, "--csv").out.splitlines()
    assert rows[0].startswith("id,real_income_hat,wage_hat,price_hat,")
    assert len(rows) == 3
    assert len(karvan("trade", "counterfactual", *tables, "--csv", "--pairs").out.splitlines()) == 5


def test_the_summary_shows_the_pairs_that_change_most(karvan, tables):
    found = karvan_module.counterfactual(tables[1], tables[3]).pairs
    lines = karvan("trade", "counterfactual", *tables, "--pairs").out.splitlines()
    head = next(place for place, line in enumerate(lines) if line.startswith("from "))
    assert lines[head].split() == ["from", "to", "trade", "cost", "%", "trade", "becomes", "change", "%"]
    shown = [line.split() for line in lines[head + 1 : head + 5]]
    first = found.loc[(found["value_after"] - found["value"]).abs().idxmax()]
    figures = (100 * (first["tau_hat"] - 1), first["value"], first["value_after"], 100 * (first["value_hat"] - 1))
    assert shown[0] == [first["exporter"], first["importer"], *(words.number(figure) for figure in figures)]
    assert sorted(row[:2] for row in shown) == [["A", "A"], ["A", "B"], ["B", "A"], ["B", "B"]]
    assert not any(line.startswith("from ") for line in karvan("trade", "counterfactual", *tables).out.splitlines())


def test_the_summary_names_the_gain_once(karvan, tables):
    world = karvan_module.counterfactual(tables[1], tables[3]).world
    answer = karvan("trade", "counterfactual", *tables)
    gain, half = (words.number(world[name]) for name in ("equivalent_variation", "rule_of_half"))
    assert answer.out.startswith(
        f"Real income of the world: {gain} in the unit of trade; by the rule of half {half}.\n"
    )
    assert "Solved in " in answer.out


def test_goods_from_parquet_with_elasticities_by_name(karvan, tmp_path, tables):
    base = pd.read_csv(tmp_path / "T.csv")
    goods = pd.concat([base.assign(commodity="rice"), base.assign(commodity="coal", value=base["value"] / 2)])
    goods.to_parquet(tmp_path / "G.parquet")
    answer = karvan(
        "trade", "counterfactual", "--trade", tmp_path / "G.parquet", *tables[2:], "--theta", "rice=4,coal=8", "--json"
    )
    found = json.loads(answer.out)
    assert [(row["commodity"], row["theta"]) for row in found["commodities"]] == [("coal", 8.0), ("rice", 4.0)]
    assert found["commodities"][0]["trade_hat"] > found["commodities"][1]["trade_hat"] > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--deficits", "none"),
            "No form of deficits is called 'none'. There are: additive, multiplicative, balanced.",
        ),
        (("--missing", "drop"), "No treatment of missing rows is called 'drop'. There are: error, zero."),
        (
            ("--theta", "a=b"),
            "--theta 'a=b' is no list of elasticities. Write NAME=NUMBER, separated by commas, or name a file.",
        ),
        (
            ("--theta", "coal=8,rice=4,coal=4"),
            "--theta 'coal=8,rice=4,coal=4' names coal twice. Name each commodity once.",
        ),
        (
            ("--theta", "four"),
            (
                "--theta 'four' is no elasticity. Write a number such as 4, or NAME=NUMBER for each commodity, separated by "
                "commas, or name a file."
            ),
        ),
        (
            ("--theta", ""),
            (
                "--theta '' is no elasticity. Write a number such as 4, or NAME=NUMBER for each commodity, separated by "
                "commas, or name a file."
            ),
        ),
        (("--theta", "4.csv"), "4.csv is no file. Name a CSV file with a header, or a Parquet file."),
        (
            ("--theta", "1e-8"),
            (
                "The tables of trade cannot be used: theta: found 1e-08; expected 1e-06 at least. "
                "Give the elasticity of trade, such as 4."
            ),
        ),
        (
            ("--theta", "0"),
            (
                "The tables of trade cannot be used: theta: found 0; expected a number above zero. "
                "Give the elasticity of trade, such as 4."
            ),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_request_is_one(karvan, tables, options, message):
    assert karvan("trade", "counterfactual", *tables, *options) == (1, "", f"karvan: {message}\n")


def test_tables_must_be_named(karvan, tables):
    answer = karvan("trade", "counterfactual", *tables[:2])
    assert answer == (1, "", "karvan: Name both tables: --trade FILE and --tau FILE.\n")


def test_json_and_csv_exclude_each_other(karvan, tables):
    assert karvan("trade", "counterfactual", *tables, "--json", "--csv").code == 2


def test_an_estimate(karvan, tmp_path):
    (tmp_path / "data.csv").write_text("y,fta\n1,0\n3,0\n4,1\n8,1\n,1\n", encoding="utf-8")
    options = ("--data", tmp_path / "data.csv", "--value", "y", "--regressors", "fta")
    answer = karvan("trade", "estimate", *options, "--json")
    found = json.loads(answer.out)
    assert found["coefficients"][0]["name"] == "fta"
    assert found["coefficients"][0]["estimate"] == pytest.approx(1.0986122886681098, abs=1e-10)
    assert found["observations"] == 4
    assert found["dropped"]["missing"] == 1
    shown = karvan("trade", "estimate", *options)
    assert shown.err == "Note: 1 rows lack a figure and were dropped: 1 in y.\n"
    assert shown.out.splitlines()[1].split()[:2] == ["fta", "1.098612"]
    assert karvan("trade", "estimate", *options, "--csv").out.startswith(
        "name,estimate,std_error,z,p_value,low,high\nfta,1.0986"
    )


def test_an_estimate_of_what_is_not_there(karvan, tmp_path):
    (tmp_path / "data.csv").write_text("y,fta\n1,0\n3,1\n", encoding="utf-8")
    answer = karvan("trade", "estimate", "--data", tmp_path / "data.csv", "--value", "trade", "--regressors", "fta")
    assert answer == (
        1, "", "karvan: data.csv does not fit the request: There is no column 'trade'. There are: y, fta.\n"
    )  # fmt: skip


def test_names_with_a_comma_stand_in_quotes(karvan, tmp_path):
    (tmp_path / "data.csv").write_text('y,"x, y",z\n1,0,1\n3,0,2\n4,1,1\n8,1,1\n', encoding="utf-8")
    options = ("trade", "estimate", "--data", tmp_path / "data.csv", "--value", "y")
    found = json.loads(karvan(*options, "--regressors", '"x, y",z', "--json").out)
    assert [row["name"] for row in found["coefficients"]] == ["x, y", "z"]
    assert karvan(*options, "--regressors", "x, z,y").err == (
        "karvan: data.csv does not fit the request: 2 problems\n"
        "  There is no column 'x'. Did you mean \"x, y\"? On the command line a name with a comma stands in double quotes "
        "within the list.\n"
        "  y is both the value and a regressor. Leave it out of the regressors.\n"
    )
    unended = karvan(*options, "--regressors", '"x, y,z')
    assert unended.code == 2
    assert "has a double quote that does not end" in unended.err


def test_an_error_that_cannot_be_had_is_not_zero(karvan, tmp_path):
    rows = [(f"E{i}", f"M{j}") for i in range(4) for j in range(4) for _ in range(2)]
    rng = np.random.default_rng(36)
    x, y = rng.normal(size=32).round(2), rng.poisson(3, 32)
    pd.DataFrame(rows, columns=["ex", "im"]).assign(x=x, y=y).to_csv(tmp_path / "data.csv", index=False)
    sets = ("--fixed", "ex,im", "--cluster", "ex,im")
    options = ("trade", "estimate", "--data", tmp_path / "data.csv", "--value", "y", "--regressors", "x", *sets)
    shown = karvan(*options)
    assert shown.out.splitlines()[1].split("not known")[0].split() == ["x", f"{words.MINUS}0.057080"]
    assert shown.err.endswith("Note: no error can be had for x: the variance is not above zero.\n")
    (row,) = json.loads(karvan(*options, "--json").out)["coefficients"]
    assert {name for name, figure in row.items() if figure is None} == {"std_error", "z", "p_value", "low", "high"}


@pytest.mark.parametrize(("target", "way"), [("20", "2.5 %"), ("1", "120 %")])
def test_a_target_that_is_reached_already(karvan, target, way):
    options = ("trade", "potential", "--case", "textbook", "--target-musd", target)
    said = f"  USD {target} m is reached already: trade would fall to it if trade costs rose by {way}."
    assert said in karvan(*options).out
    (row,) = json.loads(karvan(*options, "--json").out)["baselines"]
    assert row["needed_tau_hat"] > 1
    assert row["needed_cut_share"] == pytest.approx(1 - row["needed_tau_hat"])
    assert row["within_transport"]


def test_input_output_tables_from_a_folder(karvan, tmp_path):
    files = {
        "trade": "exporter,importer,commodity,value\na,a,g,0.8\na,b,g,0.2\nb,a,g,0.2\nb,b,g,0.8\n",
        "value_added": "country,commodity,share\na,g,0.5\nb,g,0.5\n",
        "input_output": "input,commodity,share\ng,g,0.5\n",
        "elasticity": "commodity,theta\ng,4\n",
        "tau_hat": "exporter,importer,tau_hat\na,b,0.9\nb,a,0.9\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    answer = karvan("trade", "counterfactual", "--model", "caliendo-parro", "--tables", tmp_path, "--json")
    found = json.loads(answer.out)
    assert found["model"] == "caliendo-parro"
    assert found["world"]["rule_of_half"] is None
    expected = (0.8 + 0.2 * 0.9**-4) ** (1 / (4 * 0.5))
    assert [country["real_income_hat"] for country in found["countries"]] == pytest.approx([expected] * 2, rel=1e-8)
    shown = karvan("trade", "counterfactual", "--model", "caliendo-parro", "--tables", tmp_path)
    assert "rule of half" not in shown.out


def test_models_and_their_options(karvan, tables, tmp_path):
    assert karvan("trade", "counterfactual", *tables, "--tables", tmp_path) == (
        1, "", "karvan: --tables goes with --model caliendo-parro.\n"
    )  # fmt: skip
    reads = (
        "karvan: --model caliendo-parro reads --tables DIR: trade.csv, elasticity.csv and deficit.csv in it take the place of "
        "--trade, --theta and --new-deficits, and every pair has a row."
    )
    parro = ("trade", "counterfactual", "--model", "caliendo-parro")
    assert karvan(*parro) == (1, "", f"{reads}\n")
    assert karvan(*parro, *tables, "--tables", tmp_path).err == f"{reads} Leave out --trade.\n"
    # left unread, it would answer with another elasticity than the one asked for
    assert karvan(*parro, "--tables", tmp_path, "--theta", "9", "--missing", "zero").err == (
        f"{reads} Leave out --theta, --missing.\n"
    )
    assert "No model is called 'melitz'." in karvan("trade", "counterfactual", *tables, "--model", "melitz").err
