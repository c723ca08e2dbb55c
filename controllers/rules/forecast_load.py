"""Residual load as the site's forecaster expects it [MW]: forecast loads less forecast renewables, and the rest.

The rest is what no forecast tells (losses, pumps, chillers, assets nobody operates): measured as the difference between
the residual load and its forecast parts, it is expected to persist like the whole residual load without a forecast.

The operator remembers the last forecast. In a shadow twin, where nobody forecasts, it goes on with what it knew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from controllers.rules.residual_load import load_mw, renewable_mw
from controllers.rules.site_view import SiteView
from twin.gate.expectation import NOMINAL, Expecter

LOAD, RENEWABLE = "baseline_mw", "available_mw"
"""Outputs of assets that a forecaster expects."""
SHORT = "short"
"""Name of the course with little supply and much demand."""
DAY_S = 86_400


def signals_of(loads: Sequence[str], renewables: Sequence[str]) -> tuple[str, ...]:
    """What is to be forecast of some assets; loads count negative there."""
    return (*(f"{name}.{LOAD}" for name in loads), *(f"{name}.{RENEWABLE}" for name in renewables))


def forecast_parts_mw(expecter: Expecter | None, signals: Sequence[str], t_s: int, step_s: int, steps: int,
                      ) -> np.ndarray:
    """Loads less renewables over the coming intervals as expected, and with little supply and much demand.

    The short course has every signal at its own 10 % quantile. Clouds, wind and people hardly know of each other, so
    their deviations are added as independent ones: by their squares.

    Returns
    -------
    (2, steps); (2, 0) where nothing is forecast yet, or not all of it.
    """
    courses = {} if expecter is None else {e.name: e for e in expecter.expectations(t_s, step_s, steps)}
    nominal = courses.get(NOMINAL)
    if nominal is None or any(signal not in nominal.series for signal in signals):
        return np.empty((2, 0))
    short = courses.get(SHORT, nominal)
    expected = [-np.asarray(nominal.series[signal]) for signal in signals]
    more = [-np.asarray(short.series[signal]) - values for signal, values in zip(signals, expected, strict=True)]
    total = np.sum(expected, axis=0, initial=0.0)
    return np.stack([total, total + np.sqrt(np.sum(np.square(more), axis=0, initial=0.0))])


def measured_parts_mw(view: SiteView) -> float:
    """The same as measured; NaN if a part is not."""
    return sum(load_mw(a) for a in view.loads) - sum(renewable_mw(a) for a in view.renewables)


def remembered_mw(forecast_mw: np.ndarray, made_s: int, t_s: int, step_s: int, intervals: int) -> np.ndarray:
    """A forecast (…, n) that was made at ``made_s``, from now on, (…, intervals); behind its end its last day repeats
    itself."""
    n = forecast_mw.shape[-1]
    day = min(DAY_S // step_s, n)
    number = (t_s - made_s) // step_s + np.arange(intervals)
    return forecast_mw[..., np.where(number < n, number, n - day + (number - n) % day)]
