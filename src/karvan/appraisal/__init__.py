"""Is it worth it, for whom, and how sure are we: accounts, indicators, finance, who gains, sensitivity and risk."""

from karvan.appraisal.accounts import Accounts, Appraised, Item, appraise_accounts
from karvan.appraisal.appraisal import Appraisal
from karvan.appraisal.appraise_projects import appraise
from karvan.appraisal.discounting import TIMINGS, Band, Discounting, Timing
from karvan.appraisal.league import league_table
from karvan.appraisal.questions import appraise_flows
from karvan.appraisal.roots import RatesOfReturn, rate_of_return, rates_of_return
from karvan.appraisal.rules import RuleSet, open_rule_set, rule_set_names
from karvan.appraisal.store import OutcomeStore
from karvan.appraisal.uncertainty import how_sure
from karvan.appraisal.uncertainty_results import Uncertainty

__all__ = [
    "TIMINGS",
    "Accounts",
    "Appraisal",
    "Appraised",
    "Band",
    "Discounting",
    "Item",
    "OutcomeStore",
    "RatesOfReturn",
    "RuleSet",
    "Timing",
    "Uncertainty",
    "appraise",
    "appraise_accounts",
    "appraise_flows",
    "how_sure",
    "league_table",
    "open_rule_set",
    "rate_of_return",
    "rates_of_return",
    "rule_set_names",
]
