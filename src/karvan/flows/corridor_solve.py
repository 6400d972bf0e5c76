"""From a case and a setting to the corridor's equilibrium: the reference first, then the setting from there.

The *reference* is the base year in the scenario in which the base flow was observed. It is solved once per case, from nothing. It
gives the cost to which the logit scales of a pair are relative, the constants by which the choice model meets the base flow, and
the prices and delays that every other setting begins with. A setting therefore depends on the case and itself alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from karvan.flows.choice import choice_of
from karvan.flows.choice_kernels import load_classes
from karvan.flows.corridor_model import Key, Taste, build_model, key_of, outside_costs, ways_of
from karvan.flows.demand import demand_of
from karvan.flows.equilibrium import TOLERANCE, Start, on_routes, solve_equilibrium
from karvan.flows.kept import find_reference, find_solved, keep_reference, keep_solved
from karvan.flows.layout import FormNetwork, lay_routes
from karvan.flows.missing import movement_charges, with_missing
from karvan.flows.places import constants_of, fitted_constants, places_of
from karvan.flows.problem import NESTS
from karvan.flows.reactions import numbers_of
from karvan.flows.route_sets import FormRoutes, is_unbuilt, reference_setting, reliability_ratio, routes_of_case
from karvan.network import FORMS
from karvan.routes.cost import HOURS_PER_DAY
from karvan.routes.find import network_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.case import Case, Setting
    from karvan.flows.corridor_model import CorridorModel, Ways
    from karvan.flows.equilibrium import Equilibrium
    from karvan.flows.layout import KnownLaid
    from karvan.flows.places import Place
    from karvan.flows.problem import Floats, Ints
    from karvan.flows.reactions import Reactions
    from karvan.network import Network

#: Weight of the model's own shares against those of the base flow, so that no way of going is ruled out by an empty cell.
PRIOR_WEIGHT = 0.05
#: Share of the goods that stay on the network which still uses it in the reference.
STAYING_SHARE = 0.99
#: Largest constant, in units of the logit: odds of about three million to 1, a way that is taken by habit alone.
MOST_TASTE = 15.0
#: Rounds in which the constants are fitted, before missing routes are added and after.
FITTING_ROUNDS = (12, 6)
#: Rounds in which routes are added at most: far more than it takes. A side that stops while routes are missing would be worse off
#: than one that begins with its routes and seeks on, whatever parts the two.
ADDING_ROUNDS = 40
#: Conditions are met to this while routes are missing: far closer than the gain from which a route is added.
ROUGHLY = 1e-5
#: Least share in a logarithm.
LEAST_SHARE = 1e-12


@dataclass(frozen=True, eq=False)
class Reference:
    """What a case's settings begin with.

    Attributes
    ----------
    chosen
        Routes by form.
    tastes
        Reference cost and constants of every class.
    names, pair_resource, start
        What resources are called, the resource of every pair of streams, and their prices, queues, delays and leans.
    places, place_usd
        Crossings and lines with a calibration count, and their constants in dollars per tonne.
    reactions
        How the use of resources reacts to prices and delays at the reference.
    """

    chosen: Mapping[str, FormRoutes]
    tastes: Mapping[Key, Taste]
    names: tuple[str, ...]
    pair_resource: Ints
    start: Start
    places: tuple[Place, ...] = ()
    place_usd: tuple[float, ...] = ()
    reactions: Reactions | None = None

    @cached_property
    def constants(self) -> dict[tuple[str, str], float]:
        """Constants in dollars per tonne by table and row."""
        return constants_of(self.places, np.array(self.place_usd))


@dataclass(frozen=True, eq=False)
class Solved:
    """A setting with its equilibrium.

    Attributes
    ----------
    model, equilibrium
        What was solved, and the solution.
    chosen
        The routes that it chose from.
    sought
        Dollars and hours that every movement was charged where routes were sought last; None where they never were.
    """

    model: CorridorModel
    equilibrium: Equilibrium
    chosen: Mapping[str, FormRoutes]
    sought: tuple[Floats, Floats] | None = None


def solve_setting(case: Case, setting: Setting, near: Solved | None = None, *, tolerance: float = TOLERANCE) -> Solved:
    """Return the equilibrium of a setting, begun at the reference of its case.

    Parameters
    ----------
    case
        The corridor.
    setting
        Year, scenario, projects and changes.
    near
        Where to begin instead: the same year and scenario without projects and changes, itself begun at the reference.
    tolerance
        To which the conditions of the equilibrium are met; coarser where the tonnes are still to change.
    """
    reference = reference_of(case)
    plain = near is None and tolerance == TOLERANCE and not (setting.projects or setting.changes)
    if plain and (known := _found_before(case, setting, reference)) is not None:
        return known
    solved = _solve(case, setting, near, reference, tolerance)
    if plain:
        applied = solved.model.network.applied
        keep_solved(case, applied.setting, reference.chosen, (solved.chosen, solved.equilibrium))
    return solved


def _found_before(case: Case, setting: Setting, reference: Reference) -> Solved | None:
    """Return a setting as it was solved by another process, or None."""
    network = network_of(case, setting)
    known = find_solved(case, network.applied.setting, reference.chosen)
    if known is None:
        return None
    chosen, found = known
    model = build_model(network, chosen, reference.tastes, constants=reference.constants)
    fits = len(found.route_flow) == len(model.problem.routes.nest) and len(found.used) == len(model.problem.resources)
    return Solved(model, found, chosen, movement_charges(model, found.start)) if fits else None


@lru_cache(maxsize=2)
def first_look(case: Case, setting: Setting) -> Solved:
    """Return a setting solved roughly from the reference of its case, with routes sought at the charges there and once more.

    :func:`solve_setting` goes on from it, so that whoever shows it until the setting is solved has it for nothing.
    """
    return _complete(_begun(case, setting, None, ROUGHLY), reference_of(case).tastes, ROUGHLY, rounds=1)


def _solve(case: Case, setting: Setting, near: Solved | None, reference: Reference, tolerance: float) -> Solved:
    close = tolerance <= TOLERANCE
    begun = (
        first_look(case, setting) if near is None and close else _begun(case, setting, near, max(tolerance, ROUGHLY))
    )
    # tonnes are still to change where it is rough: whether more routes are missing is seen as they do
    return _complete(begun, reference.tastes, tolerance) if close else begun


def _begun(case: Case, setting: Setting, near: Solved | None, tolerance: float) -> Solved:
    """Return a setting solved with the routes of where it begins, and those that are missing there."""
    reference, network = reference_of(case), network_of(case, setting)
    chosen = near.chosen if near is not None else reference.chosen
    reactions = near.equilibrium.reactions if near is not None else reference.reactions
    laid = _laid_there(near) if near is not None else None
    beside = near.model.network if near is not None else network_of(case, reference_setting(case))
    ways, charges = ways_of(network, chosen, reference.constants, laid), None
    # ways round what is shut, and over what is new, are there before anything is full for want of them; where arcs stand and
    # cost as they do where it begins, hardly a way is missing yet: they are sought when it is solved
    if not _cost_the_same(network, beside):
        charges = _charges_there(ways, near, chosen, reference, laid)
        chosen = with_missing(ways, charges, chosen)
    model = build_model(network, chosen, reference.tastes, ways.forms, known=laid)
    start = carried(near, model) if near is not None else _start(model, reference)
    found = solve_equilibrium(model.problem, start, tolerance=tolerance, reactions=reactions)
    return Solved(model, found, chosen, charges)


def _laid_there(near: Solved) -> KnownLaid | None:
    """Return how the routes of where a setting begins are laid; None where it has been given others, in another order."""
    standing = near.model.laid.standing
    own = all(standing[form].routes is routes.flat for form, routes in near.chosen.items())
    return near.model.known if own else None


def _charges_there(
    ways: Ways, near: Solved | None, chosen: Mapping[str, FormRoutes], reference: Reference, laid: KnownLaid | None
) -> tuple[Floats, Floats]:  # fmt: skip
    """Return what movements are charged where a setting begins."""
    if near is not None and all(
        item.movements.keys == near.model.forms[form].movements.keys for form, item in ways.forms.items()
    ):
        return movement_charges(near.model, near.equilibrium.start)
    model = build_model(ways.network, chosen, reference.tastes, ways.forms, known=laid)
    return movement_charges(model, carried(near, model) if near is not None else _start(model, reference))


def _cost_the_same(one: Network, other: Network) -> bool:
    """Tell whether all arcs of two networks stand, and cost, alike."""
    figures = ("cut", "price_usd_per_t", "move_h", "rest_h", "wait_h", "stop_h", "sd_h", "wait_sd_h")
    arcs = [(one.arcs(form, relaxed=True), other.arcs(form, relaxed=True)) for form in FORMS]
    return all(
        len(mine) == len(theirs) and all(np.array_equal(getattr(mine, name), getattr(theirs, name)) for name in figures)
        for mine, theirs in arcs
    )


def _start(model: CorridorModel, reference: Reference) -> Start:
    return _moved(reference.names, reference.pair_resource, reference.start, model)


def carried(solved: Solved, model: CorridorModel) -> Start:
    """Return where to begin when resources have been added."""
    resources = solved.model.problem.resources
    return _moved(resources.names, resources.pair_resource, solved.equilibrium.start, model)


def _moved(names: Sequence[str], pair_resource: Ints, start: Start, model: CorridorModel) -> Start:
    """Return prices, queues, delays and leans of other resources, nought where a resource or a pair is new."""
    new = model.problem.resources
    at = numbers_of(new.names, names)
    # behind the last stands nothing
    at = np.where(at < 0, len(names), at)
    price, queue, delay = (np.append(values, 0.0)[at] for values in (start.price_usd, start.queue_h, start.delay_h))
    ends = np.searchsorted(pair_resource, np.arange(len(names) + 1), side="left")
    begin, stop = np.append(ends, ends[-1])[at], np.append(ends[1:], [ends[-1]] * 2)[at]
    own = np.searchsorted(new.pair_resource, np.arange(len(new)))[new.pair_resource]
    place = begin[new.pair_resource] + np.arange(len(own)) - own
    known = place < stop[new.pair_resource]
    return Start(price, queue, delay, np.append(start.lean, 0.0)[np.where(known, place, -1)])


def prepare(case: Case, setting: Setting | None = None) -> None:
    """Make what a setting begins with in every state of the crossings: the case's reference, and the arcs but for closures."""
    reference_of(case)
    network = network_of(case, setting if setting is not None else reference_setting(case))
    for part in (network.root, network):
        for form in FORMS:
            part.arcs(form, relaxed=True)


