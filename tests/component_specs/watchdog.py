"""Rows for the watchdog: sound readings, and readings and commands of every kind of wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.component_specs import ComponentSpec
from tests.component_specs.controllers import ASSETS, SITE


def any_readings(wrong_frac: float) -> Any:
    """Commands and readings within the nameplates; a part of the readings is missing, wild or frozen, with resets."""

    def draw(rng: np.random.Generator, t_s: int) -> dict[str, Any]:
        n = len(ASSETS)
        wrong = rng.random((4, n)) < wrong_frac
        p_mw = rng.uniform(-1.0, 1.0, n)
        soc = rng.uniform(0.4, 0.6, n)
        degc = rng.uniform(24.0, 26.0, n)
        p_mw[wrong[0]] = rng.choice([np.nan, 99.0, -50.0])
        soc[wrong[1]] = rng.choice([np.nan, 6.5535, 0.0])
        degc[wrong[2]] = rng.choice([np.nan, 61.0, -40.0])
        return {
            "p_set_mw": rng.uniform(-1.0, 4.0, n), "p_limit_mw": rng.choice([np.inf, 3.0], n),
            "interrupt_frac": rng.choice([0.0, 0.3], n), "p_mw": p_mw, "soc": soc, "temperature_degc": degc,
            "vm_pu": np.where(wrong[3], 0.85, 1.0), "exchange_mw": float(rng.uniform(-5.0, 5.0)),
            "watchdog_reset_count": np.full(n, float(t_s // 7200)), "heartbeat_count": float(t_s // 900),
            "release_expires_s": float(t_s + 3600)}

    return draw


def stopped_or_untouched(component: Any, inputs: Any, outputs: Any, previous_state: Any) -> None:
    """An asset without a sign gets its command; one with a sign gets what its kind may get, whatever is commanded."""
    n = len(ASSETS)
    asked = [np.broadcast_to(v, n) for v in (inputs.p_set_mw, inputs.p_limit_mw, inputs.interrupt_frac)]
    for i, name in enumerate(ASSETS):
        given = outputs.p_set_mw[i], outputs.p_limit_mw[i], outputs.interrupt_frac[i]
        if not outputs.sign_code[i]:
            np.testing.assert_array_equal(given, [column[i] for column in asked])
            continue
        assert given[2] == 0.0
        if name in ("bess", "flywheel"):
            assert given[0] == 0.0
        if name == "chp":
            assert given[0] in (0.0, SITE["chp"].min_mw)
    assert outputs.latched_count == np.count_nonzero(outputs.sign_code)


SPECS = [
    ComponentSpec(
        "watchdog", inputs=any_readings(wrong_frac), check_limits=stopped_or_untouched, label=label, step_s=300,
        duration_h=12, non_finite_outputs=frozenset({"p_set_mw", "p_limit_mw"}), context={"nameplates": SITE})
    for label, wrong_frac in (("sound", 0.0), ("wrong_readings", 0.2))
]
