"""What flows into and out of the release gate, and what it remembers. Powers in MW, into the network positive."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from twin.component import port
from twin.gate.decision import GateStatus
from twin.gate.limits.history import Lived
from twin.gate.takeover.desk import DeskState


@dataclass(slots=True)
class Inputs:
    """What the operators ask for, and what is measured; one value per asset."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    soc: np.ndarray = port(math.nan, per="asset", measured=True)
    planned_exchange_mw: float = port(math.nan, carrier="plan")
    """What the operators make of the exchange, import positive."""
    history_frac: float = port(0.0, carrier="expectation")
    """Of who expects; also makes sure that it has stepped before the gate asks it."""


@dataclass(slots=True)
class Outputs:
    """What holds."""

    p_set_mw: np.ndarray = port(0.0, per="asset")
    p_limit_mw: np.ndarray = port(math.inf, per="asset")
    interrupt_frac: np.ndarray = port(0.0, per="asset")
    band_low_mw: np.ndarray = port(0.0, per="asset")
    """Lowest and highest ``p_set_mw`` that a correction within seconds may reach."""
    band_high_mw: np.ndarray = port(0.0, per="asset")
    planned_exchange_mw: float = port(math.nan, carrier="plan", may_be_missing=True)
    """The operators' where what holds is what they ask for; else what the proof of it saw; NaN where nothing holds."""
    watchdog_reset_count: np.ndarray = port(0.0, per="asset")
    """Resets that persons asked for so far."""
    leased_code: np.ndarray = port(0, per="asset")
    """1 while a person holds a set-point of the asset."""
    heartbeat_count: float = port(0.0, carrier="supervision")
    """Rises with every step."""
    release_expires_s: float = port(0.0, carrier="supervision", may_be_missing=True)
    """When what holds becomes void, at the start when a first release is due; NaN where nothing holds."""
    status_code: int = port(0, codes=GateStatus)
    violations_count: int = port(0)
    """Hard ones of the last proposal, before it was repaired."""
    rounds_count: int = port(0)
    """Repairs of the last decision."""
    trials_count: int = port(0)
    """Schedules tried so far."""
    decisions_count: int = port(0)
    """Decisions so far, each with the status that it led to."""


@dataclass(slots=True)
class State:
    """What the gate remembers; the ledger has the whole story."""

    desk: DeskState
    release_json: str = ""
    """The release that holds; empty: none."""
    proved_exchange_mw: np.ndarray = field(default_factory=lambda: np.empty(0))
    """(steps,) of its horizon: the exchange that its proof saw; empty: unknown."""
    emergency_mw: dict[str, float] = field(default_factory=dict)
    """Key → what was last released to an emergency unit: its safe value."""
    lived: Lived = field(default_factory=Lived)
    """What the plant did within the windows of the limits."""
    waiting_json: str = ""
    """A schedule that waits for a person to release it; empty: none."""
    status_code: int = 0
    violations_count: int = 0
    rounds_count: int = 0
    trials_count: int = 0
    decisions_count: int = 0
    heartbeat_count: int = 0
    asked_s: int = -(10**9)
    """When it last decided."""
    refreshed_s: int = -(10**9)
    """When the fallbacks were last renewed."""
    fallbacks_json: str = "[]"
    outside: bool = False
    """The measured state has left the band; told once."""
    refused: list[str] = field(default_factory=list)
    """``asset.port`` of commands that are refused at present because nobody released them; told once."""
    unrecorded: bool = False
    """The ledger takes nothing at present; told once."""
