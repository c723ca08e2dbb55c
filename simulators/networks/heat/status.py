"""The verdict on a step of a thermal network."""

from __future__ import annotations

import enum


class NetworkStatus(enum.IntEnum):
    """Whether a step was solved; everything but SOLVED is "not solvable", with a place and a time.

    The temperatures stay physical in every state; the state says that the network could not do what was asked. Of
    several troubles the one with the highest number is told, at its first occurrence.
    """

    SOLVED = 0
    SUPPLY_BEYOND_RETURN = 1
    """A consumer with demand gets water no warmer (cooling: no colder) than its return set-point."""
    NO_FLOW = 2
    """A consumer with demand gets no water: no source reaches it, its valve is closed or the pump stands."""
    FLOWS_NOT_FOUND = 3
    """The loop flows did not converge."""
    NO_DIFFERENTIAL_PRESSURE = 4
    """The pump's lift is used up before the worst substation with flow."""
    NEGATIVE_PRESSURE = 5
    """An absolute pressure below zero at a node."""
    BOILING = 6
    """The pressure at a node is below the vapour pressure of its water."""
    FREEZING_NODE = 7
    """Water below its freezing point at a node."""
    FREEZING_PIPE = 8
    """Mean water temperature of a pipe below the freezing point."""


SUPPLY_BEYOND_RETURN = NetworkStatus.SUPPLY_BEYOND_RETURN.value
NETWORK_NO_FLOW = NetworkStatus.NO_FLOW.value
NO_LOOP_FLOWS = NetworkStatus.FLOWS_NOT_FOUND.value
NO_DIFFERENTIAL = NetworkStatus.NO_DIFFERENTIAL_PRESSURE.value
NEGATIVE_PRESSURE = NetworkStatus.NEGATIVE_PRESSURE.value
BOILING = NetworkStatus.BOILING.value
FREEZING_NODE = NetworkStatus.FREEZING_NODE.value
FREEZING_PIPE = NetworkStatus.FREEZING_PIPE.value
PLACE_IS_CONSUMER = (SUPPLY_BEYOND_RETURN, NETWORK_NO_FLOW, NO_DIFFERENTIAL)
