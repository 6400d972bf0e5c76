"""Who gains: effects by country and party, in which every payment between parties nets to zero.

A benefit is a real gain or loss: time, resources, damage. A transfer only changes hands: a charge that one party pays and another
receives is two entries of opposite sign under the same effect. Each effect's transfers must add up to nothing, on every run
(the stakeholder by effect matrix of RAILPAG, European Commission and European Investment Bank). Whose gains count is a
*standing*: a set of countries, which is data of the case; without countries it is the world.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from karvan.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

#: Transfers of an effect net to zero within this share of their sizes: rounding of sums of a few thousand terms.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Gain:
    """What one party gains by one effect.

    Attributes
    ----------
    country
        ISO 3166 alpha-3 code, or ``INT`` for an international party.
    party
        Kind of party, such as ``shipper`` or ``treasury``.
    effect
        What it is, such as ``time`` or ``track charge``.
    benefit_musd
        Real gain, at present value.
    transfer_musd
        Received from other parties, less what is paid to them, at present value.
    """

    country: str
    party: str
    effect: str
    benefit_musd: float = 0.0
    transfer_musd: float = 0.0


@dataclass(frozen=True)
class Standing:
    """Whose gains count.

    Attributes
    ----------
    id, name
        What it is called.
    countries
        Countries in it; none for the world.
    """

    id: str
    name: str
    countries: tuple[str, ...] = ()

    def counts(self, country: str) -> bool:
        """Whether a country's gains count."""
        return not self.countries or country in self.countries


@dataclass(frozen=True)
class GainsMatrix:
    """Gains by country, party and effect, audited.

    Attributes
    ----------
    entries
        One for each country, party and effect, in a fixed order.
    """

    entries: tuple[Gain, ...]

    @classmethod
    def of(cls, entries: Iterable[Gain]) -> GainsMatrix:
        """Return the matrix of entries; those of one country, party and effect are added up.

        Raises
        ------
        InputError
            An entry has no number, country, party or effect; every fault is listed.
        AuditError
            Transfers do not net to zero.
        """
        listed = list(entries)
        faults = [fault for number, entry in enumerate(listed, 1) for fault in _entry_faults(entry, number)]
        if faults:
            raise InputError(faults, what="Who gains")
        sums: dict[tuple[str, str, str], list[Gain]] = defaultdict(list)
        for entry in listed:
            sums[entry.country, entry.party, entry.effect].append(entry)
        found = cls(
            tuple(
                Gain(
                    *key,
                    math.fsum(one.benefit_musd for one in sums[key]),
                    math.fsum(one.transfer_musd for one in sums[key]),
                )
                for key in sorted(sums)
            )
        )
        audit_transfers(found)
        return found

    def total(self, standing: Standing) -> float:
        """Return what the countries of a standing gain together: benefits, and transfers from outside."""
        return math.fsum(
            part for entry in self.entries if standing.counts(entry.country)
            for part in (entry.benefit_musd, entry.transfer_musd)
        )  # fmt: skip

    def totals(self, standings: Sequence[Standing]) -> dict[str, float]:
        """Return what each standing gains, by its id."""
        return {standing.id: self.total(standing) for standing in standings}

    def by_party(self) -> list[Gain]:
        """Return gains by country and party, effects added up, in order of country and party."""
        sums: dict[tuple[str, str], list[Gain]] = defaultdict(list)
        for entry in self.entries:
            sums[entry.country, entry.party].append(entry)
        return [
            Gain(
                *key, "all", math.fsum(one.benefit_musd for one in parts), math.fsum(one.transfer_musd for one in parts)
            )
            for key, parts in sorted(sums.items())
        ]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each country, party and effect."""
        import pandas as pd  # noqa: PLC0415 - heavy

        return pd.DataFrame(
            [vars(entry) | {"gain_musd": entry.benefit_musd + entry.transfer_musd} for entry in self.entries]
        )

    def matrix(self) -> list[dict[str, Any]]:
        """Return gains by country and party, each with its effects, as JSON can hold them."""
        names = ("effect", "benefit_musd", "transfer_musd")
        return [
            row | {"effects": [{name: getattr(entry, name) for name in names} for entry in self.entries
                               if (entry.country, entry.party) == (row["country"], row["party"])]}
            for row in self.to_list()
        ]  # fmt: skip

    def to_list(self) -> list[dict[str, Any]]:
        """Return gains by country and party as JSON can hold them."""
        names = ("country", "party", "benefit_musd", "transfer_musd")
        return [{name: getattr(gain, name) for name in names} for gain in self.by_party()]


def _entry_faults(entry: Gain, number: int) -> list[str]:
    faults = [f"entry {number}, {name}: found nothing; expected a name." for name in ("country", "party", "effect")
              if not getattr(entry, name)]  # fmt: skip
    faults += [f"entry {number} ({entry.country} {entry.party}, {entry.effect}), {name}: found no number; expected one."
               for name in ("benefit_musd", "transfer_musd") if not math.isfinite(getattr(entry, name))]  # fmt: skip
    return faults


def payment(effect: str, payer: tuple[str, str], payee: tuple[str, str], amount_musd: float) -> list[Gain]:
    """Return the two entries of a payment from one (country, party) to another."""
    return [
        Gain(*payer, effect, transfer_musd=-amount_musd),
        Gain(*payee, effect, transfer_musd=amount_musd),
    ]


def audit_transfers(matrix: GainsMatrix) -> None:
    """Check that what one party pays another receives, effect by effect.

    Raises
    ------
    AuditError
        The transfers of an effect do not net to zero.
    """
    sums: dict[str, list[float]] = defaultdict(list)
    for entry in matrix.entries:
        sums[entry.effect].append(entry.transfer_musd)
    for effect, parts in sums.items():
        net, size = math.fsum(parts), math.fsum(abs(part) for part in parts)
        if abs(net) > TOLERANCE * size:
            raise AuditError(
                f"transfers of {effect!r} do not net to zero: USD {net:g} m of USD {size:g} m is lost or made up"
            )
