"""Gravity estimated by Poisson pseudo-maximum likelihood: from a file to coefficients with standard errors.

The sample is chosen here for both engines alike: rows with a blank in a column that is used, singletons and separated
observations are dropped, and counted.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from scipy.special import gammaln, ndtr

from karvan.case import meta_without_case
from karvan.errors import InputError, NotConvergedError, RequestError, UnknownNameError
from karvan.trade import ppml
from karvan.trade.absorb import Absorber
from karvan.trade.audit import audit_estimate
from karvan.trade.covariance import covariance
from karvan.trade.figures import LARGEST, Figures
from karvan.trade.gravity_request import LOG, check_request, meets
from karvan.trade.separation import separated_exactly
from karvan.trade.threads import one_thread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from karvan.case import Meta
    from karvan.errors import Problem
    from karvan.trade.ppml import Bools, Floats, Ints

Engine = Literal["karvan", "pyfixest"]
ENGINES: tuple[Engine, ...] = ("karvan", "pyfixest")
Correction = Literal["stata", "fixest", "none"]
CORRECTIONS: tuple[Correction, ...] = ("stata", "fixest", "none")
Separation = Literal["full", "fixed", "none"]
SEPARATIONS: tuple[Separation, ...] = ("full", "fixed", "none")

#: What people write where a figure is missing.
BLANKS = ("", ".", "NA", "N/A", "NaN", "nan", "null", "None", "<NA>")
#: Among codes of two letters it is a country: Namibia, in ISO 3166-1.
CODE_OR_BLANK = "NA"
#: Half-width of the interval, in standard errors: 95 %.
Z95 = 1.959963984540054
CONSTANT = "constant"
#: A fitted value below this share of the mean may be one that has no finite estimate.
RUNAWAY = 1e-8


@dataclass(frozen=True, eq=False)
class Estimate:
    """Coefficients of a gravity equation.

    Attributes
    ----------
    table
        One row per coefficient: name, estimate, std_error, z, p_value, low, high (95 %); NaN where no error can be had.
    covariance
        Of the estimates, in the order of the table.
    observations
        Number in the estimate.
    dropped
        Rows left out: ``excluded`` by a condition, ``missing`` a figure, ``singletons``, ``separated``.
    collinear
        Regressors that the fixed effects or the regressors before them explain; they have no estimate.
    fixed
        Per set of fixed effects: name and number of levels.
    errors
        kind (``robust`` or ``cluster``), cluster (names), clusters (numbers), correction.
    engine, iterations, deviance, log_likelihood, pseudo_r2
        How it was fitted, and how well; log-likelihood of the Poisson model.
    fitted
        Fitted value of each row of the data, NaN where it was dropped.
    notes, meta
        What the reader should know, and where it comes from.
    """

    table: pd.DataFrame
    covariance: Floats
    observations: int
    dropped: dict[str, int]
    collinear: tuple[str, ...]
    fixed: tuple[tuple[str, int], ...]
    errors: dict[str, Any]
    engine: str
    iterations: int
    deviance: float
    log_likelihood: float
    pseudo_r2: float
    fitted: Floats
    notes: tuple[str, ...]
    meta: Meta

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can hold it, without the fitted values."""
        return {
            "meta": self.meta.model_dump(mode="json"),
            "coefficients": self.table.to_dict("records"),
            "observations": self.observations,
            "dropped": dict(self.dropped),
            "collinear": list(self.collinear),
            "fixed": [{"name": name, "levels": levels} for name, levels in self.fixed],
            "errors": dict(self.errors),
            "engine": self.engine,
            "iterations": self.iterations,
            "deviance": self.deviance,
            "log_likelihood": self.log_likelihood,
            "pseudo_r2": self.pseudo_r2,
            "notes": list(self.notes),
        }


