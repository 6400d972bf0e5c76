"""The network of a case under a setting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from karvan.errors import RequestError
from karvan.network.build import build_arcs, index_states
from karvan.network.capacity import link_capacities
from karvan.network.mend import has_states_of_case, mended_arcs
from karvan.network.states import FORMS

if TYPE_CHECKING:
    from karvan.case import AppliedCase, Case
    from karvan.network.arcs import Arcs
    from karvan.network.states import StateIndex


@dataclass(frozen=True, eq=False)
class Network:
    """States and arcs of a case under a setting.

    Attributes
    ----------
    applied
        The case with the setting's effects.
    index
        Its states; the same numbers in every setting of a case.
    base
        That of the case with no effect applied, whose arcs are taken over but for those of rows that differ; None where its
        states are others.
    """

    applied: AppliedCase
    index: StateIndex
    base: Network | None = None

    @cached_property
    def _arcs(self) -> dict[tuple[str, bool], Arcs]:
        return {}

    @property
    def root(self) -> Network:
        """The network whose arcs are taken over."""
        return self if self.base is None else self.base

    @property
    def built_arcs(self) -> tuple[Arcs, ...]:
        """The arcs that have been built so far."""
        return tuple(self._arcs.values())

    def arcs(self, form: str, *, relaxed: bool = False) -> Arcs:
        """Return the arcs for one form of cargo (``container`` or ``bulk``).

        Parameters
        ----------
        form
            Form of cargo.
        relaxed
            With what is shut or not built, and the reason in ``cut``.
        """
        if form not in FORMS:
            message = f"form is {form!r}; it is one of {', '.join(FORMS)}"
            raise ValueError(message)
        key = (form, relaxed)
        if key not in self._arcs:
            mended = self._mended(form, relaxed=relaxed) if self.base is not None else None
            self._arcs[key] = mended or build_arcs(self.applied, self.index, form, relaxed=relaxed)
        return self._arcs[key]

    def _mended(self, form: str, *, relaxed: bool) -> Arcs | None:
        """Return the arcs as taken over from the base; None where they cannot be."""
        if relaxed:
            return mended_arcs(self, form)
        try:
            found = mended_arcs(self, form)
        except RequestError:  # of an arc that is not there, which is no fault of those that are
            return None
        return found.where(found.cut == "") if found is not None else None

    @cached_property
    def built(self) -> pd.Series[bool]:
        """Whether each link stands in this setting, by link."""
        links = self.applied.tables["link"]
        flags = [
            self.applied.is_built(status, projects)
            for status, projects in zip(links["status"], links["project_id"], strict=True)
        ]
        return pd.Series(flags, index=links.index, dtype=bool, name="built")

    @cached_property
    def table(self) -> pd.DataFrame:
        """The links with countries, whether they stand, and capacity in tonnes a day; one row per link."""
        links = self.applied.tables["link"].copy()
        country = self.applied.tables["node"]["country"]
        links.insert(0, "from_country", links["from_node_id"].map(country))
        links.insert(1, "to_country", links["to_node_id"].map(country))
        links["built"] = self.built
        return links.join(link_capacities(self.applied))

    @property
    def assumption_share(self) -> float:
        """Share of the standing links that rest on an assumption."""
        standing = list(self.built.index[self.built])
        if not standing:
            return math.nan
        return sum(self.applied.case.is_assumption("link", str(link)) for link in standing) / len(standing)


@lru_cache(maxsize=8)
def _base_of(case: Case) -> Network:
    return Network(case.untouched, index_states(case.untouched))


def build_network(applied: AppliedCase) -> Network:
    """Return the network of a case under a setting.

    Parameters
    ----------
    applied
        What :meth:`karvan.case.Case.apply` returns.
    """
    if applied.case.untouched is applied or not has_states_of_case(applied):
        return Network(applied, index_states(applied))
    base = _base_of(applied.case)
    return Network(applied, base.index, base)
