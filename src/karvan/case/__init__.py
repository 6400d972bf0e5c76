"""A corridor's facts: tables, schemas, sources, ranges, projects and scenarios, and what a setting makes of them."""

from karvan.case.cells import first_day, last_day
from karvan.case.geo import great_circle_km
from karvan.case.model import AppliedCase, Case, Rows, rows_of
from karvan.case.new import new_case
from karvan.case.provenance import Meta, meta_of, meta_without_case
from karvan.case.ranges import Range
from karvan.case.reading import bundled_cases, check_case, find_case, open_case
from karvan.case.schema import Field, TableSchema, schemas
from karvan.case.setting import Change, Setting
from karvan.case.travel import PackedCase

__all__ = [
    "AppliedCase",
    "Case",
    "Change",
    "Field",
    "Meta",
    "PackedCase",
    "Range",
    "Rows",
    "Setting",
    "TableSchema",
    "bundled_cases",
    "check_case",
    "find_case",
    "first_day",
    "great_circle_km",
    "last_day",
    "meta_of",
    "meta_without_case",
    "new_case",
    "open_case",
    "rows_of",
    "schemas",
]