def estimate(
    data: pd.DataFrame | Path | str,
    *,
    value: str,
    regressors: Sequence[str],
    fixed: Sequence[str] = (),
    cluster: Sequence[str] = (),
    correction: Correction = "stata",
    where: Iterable[str] = (),
    separation: Separation = "full",
    singletons: bool = False,
    engine: Engine = "karvan",
) -> Estimate:
    """Return a gravity equation estimated by Poisson pseudo-maximum likelihood.

    Parameters
    ----------
    data
        A table, or a CSV or Parquet file; one row per observation, rows of no trade included.
    value
        Column of trade, in levels, zero or more.
    regressors
        Columns, or ``log(COLUMN)``.
    fixed
        Sets of fixed effects: columns, or columns joined by ``^``, such as ``exporter^year``. Without any there is a constant.
    cluster
        Columns, joined likewise, within which errors may be correlated; several are clustered both ways. Without any the errors
        are robust to heteroskedasticity.
    correction
        Factor on the covariance: ``stata`` is that of ``poisson`` and ``ppml``, N / (N - 1) or G / (G - 1); ``fixest`` that of
        the R package and of pyfixest, which count fixed effects as parameters; ``none``.
    where
        Conditions that every row must meet, such as ``exporter!=importer`` or ``year>=2000``.
    separation
        Observations without a finite fit are found ``full``, by regressors and fixed effects together; by ``fixed`` effects
        alone; or not (``none``).
    singletons
        Whether observations that are alone in a level of a fixed effect stay.
    engine
        ``karvan``, or ``pyfixest`` where that is installed; they agree.

    Raises
    ------
    InputError
        Something is wrong with the data: every problem at once.
    RequestError
        The request does not fit the data, or pyfixest is not installed.
    NotConvergedError
        The estimate has not settled.
    """
    _check_words(correction, separation, engine)
    problems: list[Problem] = []
    figures = Figures.read(data, "data", problems)
    where = tuple(where)
    check_request(figures, value, regressors, fixed, cluster, where)
    sample = _Sample(figures, value, regressors, fixed, cluster, where)
    if problems:
        raise InputError(sorted(set(problems)), what="The data cannot be used")
    with one_thread():
        dropped, fit = _fit(sample, separation, singletons=singletons, engine=engine)
        _check_clusters(sample, cluster)
        audit_estimate(sample.y, fit.mean, sample.x[:, fit.kept], sample.levels)
        names_kept = [name for name, kept in zip(sample.names, fit.kept, strict=True) if kept]
        if not names_kept:
            by = "the fixed effects or by each other. Leave out a set of fixed effects" if fixed else (
                "a constant or by each other. Name regressors that vary"
            )  # fmt: skip
            are = "is" if len(sample.names) == 1 else "are"
            message = f"No regressor says anything of its own: {', '.join(sample.names)} {are} explained by {by}."
            raise RequestError(message)
        matrix, mended = covariance(fit, sample.clusters, correction, sample.levels if fixed else [], len(sample.y))
    request = {
        "stage": "estimate", "value": value, "regressors": list(regressors), "fixed": list(fixed), "cluster": list(cluster),
        "correction": correction, "where": list(where), "separation": separation, "singletons": singletons, "engine": engine,
    }  # fmt: skip
    fitted = np.full(sample.rows, np.nan)
    fitted[sample.place] = fit.mean
    return Estimate(
        table=_table(names_kept, fit.coefficient, matrix),
        covariance=matrix,
        observations=len(sample.y),
        dropped=dropped,
        collinear=tuple(name for name, kept in zip(sample.names, fit.kept, strict=True) if not kept),
        fixed=tuple((name, int(codes.max()) + 1) for name, codes in zip(fixed, sample.levels, strict=False)),
        errors={
            "kind": "cluster" if cluster else "robust",
            "cluster": list(cluster),
            "clusters": [int(codes.max()) + 1 for codes in sample.clusters],
            "correction": correction,
        },
        engine=engine,
        iterations=fit.iterations,
        deviance=fit.deviance,
        log_likelihood=_likelihood(sample.y, fit.mean),
        pseudo_r2=1 - _likelihood(sample.y, fit.mean) / _likelihood(sample.y, np.full(len(sample.y), sample.y.mean())),
        fitted=fitted,
        notes=(*sample.notes(dropped), *_error_notes(names_kept, matrix, mended=mended)),
        meta=meta_without_case(figures.digest.encode(), request),
    )


