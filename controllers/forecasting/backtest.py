"""Replays a model over past issue times, as it would have served: it learns only from outcomes that were known."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from controllers.forecasting.model import ForecastModel, Issued, Service, issue, learnt
from controllers.forecasting.windows import Windows


@dataclass(frozen=True)
class Backtest:
    """Forecasts as issued, with what came."""

    windows: Windows
    members: np.ndarray
    """(members, targets, n, leads, levels)"""
    combined: np.ndarray
    """(targets, n, leads, levels), neither levelled nor calibrated."""
    quantiles: np.ndarray
    """(targets, n, leads, levels), as issued."""
    service: Service
    """After the last issue."""


def backtest(model: ForecastModel, windows: Windows, service: Service | None = None) -> Backtest:
    """Issue all windows in turn; rows must be in the order of their issue times."""
    return replay(model.member_quantiles(windows), windows, service or model.service)


def replay(members: np.ndarray, windows: Windows, service: Service) -> Backtest:
    """The same from the members' quantiles (members, targets, n, leads, levels)."""
    waiting: list[tuple[int, int, Issued]] = []
    """By the time when the outcome becomes known."""
    issues = []
    for i, now in enumerate(windows.issue_utc_s):
        while waiting and waiting[0][0] <= now:
            _, row, earlier = heapq.heappop(waiting)
            service = learnt(service, earlier, windows.outcome[:, row], windows.group.horizon.step_s)
        issued = issue(windows.rows(np.array([i])), members[:, :, i:i + 1], service)
        issues.append(issued)
        heapq.heappush(waiting, (int(windows.known_utc_s[i]), i, issued))
    return Backtest(windows, members, np.stack([x.combined for x in issues], axis=1),
                    np.stack([x.calibrated for x in issues], axis=1), service)
