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


def test_the_error_on_a_kink_is_told_within_a_factor():
    def kinked(z: np.ndarray) -> np.ndarray:
        return np.maximum(0.0, z[:, [0]] + 0.5 * z[:, [1]]) * 10.0

    train, fresh = scores(64, 5), scores(800, 6)
    found = fit_emulator(train, kinked(train), NAMES)
    true = float(np.sqrt(np.mean((found.at(fresh) - kinked(fresh)) ** 2)))
    told = float(np.sqrt(np.mean(found.left_out**2)))
    # no smooth function has the bend: there is an error. Left-out solves have one neighbour fewer, and tell too much of it
    assert true > 0.01 * kinked(fresh).std()
    assert 0.8 < told / true < 3.0


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
