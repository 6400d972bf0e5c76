"""How sure a value is: draws on accounts and through the chain, the emulator's error, bad requests."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from stubborn import WHY, StubbornFigure

from karvan.appraisal import OutcomeStore, appraise, how_sure, training, uncertainty, worlds
from karvan.appraisal.appraise_projects import carrier_of
from karvan.appraisal.draw_worth import DrawModel, _late_years, _year_weights
from karvan.appraisal.plans import between, ramp_share
from karvan.appraisal.uncertain_drivers import find_drivers
from karvan.appraisal.worlds import SolvedWorlds, solve_worlds
from karvan.case import open_case
from karvan.case.ranges import Z90
from karvan.errors import AuditError, InputError, NotConvergedError, RequestError, UnknownNameError

FEW = ("time_value", "effect_N2", "cost_N2")


@pytest.fixture(scope="module")
def case():
    return open_case("textbook")


@pytest.fixture(scope="module")
def store():
    return OutcomeStore()


@pytest.fixture
def shaped(monkeypatch):
    """Put a function of the scores in the place of the chain: what it finds is the base times the function, 1 at no scores."""

    def put(shape):
        bases: list[SolvedWorlds] = []

        def solve(case, question, scores, **_):
            if not bases:
                bases.append(solve_worlds(case, question, np.zeros((1, len(question.drivers)))))
            times = shape(scores)[:, None]
            return bases[0].unflat(times * bases[0].flat)

        monkeypatch.setattr(training, "solve_worlds", solve)

    return put


# accounts ---------------------------------------------------------------------------------------------------------------


def test_draws_on_accounts_alone_are_exact_and_begin_at_the_appraisal(case, store):
    found = how_sure(case, "N2", draws=4000, only=["cost_N2"], store=store)
    worth = appraise(case, "N2", store=store)
    assert found.base_musd == worth.enpv_musd["both"]
    assert found.check is None
    assert "no driver changes what the chain finds: every draw is exact" in found.notes
    (driver,) = found.drivers
    # value is linear in cost: 10 % of cost is worth as much as the appraisal says that works cost
    slope = worth.valuation.works(next(one for one in worth.standings if one.id == "both"), [worth.cost_musd])
    assert driver.at_high_musd - found.base_musd == pytest.approx(0.1 * slope, rel=1e-9)
    # P10 of a value that falls with cost lies at the P90 of the cost
    assert found.distribution.p10 == pytest.approx(driver.at_high_musd, rel=2e-3)
    assert found.distribution.p50 == pytest.approx(found.base_musd, rel=2e-3)
    assert driver.rank_correlation == pytest.approx(-1.0)
    assert driver.first_order == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("rules", ["adb_2017", "world_bank_2016", "green_book_2026", "us_a94"])
def test_every_rule_set_begins_at_its_own_appraisal(case, store, rules):
    # the audit compares the two to a part in a hundred million, for every standing; here it must not fail
    found = how_sure(case, "N2,N3@2035", draws=16, only=["cost_N2", "asset_life"], rule_set=rules, store=store)
    worth = appraise(case, "N2,N3@2035", rule_set=rules, store=store)
    assert found.base_musd == worth.enpv_musd["both"]


def test_a_draw_that_does_not_begin_at_the_appraisal_is_an_error(case, store, monkeypatch):
    honest = DrawModel.worth

    def wrong(self, *arguments):
        found = honest(self, *arguments)
        return replace(found, enpv_musd=found.enpv_musd + 1.0)

    monkeypatch.setattr(DrawModel, "worth", wrong)
    with pytest.raises(AuditError, match=r"draws begin at a value of .* for alba, but the appraisal has"):
        how_sure(case, "N2", draws=4, only=["cost_N2"], store=store)


def test_a_late_opening_moves_the_ramp_and_stretches_the_works(case, store):
    late = how_sure(case, "N2", draws=64, only=["delay"], store=store)
    # opens late by 20 % of two years at most, and loses by it: cost comes later, which outweighs so small a gain
    assert late.distribution.sd > 0
    worth = appraise(case, "N2", store=store)
    plan, (project,) = worth.plan, worth.plan.projects
    demand = np.array(plan.demand_t)
    known = {year: np.eye(3)[place] for place, year in enumerate(plan.solved_years())}
    ramp = ramp_share(plan.years, project.opening + 1, 3.0)[:, None]
    model = _model(case, worth)
    numbers = np.repeat(model.middle[None, :], 2, axis=0)
    (column,) = model.columns("delay")
    numbers[1, column] = 0.5  # half of two years of works: one year
    found = _year_weights(model, numbers, _late_years(model, numbers))
    assert found[1] == pytest.approx(ramp * between(plan.years, known, demand, project.opening), abs=1e-12)


def test_what_opens_second_does_not_speed_up_the_first(case, store):
    """In its second year the first has two thirds of its effect, and what the second adds has one third."""
    worth = appraise(case, ["N2@2030", "N1@2031"], store=store)
    model = _model(case, worth)
    (weights,) = _year_weights(model, model.middle[None, :], np.zeros(1))
    solved, grown = worth.plan.solved_years(), worth.plan.demand_t[5] / worth.plan.demand_t[4]
    assert solved[:2] == (2030, 2031)
    assert weights[5, :2] == pytest.approx([(2 / 3 - 1 / 3) * grown, 1 / 3], abs=1e-12)
    # the appraisal has the same, else the draws would not begin at its value
    how_sure(case, ["N2@2030", "N1@2031"], draws=4, solves=0, store=store)


@pytest.mark.parametrize("rules", ["adb_2017", "world_bank_2016"])
def test_works_under_way_at_the_end_are_worth_what_was_spent(files, rules):
    """Twenty years of works to open in 2055, 3.6 years late: outlays alone, and by remaining life what was spent is left."""
    files.set("project.csv", "N2", duration_years="20")
    found = how_sure(files.open(), "N2@2055", draws=4, solves=0, only=["delay"], rule_set=rules)
    (delay,) = found.drivers
    assert delay.high == pytest.approx(0.18)  # 3.6 years, the mean of three late and four
    factors = 1.0 / (1.09 if rules == "adb_2017" else 1.06) ** np.arange(31.0)
    left = 22 * factors[30] if rules == "adb_2017" else 0.0  # 2035 to 2056
    late = [-20 / years * (factors[9:].sum() - left) for years in (23, 24)]
    assert delay.at_high_musd == pytest.approx(0.4 * late[0] + 0.6 * late[1], rel=1e-9)


def test_an_effect_that_begins_later_is_drawn_from_then_on(files):
    """At its P10 the value is what an appraisal finds that has the low end for its value."""
    rows = [line[0] for line in files.read("effect.csv")[1:] if line[1] == "N2"]
    for row in rows:
        files.set("effect.csv", row, from_year="2045")
    (effect,) = how_sure(files.open(), "N2@2030", draws=2, exact=True, only=["effect_N2"]).drivers
    for row in rows:
        files.set("effect.csv", row, value="0.4")
    assert effect.at_low_musd == pytest.approx(appraise(files.open(), "N2@2030").enpv_musd["both"], rel=1e-7)


def _model(case, worth):
    valuation = worth.valuation
    return DrawModel(
        case, worth.plan, worth.rules, worth.standings, valuation.states, valuation.probability, None, (),
        find_drivers(case, worth.plan, worth.rules), carrier_of(case, None),
    )  # fmt: skip


def test_more_closures_are_worth_less_where_gains_are_in_the_open_state(case, store):
    found = how_sure(case, "N2", draws=200, only=["closures"], store=store)
    (driver,) = found.drivers
    assert driver.at_low_musd > found.base_musd > driver.at_high_musd
    # probabilities of transition.csv, high confidence: a tenth either way; 0.1 to close becomes 0.11 and 0.6 to stay 0.66
    assert driver.basis == "confidence of 2 figures of transition.csv"


def test_without_solves_accounts_alone_are_drawn_and_what_is_not_is_named(case, store):
    """The same draws as of the drivers of the accounts by name, and nothing is solved for them."""
    appraise(case, "N2", store=store)
    solved = store.solved
    found = how_sure(case, "N2", draws=400, seed=5, solves=0, store=store)
    assert store.solved == solved
    names = {driver.name for driver in found.drivers}
    assert names == {"cost_N2", "overrun_N2", "delay", "closures", "upkeep", "asset_life"} & names
    assert {"cost_N2", "overrun_N2", "closures"} <= names
    drivers = find_drivers(case, appraise(case, "N2", store=store).plan, appraise(case, "N2", store=store).rules)
    own = [driver.name for driver in drivers if not driver.in_chain]
    named = how_sure(case, "N2", draws=400, seed=5, only=own, store=store)
    assert found.values.tobytes() == named.values.tobytes()
    assert found.left_out[:2] == ("its own effect", "growth of traffic")
    assert {driver.label for driver in drivers if driver.in_chain and not driver.project} < set(found.left_out)
    assert named.left_out == ()
    assert not any("every draw is exact" in note for note in found.notes)


# through the chain ------------------------------------------------------------------------------------------------------


def test_the_emulator_is_held_against_fresh_solves_and_covers_exact_draws(case, store):
    drawn = how_sure(case, "N2", draws=6, only=FEW, solves=8, checks=3, store=store)
    check = drawn.check
    assert (check.solves, check.checks) == (1 + 4 + 8, 3)
    assert 0 < check.error_musd <= check.worst_musd
    assert check.error_share == pytest.approx(check.error_musd / drawn.distribution.sd)
    exact = how_sure(case, "N2", draws=6, only=FEW, exact=True, store=store)
    assert exact.check is None
    assert exact.drivers[0].first_order is None
    # the same draws, solved in full: none of the six is off by much more than the worst of three fresh ones
    assert np.abs(drawn.values - exact.values).max() < 5 * check.worst_musd
    # ends of the tornado are full solves in both
    for one, two in zip(drawn.drivers, exact.drivers, strict=True):
        assert (one.name, one.at_low_musd, one.at_high_musd) == (two.name, two.at_low_musd, two.at_high_musd)


def test_the_same_bytes_on_any_number_of_workers(case, store):
    def run(workers: int) -> str:
        found = how_sure(
            case, "N2", draws=50, only=["time_value"], solves=2, checks=2, workers=workers, store=store
        )  # fmt: skip
        return hashlib.sha256(found.values.tobytes() + json.dumps(found.to_dict()).encode()).hexdigest()

    assert run(1) == run(2) == run(3)


def test_a_quadratic_chain_is_emulated_without_error(case, store, shaped):
    shaped(lambda z: 1 + 0.3 * z[:, 0] - 0.2 * z[:, 1] + 0.1 * z[:, 0] * z[:, 1] + 0.05 * z[:, 0] ** 2)
    found = how_sure(case, "N2", draws=500, only=["effect_N2", "time_value"], solves=16, checks=5, store=store)
    # rounding of a value of tens of millions
    assert found.check.worst_musd < 1e-9
    assert found.distribution.p10_low == pytest.approx(found.distribution.p10, abs=1e-9)


def test_a_kink_widens_the_interval_so_that_it_covers_full_solves(case, store, shaped):
    def bent(z):
        return 1 + 40 * np.maximum(0.0, z[:, 0] + 0.4 * z[:, 1] - 0.3)

    shaped(bent)
    names = ["effect_N2", "time_value"]
    found = how_sure(case, "N2", draws=2000, only=names, solves=16, checks=24, store=store)
    exact = how_sure(case, "N2", draws=2000, only=names, exact=True, store=store)
    true = np.sqrt(np.mean((found.values - exact.values) ** 2))
    # 24 fresh solves know the error of 2,000 to a factor of two
    assert 0.5 < found.check.error_musd / true < 2.0
    assert found.distribution.p10_low <= exact.distribution.p10
    assert exact.distribution.p90 <= found.distribution.p90_high
    assert found.distribution.p90_high - found.distribution.p90 == pytest.approx(found.check.worst_musd)
    # so are those of the other standings, and of states, each by its own error
    assert found.by_standing[found.standing] == found.distribution
    for one, wanted in zip(found.by_standing.values(), exact.by_standing.values(), strict=True):
        assert one.p10_low <= wanted.p10
        assert wanted.p90 <= one.p90_high
    spreads = [one.p10 - one.p10_low for one in found.by_standing.values()]
    assert spreads == pytest.approx(found.check.standing_worst_musd)
    assert len(set(np.round(spreads, 6))) > 1
    for one, wanted in zip(found.by_state, exact.by_state, strict=True):
        assert one.distribution.p10_low <= wanted.distribution.p10
        assert wanted.distribution.p90 <= one.distribution.p90_high
    shares = [row["error_share"] for row in found.to_dict()["by_standing"]]
    assert shares == pytest.approx([
        error / one.sd for error, one in zip(found.check.standing_errors_musd, found.by_standing.values(), strict=True)
    ])  # fmt: skip
    assert found.standing_errors[found.standing] == pytest.approx(found.check.error_share)
    assert exact.to_dict()["by_standing"][0]["error_share"] is None
    if found.check.error_share > 0.02:
        assert any("ask for more solves, or exact ones" in note for note in found.notes)


def test_the_note_on_errors_says_whose_value_is_met(case, store, shaped):
    """Of the value to Alba, which bears the works, less of the spread is the chain's."""
    shaped(lambda z: 1 + 4 * np.maximum(0.0, z[:, 0] + 0.4 * z[:, 1] - 0.3))
    names = ["effect_N2", "time_value", "cost_N2", "overrun_N2"]
    found = how_sure(case, "N2", draws=500, only=names, solves=16, checks=24, store=store)
    met = [name for name, share in found.standing_errors.items() if share <= training.TARGET_SHARE]
    assert (found.standing, met) == ("both", ["alba"])
    assert (
        f"the values are off by {100 * found.check.error_share:.1f} % of their spread, more than 2 %; those to Alba by no more: "
        "ask for more solves, or exact ones"
    ) in found.notes