@lru_cache(maxsize=8)
def reference_of(case: Case) -> Reference:
    """Return the reference of a case; the latest few are kept, and on disk as :mod:`karvan.flows.kept` says."""
    places = places_of(case.apply(reference_setting(case)))
    known = find_reference(case, partial(Reference, places=tuple(places)))
    if known is None:
        known = _solve_reference(case)
        keep_reference(case, known)
    return known


def _solve_reference(case: Case) -> Reference:
    chosen: Mapping[str, FormRoutes] = routes_of_case(case)
    network = network_of(case, reference_setting(case))
    tastes = reference_costs(network, chosen)
    model = build_model(network, chosen, tastes)
    natural = solve_equilibrium(replace(model.problem, resources=model.problem.resources.without_limits()))
    targets = _targets(model, natural)
    fit = _Fit(model, natural, targets, chosen, tastes)
    # routes that are missing at the first constants are found, and the constants fitted again with them
    for rounds in FITTING_ROUNDS:
        fit.run(rounds)
        solved = _complete(Solved(fit.model, solve_equilibrium(fit.model.problem), fit.chosen), fit.tastes)
        fit.model, fit.chosen = solved.model, solved.chosen
    resources = solved.model.problem.resources
    return Reference(
        solved.chosen, fit.tastes, tuple(resources.names), resources.pair_resource, solved.equilibrium.start, tuple(fit.places),
        tuple(fit.place_usd.tolist()), solved.equilibrium.reactions,
    )  # fmt: skip


