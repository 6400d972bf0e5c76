"""Pictures from tables: maps, profiles, timelines, intervals, and the words for their figures.

A leaf: it takes DataFrames and plain values, and returns matplotlib figures. Importing the package loads nothing; each module
is imported where it is used, so that :mod:`karvan.charts.words` costs no more than the standard library.
"""