def test_draws_of_which_the_emulator_knows_least_are_solved_in_full(case, store, shaped, monkeypatch):
    """As many as its own guess asks for, the most doubtful first; their values are exact, and the check follows the same rule."""

    def ridges(z):
        # two lines fill up, each by its own mix of drivers; a steep corner far out
        return 1 + 40 * np.maximum(0.0, z[:, 0] + z[:, 1] - 1.4) ** 1.5 + 15 * np.maximum(0.0, z[:, 2] - z[:, 1] - 0.2)

    shaped(ridges)
    names = ["effect_N2", "time_value", "growth"]
    monkeypatch.setattr(training, "FIRST_SOLVES", 24)
    monkeypatch.setattr(training, "MOST_SOLVES", 24)
    found = how_sure(case, "N2", draws=1500, only=names, checks=200, store=store)
    exact = how_sure(case, "N2", draws=1500, only=names, exact=True, store=store)
    check, off = found.check, found.values - exact.values
    assert check.solves == 1 + 6 + 24
    # a sum of a thousand gains, added up in the same order
    assert int((np.abs(off) <= 1e-12 * np.abs(exact.values)).sum()) >= check.full > 0
    assert 0 < check.checks_full < 200
    # the share of the fresh ones is that of the draws, within four standard errors of a binomial
    share = check.full / 1500
    assert abs(check.checks_full - 200 * share) < 4 * np.sqrt(200 * share)
    true = float(np.sqrt(np.mean(off**2)))
    # 200 fresh solves, of which few are far off, know the error of the 1,500 draws to a factor of two
    assert 0.5 < check.error_musd / true < 2.0
    # full solves take most of the error away
    assert check.error_musd < 0.6 * check.alone_musd
    assert check.error_share <= training.TARGET_SHARE
    assert check.alone_share == pytest.approx(check.alone_musd / found.distribution.sd)