# constants --------------------------------------------------------------------------------------------------------------


def reference_costs(network: Network, chosen: Mapping[str, FormRoutes]) -> dict[Key, Taste]:
    """Return the cost of every class to which its scales are relative.

    It is that of the cheapest route with every crossing open and nothing new built, before anything is scarce; of the outside
    option where there is no route.
    """
    applied = network.applied
    ratio = reliability_ratio(applied)
    forms = {form: FormNetwork.of(network, form, ratio) for form in FORMS}
    built = {
        form: replace(item, open=np.array([not is_unbuilt(cut) for cut in item.arcs.cut], dtype=bool))
        for form, item in forms.items()
    }
    laid = lay_routes(built, chosen)
    outside, goods = outside_costs(network), applied.rows("commodity")
    found = {}
    for stream in demand_of(applied)[0]:
        row = goods[stream.commodity]
        hour = row["time_value_usd_per_t_day"] / HOURS_PER_DAY
        at = laid.set_number[row["form"], stream.origin, stream.destination]
        own = slice(laid.sets.set_ptr[at], laid.sets.set_ptr[at + 1])
        costs = laid.sets.price_usd[own] + hour * laid.sets.hours[own]
        price, hours = outside.get((stream.origin, stream.destination, row["form"]), (1.0, 0.0))
        found[key_of(stream)] = Taste(max(float(costs.min()) if len(costs) else price + hour * hours, 1.0))
    return found


