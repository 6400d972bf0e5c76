"""Rule sets: those that come along, one's own, and every fault of a file at once."""

from __future__ import annotations

from importlib import resources

import pytest

from karvan.appraisal.rules import open_rule_set, parse_rule_set, rule_set_names
from karvan.errors import InputError, UnknownNameError

NAMES = ["adb_2017", "eu_2021", "green_book_2026", "us_a94", "world_bank_2016"]


def text_of(name: str) -> str:
    return (resources.files("karvan.appraisal") / "rule_sets" / f"{name}.toml").read_text(encoding="utf-8")


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        parse_rule_set(text, file="my.toml")
    return caught.value.problems


def test_the_names():
    assert rule_set_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_its_source_and_status(name):
    rules = open_rule_set(name)
    assert rules.id == name
    figures = list(rules.figures())
    assert all(status in ("read", "computed", "unconfirmed") for _, _, status, _ in figures)
    assert all(rules.sources[source].title for _, _, _, source in figures)
    assert {source for _, _, _, source in figures} | {"memo"} >= set(rules.sources) - {"tag"}


def test_what_was_not_found_in_its_document_is_named():
    others = [f"{effect}, road, EUR/tkm" for effect in ("accidents", "air", "noise")]
    assert open_rule_set("adb_2017").unconfirmed() == [
        "timing", "horizon, years", "least WACC", "rate, social_sector", *others
    ]  # fmt: skip
    assert open_rule_set("green_book_2026").unconfirmed() == ["horizon, years"]


def test_a_rule_set_of_ones_own(tmp_path):
    path = tmp_path / "ours.toml"
    path.write_text(
        text_of("adb_2017").replace("adb_2017", "ours").replace("rate = 0.09", "rate = 0.11"), encoding="utf-8"
    )
    assert open_rule_set(path).schedule().rate == 0.11
    assert open_rule_set(str(path)).id == "ours"


def test_an_unknown_name():
    with pytest.raises(UnknownNameError, match=r"^No rule set is called 'adb'\. Did you mean adb_2017\?$"):
        open_rule_set("adb")


def test_a_file_that_is_not_there():
    with pytest.raises(InputError, match=r"^no\.toml: found no such file; expected a rule set\.$"):
        open_rule_set("no.toml")


def test_a_file_that_is_no_toml():
    assert faults("id = ")[0].startswith("found Invalid value")


def test_settings_that_are_missing_unknown_or_wrong():
    text = (
        text_of("us_a94").replace("bcr_denominator", "bcr_nominator").replace('status = "read"', 'status = "seen"', 1)
    )
    assert faults(text.replace('timing = "end"', 'timing = "noon"')) == (
        "bcr_denominator: found nothing; expected a value. Add it.",
        "discounting.timing: found 'noon'; expected 'start', 'mid' or 'end'.",
        "discounting.bands.0.status: found 'seen'; expected 'read', 'computed' or 'unconfirmed'.",
        "bcr_nominator: found a setting that rule sets do not have. Remove it, or mend its spelling.",
    )


def test_parts_that_do_not_fit_together():
    text = text_of("world_bank_2016")
    for old, new in (
        ("rate = 0.06", "rate = 6"),
        ("from_year = 0", "from_year = 1"),
        ("value = 30", "value = 0"),
        ("year = 2030", "year = 2020"),
        ("low = 50\nhigh = 100", "low = 100\nhigh = 50"),
        ("growth_after = 0.0225", "growth_after = -1"),
    ):
        assert old in text
        text = text.replace(old, new)
    text = text.replace('source = "carbon"', 'source = "carbn"', 1)
    text += '\n[shadow_factors.labour]\nvalue = -1\nstatus = "read"\nsource = "carbon"\n'
    known = "discounting, carbon, handbook, wdi, transfer"
    assert faults(text) == (
        "discounting.bands: found years [1]; expected years that ascend from 0.",
        "discounting.bands, year 1: found 6 (600 %); expected a share of one, at most 1 (100 %). Write 9 % as 0.09.",
        "horizon_years: found 0; expected a whole number of 1 or more.",
        "shadow_factors.labour: found -1; expected 0 or more.",
        "carbon.points: found years [2020, 2020]; expected ascending years.",
        "carbon.points, 2020: found [100.0, 50.0]; expected low, central and high in this order.",
        "carbon.growth_after: found -1 (-100 %); expected more than -1, since at -100 % nothing is left to discount.",
        f"USD a tonne of CO2e, 2020, low: found the source 'carbn'; expected one of {known}.",
        f"USD a tonne of CO2e, 2020, high: found the source 'carbn'; expected one of {known}.",
    )


