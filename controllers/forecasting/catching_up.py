"""What a model that comes from the store would have learnt, had it served each day until now.

``twin forecast`` is called once and forgets; so before it forecasts, the last weeks of its history are forecast day by
day, at the same hour, and learnt from as the forecaster of a run does. The intervals then hold what the weeks before
hold, not what those before the training did. Nothing before the end of the training is used: members know it, and their
errors there are too small.
"""

from __future__ import annotations

import numpy as np

from controllers.forecasting.conformal import WINDOW_DAYS
from controllers.forecasting.fallback import serve
from controllers.forecasting.lags import days_before
from controllers.forecasting.model import Issued, Service, learnt
from controllers.forecasting.screen import SCREENED_DAYS, screened
from controllers.forecasting.targets import DAY_S, TargetGroup
from controllers.forecasting.trained import TrainedGroup
from controllers.forecasting.versioned import Archive


def caught_up(trained: TrainedGroup, archive: Archive, now_utc_s: int, learnt_to_utc_s: int) -> Service:
    """Weights, level and calibration of the whole model as of now.

    Parameters
    ----------
    archive : measurements of the targets and forecasts of their covariates as they were issued.
    learnt_to_utc_s : end of the training.
    """
    group, service = trained.group, trained.whole.service
    recent = _since(archive, group, now_utc_s - (WINDOW_DAYS + SCREENED_DAYS) * DAY_S)
    waiting: list[Issued] = []
    days = np.arange(WINDOW_DAYS, 0, -1)  # at this hour of the clock on the wall, as weather and prices are published
    for issue_utc_s in days_before(np.full(WINDOW_DAYS, now_utc_s), days, group.days).tolist():
        if issue_utc_s >= learnt_to_utc_s:
            service, waiting = _learnt(service, waiting, recent, group, issue_utc_s)
            issued = serve(trained, recent, issue_utc_s, service).issued
            waiting += [] if issued is None else [issued]
    return _learnt(service, waiting, recent, group, now_utc_s)[0]


def _learnt(service: Service, waiting: list[Issued], archive: Archive, group: TargetGroup, now_utc_s: int,
            ) -> tuple[Service, list[Issued]]:
    """After the forecasts that are over, from outcomes that can be true; and the forecasts, oldest first, that are
    not."""
    horizon = group.horizon
    over = [issued for issued in waiting if issued.issue_utc_s + horizon.leads * horizon.step_s <= now_utc_s]
    came = Archive(screened(archive, group, now_utc_s)[0] if over else ())
    for issued in over:
        valid = issued.issue_utc_s + horizon.lead_s
        outcome = np.stack([came.outcome(target.series, valid, now_utc_s) for target in group.targets])
        service = learnt(service, issued, outcome, horizon.step_s)
    return service, waiting[len(over):]


def _since(archive: Archive, group: TargetGroup, utc_s: int) -> Archive:
    """What the group needs of it, from an instant on: each day's screening reads all that is there."""
    wanted = {name for target in group.targets for name in (target.series, *target.covariates.values())}
    return Archive(series.rows(series.valid_utc_s >= utc_s) for series in archive if series.name in wanted)