class _Fit:
    """The constants while they are fitted: of ways of going, the outside option, crossings and lines.

    They are fitted with every delay and without hard limits: beside a limit that binds, constants and its price would drive each
    other up, since only their sum shows in flows.
    """

    def __init__(
        self, model: CorridorModel, natural: Equilibrium, targets: _Targets, chosen: Mapping[str, FormRoutes],
        tastes: Mapping[Key, Taste],
    ) -> None:  # fmt: skip
        self.model, self.natural, self.targets, self.chosen, self.tastes = model, natural, targets, chosen, tastes
        self.places = places_of(model.network.applied)
        self.place_usd = np.zeros(len(self.places))

    def run(self, rounds: int) -> None:
        """Fit all constants together, a step of each a round."""
        for _ in range(rounds):
            found = self.natural = self._solve()
            self.tastes = _fitted(self.model, found, self.tastes, self.targets)
            self.place_usd = fitted_constants(self.model, found, self.places, self.place_usd)
            constants = constants_of(self.places, self.place_usd)
            forms = {form: item.with_constants(constants) for form, item in self.model.forms.items()}
            self.model = build_model(self.model.network, self.chosen, self.tastes, forms)

    def _solve(self) -> Equilibrium:
        problem = self.model.problem
        return solve_equilibrium(replace(problem, resources=problem.resources.without_walls()))


@dataclass(frozen=True, eq=False)
class _Targets:
    """Shares that the reference is to show: of the ways of going within the network, and of the network."""

    nest: Floats
    network: Floats


def _targets(model: CorridorModel, natural: Equilibrium) -> _Targets:
    """Return the base flow's shares, with a little of the model's own, so that an empty cell rules nothing out."""
    nest, network = natural.nest_share.copy(), natural.on_network.copy()
    for c, stream in enumerate(model.streams):
        if stream.stays:
            network[c] = STAYING_SHARE
        elif stream.t_per_year > 0:
            seen = 1.0 - stream.outside_t_per_year / stream.t_per_year
            network[c] = (seen + PRIOR_WEIGHT * network[c]) / (1.0 + PRIOR_WEIGHT)
        there = nest[c] > 0
        known = np.array([stream.by_nest.get(m, 0.0) for m in range(NESTS)])
        # goods on rails that cannot go by rail alone go by rail and road, and so do those on the road
        for m in (0, 1):
            if not there[m] and there[2]:
                known[2] += known[m]
        known = np.where(there, known, 0.0)
        if known.sum() > 0:
            nest[c] = (known / known.sum() + PRIOR_WEIGHT * nest[c]) / (1.0 + PRIOR_WEIGHT)
    return _Targets(nest, network)


