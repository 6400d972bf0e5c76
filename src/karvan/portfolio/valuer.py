"""The worth of sets: from the appraisal of a case, on one worker or many, kept so that a search goes on where it stopped."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from karvan import workers as pool
from karvan.case.atomic import UNREADABLE, write_file
from karvan.case.provenance import meta_of
from karvan.case.setting import Setting
from karvan.case.travel import PackedCase
from karvan.errors import AuditError, KarvanError, WorkerError
from karvan.portfolio.worth import ARRAYS, Openings, Outlay, Party, Timeline, Worth, same_openings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from karvan.appraisal import Appraisal
    from karvan.appraisal.rules import RuleSet
    from karvan.case import Case
    from karvan.workers.run import Progress

#: Times that a task is given out again when its worker died: once, since what kills two workers kills a third.
AGAIN = 1
#: A worth that is added up anew may miss the appraisal's by rounding alone: a share of the sums that go into it.
SAME_SHARE = 1e-6


class Valuer(Protocol):
    """Whoever says what sets are worth."""

    @property
    def standings(self) -> Mapping[str, tuple[str, ...] | None]:
        """Whose gains count, by name; None is the world."""

    @property
    def headline(self) -> str:
        """The standing that is meant where one figure stands alone."""

    def worths(self, sets: Sequence[Mapping[str, int]], *, changes: Sequence[str] = ()) -> list[Worth]:
        """Return what sets are worth, in their order; each is the year of opening by project.

        Further cells may be changed, with and without the sets.
        """


@dataclass(frozen=True)
class _Task:
    """A set to be appraised, and all that it takes: a worker may know nothing of this machine's files."""

    case: PackedCase
    projects: tuple[str, ...]
    scenario: str | None
    rules: RuleSet
    changes: tuple[str, ...]
    store: Path | None


