"""Reports of a run: a terminal summary and a self-contained HTML page."""

from twin.report.html import report_html, write_report
from twin.report.summary import print_summary

__all__ = ["print_summary", "report_html", "write_report"]
