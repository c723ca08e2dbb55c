"""What models are trained on, wherever it comes from: simulated years (:mod:`.training_years`) or files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from controllers.forecasting.errors import ForecastError
from controllers.forecasting.targets import TargetGroup
from controllers.forecasting.trained import HeldOut
from controllers.forecasting.training import Split
from controllers.forecasting.versioned import Archive
from twin.context import Location
from twin.suggest import did_you_mean

PAST_DAYS = 29
"""Before the first issue time: what the lags look back to."""


@dataclass(frozen=True)
class TrainingData:
    """A site's past, what is to be learnt from it, and what is held out for the scores."""

    archive: Archive
    groups: list[TargetGroup]
    split: Split
    held_out: HeldOut
    site: str
    location: Location
    scatter_frac: Mapping[str, float] = field(default_factory=dict)
    """Series → scatter of its quarter hours within the hour, where it is known."""
    declared: Mapping[str, float] = field(default_factory=dict)
    """Series → capacity that a nameplate or a description tells; others are taken from the history."""

    def only(self, series: list[str]) -> TrainingData:
        """The same for some of the targets.

        Raises
        ------
        ForecastError
            If there is no such target.
        """
        known = [target.series for group in self.groups for target in group.targets]
        unknown = [name for name in series if name not in known]
        if unknown:
            raise ForecastError(f"--targets: {unknown[0]!r} is not forecast here; {did_you_mean(unknown[0], known)}")
        parts = [replace(group, targets=tuple(t for t in group.targets if t.series in series)) for group in self.groups]
        return replace(self, groups=[group for group in parts if group.targets])

    def sha256(self) -> str:
        """Hash of everything that is learnt from."""
        digest = hashlib.sha256()
        for series in sorted(self.archive, key=lambda s: s.name):
            digest.update(series.name.encode())
            for values in (series.valid_utc_s, series.available_utc_s, series.values):
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()
