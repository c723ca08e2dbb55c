"""Windows of the made-up site, shared by the tests of all members; networks and trees are grown for seconds only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.members import lightgbm_quantiles, multimodal_network
from controllers.forecasting.members.residual_network import ResidualNetwork
from controllers.forecasting.members.small_network import SmallNetwork
from controllers.forecasting.windows import Windows
from tests.controllers.forecasting import toy_site

EPOCHS = 8
ROUNDS = 60


@pytest.fixture(scope="package", autouse=True)
def short_training() -> Iterator[None]:
    """Enough to learn the toy's laws."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lightgbm_quantiles, "ROUNDS", ROUNDS)
        plans = ((ResidualNetwork, "training"), (SmallNetwork, "training"), (multimodal_network, "TRAINING"))
        for owner, name in plans:
            patch.setattr(owner, name, replace(getattr(owner, name), epochs=EPOCHS, refining_epochs=1))
        yield


@pytest.fixture(scope="session")
def split() -> tuple[Windows, Windows]:
    """75 days of training and 25 of validation, wind and load."""
    archive, group = toy_site.archive(110), toy_site.group(toy_site.WIND, toy_site.LOAD)
    days = toy_site.START_UTC_S + toy_site.DAY_S * np.arange(110)
    return build_windows(archive, group, days[8:83]), build_windows(archive, group, days[83:108])
