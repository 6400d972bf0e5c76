"""The report of a run: one self-contained page, and the decision paper."""

from karvan.report.data import ReportData, RouteAnswer
from karvan.report.decision import render_decision
from karvan.report.page import render_report

__all__ = ["ReportData", "RouteAnswer", "render_decision", "render_report"]
