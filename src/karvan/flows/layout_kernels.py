"""Kernels that lay a case's routes over the network of a setting: which stand, how far they overlap, what they share.

Everything here works on plain arrays in one fixed order on one thread, so that the same input gives the same bytes. A kernel
calls kernels of this file only, since a cached caller does not notice that a callee in another file has changed.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

#: Ways of going: rail alone, road alone, rail and road, by water; as in the choice.
NESTS = 4


class KnownRoutes(NamedTuple):
    """Routes that are laid already: those of all pairs with their ways of going, and which of them stand, with movements."""

    pair_ptr: Any
    nest: Any
    set_ptr: Any
    kept: Any
    move_ptr: Any
    moves: Any


@njit(cache=True, nogil=True)
def path_sizes(set_ptr, nest, route_ptr, route_link, length, links, source, known):
    """Return the logarithm of the path size of every route among those of its set and nest (Ben-Akiva and Bierlaire 1999).

    A stretch of length l on a route of length L counts l/L divided by the number of routes of the nest that use it. Sets all of
    whose routes have a source have the sizes that are known there.
    """
    size = np.zeros(len(nest))
    users, counted = np.zeros(links, dtype=np.int64), np.full(links, -1, dtype=np.int64)
    for o in range(len(set_ptr) - 1):
        old = True
        for r in range(set_ptr[o], set_ptr[o + 1]):
            if source[r] < 0:
                old = False
                break
            size[r] = known[source[r]]
        if old:
            continue
        for m in range(NESTS):
            # users of a link are those of the set and nest by which they were counted last
            own = o * NESTS + m
            for r in range(set_ptr[o], set_ptr[o + 1]):
                if nest[r] == m:
                    for k in range(route_ptr[r], route_ptr[r + 1]):
                        link = route_link[k]
                        users[link] = users[link] + 1 if counted[link] == own else 1
                        counted[link] = own
            for r in range(set_ptr[o], set_ptr[o + 1]):
                if nest[r] == m:
                    total, shared = 0.0, 0.0
                    for k in range(route_ptr[r], route_ptr[r + 1]):
                        total += length[route_link[k]]
                        shared += length[route_link[k]] / users[route_link[k]]
                    size[r] = np.log(shared / total) if total > 0.0 else 0.0
    return size


@njit(cache=True)
def _standing(pair_ptr, nest, arc_ptr, arcs, is_open, known):
    """Return the routes all of whose arcs are open: how many each pair has, which they are, and their places among known ones."""
    kept, source = np.empty(len(nest), dtype=np.int64), np.empty(len(nest), dtype=np.int64)
    per_pair, count = np.zeros(len(pair_ptr) - 1, dtype=np.int64), 0
    for pair in range(len(pair_ptr) - 1):
        old, place = known.pair_ptr[pair], known.set_ptr[pair]
        for r in range(pair_ptr[pair], pair_ptr[pair + 1]):
            stood = False
            if old < known.pair_ptr[pair + 1] and known.nest[old] == nest[r]:
                # the known ones of a way of going come before the others
                stood = place < known.set_ptr[pair + 1] and known.kept[place] == old
                old += 1
            stands = True
            if stood:
                source[count] = place
                place += 1
            else:
                source[count] = -1
                for k in range(arc_ptr[r], arc_ptr[r + 1]):
                    if not is_open[arcs[k]]:
                        stands = False
                        break
            if stands:
                kept[count] = r
                per_pair[pair] += 1
                count += 1
    return per_pair, kept[:count].copy(), source[:count].copy()


@njit(cache=True, nogil=True)
def lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of, known):
    """Return the routes all of whose arcs are open.

    Parameters
    ----------
    pair_ptr, nest, arc_ptr, arcs, is_open, movement_of
        All routes, which arcs are open, and the movement of each.
    known
        Some of them that are laid already where some of these arcs are open: :class:`KnownRoutes`. The others come behind those
        of their pair and way of going.

    Returns
    -------
    how many each pair has, which they are, their nests and movements, and their places among the known ones that stand, or -1
    """
    per_pair, kept, source = _standing(pair_ptr, nest, arc_ptr, arcs, is_open, known)
    count, moves = len(kept), len(known.moves)
    for n in range(count):
        if source[n] < 0:
            moves += arc_ptr[kept[n] + 1] - arc_ptr[kept[n]]
    kept_nest, kept_move_ptr = nest[kept], np.zeros(count + 1, dtype=np.int64)
    # half as wide: there are a few hundred thousand, and memory is what costs
    kept_moves = np.empty(moves, dtype=np.int32)
    j, n = 0, 0
    while n < count:
        start = n
        while n < count and source[n] >= 0 and source[n] == source[start] + n - start:
            n += 1
        if n > start:
            # those that stood side by side are copied together
            one, two = known.move_ptr[source[start]], known.move_ptr[source[n - 1] + 1]
            kept_moves[j : j + two - one] = known.moves[one:two]
            for at in range(start, n):
                kept_move_ptr[at + 1] = j + known.move_ptr[source[at] + 1] - one
            j += two - one
            continue
        for k in range(arc_ptr[kept[n]], arc_ptr[kept[n] + 1]):
            if movement_of[arcs[k]] >= 0:
                kept_moves[j] = movement_of[arcs[k]]
                j += 1
        kept_move_ptr[n + 1] = j
        n += 1
    return per_pair, kept, kept_nest, kept_move_ptr, kept_moves[:j], source


@njit(cache=True, nogil=True)
def arcs_of_kept(kept, arc_ptr, arcs):
    """Return where the arcs of some routes begin, and the arcs."""
    pointer = np.zeros(len(kept) + 1, dtype=np.int64)
    for n in range(len(kept)):
        pointer[n + 1] = pointer[n] + arc_ptr[kept[n] + 1] - arc_ptr[kept[n]]
    found = np.empty(pointer[-1], dtype=arcs.dtype)
    for n in range(len(kept)):
        for k in range(arc_ptr[kept[n]], arc_ptr[kept[n] + 1]):
            found[pointer[n] + k - arc_ptr[kept[n]]] = arcs[k]
    return pointer, found


@njit(cache=True, nogil=True)
def sum_on_kept(kept, arc_ptr, arcs, first, second, source, known_first, known_second):
    """Return the sums of two columns over the arcs of some routes; they are known of those that have a source."""
    one, other = np.zeros(len(kept)), np.zeros(len(kept))
    for n in range(len(kept)):
        if source[n] >= 0:
            one[n], other[n] = known_first[source[n]], known_second[source[n]]
            continue
        a, b = 0.0, 0.0
        for k in range(arc_ptr[kept[n]], arc_ptr[kept[n] + 1]):
            a += first[arcs[k]]
            b += second[arcs[k]]
        one[n], other[n] = a, b
    return one, other


@njit(cache=True, nogil=True)
def routes_beyond(among, pair_ptr, nest, arc_ptr, arcs, own_ptr, own_nest, own_arc_ptr, own_arcs, is_open):
    """Return which routes stand where these arcs are open, and are not among some own ones of the same pairs; and their pairs.

    They are looked for among some pairs.
    """
    most = 0
    for pair in among:
        most += pair_ptr[pair + 1] - pair_ptr[pair]
    found, pairs = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    count = 0
    for pair in among:
        # both stand in like order, so that the next own one is mostly the same
        guess = own_ptr[pair]
        for r in range(pair_ptr[pair], pair_ptr[pair + 1]):
            first, last = arc_ptr[r], arc_ptr[r + 1]
            known = False
            own = guess
            for _ in range(own_ptr[pair + 1] - own_ptr[pair]):
                if own == own_ptr[pair + 1]:
                    own = own_ptr[pair]
                begin = own_arc_ptr[own]
                if own_nest[own] == nest[r] and own_arc_ptr[own + 1] - begin == last - first:
                    same = True
                    for k in range(last - first):
                        if own_arcs[begin + k] != arcs[first + k]:
                            same = False
                            break
                    if same:
                        known = True
                        guess = own + 1
                        break
                own += 1
            stands = not known
            for k in range(first, last):
                if not stands:
                    break
                stands = is_open[arcs[k]]
            if stands:
                found[count], pairs[count] = r, pair
                count += 1
    return found[:count].copy(), pairs[:count].copy()


@njit(cache=True, nogil=True)
def add_routes(pair_ptr, nest, arc_ptr, arcs, new_pair, new_nest, new_ptr, new_arcs):
    """Return routes with others behind those of their pair and way of going, in the order in which both were given.

    Parameters
    ----------
    pair_ptr, nest, arc_ptr, arcs
        Where the routes of every pair begin, their ways of going in order, where the arcs of each begin, and the arcs.
    new_pair, new_nest, new_ptr, new_arcs
        Of the others pair and way of going, where the arcs of each begin, and the arcs.
    """
    pairs, old = len(pair_ptr) - 1, len(nest)
    # those that are added, in order of pair and way of going
    first = np.zeros(pairs * NESTS + 1, dtype=np.int64)
    for r in range(len(new_nest)):
        first[new_pair[r] * NESTS + new_nest[r] + 1] += 1
    first = np.cumsum(first)
    order, place = np.empty(len(new_nest), dtype=np.int64), first[:-1].copy()
    for r in range(len(new_nest)):
        own = new_pair[r] * NESTS + new_nest[r]
        order[place[own]] = r
        place[own] += 1
    all_ptr, all_nest = np.zeros(pairs + 1, dtype=np.int64), np.empty(old + len(new_nest), dtype=np.int64)
    ways, items = np.zeros(len(all_nest) + 1, dtype=np.int64), np.empty(len(arcs) + len(new_arcs), dtype=arcs.dtype)
    n, i, pair = 0, 0, 0
    while pair < pairs:
        start = pair
        while pair < pairs and first[pair * NESTS] == first[(pair + 1) * NESTS]:
            all_ptr[pair + 1] = pair_ptr[pair + 1] - pair_ptr[start] + n
            pair += 1
        # pairs without others are copied together
        one, two = pair_ptr[start], pair_ptr[pair]
        items[i : i + arc_ptr[two] - arc_ptr[one]] = arcs[arc_ptr[one] : arc_ptr[two]]
        for r in range(one, two):
            all_nest[n] = nest[r]
            n += 1
            ways[n] = i + arc_ptr[r + 1] - arc_ptr[one]
        i += arc_ptr[two] - arc_ptr[one]
        if pair == pairs:
            break
        r = two
        for m in range(NESTS):
            while r < pair_ptr[pair + 1] and nest[r] == m:
                for k in range(arc_ptr[r], arc_ptr[r + 1]):
                    items[i] = arcs[k]
                    i += 1
                all_nest[n] = m
                n += 1
                ways[n] = i
                r += 1
            for at in range(first[pair * NESTS + m], first[pair * NESTS + m + 1]):
                other = order[at]
                for k in range(new_ptr[other], new_ptr[other + 1]):
                    items[i] = new_arcs[k]
                    i += 1
                all_nest[n] = m
                n += 1
                ways[n] = i
        all_ptr[pair + 1] = n
        pair += 1
    return all_ptr, all_nest, ways, items


@njit(cache=True)
def _mixed(number):
    """Return a number that looks like chance (splitmix64; Steele, Lea and Flood 2014)."""
    z = (np.uint64(number) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def _leaders(move_ptr, move_item, source, stream):
    """Return of every movement the first of those with the same routes, -1 where none is.

    Movements of a known stream have the same known routes, and those of none have none; which of the others they are on is told
    by sums of numbers that stand for these.
    """
    movements = len(stream)
    sums, count = np.zeros(movements, dtype=np.uint64), np.zeros(movements, dtype=np.int64)
    for r in range(len(source)):
        if source[r] < 0:
            number = _mixed(r)
            for k in range(move_ptr[r], move_ptr[r + 1]):
                sums[move_item[k]] += number
                count[move_item[k]] += 1
    leader = np.full(movements, -1, dtype=np.int64)
    used = np.flatnonzero((count > 0) | (stream >= 0))
    order = used[np.argsort(sums[used], kind="mergesort")]
    # of all that have the same sum, the first of every stream is known
    first, begun = np.full(stream.max() + 2, -1, dtype=np.int64), 0
    for i in range(len(order)):
        m = order[i]
        if sums[m] != sums[order[begun]]:
            for k in range(begun, i):
                first[stream[order[k]] + 1] = -1
            begun = i
        known = first[stream[m] + 1]
        if known >= 0 and count[known] == count[m]:
            leader[m] = known
        else:
            leader[m] = first[stream[m] + 1] = m
    return leader


@njit(cache=True)
def _numbered(leader, stream, streams):
    """Return the streams of movements, the first of each, and the new number of every known stream, -1 where it is parted."""
    found, first = np.full(len(leader), -1, dtype=np.int64), np.empty(len(leader), dtype=np.int64)
    renamed, number = np.full(streams, -2, dtype=np.int64), 0
    for m in range(len(leader)):
        if leader[m] == m:
            found[m], first[number] = number, m
            number += 1
        elif leader[m] >= 0:
            found[m] = found[leader[m]]
        if stream[m] >= 0:
            known = renamed[stream[m]]
            renamed[stream[m]] = found[m] if known == -2 or known == found[m] else -1
    return found, first[:number], renamed


@njit(cache=True)
def _listed(move_ptr, move_item, source, known, found, first, renamed):
    """Return the streams of every route, each once, in order of first use; and whether each has all the movements of its own."""
    pointer, item = np.zeros(len(move_ptr), dtype=np.int64), np.empty(len(move_item), dtype=np.int32)
    stamp, seen = np.full(len(found), -1, dtype=np.int64), np.full(len(first), -1, dtype=np.int64)
    size, fine = 0, True
    for r in range(len(source)):
        start, whole = size, source[r] >= 0
        if whole:
            for k in range(known.ptr[source[r]], known.ptr[source[r] + 1]):
                name = renamed[known.item[k]]
                if name < 0:
                    whole, size = False, start
                    break
                item[size] = name
                size += 1
        if not whole:
            for k in range(move_ptr[r], move_ptr[r + 1]):
                stamp[move_item[k]] = r
                name = found[move_item[k]]
                if seen[name] != r:
                    seen[name] = r
                    item[size] = name
                    size += 1
            for k in range(start, size):
                fine = fine and stamp[first[item[k]]] == r
        pointer[r + 1] = size
    return pointer, item[:size], fine


@njit(cache=True, nogil=True)
def streams_of(move_ptr, move_item, source, known):
    """Return the stream of every movement, and the streams of every route.

    Movements of the same routes are one stream. Every route that is not known is looked at, whether it has either all movements
    of a stream or none; where chance has made sums of :func:`_leaders` equal, which it does not, nothing is put together.

    Parameters
    ----------
    move_ptr, move_item
        Where the movements of every route begin, and the movements.
    source
        The place of every route among those whose streams are known, -1 where it is not among them.
    known
        Stream of every movement there, -1 where no route is, and how many; where the streams of every route begin, and they.

    Returns
    -------
    stream of every movement, -1 where no route is, and how many there are; where the streams of every route begin, and the
    streams, each once, in order of first use
    """
    leader = _leaders(move_ptr, move_item, source, known.of)
    found, first, renamed = _numbered(leader, known.of, known.number)
    pointer, item, fine = _listed(move_ptr, move_item, source, known, found, first, renamed)
    if not fine:
        alone = np.where(leader >= 0, np.arange(len(leader)), -1)
        found, first, renamed = _numbered(alone, known.of, known.number)
        pointer, item, _ = _listed(move_ptr, move_item, np.full(len(source), -1), known, found, first, renamed)
    return found, len(first), pointer, item
