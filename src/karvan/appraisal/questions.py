"""Questions that need no case: streams of one's own, under a rate or a rule set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from karvan.appraisal.accounts import Appraised, appraise_accounts
from karvan.appraisal.discounting import Band, Discounting, Timing
from karvan.appraisal.reading import read_flows
from karvan.appraisal.rules import RuleSet, open_rule_set
from karvan.case import meta_without_case
from karvan.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


def appraise_flows(
    flows: str | Path,
    *,
    rate: float | None = None,
    rule_set: str | Path | RuleSet | None = None,
    timing: Timing | None = None,
    base_year: int | None = None,
) -> Appraised:
    """Return what the streams of a CSV file are worth.

    Parameters
    ----------
    flows
        File with the columns year, benefit and cost.
    rate
        Discount rate as a share of one; it takes the place of the rule set's rates.
    rule_set
        Name or file of a rule set, for rates and timing.
    timing
        Where in its year a flow falls: start, mid or end (default: the rule set's, else start).
    base_year
        Sums are valued at the start of this year (default: the first).

    Raises
    ------
    InputError
        The file is wrong, or neither rate nor rule set is given.
    UnknownNameError
        There is no such rule set.
    AuditError
        The result fails its audit.
    """
    rules = None if rule_set is None else open_rule_set(rule_set)
    if rate is None and rules is None:
        raise InputError(["found neither; expected a rate, a rule set, or both."], what="Discount rate")
    notes: list[str] = []
    discounting = rules.schedule(timing=timing) if rules else Discounting.at(rate or 0.0, timing=timing or "start")
    if rules is not None:
        if rate is not None:
            discounting = Discounting.of([Band(0, rate)], timing=discounting.timing)
            notes.append(f"the rate {rate:g} was given, and takes the place of the rates of {rules.id}")
        notes += _unconfirmed(rules, own_rate=rate is not None, own_timing=timing is not None)
    accounts, content = read_flows(flows)
    request = {
        "stage": "accounts",
        "rates": [[band.from_year, band.rate] for band in discounting.bands],
        "timing": discounting.timing,
        "base_year": base_year,
        "rule_set": rules.model_dump(mode="json") if rules else None,
    }
    found = appraise_accounts(
        accounts,
        discounting,
        base_year=base_year,
        bcr_denominator=rules.bcr_denominator if rules else "all_costs",
        notes=notes,
        meta=meta_without_case(content, request),
    )
    return replace(found, rule_set=rules.id if rules else None)


def _unconfirmed(rules: RuleSet, *, own_rate: bool, own_timing: bool) -> list[str]:
    """Return a note on figures of the rule set that are used here and were not found in their document."""
    used = [name for name in rules.unconfirmed() if name.startswith("discount rate") and not own_rate]
    used += ["timing"] if "timing" in rules.unconfirmed() and not own_timing else []
    if not used:
        return []
    return [f"unconfirmed in {rules.id}, that is, not yet found in its document: {'; '.join(used)}"]
