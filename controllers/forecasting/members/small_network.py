"""The residual network in small: what ships with a scenario and serves a whole park within milliseconds.

A third of the width and a single replica: 4,000 weights per target. The variant without weather and prices is what is
left when their forecast is missing or stale.
"""

from __future__ import annotations

from dataclasses import replace

from controllers.forecasting.members.residual_network import FULL_WORK, TRAINING, ResidualNetwork
from controllers.forecasting.windows import FeatureTable


class SmallNetwork(ResidualNetwork):
    """All features."""

    name = "small_network"
    width = 24
    replicas = 1
    training = replace(TRAINING, most_steps=800, most_refining_steps=250)
    full_work = 4 * FULL_WORK
    """Its steps are cheap."""


class SmallNetworkLags(SmallNetwork):
    """Calendar and the target's own past."""

    name = "small_network_lags"
    uses_covariates = False

    def chosen(self, table: FeatureTable) -> tuple[str, ...]:
        """Which features are learnt from."""
        return table.without_covariates
