"""Errors of the forecasting library; each message names the series or model, the value, the limit and the remedy."""

from __future__ import annotations

from twin.errors import ParkTwinError


class ForecastError(ParkTwinError):
    """A forecast cannot be made or a model cannot be trained as asked."""


class HistoryError(ForecastError):
    """A history cannot be used: unreadable file, unusable stamps, implausible values, wrong unit or time zone."""
