"""Is it worth it, for whom, and how sure are we: accounts, indicators, finance, who gains, sensitivity and risk."""

from karvan.appraisal.accounts import Accounts, Appraised, Item, appraise_accounts
from karvan.appraisal.discounting import TIMINGS, Band, Discounting, Timing
from karvan.appraisal.questions import appraise_flows
from karvan.appraisal.roots import RatesOfReturn, rate_of_return, rates_of_return
from karvan.appraisal.rules import RuleSet, open_rule_set, rule_set_names

__all__ = [
    "TIMINGS",
    "Accounts",
    "Appraised",
    "Band",
    "Discounting",
    "Item",
    "RatesOfReturn",
    "RuleSet",
    "Timing",
    "appraise_accounts",
    "appraise_flows",
    "open_rule_set",
    "rate_of_return",
    "rates_of_return",
    "rule_set_names",
]
