"""What the watchdog sees and answers in one cycle: plain tuples, frozen while the cycle lasts.

Powers in MW (into the network positive), times in seconds on any one clock; NaN where there is no value.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Sign(IntEnum):
    """Why an asset is in its safe state, the most urgent first."""

    NONE = 0
    TEMPERATURE_HIGH = 1
    TEMPERATURE_RISE = 2
    HEATING_AT_REST = 3
    IMPLAUSIBLE = 4
    """A reading that cannot be."""
    STALE = 5
    """No new reading."""
    FROZEN = 6
    """Power flows and the state of charge stays equal to the last bit."""
    SOC_LIMIT = 7
    """Outside its band and driven further out."""
    VOLTAGE_LIMIT = 8
    OVERSHOOT = 9
    """Delivers more than told, or in the other direction."""
    SHORTFALL = 10
    """Delivers less than told for no reason that can be seen."""
    METER_LOST = 11
    NO_HEARTBEAT = 12
    NO_RELEASE = 13
    IMAGE_STALE = 14
    """The watchdog's process gets nothing to look at."""
    WATCHDOG_LOST = 15
    """The watchdog's process is gone or does not answer."""


class AssetImage(NamedTuple):
    """One asset: what it shall do and what its instruments say."""

    p_set_mw: float
    p_limit_mw: float
    interrupt_frac: float
    reading_s: float
    """When the readings were taken; NaN: there are none."""
    p_mw: float
    soc: float
    temperature_degc: float
    vm_pu: float
    """At its bus."""
    reset_count: float = 0.0
    """Resets by a person so far."""


class Image(NamedTuple):
    """The site at one instant."""

    t_s: float
    exchange_mw: float
    """At the connection to the public grid."""
    heartbeat_count: float
    """Changes as long as operator and dispatcher live; NaN: nobody says."""
    release_expires_s: float
    """Of the release that is being obeyed; NaN: there is none."""
    assets: tuple[AssetImage, ...]


class Action(NamedTuple):
    """What reaches one asset."""

    p_set_mw: float
    p_limit_mw: float
    interrupt_frac: float
    sign: int
    """A :class:`Sign`; NONE: the command is passed as it came."""


class Happening(NamedTuple):
    """Something for the log and the ledger."""

    kind: str
    """``watchdog_trip``, ``watchdog_reset`` or ``watchdog_reset_refused``."""
    asset: str
    sign: Sign
    message: str