def _fitted(
    model: CorridorModel, found: Equilibrium, tastes: Mapping[Key, Taste], targets: _Targets
) -> dict[Key, Taste]:
    """Return constants that bring the shares of an equilibrium nearer to the targets."""
    share, wanted = found.nest_share, targets.nest
    keys = [key_of(stream) for stream in model.streams]
    scale = model.problem.classes.scale
    there = (share > 0) & (wanted > 0)
    safe = np.where(there, np.maximum(share, LEAST_SHARE), 1.0)
    step = np.log(safe / np.where(there, wanted, 1.0)) / scale[:, 1:2]
    nests = np.array([tastes[key].nest_usd for key in keys]).reshape(-1, NESTS) + step
    # constants within the network are differences; their mean at the observed shares is zero
    nests -= (nests * np.where(there, wanted, 0.0)).sum(axis=1, keepdims=True)
    most = MOST_TASTE / scale[:, 1:2]
    nests = np.clip(nests, -most, most)
    on = found.on_network
    both = (on > 0) & np.isfinite(model.problem.classes.outside_usd)
    beyond = np.array([tastes[key].outside_usd for key in keys])
    beyond = beyond + np.where(both, _logit(targets.network) - _logit(on), 0.0) / scale[:, 2]
    stays = np.array([stream.stays for stream in model.streams], dtype=bool)
    most = MOST_TASTE / scale[:, 2]
    beyond = np.where(stays, beyond, np.clip(beyond, -most, most))
    columns = zip(keys, nests.tolist(), beyond.tolist(), strict=True)
    return {key: replace(tastes[key], nest_usd=tuple(theirs), outside_usd=outside) for key, theirs, outside in columns}


def _logit(share: Floats) -> Floats:
    bounded = np.clip(share, LEAST_SHARE, 1 - LEAST_SHARE)
    logit: Floats = np.log(bounded / (1 - bounded))
    return logit


# routes that are missing ------------------------------------------------------------------------------------------------


def _complete(
    solved: Solved, tastes: Mapping[Key, Taste], tolerance: float = TOLERANCE, *, rounds: int = ADDING_ROUNDS
) -> Solved:
    """Return the setting solved with every route that is cheaper than the best of its way of going, at the costs met.

    Routes are sought, so many times at most, at costs that are met roughly; what is solved last is solved to the tolerance.
    """
    roughly = max(tolerance, ROUGHLY)
    for _ in range(rounds):
        charges = movement_charges(solved.model, solved.equilibrium.start)
        if solved.sought is not None and all(map(np.array_equal, charges, solved.sought)):
            # what was missing at these charges has been added
            break
        chosen = with_missing(solved.model.ways, charges, solved.chosen)
        solved = replace(solved, sought=charges)
        if chosen is solved.chosen:
            break
        last = solved.model
        model = build_model(last.network, chosen, tastes, last.forms, known=last.known)
        found = solve_equilibrium(
            model.problem, carried(solved, model), tolerance=roughly, reactions=solved.equilibrium.reactions
        )
        solved = Solved(model, found, chosen, charges)
    if roughly > tolerance:
        start, known = solved.equilibrium.start, solved.equilibrium.reactions
        found = solve_equilibrium(solved.model.problem, start, tolerance=tolerance, reactions=known)
        solved = replace(solved, equilibrium=found)
    return solved


def class_flows(solved: Solved) -> tuple[Ints, Ints, Floats]:
    """Return class, route and tonnes a day of every class on every route of its set."""
    problem, found = solved.model.problem, solved.equilibrium
    routes, classes = problem.routes, problem.classes
    *_, start, flow = load_classes(choice_of(problem), *on_routes(problem, found.stream_usd, found.stream_h))
    number = np.repeat(np.arange(len(classes)), np.diff(start))
    return number, np.arange(len(flow)) - start[number] + routes.set_ptr[classes.set[number]], flow
