"""Kernels that lay a case's routes over the network of a setting: which stand, how far they overlap, what they share.

Everything here works on plain arrays in one fixed order on one thread, so that the same input gives the same bytes. A kernel
calls kernels of this file only, since a cached caller does not notice that a callee in another file has changed.
"""

# kernels are typed by Numba; their arrays are checked by the dataclasses that hold them
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

from __future__ import annotations

import numpy as np
from numba import njit

#: Ways of going: rail alone, road alone, rail and road, by water; as in the choice.
NESTS = 4


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


@njit(cache=True, nogil=True)
def lay_standing(pair_ptr, nest, arc_ptr, arcs, is_open, movement_of):
    """Return the routes all of whose arcs are open: how many each pair has, which they are, their nests and movements."""
    kept, per_pair = np.empty(len(nest), dtype=np.int64), np.zeros(len(pair_ptr) - 1, dtype=np.int64)
    count, moves = 0, 0
    for pair in range(len(pair_ptr) - 1):
        for r in range(pair_ptr[pair], pair_ptr[pair + 1]):
            fine, theirs = True, 0
            for k in range(arc_ptr[r], arc_ptr[r + 1]):
                if not is_open[arcs[k]]:
                    fine = False
                    break
                if movement_of[arcs[k]] >= 0:
                    theirs += 1
            if fine:
                kept[count] = r
                per_pair[pair] += 1
                count += 1
                moves += theirs
    kept_nest, kept_move_ptr = np.empty(count, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    # half as wide: there are a few hundred thousand, and memory is what costs
    kept_moves = np.empty(moves, dtype=np.int32)
    j = 0
    for n in range(count):
        r = kept[n]
        for k in range(arc_ptr[r], arc_ptr[r + 1]):
            if movement_of[arcs[k]] >= 0:
                kept_moves[j] = movement_of[arcs[k]]
                j += 1
        kept_nest[n] = nest[r]
        kept_move_ptr[n + 1] = j
    return per_pair, kept[:count].copy(), kept_nest, kept_move_ptr, kept_moves


@njit(cache=True, nogil=True)
def lay_more(
    pair_ptr,
    nest,
    arc_ptr,
    arcs,
    is_open,
    movement_of,
    old_pair_ptr,
    old_nest,
    old_set_ptr,
    old_kept,
    old_move_ptr,
    old_moves,
):
    """Return what :func:`lay_standing` does for routes with others behind those of their pair and way of going.

    Parameters
    ----------
    pair_ptr, nest, arc_ptr, arcs, is_open, movement_of
        All routes, which arcs are open, and the movement of each.
    old_pair_ptr, old_nest
        The routes before the others were added.
    old_set_ptr, old_kept, old_move_ptr, old_moves
        Those of them that stand where the same arcs are open.

    Returns
    -------
    as :func:`lay_standing`, and of every route that stands its place among the old ones that do, or -1
    """
    most = len(old_kept) + len(nest) - len(old_nest)
    kept, source = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    per_pair = np.zeros(len(pair_ptr) - 1, dtype=np.int64)
    count, moves = 0, 0
    for pair in range(len(pair_ptr) - 1):
        old, place = old_pair_ptr[pair], old_set_ptr[pair]
        for r in range(pair_ptr[pair], pair_ptr[pair + 1]):
            if old < old_pair_ptr[pair + 1] and old_nest[old] == nest[r]:
                # the old ones of a way of going stand before the new
                stands = place < old_set_ptr[pair + 1] and old_kept[place] == old
                if stands:
                    source[count] = place
                    moves += old_move_ptr[place + 1] - old_move_ptr[place]
                    place += 1
                old += 1
            else:
                stands, theirs = True, 0
                for k in range(arc_ptr[r], arc_ptr[r + 1]):
                    if not is_open[arcs[k]]:
                        stands = False
                        break
                    if movement_of[arcs[k]] >= 0:
                        theirs += 1
                if stands:
                    source[count] = -1
                    moves += theirs
            if stands:
                kept[count] = r
                per_pair[pair] += 1
                count += 1
    kept_nest, kept_move_ptr = np.empty(count, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    kept_moves = np.empty(moves, dtype=np.int32)
    j, n = 0, 0
    while n < count:
        start = n
        while n < count and source[n] == source[start] + n - start and source[n] >= 0:
            n += 1
        # those that stood side by side are copied together
        if n > start:
            one, two = old_move_ptr[source[start]], old_move_ptr[source[n - 1] + 1]
            kept_moves[j : j + two - one] = old_moves[one:two]
            for at in range(start, n):
                kept_nest[at] = nest[kept[at]]
                kept_move_ptr[at + 1] = j + old_move_ptr[source[at] + 1] - one
            j += two - one
            continue
        r = kept[n]
        for k in range(arc_ptr[r], arc_ptr[r + 1]):
            if movement_of[arcs[k]] >= 0:
                kept_moves[j] = movement_of[arcs[k]]
                j += 1
        kept_nest[n] = nest[r]
        kept_move_ptr[n + 1] = j
        n += 1
    return per_pair, kept[:count].copy(), kept_nest, kept_move_ptr, kept_moves, source[:count].copy()


@njit(cache=True, nogil=True)
def arcs_of_kept(kept, arc_ptr, arcs):
    """Return where the arcs of some routes begin, and the arcs."""
    pointer = np.zeros(len(kept) + 1, dtype=np.int64)
    for n in range(len(kept)):
        pointer[n + 1] = pointer[n] + arc_ptr[kept[n] + 1] - arc_ptr[kept[n]]
    found = np.empty(pointer[-1], dtype=np.int64)
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
    ways, items = np.zeros(len(all_nest) + 1, dtype=np.int64), np.empty(len(arcs) + len(new_arcs), dtype=np.int64)
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
def _leaders(move_ptr, move_item, movements):
    """Return of every movement the first of those with the same routes, and how many routes each has.

    Movements are told apart by a sum of numbers that stand for their routes.
    """
    sums, count = np.zeros(movements, dtype=np.uint64), np.zeros(movements, dtype=np.int64)
    for r in range(len(move_ptr) - 1):
        number = _mixed(r)
        for k in range(move_ptr[r], move_ptr[r + 1]):
            sums[move_item[k]] += number
            count[move_item[k]] += 1
    order = np.argsort(sums, kind="mergesort")
    leader = np.arange(movements)
    for i in range(1, movements):
        one, other = order[i - 1], order[i]
        if sums[one] == sums[other] and count[one] == count[other]:
            leader[other] = leader[one]
    return leader, count


@njit(cache=True)
def _led(move_ptr, move_item, leader):
    """Return the leaders of every route, each once, in order of first use; and whether each is on the routes that it leads."""
    pointer, item = np.zeros(len(move_ptr), dtype=np.int64), np.empty(len(move_item), dtype=np.int32)
    stamp, seen = np.full(len(leader), -1, dtype=np.int64), np.full(len(leader), -1, dtype=np.int64)
    size, fine = 0, True
    for r in range(len(move_ptr) - 1):
        for k in range(move_ptr[r], move_ptr[r + 1]):
            stamp[move_item[k]] = r
            first = leader[move_item[k]]
            if seen[first] != r:
                seen[first] = r
                item[size] = first
                size += 1
        pointer[r + 1] = size
        for k in range(pointer[r], size):
            fine = fine and stamp[item[k]] == r
    return pointer, item[:size], fine


@njit(cache=True, nogil=True)
def streams_of(move_ptr, move_item, movements):
    """Return the stream of every movement, and the streams of every route.

    Movements of the same routes are one stream. Every route is looked at, whether it has either both of two movements or none;
    where chance has made sums of :func:`_leaders` equal, which it does not, nothing is put together.

    Returns
    -------
    stream of every movement, -1 where no route is, and how many there are; where the streams of every route begin, and the
    streams, each once, in order of first use
    """
    leader, count = _leaders(move_ptr, move_item, movements)
    pointer, item, fine = _led(move_ptr, move_item, leader)
    if not fine:
        leader = np.arange(movements)
        pointer, item, _ = _led(move_ptr, move_item, leader)
    stream, streams = np.full(movements, -1, dtype=np.int64), 0
    for m in range(movements):
        if count[m] > 0:
            if leader[m] == m:
                stream[m] = streams
                streams += 1
            else:
                stream[m] = stream[leader[m]]
    for k in range(len(item)):
        item[k] = stream[item[k]]
    return stream, streams, pointer, item


@njit(cache=True)
def _parted(stream, streams, move_ptr, move_item, source):
    """Return the streams of movements when routes without a source are added to those of which the streams are known.

    Movements of a stream stay together where they are on the same of the added routes, told by sums of numbers that stand for
    these; those on no route before likewise.

    Returns
    -------
    stream of every movement, how many there are, the new number of every old stream or -1 where it is parted, and whether each
    movement is on the added routes of its stream's first
    """
    movements = len(stream)
    sums, count = np.zeros(movements, dtype=np.uint64), np.zeros(movements, dtype=np.int64)
    for r in range(len(source)):
        if source[r] < 0:
            number = _mixed(r)
            for k in range(move_ptr[r], move_ptr[r + 1]):
                sums[move_item[k]] += number
                count[move_item[k]] += 1
    leader, first = np.full(movements, -1, dtype=np.int64), np.full(streams, -1, dtype=np.int64)
    for m in range(movements):
        if count[m] == 0 and stream[m] >= 0:
            if first[stream[m]] < 0:
                first[stream[m]] = m
            leader[m] = first[stream[m]]
    used = np.flatnonzero(count > 0)
    order = used[np.argsort(sums[used], kind="mergesort")]
    for i in range(len(order)):
        # a few movements of an old stream are on the same added routes, or of none
        leader[order[i]] = order[i]
        for before in range(i - 1, -1, -1):
            one, other = order[before], order[i]
            if sums[one] != sums[other]:
                break
            if count[one] == count[other] and stream[one] == stream[other]:
                leader[other] = leader[one]
                break
    found, number, renamed = np.full(movements, -1, dtype=np.int64), 0, np.full(streams, -2, dtype=np.int64)
    for m in range(movements):
        if leader[m] < 0:
            continue
        if leader[m] == m:
            found[m] = number
            number += 1
        else:
            found[m] = found[leader[m]]
        if stream[m] >= 0:
            known = renamed[stream[m]]
            renamed[stream[m]] = found[m] if known == -2 or known == found[m] else -1
    stamp, fine = np.full(movements, -1, dtype=np.int64), True
    for r in range(len(source)):
        if source[r] < 0:
            for k in range(move_ptr[r], move_ptr[r + 1]):
                stamp[move_item[k]] = r
            for k in range(move_ptr[r], move_ptr[r + 1]):
                fine = fine and stamp[leader[move_item[k]]] == r
    return found, number, renamed, fine


@njit(cache=True, nogil=True)
def streams_with(move_ptr, move_item, source, old_stream, old_streams, old_ptr, old_item):
    """Return what :func:`streams_of` does, where the streams of all routes that have a source are known.

    Parameters
    ----------
    move_ptr, move_item
        Where the movements of every route begin, and the movements.
    source
        The place of every route among those whose streams are known, -1 where it is not among them.
    old_stream, old_streams, old_ptr, old_item
        Stream of every movement there and how many there are; where the streams of every route begin, and they.
    """
    stream, streams, renamed, fine = _parted(old_stream, old_streams, move_ptr, move_item, source)
    if not fine:
        return streams_of(move_ptr, move_item, len(old_stream))
    pointer, item = np.zeros(len(move_ptr), dtype=np.int64), np.empty(len(move_item), dtype=np.int32)
    seen = np.full(streams, -1, dtype=np.int64)
    size = 0
    for r in range(len(source)):
        start, old = size, source[r]
        whole = old >= 0
        if whole:
            for k in range(old_ptr[old], old_ptr[old + 1]):
                name = renamed[old_item[k]]
                if name < 0:
                    whole, size = False, start
                    break
                item[size] = name
                size += 1
        if not whole:
            for k in range(move_ptr[r], move_ptr[r + 1]):
                name = stream[move_item[k]]
                if seen[name] != r:
                    seen[name] = r
                    item[size] = name
                    size += 1
        pointer[r + 1] = size
    return stream, streams, pointer, item[:size]
