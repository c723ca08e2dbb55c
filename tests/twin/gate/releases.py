"""A site's gate for tests: a fixed key, and releases of the schedule of ``tests.twin.schedules``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.twin.schedules import schedule
from twin.gate.ledger.format import Kind
from twin.gate.ledger.writer import Ledger
from twin.gate.release.bands import Band
from twin.gate.release.keys import SigningKey
from twin.gate.release.release import ReleasedSchedule, Signer

SITE = "zero_carbon_park"
NOTE = {"t_s": 0, "message": "all is well"}
"""Body of an entry of no importance."""


def key(seed: int = 1, site: str = SITE) -> SigningKey:
    """A key that is the same in each test."""
    return SigningKey(site, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def release(signing_key: SigningKey | None = None, **changes: Any) -> ReleasedSchedule:
    """Issued at 1 h for one hour; the battery may be corrected by 0.5 MW, its charge must stay within 20 to 80 %."""
    plan = changes.pop("schedule", schedule())
    battery = plan.setpoints.get("bess.p_set_mw", np.zeros(plan.horizon.steps))
    steps = plan.horizon.steps
    fields: dict[str, Any] = {
        "verdict_sha256": "0a" * 32, "snapshot_sha256": "57" * 32, "scenario_sha256": plan.scenario_sha256,
        "forecast_sha256": plan.forecast_sha256, "code_version": "0.1.0", "issued_s": plan.horizon.start_s,
        "expires_s": plan.horizon.end_s, "bands": {"bess.p_set_mw": Band(battery - 0.5, battery + 0.5)},
        "state_band": {"bess.measured_soc": Band(np.full(steps, 0.2), np.full(steps, 0.8)),
                       "bess.temperature_degc": Band(np.full(steps, -math.inf), np.full(steps, 45.0))},
    }
    return Signer(signing_key or key()).release(plan, **{**fields, **changes})


def written(file: Path, count: int = 3) -> Path:
    """A closed ledger with the entry of its key and ``count`` more."""
    with Ledger(file, key()) as ledger:
        for number in range(count):
            ledger.append(Kind.FAULT, {**NOTE, "number": number})
    return file