def test_faults_of_form_and_of_sense_are_told_at_once():
    text = text_of("adb_2017")
    for old, new in (
        ("[hurdle_rate]\nvalue = 0.09", "[hurdle_rate]\nvalue = 9"),
        ("[horizon_years]\nvalue = 30\nlow = 20", "[horizon_years]\nvalue = 0"),
        ('bcr_denominator = "all_costs"', 'bcr_denominator = "opex"'),
        ("[carbon]", "[carbon]\nfoo = 1"),
        ('source = "comcec"', 'source = "comcek"'),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    known = "comcec, guidelines, carbon, handbook, wdi, transfer"
    assert faults(text) == (
        "bcr_denominator: found 'opex'; expected 'all_costs' or 'capital'.",
        "carbon.foo: found a setting that rule sets do not have. Remove it, or mend its spelling.",
        "hurdle_rate: found 9 (900 %); expected a share of one, at most 1 (100 %). Write 9 % as 0.09.",
        "horizon_years: found 0; expected a whole number of 1 or more.",
        f"discount rate from year 0: found the source 'comcek'; expected one of {known}.",
    )


def test_parts_that_cannot_be_read_bring_no_faults_of_others():
    text = text_of("adb_2017").replace("[sources.comcec]\ntitle", "[sources.comcec]\ntitel")
    assert faults(text.replace("value = 30\nlow = 20", "value = 0.5")) == (
        "sources.comcec.title: found nothing; expected a value. Add it.",
        "sources.comcec.titel: found a setting that rule sets do not have. Remove it, or mend its spelling.",
        "horizon_years: found 0.5; expected a whole number of 1 or more.",
    )


def test_ranges_out_of_order_and_names_that_nothing_has():
    text = text_of("adb_2017").replace('"enpv"', '"empv"', 1).replace('mode = "road"', 'mode = "rod"', 1)
    text = text.replace("[hurdle_rate]\nvalue = 0.09", "[hurdle_rate]\nvalue = 0.09\nlow = 0.1\nhigh = inf")
    text = text.replace("value = 30\nlow = 20\nhigh = 30", "value = 30\nlow = 40\nhigh = 20")
    text += '\n[shadow_factors.labour]\nvalue = 0.8\nhigh = 0.7\nstatus = "read"\nsource = "carbon"\n'
    required, *others = faults(text)
    assert required.startswith("required: found 'empv'; expected names of bcr, cash_sustainability, ")
    assert required.endswith("workbook. Did you mean enpv?")
    assert others == [
        "hurdle_rate: found [0.1, 0.09, inf]; expected numbers, low, value and high in this order.",
        "horizon_years: found [40.0, 30.0, 20.0]; expected numbers, low, value and high in this order.",
        "shadow_factors.labour: found [0.8, 0.7]; expected numbers, low, value and high in this order.",
        "external: found the mode 'rod'; expected one of rail, road, sea, ferry.",
    ]


@pytest.mark.parametrize("rate", ["-0.1", "-0.2", "-0.99"])
def test_a_discount_rate_far_below_zero_is_a_slip(rate):
    text = text_of("adb_2017").replace("rate = 0.09", f"rate = {rate}")
    (fault,) = faults(text)
    assert fault.startswith(f"discounting.bands, year 0: found {rate} (")
    assert fault.endswith(" %); expected more than -0.1. Check the sign.")
    near = parse_rule_set(text_of("adb_2017").replace("rate = 0.09", "rate = -0.0005"), file="my.toml")
    assert near.schedule().rate == -0.0005


def test_a_transfer_by_income_that_cannot_be():
    text = text_of("adb_2017").replace("value = 41900", "value = 0").replace("low = 0.8", "low = 1.1")
    assert faults(text) == (
        "income_transfer.gdp_usd_per_head: found 0; expected more than 0.",
        "income_transfer.elasticity: found [1.1, 1.0, 1.2]; expected 0 or more, low, value and high in this order.",
    )


def test_costs_follow_income_by_the_elasticity_and_its_ends():
    transfer = open_rule_set("adb_2017").income_transfer
    assert transfer is not None
    assert transfer.times(4190.0) == pytest.approx((0.1, 0.1**1.2, 0.1**0.8))
    # where incomes are higher, the greater elasticity gives more
    assert transfer.times(83800.0) == pytest.approx((2.0, 2.0**0.8, 2.0**1.2))


def test_one_external_cost_twice():
    text = text_of("eu_2021").replace('effect = "air"', 'effect = "noise"')
    assert faults(text) == ("external: found noise of road twice; expected once.",)


def test_a_carbon_path_between_and_beyond_its_points():
    path = open_rule_set("green_book_2026").carbon
    assert path.price(2025) == pytest.approx((253.19 * 294.50) ** 0.5)  # half-way, growing evenly
    assert path.levels == ("low", "central", "high")
    with pytest.raises(InputError) as caught:
        path.price(2031)
    assert str(caught.value) == "Carbon path: found the year 2031; expected 2020 to 2030. Add a point, or growth_after."
    with pytest.raises(InputError):
        path.price(2019)


def test_the_middle_of_a_range_and_a_level_that_is_not_there():
    assert open_rule_set("world_bank_2016").carbon.price(2020) == 60
    with pytest.raises(InputError) as caught:
        open_rule_set("adb_2017").carbon.price(2030, "high")
    assert str(caught.value) == "Carbon path: found no high price; expected one of central."


def test_a_horizon_has_whole_years() -> None:
    text = (resources.files("karvan.appraisal") / "rule_sets" / "adb_2017.toml").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"horizon_years: found 30\.5; expected a whole number of 1 or more"):
        parse_rule_set(
            text.replace("[horizon_years]\nvalue = 30\n", "[horizon_years]\nvalue = 30.5\n"), file="ours.toml"
        )
