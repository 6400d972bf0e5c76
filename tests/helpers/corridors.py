"""Small corridor problems that tests build: two or more routes between two places, and what is scarce on them."""

from __future__ import annotations

import numpy as np

from karvan.flows.problem import Classes, Problem, Resources, RouteSets


def routes(sets, *, streams):
    """Return route sets from lists of (nest, price, hours, log_size, streams), one list per set."""
    sets = [sorted(theirs, key=lambda route: route[0]) for theirs in sets]
    flat = [route for theirs in sets for route in theirs]
    return RouteSets(
        set_ptr=np.cumsum([0, *(len(theirs) for theirs in sets)]),
        nest=np.array([route[0] for route in flat], dtype=np.int64),
        price_usd=np.array([route[1] for route in flat], dtype=float),
        hours=np.array([route[2] for route in flat], dtype=float),
        log_size=np.array([route[3] for route in flat], dtype=float),
        route_ptr=np.cumsum([0, *(len(route[4]) for route in flat)]),
        route_stream=np.array([stream for route in flat for stream in route[4]], dtype=np.int64),
        streams=streams,
    )


def classes(rows):
    """Return classes from dicts; what a row leaves out is plain."""
    plain = {
        "set": 0, "demand": 100.0, "hour": 0.0, "delay": 1.0, "outside": np.inf, "nests": (0.0, 0.0, 0.0, 0.0),
        "scale": (0.5, 0.4, 0.3),
    }  # fmt: skip
    full = [plain | row for row in rows]
    return Classes(
        names=[f"class {number}" for number in range(len(full))],
        set=np.array([row["set"] for row in full], dtype=np.int64),
        demand_t_per_day=np.array([row["demand"] for row in full], dtype=float),
        hour_usd=np.array([row["hour"] for row in full], dtype=float),
        delay_usd=np.array([row["delay"] for row in full], dtype=float),
        outside_usd=np.array([row["outside"] for row in full], dtype=float),
        nest_usd=np.array([row["nests"] for row in full], dtype=float),
        scale=np.array([row["scale"] for row in full], dtype=float),
    )


def resources(rows):
    """Return resources from dicts with one pair each; what a row leaves out is plain."""
    plain = {
        "capacity": np.inf, "preload": 0.0, "clearing": 0, "curve": 0, "free_h": 0.0, "a": 0.0, "b": 1.0, "there": 0, "back": -1,
        "weight": 1.0, "empty": 0.0, "each": False,
    }  # fmt: skip
    full = [plain | row for row in rows]

    def column(name, kind=float):
        return np.array([row[name] for row in full], dtype=kind)

    return Resources(
        names=[f"resource {number}" for number in range(len(full))],
        capacity=column("capacity"), preload=column("preload"), clearing=column("clearing", np.int64),
        curve=column("curve", np.int64), free_h=column("free_h"), curve_a=column("a"), curve_b=column("b"),
        pair_resource=np.arange(len(full)), pair_there=column("there", np.int64), pair_back=column("back", np.int64),
        pair_weight=column("weight"), pair_empty=column("empty"), pair_each=column("each", bool),
    )  # fmt: skip


def two_routes(*, cost=(10.0, 12.0), rows=(), scarce=()):
    """Return a problem of two routes of one way of going, each a stream of its own."""
    sets = [[(0, cost[0], 0.0, 0.0, [0]), (0, cost[1], 0.0, 0.0, [1])]]
    return Problem(routes(sets, streams=2), classes(rows or [{}]), resources(list(scarce)))


def random_problem(seed, *, sets=3, per_set=4, streams=6, many=5, prices_only=False, tight=0.5, empties=True):
    """Return a problem whose classes all have an outside option, with capacities that bind."""
    draw = np.random.default_rng(seed)
    paths = [
        [
            (
                int(draw.integers(0, 4)), float(draw.uniform(20, 80)), float(draw.uniform(20, 200)),
                float(np.log(draw.uniform(0.4, 1))), draw.choice(streams, int(draw.integers(1, 4)), replace=False).tolist(),
            )
            for _ in range(per_set)
        ]
        for _ in range(sets)
    ]  # fmt: skip
    reference = draw.uniform(40, 100, many)
    people = [
        {
            "set": int(draw.integers(0, sets)), "demand": float(draw.lognormal(3, 1)), "hour": float(draw.uniform(0.001, 0.4)),
            "delay": float(draw.uniform(0.05, 0.5)), "outside": float(draw.uniform(80, 140)),
            "nests": tuple(draw.uniform(-4, 4, 4)), "scale": tuple(np.array([12.0, 5.0, 3.0]) / reference[number]),
        }
        for number in range(many)
    ]  # fmt: skip
    from karvan.flows.equilibrium import solve_equilibrium, stream_flow

    problem = Problem(routes(paths, streams=streams), classes(people), resources([]))
    free = stream_flow(problem, solve_equilibrium(problem))
    scarce = []
    for number in range(streams):
        clearing = 0 if prices_only else int(draw.integers(0, 2))
        each = bool(draw.random() < 0.3)
        scarce.append({
            "capacity": max(float(free[number]) * float(draw.uniform(tight, 1.5)), 1.0), "clearing": clearing,
            "curve": 0 if prices_only else int(draw.integers(0, 3)), "free_h": 5.0, "a": 0.1, "b": 3.0, "there": number,
            "back": int(draw.integers(0, streams)) if empties and draw.random() < 0.5 else -1,
            "empty": float(draw.uniform(0, 1)) if empties and not (each and clearing == 1) else 0.0, "each": each,
        })  # fmt: skip
        if scarce[-1]["back"] == number:
            scarce[-1]["back"] = -1
    return Problem(routes(paths, streams=streams), classes(people), resources(scarce))
