"""Figures of the report: each function returns a plotly figure, or None where the run has nothing to show."""