class CaseValuer:
    """The worth of sets by :func:`karvan.appraisal.appraise`.

    Parameters
    ----------
    case
        The corridor.
    scenario, rule_set, changes
        As the appraisal has them. A file of rules is read once, here.
    workers, cluster
        Where sets are appraised: see :func:`karvan.workers.map`.
    folder
        Where solved years, and in a folder of their own worths, are kept between runs; None keeps them in memory alone.
    progress
        Called after each set with how many are done, and of how many.
    """

    def __init__(
        self, case: Case, *, scenario: str | None = None, rule_set: str | Path | RuleSet = "adb_2017",
        changes: Sequence[str] = (), workers: int = 1,
        cluster: str | None = None, folder: str | Path | None = None, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        from karvan.appraisal.rules import open_rule_set  # noqa: PLC0415 - heavy
        from karvan.appraisal.standings import standings_of  # noqa: PLC0415 - kept beside its use

        self.case, self.scenario, self.changes = case, scenario, tuple(map(str, changes))
        self.rules = open_rule_set(rule_set)
        self.workers, self.cluster, self.progress = workers, cluster, progress
        self.folder = None if folder is None else Path(folder).expanduser()
        standings, self.headline = standings_of(case)
        self.standings: dict[str, tuple[str, ...] | None] = {item.id: item.countries or None for item in standings}
        self.appraised = 0
        self._kept: dict[str, Worth] = {}
        self._solved: set[Setting] = set()
        self._crew = pool.ProcessCrew(workers)
        self._packed = PackedCase.of(case)

    def worths(self, sets: Sequence[Mapping[str, int]], *, changes: Sequence[str] = ()) -> list[Worth]:
        """Return what sets are worth, with further changes; those that are kept are not appraised again.

        Raises
        ------
        KarvanError
            A set cannot be appraised.
        WorkerError
            A worker died twice over the same set, or the cluster does not answer.
        OutputError
            A worth cannot be kept.
        """
        asked = (*self.changes, *map(str, changes))
        keys = [self._key(item, asked) for item in sets]
        wanted = {key: item for key, item in zip(keys, sets, strict=True) if self._find(key) is None}
        if wanted:
            self._appraise(wanted, asked)
        return [self._kept[key] for key in keys]

    def _appraise(self, wanted: dict[str, Mapping[str, int]], changes: tuple[str, ...]) -> None:
        from karvan.appraisal.bases import missing_bases, solve_bases  # noqa: PLC0415 - heavy

        store = self.folder
        named = {key: tuple(f"{name}@{year}" for name, year in same_openings(item)) for key, item in wanted.items()}
        if self.workers > 1 or self.cluster is not None:
            missing = missing_bases(self.case, named.values(), self.rules, scenario=self.scenario)
            # workers of other machines keep them there, where they are not seen
            missing = [setting for setting in missing if setting not in self._solved]
            self._solved.update(missing)
            solve_bases(self._packed, missing, workers=self.workers, cluster=self.cluster, crew=self._crew)
        # a worker that begins with the dearest last leaves the others waiting
        keys = sorted(wanted, key=lambda key: -self._cost_musd(wanted[key]))
        for attempt in range(AGAIN + 1):
            tasks = [
                _Task(self._packed, named[key], self.scenario, self.rules, changes, store) for key in keys
            ]  # fmt: skip
            answers = pool.map(_appraise_set, tasks, workers=self.workers, cluster=self.cluster, progress=self.progress,
                               crew=self._crew, heard=partial(self._hear, keys))  # fmt: skip
            lost = []
            for key, answer in zip(keys, answers, strict=True):
                if isinstance(answer.error, WorkerError) and attempt < AGAIN:
                    lost.append(key)
                elif answer.error is not None:
                    self._blame(answer.error, wanted[key])
            keys = lost
            if not keys:
                return

    def _cost_musd(self, openings: Mapping[str, int]) -> float:
        """Return what a set costs, as far as it is known: the dearer, the more it changes, and the longer it takes."""
        rows = self.case.rows("project")
        return float(np.nansum([rows[name]["cost_musd"] for name in openings if name in rows]))

    def _hear(self, keys: Sequence[str], number: int, answer: pool.Answer[Worth]) -> None:
        """Keep a worth as soon as it is there: what comes later may fail, or be cut off."""
        if answer.value is not None:
            self._keep(keys[number], answer.value)

    def close(self) -> None:
        """Stop the processes that appraise."""
        self._crew.stop()

    def _blame(self, error: Exception, openings: Mapping[str, int]) -> None:
        if isinstance(error, WorkerError):
            names = ", ".join(f"{name}@{year}" for name, year in same_openings(openings))
            message = f"The set {names} has no worth: {error} What was found before is kept; run the search again."
            raise WorkerError(message) from error
        raise error

    # keeping --------------------------------------------------------------------------------------------------------------

    def _key(self, openings: Mapping[str, int], changes: Sequence[str]) -> str:
        setting = Setting.of(projects=[f"{name}@{year}" for name, year in same_openings(openings)],
                             scenario=self.scenario, changes=changes)  # fmt: skip
        # the rules themselves: a file may be edited, or lie elsewhere
        request = {"stage": "worth", "rule_set": self.rules.model_dump(mode="json")}
        content = [meta_of(self.case, setting, request).hash, self.scenario]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def _find(self, key: str) -> Worth | None:
        if key not in self._kept and self.folder is not None:
            try:
                self._kept[key] = _read((self.folder / "worths" / f"{key}.npz").read_bytes())
            except UNREADABLE:
                return None
        return self._kept.get(key)

    def _keep(self, key: str, worth: Worth) -> None:
        self.appraised += 1
        self._kept[key] = worth
        if self.folder is not None:
            write_file(self.folder / "worths" / f"{key}.npz", _written(worth))


def _appraise_set(task: _Task) -> Worth:
    """Appraise a set: the task of a worker."""
    from karvan.appraisal import appraise  # noqa: PLC0415 - heavy
    from karvan.appraisal.store import store_at  # noqa: PLC0415 - heavy

    case = task.case.open()
    try:
        found = appraise(case, task.projects, scenario=task.scenario, rule_set=task.rules, changes=task.changes,
                         store=store_at(task.store), loans_must_fit=False)  # fmt: skip
    except (AuditError, WorkerError):
        raise
    except KarvanError as error:
        return _worthless(task.projects, str(error))
    return worth_of(found)


def _openings(projects: Sequence[str]) -> Openings:
    return {name: int(year) for name, _, year in (item.partition("@") for item in projects)}


def _worthless(projects: Sequence[str], why: str) -> Worth:
    time = Timeline((), (), (), np.zeros((0, 0)), np.zeros(0), np.zeros(0))
    none = np.zeros((0, 0))
    return Worth(_openings(projects), time, np.zeros((0, 0, 0)), none, none, none, np.zeros(0), (), valued=False,
                 ranked=False, why_not=why)  # fmt: skip


def worth_of(appraisal: Appraisal) -> Worth:
    """Return what is kept of an appraisal.

    Raises
    ------
    AuditError
        What is added up anew is another sum than the appraisal's.
    """
    table, chances = appraisal.streams, appraisal.probability
    years = tuple(appraisal.years)
    if not len(table):
        return _worthless(appraisal.projects or appraisal.asked, appraisal.why_not)
    states, countries = tuple(map(str, chances.columns)), tuple(sorted(map(str, table["country"].unique())))
    place = [
        np.searchsorted(years, table["year"]), [states.index(name) for name in table["state"]],
        [countries.index(name) for name in table["country"]],
    ]  # fmt: skip
    effect = table["effect"].to_numpy()
    capital, upkeep, left = effect == "capital", effect == "upkeep", effect == "residual_value"
    shape = (len(years), len(states), len(countries))

    def summed(rows: np.ndarray) -> np.ndarray:
        out = np.zeros(shape)
        np.add.at(out, tuple(np.asarray(item)[rows] for item in place), table["musd"].to_numpy()[rows])
        return out

    rules = appraisal.rules
    kept_up, at_end = -summed(upkeep)[:, 0, :], summed(left)[-1]
    # what is left grows with the cost by the life that remains, or less by the upkeep that goes on
    of_works = at_end[0] if rules.residual_value == "remaining_life" else -appraisal.upkeep_at_end * kept_up[-1]
    factors = rules.schedule().factors([year - years[0] for year in years])
    time = Timeline(years, states, countries, chances.to_numpy(dtype=float), factors, np.array(appraisal.plan.demand_t))
    found = Worth(
        _openings(appraisal.projects), time, summed(~capital & ~upkeep & ~left), -summed(capital)[:, 0, :],
        kept_up, at_end - of_works, of_works,
        tuple(Outlay(int(row["year"]), str(row["project"]), str(row["funder"]), str(row["instrument"]), str(row["country"]),
                     float(row["musd"])) for row in appraisal.outlays.to_dict("records")),
        tuple(Party(str(row["country"]), str(row["party"]), float(row["benefit_musd"]), float(row["transfer_musd"]))
              for row in appraisal.who_gains.to_dict("records")),
        valued=bool(appraisal.valued), ranked=bool(appraisal.ranked), why_not=appraisal.why_not,
        break_even=appraisal.break_even.to_dict(),
        notes=tuple(appraisal.notes),
    )  # fmt: skip
    _audit(found, appraisal)
    return found


def _audit(found: Worth, appraisal: Appraisal) -> None:
    size = float(np.abs(found.flow_musd).sum(axis=(1, 2)) @ found.time.factors) + found.cost_musd
    for standing in appraisal.standings:
        told, own = appraisal.enpv_musd[standing.id], found.value(standing.countries or None)
        if np.isfinite(told) and not abs(told - own) <= SAME_SHARE * size:
            message = (
                f"the set {', '.join(appraisal.projects)} is worth USD {told:g} m to {standing.name}, "
                f"and {own:g} when added up anew"
            )
            raise AuditError(message)


def _written(worth: Worth) -> bytes:
    facts = {
        "openings": worth.openings, "outlays": [asdict(item) for item in worth.outlays],
        "parties": [asdict(item) for item in worth.parties], "why_not": worth.why_not, "ranked": worth.ranked,
        "valued": worth.valued,
        "break_even": worth.break_even, "notes": worth.notes, "years": worth.time.years, "states": worth.time.states,
        "countries": worth.time.countries,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, facts=np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), probability=worth.time.probability,
        factors=worth.time.factors, demand=worth.time.demand,
        **{name: getattr(worth, name) for name in ARRAYS},
    )  # fmt: skip
    return buffer.getvalue()


def _read(content: bytes) -> Worth:
    with np.load(io.BytesIO(content)) as data:
        facts = json.loads(bytes(data["facts"]))
        time = Timeline(tuple(facts["years"]), tuple(facts["states"]), tuple(facts["countries"]), data["probability"],
                        data["factors"], data["demand"])  # fmt: skip
        arrays: dict[str, Any] = {name: data[name] for name in ARRAYS}
    return Worth(
        facts["openings"], time, **arrays, outlays=tuple(Outlay(**item) for item in facts["outlays"]),
        parties=tuple(Party(**item) for item in facts["parties"]), valued=facts["valued"], ranked=facts["ranked"],
        why_not=facts["why_not"], break_even=facts["break_even"], notes=tuple(facts["notes"]),
    )  # fmt: skip