def _fit(
    sample: _Sample, separation: Separation, *, singletons: bool, engine: Engine
) -> tuple[dict[str, int], ppml.Fit]:
    """Return the rows dropped, and a fit in which no observation runs away to a trade of nothing."""
    while True:
        dropped = sample.choose(separation, singletons=singletons)
        try:
            fit = _fit_pyfixest(sample) if engine == "pyfixest" else ppml.fit(sample.y, sample.x, sample.levels)
        except NotConvergedError:
            if separation == "full" and sample.drop_separated(None):
                continue
            raise
        if separation != "full" or not sample.drop_separated(fit.mean):
            return dropped, fit


def _check_clusters(sample: _Sample, cluster: Sequence[str]) -> None:
    """Raise where all observations are in one cluster: the scores of one add up to zero, and its errors would be none."""
    for name, codes in zip(cluster, sample.clusters, strict=True):
        if not codes.any():
            message = (
                f"All {len(codes)} observations are in one cluster of {name}, from which no error can be estimated. "
                "Name columns that make more clusters, or none for robust errors."
            )
            raise RequestError(message)


class _Sample:
    """The observations while they are chosen."""

    def __init__(
        self, figures: Figures, value: str, regressors: Sequence[str], fixed: Sequence[str], cluster: Sequence[str],
        where: Iterable[str],
    ) -> None:  # fmt: skip
        self.rows, self.fixed = len(figures.frame), bool(fixed)
        self.figures = figures
        self.alone = self.apart = 0
        self.codes: list[str] = []
        inside = np.ones(self.rows, dtype=bool)
        for condition in where:
            inside &= meets(figures, condition)
        self.excluded = int((~inside).sum())
        y, known = self._numbers(value, inside)
        without = [(value, ~known)]
        columns = []
        for name in regressors:
            column, there = self._regressor(name, inside)
            columns.append(column)
            without.append((name, ~there))
        self.names = list(regressors)
        if not fixed:
            columns.append(np.ones(self.rows))
            self.names.append(CONSTANT)
        groups = {}
        for name in dict.fromkeys([*fixed, *cluster]):
            groups[name], there = self._levels(name)
            without.append((name, ~there))
        known = ~np.logical_or.reduce([lacking for _, lacking in without])
        low = inside & known & (y < 0)
        figures.each(low, value, "trade of zero or more", "Correct the value, or exclude the row.", "number-too-low")
        self.missing = int((inside & ~known).sum())
        self.without = {name: int((inside & lacking).sum()) for name, lacking in without}
        self.place = np.flatnonzero(inside & known)
        self.y = y[self.place]
        self.x = np.column_stack(columns)[self.place] if columns else np.empty((len(self.place), 0))
        self.levels = [ppml.renumber(groups[name][self.place]) for name in fixed]
        if not fixed:
            self.levels = [np.zeros(len(self.place), dtype=np.int64)]
            self.x = self.x[:, :-1]
            self.names = self.names[:-1]
        self.clusters = [ppml.renumber(groups[name][self.place]) for name in cluster]

    def choose(self, separation: Separation, *, singletons: bool) -> dict[str, int]:
        """Drop singletons and separated observations; return how many rows were dropped, and why.

        Raises
        ------
        RequestError
            Nothing is left, or there is no trade.
        """
        if not len(self.y) or not (self.y > 0).any():
            message = (
                "No observation has trade above zero. Look at the conditions and at the columns with missing figures."
            )
            raise RequestError(message)
        while True:
            if separation == "none":
                keep, more, gone = np.ones(len(self.y), dtype=bool), 0, 0
                if not singletons:
                    keep, more, _ = ppml.used(np.ones_like(self.y), self.levels, singletons=False)
            else:
                keep, more, gone = ppml.used(self.y, self.levels, singletons=singletons)
            self.alone, self.apart = self.alone + more, self.apart + gone
            self._keep(keep)
            if not len(self.y):
                message = "No observation is left: every one is alone in a level of the fixed effects, or has no trade."
                if not self.fixed:
                    message = "One observation is left, which any figures fit. Give more rows, or fewer conditions."
                raise RequestError(message)
            if separation != "full":
                break
            split = ppml.separated(self.y, self.x, self.levels)
            if not split.any():
                break
            self.apart += int(split.sum())
            self._keep(~split)
        return {
            "excluded": self.excluded, "missing": self.missing, "singletons": self.alone, "separated": self.apart
        }  # fmt: skip

    def drop_separated(self, mean: Floats | None) -> bool:
        """Drop what the exact search finds separated, which the fast one can miss; return whether there was any.

        What is separated runs away: its fitted values come to next to nothing. Without a fit all of no trade may be.
        """
        among = self.y == 0
        if mean is not None:
            among &= mean < RUNAWAY * float(self.y.mean())
        split = separated_exactly(self.y, self.x, self.levels, among=among)
        self.apart += int(split.sum())
        self._keep(~split)
        return bool(split.any())

    def notes(self, dropped: dict[str, int]) -> tuple[str, ...]:
        """Return what the reader should know of the sample."""
        where = ", ".join(f"{count} in {name}" for name, count in self.without.items() if count)
        why = {
            "missing": f"rows lack a figure and were dropped: {where}",
            "singletons": "observations are alone in a level of a fixed effect and were dropped",
            "separated": "observations of no trade have no finite fit and were dropped",
        }
        codes = (
            f"{CODE_OR_BLANK} in {name} is taken as a code, since all others there have two letters"
            for name in self.codes
        )
        return (*(f"{dropped[name]} {text}" for name, text in why.items() if dropped[name]), *codes)

    def _keep(self, keep: Bools) -> None:
        if keep.all():
            return
        self.place, self.y, self.x = self.place[keep], self.y[keep], self.x[keep]
        self.levels = [ppml.renumber(codes[keep]) for codes in self.levels]
        self.clusters = [ppml.renumber(codes[keep]) for codes in self.clusters]

    def _numbers(self, name: str, inside: Bools) -> tuple[Floats, Bools]:
        """Return a column of numbers, and where it has one; what is neither number nor blank is a problem."""
        raw = self.figures.frame[name]
        if raw.dtype.kind in "fiub":
            values = raw.to_numpy(dtype=float)
            blank = np.isnan(values)
        else:
            text = raw.astype("string").fillna("").str.strip()
            blank = text.isin(BLANKS).to_numpy()
            values = pd.to_numeric(text.where(~blank, "nan"), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        bad = ~blank & ~np.isfinite(values) & inside
        self.figures.each(bad, name, "a number or a blank", "Write a plain number.", "no-number")
        far = np.isfinite(values) & (np.abs(values) > LARGEST) & inside
        expected = f"a number within {LARGEST:g} on either side of zero"
        self.figures.each(far, name, expected, "Correct the number, or write it in another unit.", "number-too-large")
        return np.where(np.isfinite(values), values, np.nan), np.isfinite(values)

    def _regressor(self, name: str, inside: Bools) -> tuple[Floats, Bools]:
        logged = LOG.fullmatch(name)
        if not logged or self.figures.has(name):
            return self._numbers(name, inside)
        column = logged["column"].strip()
        values, known = self._numbers(column, inside)
        low = inside & known & ~(values > 0)
        self.figures.each(
            low, column, "a number above zero, since its logarithm is asked for", "Exclude the row.", "no-logarithm"
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(values)
        return np.where(np.isfinite(logs), logs, 0.0), known

    def _levels(self, name: str) -> tuple[Ints, Bools]:
        parts = [name] if self.figures.has(name) else name.split("^")
        known = np.ones(self.rows, dtype=bool)
        codes = np.zeros(self.rows, dtype=np.int64)
        for part in parts:
            text = self.figures.frame[part.strip()].astype("string").fillna("").str.strip()
            known &= ~self._blank_names(part.strip(), text)
            own, labels = pd.factorize(text.to_numpy(dtype=object), sort=True)
            codes = ppml.renumber(codes * len(labels) + own)
        return codes, known

    def _blank_names(self, column: str, text: pd.Series) -> Bools:
        """Return where a column of names has none."""
        blank = text.isin(BLANKS).to_numpy(dtype=bool)
        code = text.eq(CODE_OR_BLANK).to_numpy(dtype=bool)
        others = text[~blank].unique()
        if code.any() and len(others) and all(re.fullmatch("[A-Z]{2}", name) for name in others):
            self.codes = [*dict.fromkeys([*self.codes, column])]
            return blank & ~code
        return blank


def _check_words(correction: str, separation: str, engine: str) -> None:
    for kind, given, known in (
        ("correction", correction, CORRECTIONS),
        ("search for separation", separation, SEPARATIONS),
        ("engine", engine, ENGINES),
    ):
        if given not in known:
            raise UnknownNameError(kind, given, known)


def _error_notes(names: Sequence[str], matrix: Floats, *, mended: bool) -> list[str]:
    """Return what was done to a covariance that was none, and which regressors have no error."""
    notes = []
    if mended:
        notes.append(
            "the covariance of errors clustered in several ways had negative eigenvalues, which were set to zero (Cameron, "
            "Gelbach and Miller 2011); few clusters make that likely"
        )
    without = [name for name, variance in zip(names, np.diag(matrix), strict=True) if not variance > 0]
    if without:
        notes.append(f"no error can be had for {', '.join(without)}: the variance is not above zero")
    return notes


def _table(names: Sequence[str], coefficient: Floats, matrix: Floats) -> pd.DataFrame:
    """Return the estimates with their errors; NaN where a variance is not above zero, which would say that they are certain."""
    variance = np.diag(matrix)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    z = coefficient / error
    return pd.DataFrame(
        {
            "name": names,
            "estimate": coefficient,
            "std_error": error,
            "z": z,
            "p_value": 2 * ndtr(-np.abs(z)),
            "low": coefficient - Z95 * error,
            "high": coefficient + Z95 * error,
        }
    )


def _likelihood(y: Floats, mean: Floats) -> float:
    return float((y * np.log(mean) - mean - gammaln(y + 1)).sum())


def _fit_pyfixest(sample: _Sample) -> ppml.Fit:
    """Return the fit by pyfixest on the sample as it is, its covariance left to us.

    Raises
    ------
    RequestError
        pyfixest is not installed.
    """
    try:
        from pyfixest import fepois  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        message = "pyfixest is not installed. Run pip install 'karvan[estimate]', or use the engine karvan."
        raise RequestError(message) from error
    kept = ppml.independent(
        sample.x / np.where(sample.x.std(axis=0) > 0, sample.x.std(axis=0), 1.0), Absorber(sample.levels)
    )
    frame = pd.DataFrame({"y": sample.y})
    columns = [f"x{place}" for place in np.flatnonzero(kept)]
    for place in np.flatnonzero(kept):
        frame[f"x{place}"] = sample.x[:, place]
    sets = [f"f{place}" for place in range(len(sample.levels))]
    for name, codes in zip(sets, sample.levels, strict=True):
        frame[name] = codes
    formula = f"y ~ {' + '.join(columns) or '1'} | {' + '.join(sets)}"
    with warnings.catch_warnings():
        # its own deprecations are nothing that our user can mend
        warnings.simplefilter("ignore")
        fitted = fepois(
            formula, data=frame, vcov="iid", fixef_rm="none", separation_check=[], iwls_tol=1e-12, iwls_maxiter=100
        )
    coefficient = np.array([float(fitted.coef()[name]) for name in columns])
    # the fitted values follow from the estimates: effects are those that make every level's sums agree
    return ppml.at(sample.y, sample.x, sample.levels, kept, coefficient)
