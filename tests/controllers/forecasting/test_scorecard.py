"""Scorecard: coverage over any 90 days, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.quantiles import LEVELS
from controllers.forecasting.scorecard import Reference, rolling_coverage, scorecards
from controllers.forecasting.targets import Horizon
from controllers.forecasting.versioned import Archive, VersionedSeries
from tests.controllers.forecasting import toy_site

START = toy_site.START_UTC_S


@pytest.mark.parametrize(("every_h", "in_90_days"), [(24, 90), (25, 86), (12, 180)])
def test_coverage_rolls_over_90_days_however_often_forecasts_are_issued(every_h: int, in_90_days: int) -> None:
    """25 h apart, 86 issue times make 90 days. The first half of the year always holds, the second never: so the least
    of any span is 0 %, the most 100 %, and as many spans are mixed as a span has issues less one."""
    count = 365 * 24 // every_h
    horizon = Horizon(3600, 2)
    windows = build_windows(Archive([VersionedSeries.measured("load_mw", START, 3600, np.ones(366 * 24))]),
                            toy_site.group(replace(toy_site.LOAD, covariates={}), horizon=horizon),
                            START + 3600 * every_h * np.arange(count))
    quantiles = np.full((1, count, 2, len(LEVELS)), 1.0)
    quantiles[:, count // 2:] = 2.0
    [card] = scorecards(quantiles, windows, [Reference(1.0, 1.0, 1.0, 1.0)])
    assert card.coverage_90_days_percent == (0.0, 100.0)
    coverage = rolling_coverage(quantiles, windows)
    assert coverage.shape == (1, count - in_90_days + 1)
    assert (coverage.min(), coverage.max()) == (0.0, 100.0)
    assert np.sum((coverage > 0.0) & (coverage < 100.0)) == in_90_days - 1
