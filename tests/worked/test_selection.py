"""Selections of the literature: 0-1 knapsacks, and the alternatives of a programme of roads.

The knapsacks are P01, P02, P06, P07 and P08 of the collection KNAPSACK_01 by J. Burkardt, Florida State University (P08
after Kreher and Stinson, *Combinatorial Algorithms*, 1999). The alternatives are those of D. W. Harwood, E. R. Kohlman
Rabbani and K. R. Richard, *Transportation Research Record* 1840, 2003, 148-157, tables 2 and 3, second-hand from
the validation of the program MCBOMs (Texas A&M Transportation Institute).
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from karvan.portfolio import Option, select_options

KNAPSACKS = {
    "P01": (165, 309, "1111010000", [23, 31, 29, 44, 53, 38, 63, 85, 89, 82], [92, 57, 49, 68, 60, 43, 67, 84, 87, 72]),
    "P02": (26, 51, "01110", [12, 7, 11, 8, 9], [24, 13, 23, 15, 16]),
    "P06": (170, 1735, "0101001", [41, 50, 49, 59, 55, 57, 60], [442, 525, 511, 593, 546, 564, 617]),
    "P07": (
        750, 1458, "101010111000011",
        [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
        [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
    ),
    "P08": (
        6404180, 13549094, "110111000110100100000111",
        [382745, 799601, 909247, 729069, 467902, 44328, 34610, 698150, 823460, 903959, 853665, 551830, 610856, 670702, 488960,
         951111, 323046, 446298, 931161, 31385, 496951, 264724, 224916, 169684],
        [825594, 1677009, 1676628, 1523970, 943972, 97426, 69666, 1296457, 1679693, 1902996, 1844992, 1049289, 1252836,
         1319836, 953277, 2067538, 675367, 853655, 1826027, 65731, 901489, 577243, 466257, 369261],
    ),
}  # fmt: skip

# site, resurfacing cost, cost of safety works, benefits of safety and of operation, USD
HARWOOD = [
    ("1", 528_803, 0, 0, 35_107),
    ("2", 519_763, 120_000, 328_176, 71_580),
    ("3", 821_621, 560_000, 1_094_909, 93_697),
    ("4", 475_200, 572_616, 775_629, 58_379),
    ("5", 1_180_017, 240_000, 1_355_589, 53_029),
    ("6", 2_508_549, 560_000, 808_637, 92_800),
    ("7", 1_503_237, 360_000, 947_234, 93_407),
    ("8", 1_398_989, 180_000, 555_526, 150_118),
    ("8", 1_398_989, 680_000, 1_119_938, 150_118),
    ("9", 1_365_302, 336_000, 1_071_895, 81_343),
    ("10", 1_488_369, 1_052_781, 2_329_256, 80_186),
]


@pytest.mark.parametrize("name", KNAPSACKS)
def test_knapsacks_of_the_literature(name):
    budget, best, pattern, weights, profits = KNAPSACKS[name]
    options = [
        Option(str(number), "take", Fraction(weight), Fraction(profit))
        for number, (weight, profit) in enumerate(zip(weights, profits, strict=True))
    ]
    found = select_options(options, budget=budget)
    assert found.value == best
    assert found.cost <= budget
    assert {item.group for item in found.chosen} == {str(place) for place, mark in enumerate(pattern) if mark == "1"}


def test_roads_of_harwood_at_fifty_million():
    # published: cost 16,271,246 and net benefit 6,159,517; the rounded components add up to one dollar more and five less
    options = [
        Option(site, f"works of {safety}", Fraction(surface + safety), Fraction(benefit + operation - safety))
        for site, surface, safety, benefit, operation in HARWOOD
    ]
    found = select_options(options, budget=50_000_000)
    assert (found.cost, found.value) == (16_271_247, 6_159_512)
    assert [item.option for item in found.chosen if item.group == "8"] == ["works of 680000"]
