"""Schedules for tests: one by hand, and a strategy for any."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from twin.schedule import Horizon, Origin, OriginKind, Schedule

KEYS = ("bess.p_set_mw", "chp_1.p_set_mw", "data_centre.interrupt_frac", "pv.p_limit_mw", "wind.p_limit_mw")
QUARTER_S = 900


def schedule(**changes: Any) -> Schedule:
    """Four quarter hours from 1 h on: the battery charges, then discharges; PV is limited in the second one."""
    fields: dict[str, Any] = {
        "horizon": Horizon(3600, QUARTER_S, 4),
        "setpoints": {"bess.p_set_mw": [-2.0, -0.1, 1.5, 3.0], "pv.p_limit_mw": [math.inf, 4.25, math.inf, math.inf]},
        "origin": Origin(OriginKind.CONTROLLER, "operator"),
        "scenario_sha256": "5c" * 32, "forecast_sha256": "f0" * 32, "state_sha256": "57" * 32, "objective": 1234.5,
    }
    return Schedule(**{**fields, **changes})


@st.composite
def schedules(draw: st.DrawFn, min_steps: int = 1, min_start_s: int = 0) -> Schedule:
    """Any schedule on a grid of minutes."""
    steps = draw(st.integers(min_steps, 12))
    finite = st.floats(allow_nan=False, allow_infinity=False)
    with_limit = st.floats(allow_nan=False).filter(lambda value: value != -math.inf)
    setpoints = {
        key: np.array(draw(st.lists(with_limit if "_limit_" in key else finite, min_size=steps, max_size=steps)))
        for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    }
    return Schedule(
        Horizon(60 * draw(st.integers(min_start_s // 60, 10_000)), 60 * draw(st.integers(1, 60)), steps), setpoints,
        Origin(draw(st.sampled_from(OriginKind)), draw(st.text(max_size=8))),
        scenario_sha256=draw(st.text("0123456789abcdef", max_size=8)), forecast_sha256="", state_sha256="57",
        objective=draw(st.none() | finite),
    )
