"""The emulator of full solves: what it takes up exactly, what it says of its own error, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import qmc

from karvan.appraisal.emulator import fit_emulator, least_solves
from karvan.errors import InputError

NAMES = ("a", "b", "c", "d")


def scores(count: int, seed: int, spread: float = 1.0) -> np.ndarray:
    points = qmc.Sobol(len(NAMES), rng=seed).random_base2(12)[:count]
    return np.clip(spread * ndtri(np.clip(points, 1e-9, 1 - 1e-9)), -2.33, 2.33)


def test_a_quadratic_is_taken_up_exactly():
    def quadratic(z: np.ndarray) -> np.ndarray:
        one = 3 + z[:, 0] - 2 * z[:, 1] + 0.5 * z[:, 0] ** 2 + z[:, 2] * z[:, 3]
        return np.column_stack([one, 7.0 * z[:, 2] - 1.0])

    # 15 terms of second degree in 4 scores, a quarter more solves than terms
    train, fresh = scores(19, 1), scores(400, 2)
    found = fit_emulator(train, quadratic(train), NAMES)
    assert found.kinds == ("quadratic", "line")
    # least squares on numbers of size ten loses a dozen of the sixteen digits at most
    assert np.abs(found.at(fresh) - quadratic(fresh)).max() < 1e-11
    assert np.abs(found.left_out).max() < 1e-11


def test_products_are_followed_through_logarithms():
    def product(z: np.ndarray) -> np.ndarray:
        return (np.exp(0.5 * z[:, 0]) * np.exp(0.4 * z[:, 1]) * (2 + 0.3 * z[:, 2]))[:, None]

    train, fresh = scores(64, 3, 1.4), scores(400, 4)
    wanted = product(fresh)
    error = np.sqrt(np.mean((fit_emulator(train, product(train), NAMES).at(fresh) - wanted) ** 2)) / wanted.std()
    # a plane is off by a quarter of the spread, from the curvature of the exponentials
    plane = np.linalg.lstsq(np.column_stack([np.ones(64), train]), product(train), rcond=None)[0]
    off = np.sqrt(np.mean((np.column_stack([np.ones(400), fresh]) @ plane - wanted) ** 2)) / wanted.std()
    assert off > 0.2
    assert error < 0.1 * off


def kinked(z: np.ndarray) -> np.ndarray:
    return np.maximum(0.0, z[:, [0]] + 0.5 * z[:, [1]]) * 10.0


def test_a_bend_across_drivers_is_followed_along_its_own_direction():
    def ridge(z: np.ndarray) -> np.ndarray:
        return np.maximum(0.0, z.sum(axis=1) - 1.0)[:, None]

    train, fresh = scores(96, 5), scores(800, 6)
    found, wanted = fit_emulator(train, ridge(train), NAMES), ridge(fresh)
    true = float(np.sqrt(np.mean((found.at(fresh) - wanted) ** 2))) / wanted.std()
    # a bend in one direction is a function of one number, once that is found, which 96 solves know well; a quadratic is off by
    # a fifth of the spread
    assert true < 0.05
    squares = [
        np.column_stack([np.ones(len(z)), z, z**2, *(z[:, [i]] * z[:, i + 1 :] for i in range(3))])
        for z in (train, fresh)
    ]
    quadratic = squares[1] @ np.linalg.lstsq(squares[0], ridge(train), rcond=None)[0]
    assert float(np.sqrt(np.mean((quadratic - wanted) ** 2))) / wanted.std() > 4 * true
    # left out, a solve at the edge has no neighbour beyond: that tells too much of the error, never too little
    assert float(np.sqrt(np.mean(found.left_out**2))) > true * wanted.std()


def test_the_emulator_guesses_where_it_is_off_and_by_how_much():
    def corner(z: np.ndarray) -> np.ndarray:
        return np.exp(0.8 * z[:, [0]] + 0.6 * z[:, [1]]) + kinked(z[:, [2, 3]])

    train, fresh = scores(96, 5), scores(800, 6)
    found = fit_emulator(train, corner(train), NAMES)
    off, guess = np.abs(found.at(fresh) - corner(fresh))[:, 0], found.error_at(fresh)[:, 0]
    # a standard deviation that is right has a root mean square of 1 under it; within a factor of two it serves
    assert 0.5 < np.sqrt(np.mean((off / guess) ** 2)) < 2.0
    # the twentieth that it knows least of holds several times its share of the squared error
    worst = np.argsort(-guess)[:40]
    assert (off[worst] ** 2).sum() > 3 * 0.05 * (off**2).sum()
    # at its own solves it knows most
    assert found.error_at(train).max() < 0.5 * guess.mean()
    assert found.left_out_guess.shape == found.left_out.shape == (96, 1)


def test_few_solves_are_not_bent_and_no_result_lies_beyond_those_solved():
    """A step and a limit among fifteen drivers, from as many solves as a case affords whose worlds take long.

    Bent as likelihood alone has it, a draw came to 23, where the greatest that can be is 4.
    """
    names = [f"d{number}" for number in range(15)]

    def step(z: np.ndarray) -> np.ndarray:
        pull = np.exp(0.9 * z[:, [0]] - 0.6 * z[:, [1]] + 0.3 * z[:, [2]])
        return np.minimum(pull, 2.0) + 2.0 * (z[:, [3]] + 0.5 * z[:, [4]] > 1.0)

    ends = 1.2816 * np.vstack([np.eye(15), -np.eye(15), np.zeros((1, 15))])
    wide = 1.4 * ndtri(np.clip(qmc.Sobol(15, rng=8).random_base2(4), 1e-9, 1 - 1e-9))
    train = np.vstack([ends, np.clip(wide, -2.33, 2.33)])
    fresh = np.clip(ndtri(np.clip(qmc.Sobol(15, rng=9).random_base2(9), 1e-9, 1 - 1e-9)), -2.33, 2.33)
    found, solved, wanted = fit_emulator(train, step(train), names), step(train), step(fresh)
    at = found.at(fresh)
    assert solved.min() <= at.min()
    assert at.max() <= solved.max()
    assert np.sqrt(np.mean((at - wanted) ** 2)) < 0.9 * wanted.std()


def test_a_driver_that_does_nothing_falls_out():
    train = scores(64, 7)
    found = fit_emulator(train, np.exp(train[:, [0]]), NAMES)
    at = np.zeros((3, 4))
    at[:, 3] = (-2.0, 0.0, 2.0)
    # the result at the middle is 1
    assert np.ptp(found.at(at)) < 0.01


def test_bad_solves_are_refused_all_at_once():
    with pytest.raises(InputError) as caught:
        fit_emulator(np.zeros((5, 3)), np.full((4, 2), np.nan), NAMES)
    assert caught.value.problems == (
        "solves: found 5 for 4 drivers; expected 10 or more.",
        "found 5 rows of scores and 4 of results; expected as many of both.",
        "found 3 scores a solve for 4 drivers; expected as many of both.",
        "found figures that are no numbers; expected numbers.",
    )
    assert least_solves(15) == 32