def test_as_many_worlds_are_solved_as_the_size_of_the_case_affords(case, store, shaped, monkeypatch):
    solved = []

    def bent(z):
        solved.append(len(z))
        return 1 + 40 * np.abs(z[:, 0] * z[:, 1])

    shaped(bent)
    names = ["effect_N2", "time_value"]

    def run(work, **settings):
        solved.clear()
        monkeypatch.setattr(training, "MOST_WORK", work)
        return how_sure(case, "N2", draws=900, only=names, store=store, **settings).check, sum(solved)

    # a world of three years and two states with 12 rows of base_flow.csv: 6 x (0.05 + 12 x 0.00012) = 0.30864
    check, all_solved = run(0.30864 * 150.5)
    # 150 worlds; without the 4 of the star a fifth is for the check, half of the rest trains
    assert (check.checks, check.solves) == (29, 1 + 4 + (150 - 4 - 29) // 2)
    assert check.full == 150 - 4 - 29 - 58
    assert all_solved == 150
    # too few for anything: the fewest, and no draw in full
    check, all_solved = run(1.0)
    assert (check.checks, check.solves, check.full) == (16, 1 + 4 + 16, 0)
    assert all_solved == 4 + 16 + 16
    # asked for by number: so many, and no draw in full
    check, all_solved = run(100.0, solves=9)
    assert (check.solves, check.full, check.alone_musd) == (1 + 4 + 9, 0, check.error_musd)


def test_a_world_may_be_solved_in_the_likeliest_states_alone(case, store, monkeypatch):
    monkeypatch.setattr(worlds, "LIKELY_SHARE", 0.5)
    ground = uncertainty._ground(case, appraise(case, "N2", store=store), store, (), ["time_value"], None, 1, None,
                                 accounts_alone=False)  # fmt: skip
    scores = np.array([[0.0], [0.0], [1.0]])
    found = solve_worlds(case, ground.question, scores, likely=np.array([False, True, True]))
    assert found.whole.tolist() == [True, False, False]
    assert found.solved.all()
    open_now = found.states.index("open")
    shut = [n for n in range(len(found.states)) if n != open_now]
    assert np.isnan(found.gains_musd[1:, :, shut]).all()
    # trade reckons with fewer states, which moves gains by some per cent
    assert found.gains_musd[1, :, open_now] == pytest.approx(found.gains_musd[0, :, open_now], rel=0.05)
    packed = solve_worlds(case, ground.question, scores, likely=np.array([False, True, True]), workers=2)
    assert packed.flat.tobytes() == found.flat.tobytes()


def test_gains_of_rare_states_follow_those_of_the_others():
    """By hand: in worlds solved in all states the rare one gains 1 + 2 x the likely one, and no more than 9."""
    likely = np.array([1.0, 2.0, 4.0, 3.0, 8.0, np.nan])
    rare = np.array([3.0, 5.0, 9.0, np.nan, np.nan, np.nan])
    gains = np.column_stack([likely, rare])[:, None, :, None] * np.array([1.0, 10.0])
    found = SolvedWorlds(("open", "shut"), gains, gains[..., 0] / 2, ("no solution",)).filled()
    assert found.gains_musd[:5, 0, 1] == pytest.approx(np.outer([3.0, 5.0, 9.0, 7.0, 9.0], [1.0, 10.0]))
    assert found.co2e_t[:5, 0, 1] == pytest.approx([1.5, 2.5, 4.5, 3.5, 4.5])
    assert found.gains_musd[:5, 0, 0, 0].tolist() == likely[:5].tolist()
    assert found.solved.tolist() == [True] * 5 + [False]
    assert found.why_not == ("no solution",)
    whole = found.unflat(found.flat[:3])
    assert whole.filled() is whole


def test_a_case_that_affords_few_solves_trains_on_the_likeliest_states(case, store, monkeypatch):
    solved = []
    monkeypatch.setattr(training, "LIKELY_SHARE", 0.5)
    base: list[SolvedWorlds] = []

    def solve(case, question, scores, *, likely=None, **_):
        if not base:
            base.append(solve_worlds(case, question, np.zeros((1, len(question.drivers)))))
        flat = (1 + 3 * np.maximum(0.0, scores @ np.arange(1.0, 7.0) / 6))[:, None] * base[0].flat
        found = base[0].unflat(flat)
        if likely is not None:
            solved.append((int(likely.sum()), len(scores)))
            rare = np.array(found.states) != "open"
            found.gains_musd[np.ix_(likely, range(found.gains_musd.shape[1]), rare)] = np.nan
            found.co2e_t[np.ix_(likely, range(found.co2e_t.shape[1]), rare)] = np.nan
        return found

    monkeypatch.setattr(training, "solve_worlds", solve)
    names = ["effect_N2", "time_value", "crossing_hours", "price_rail", "price_road", "elasticity"]

    def run(work, *, draws=400, **settings):
        monkeypatch.setattr(training, "MOST_WORK", work)
        return how_sure(case, "N2", draws=draws, only=names, store=store, **settings)

    # 60 worlds of three years and two states; 16 fresh and 12 in all states: 32.6 are left, for 108 of 0.3 each in one of two,
    # of which 12 are those of one driver each
    few = run(0.30864 * 60.6)
    assert solved == [(108, 12 + 16 + 96 + 12)]
    assert (few.check.solves, few.check.likely, few.check.full) == (1 + 12 + 12 + 96, 96, 0)
    assert few.check.checks == 16
    # more go into fresh ones where 128 in the likeliest are left besides those of one driver each
    assert run(0.30864 * 90.6).check.checks == int(90.6 - 12 - 0.3 * (12 + 128))
    monkeypatch.undo()
    monkeypatch.setattr(training, "LIKELY_SHARE", 0.5)
    monkeypatch.setattr(training, "solve_worlds", solve)
    # each draw lies in a world that was solved: none but drivers of the chain is drawn here, so that it has one of their values,
    # which are alike in half of them
    assert few.check.worlds == 12 + 96 + 16
    assert 40 < len(np.unique(few.values)) <= 80
    assert few.check.error_share < 1e-9, "rare states follow the likely ones here without a rest"
    monkeypatch.setattr(uncertainty, "TARGET_SHARE", 1e-3)
    said = f"shares of the variance are of an emulator that is off by {100 * few.check.alone_share:.1f} % of the spread: rough"
    assert said in run(0.30864 * 60.6).notes
    # they are off by what is said that so few worlds leave, and the interval allows for it
    truth = how_sure(case, "N2", draws=8192, only=names, exact=True, store=store).distribution
    off, inside = [], 0
    for seed in range(1, 9):
        one = run(0.30864 * 60.6, draws=4096, seed=seed)
        off.append((one.distribution.mean - truth.mean) / one.check.sampling_musd)
        inside += one.distribution.p10_low < truth.p10
        inside += one.distribution.p90_high > truth.p90
    # a mean square of eight normal numbers is 0.27 to 2.5 in 99 of 100 cases; leaving out parts exaggerates a little
    assert 0.2 < np.mean(np.square(off)) < 2.5
    assert inside >= 14, "of sixteen ends, each of which is to hold in nineteen cases of twenty"


def test_draws_that_share_worlds_are_the_same_with_any_number_of_workers(case, monkeypatch):
    monkeypatch.setattr(training, "LIKELY_SHARE", 0.5)
    monkeypatch.setattr(worlds, "LIKELY_SHARE", 0.5)
    monkeypatch.setattr(training, "MOST_WORK", 0.30864 * 30)
    found = []
    for workers in (1, 2, 3):
        one = how_sure(
            case,
            "N2",
            draws=200,
            only=["time_value", "crossing_hours", "price_rail"],
            workers=workers,
            store=OutcomeStore(),
        )
        assert one.check.worlds > 40
        found.append(json.dumps(one.to_dict()).encode() + one.values.tobytes())
    assert found[0] == found[1] == found[2]


def test_sobol_indices_of_a_chain_that_is_a_sum(case, store, shaped):
    shaped(lambda z: 1 + 3.0 * z[:, 0] + 4.0 * z[:, 1])
    found = how_sure(case, "N2", draws=100, only=["effect_N2", "time_value"], solves=16, checks=2, store=store)
    parts = {one.name: one for one in found.drivers}
    # variances 9 and 16 of 25; 1,024 draws in eight scrambles leave about 0.02
    assert parts["effect_N2"].first_order == pytest.approx(9 / 25, abs=0.03)
    assert parts["time_value"].total_order == pytest.approx(16 / 25, abs=0.03)
    assert found.drivers[0].name == "time_value"
    assert (found.drivers[0].low, found.drivers[0].high) == pytest.approx((-Z90, Z90))


def test_states_and_standings_stand_beside_the_value(case, store):
    found = how_sure(case, "N2", draws=300, only=["cost_N2"], store=store).to_dict()
    assert [row["state"] for row in found["by_state"]] == ["open", "ab_shut"]
    assert sum(row["probability"] for row in found["by_state"]) == pytest.approx(1.0)
    assert [row["standing"] for row in found["by_standing"]] == ["alba", "cora", "both", "corridor", "world"]
    alba, cora, both = (row["mean_musd"] for row in found["by_standing"][:3])
    assert both == pytest.approx(alba + cora)
    assert len(found["s_curve"]) == 99
    assert json.loads(json.dumps(found)) == found


# worlds without a solution ------------------------------------------------------------------------------------------------


def _far(z):
    """Return whether a world lies far out on both drivers: a few in a hundred draws."""
    return (z[:, 0] > 1.2) & (z[:, 1] > 0.9)


def test_draws_without_a_solution_are_left_to_the_emulator_and_widen_the_interval(case, store, shaped, monkeypatch):
    def bent(z):
        # a ridge, so that draws near it are solved in full; some of them have no solution
        return np.where(_far(z), np.nan, 1 + 40 * np.maximum(0.0, z[:, 0] + z[:, 1] - 1.0) ** 1.5)

    shaped(bent)
    monkeypatch.setattr(training, "FIRST_SOLVES", 40)
    monkeypatch.setattr(training, "MOST_SOLVES", 40)
    found = how_sure(case, "N2", draws=1500, only=["effect_N2", "time_value"], checks=60, store=store)
    lost = found.unsolved
    assert lost.emulated
    assert 0 < lost.draws <= 0.05 * 1500
    assert lost.draws <= lost.worlds
    # what was to be solved: one driver each, training, checks, draws in full
    assert lost.asked == 4 + 40 + 60 + found.check.full + lost.draws
    assert np.isfinite(found.values).all()
    assert len(found.values) == 1500
    answer = found.to_dict()
    assert answer["unsolved"] == {
        "asked": lost.asked, "worlds": lost.worlds, "draws": lost.draws, "emulated": True, "why": "no reason was given.",
        "share": lost.worlds / lost.asked,
    }  # fmt: skip
    said = (
        f"{lost.worlds} of {lost.asked:,} worlds ({100 * lost.share:.1f} %) have no solution; {lost.draws} draws among them are "
        "left to the emulator, and the interval allows for them on either side"
    )
    assert said in found.notes
    # the interval holds were all of them beyond one end or the other; the emulator has them near the upper one
    spread, margin = found.distribution, found.check.worst_musd
    assert spread.p10_low < spread.p10 - margin
    assert spread.p90_high >= spread.p90 + margin
    # a difference of shares of 1,500, which are rounded
    assert spread.p_negative_high - spread.p_negative_low >= lost.draws / 1500 - 1e-12


def test_an_exact_draw_without_a_solution_is_left_out_and_counted(case, store, shaped):
    shaped(lambda z: np.where(_far(z), np.nan, 1 + z[:, 0]))
    found = how_sure(case, "N2", draws=1000, only=["effect_N2", "time_value"], exact=True, store=store)
    shaped(lambda z: 1 + z[:, 0])
    whole = how_sure(case, "N2", draws=1000, only=["effect_N2", "time_value"], exact=True, store=store)
    lost = found.unsolved
    assert (lost.asked, lost.worlds, lost.emulated) == (1004, lost.draws, False)
    assert 0 < lost.draws < 50
    assert (found.draws, len(found.values)) == (1000, 1000 - lost.draws)
    # the draws that are left are the very same; those that are gone all lie at the upper end
    assert set(found.values.tolist()) < set(whole.values.tolist())
    assert found.distribution.p10_low <= found.distribution.p10 <= whole.distribution.p10
    assert found.distribution.p90 <= whole.distribution.p90 <= found.distribution.p90_high
    assert whole.unsolved.worlds == 0
    assert not any("no solution" in note for note in whole.notes)
    assert any(note.endswith("are left out, and the interval allows for them on either side") for note in found.notes)


@pytest.mark.parametrize("exact", [False, True])
def test_an_end_of_the_tornado_without_a_solution_is_emulated(case, store, shaped, exact):
    shaped(lambda z: np.where((z[:, 0] > 1.28) & (z[:, 1] == 0), np.nan, 1 + z[:, 0] + z[:, 1]))
    found = how_sure(
        case,
        "N2",
        draws=100,
        only=["effect_N2", "time_value"],
        exact=exact,
        solves=None if exact else 16,
        checks=4,
        store=store,
    )
    shaped(lambda z: 1 + z[:, 0] + z[:, 1])
    whole = how_sure(case, "N2", draws=100, only=["effect_N2", "time_value"], exact=exact, store=store)
    assert found.unsolved.worlds == 1
    assert found.unsolved.draws == 0
    # both drivers span the same: which of them stands first is a matter of rounding
    ends = [{one.name: (one.at_low_musd, one.at_high_musd) for one in answer.drivers} for answer in (found, whole)]
    assert ends[0].keys() == ends[1].keys()
    for name, both in ends[0].items():
        assert both == pytest.approx(ends[1][name])


def test_too_many_worlds_without_a_solution_are_an_error(case, store, shaped):
    shaped(lambda z: np.where(z[:, 0] > 0.5, np.nan, 1 + z[:, 0]))
    with pytest.raises(NotConvergedError) as caught:
        how_sure(case, "N2", draws=100, only=["effect_N2"], exact=True, store=store)
    message = str(caught.value)
    count = int(message.split(maxsplit=1)[0])
    # three in ten draws of a standard normal lie above a half
    assert 25 <= count <= 37
    assert message == (
        f"{count} of 102 worlds have no solution, more than 5 %. The first: no reason was given. Draw fewer drivers, or narrow "
        "their ranges."
    )
    with pytest.raises(NotConvergedError, match=r"of \d+ worlds have no solution, more than 5 %\."):
        how_sure(case, "N2", draws=100, only=["effect_N2"], solves=16, checks=4, store=store)


def test_a_forced_failure_of_the_chain_gives_the_same_bytes_on_any_number_of_workers(case, store, monkeypatch):
    """A value of time far out has no solution, wherever it is solved."""

    def stubborn(*arguments):
        return tuple(
            replace(driver, figures=tuple(StubbornFigure(**vars(figure)) for figure in driver.figures))
            for driver in find_drivers(*arguments)
        )

    monkeypatch.setattr(uncertainty, "find_drivers", stubborn)

    def run(workers):
        return how_sure(case, "N2", draws=20, only=["time_value"], exact=True, workers=workers, store=store)

    one, two = run(1), run(2)
    assert (one.unsolved.asked, one.unsolved.worlds, one.unsolved.draws, one.unsolved.why) == (22, 1, 1, WHY)
    assert len(one.values) == 19
    assert one.values.tobytes() == two.values.tobytes()
    assert json.dumps(one.to_dict()) == json.dumps(two.to_dict())


def test_where_no_world_has_a_solution_the_first_reason_is_given(case, store, monkeypatch):
    def fails(*_):
        raise NotConvergedError("flows do not meet.")

    monkeypatch.setattr(worlds, "_solve", fails)
    with pytest.raises(NotConvergedError, match=r"^flows do not meet\.$"):
        how_sure(case, "N2", draws=4, only=["time_value"], exact=True, store=store)


# requests ---------------------------------------------------------------------------------------------------------------


def test_bad_requests_say_what_is_wrong(case, store):
    with pytest.raises(InputError) as caught:
        how_sure(case, "N2", draws=0, seed=-1, checks=1)
    assert str(caught.value) == (
        "Uncertainty: 3 problems\n  draws: found 0; expected a whole number, 1 to 1,000,000.\n"
        "  seed: found -1; expected 0 or more.\n  checks: found 1; expected a whole number, 2 to 1,000,000."
    )
    with pytest.raises(UnknownNameError, match=r"No driver is called 'time_valu'. Did you mean time_value\?"):
        how_sure(case, "N2", only=["time_valu"], store=store)
    with pytest.raises(InputError, match=r"Uncertainty: drivers: found none; expected one or more."):
        how_sure(case, "N2", only=[], store=store)
    with pytest.raises(
        InputError, match=r"Uncertainty: solves: found -1; expected 1 or more, or 0: the accounts alone."
    ):
        how_sure(case, "N2", only=["time_value"], solves=-1, store=store)
    with pytest.raises(
        InputError, match=r"drivers: found only such as change what the chain finds; expected one of the "
    ):
        how_sure(case, "N2", only=["time_value"], solves=0, store=store)
    with pytest.raises(RequestError, match=r"N5 is not valued: .* There is nothing to draw."):
        how_sure(case, "N5", store=store)


def test_a_correlation_that_cannot_be_is_refused(case, store):
    pair = ("cost_N2", "overrun_N2")
    with pytest.raises(InputError) as caught:
        how_sure(case, "N2", draws=8, only=pair, correlations={pair: 1.5, ("cost_N2", "growth"): 0.5}, store=store)
    assert caught.value.problems == (
        "correlation of cost_N2 and overrun_N2: found 1.5; expected two figures and -1 to 1.",
        "correlation of cost_N2 and growth: found no figure called 'growth'; expected one of cost_N2, overrun_N2.",
    )


def test_a_scenario_that_lasts_has_no_closures_to_draw(case, store):
    found = how_sure(case, "N2", scenario="open", draws=20, only=["cost_N2"], store=store)
    assert [row.state for row in found.by_state] == ["open", "ab_shut"]
    with pytest.raises(UnknownNameError, match="No driver is called 'closures'"):
        how_sure(case, "N2", scenario="open", only=["closures"], store=store)


def test_correlations_that_cannot_all_be_are_said_to_be_off(case, store):
    """Three figures that are each to oppose the others; and demand's own assumption is not said of what was asked for."""
    trio = ("cost_N2", "overrun_N2", "asset_life")
    asked = {(one, two): -0.5 for place, one in enumerate(trio) for two in trio[place + 1 :]}
    found = how_sure(case, "N2", draws=64, only=trio, solves=0, correlations=asked, store=store)
    said = "the rank correlations that are asked for cannot all be: the nearest are drawn, at most 0.017 from them"
    assert said in found.notes
    fine = how_sure(
        case, "N2", draws=64, only=trio, solves=0, correlations={("cost_N2", "overrun_N2"): 0.5}, store=store
    )
    assert not any("correlat" in note for note in fine.notes)
    assert fine.meta.hash != found.meta.hash, "other correlations are another request"
