"""The report of a run: one self-contained page."""

from karvan.report.data import ReportData, RouteAnswer
from karvan.report.page import render_report

__all__ = ["ReportData", "RouteAnswer", "render_report"]
