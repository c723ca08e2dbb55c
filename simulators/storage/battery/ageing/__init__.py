"""Ageing of batteries: published laws side by side, from the way of the state of charge and the temperature."""

from simulators.storage.battery.ageing.law import Counting, Law, Outside
from simulators.storage.battery.ageing.laws import LAWS, LFP_LAWS
from simulators.storage.battery.ageing.model import Ageing, Health, History, split, worn
from simulators.storage.battery.ageing.rainflow import rainflow_cycles
from simulators.storage.battery.ageing.state import AgeingState, augmented, rebased, removed, replaced

__all__ = ["LAWS", "LFP_LAWS", "Ageing", "AgeingState", "Counting", "Health", "History", "Law", "Outside", "augmented",
           "rainflow_cycles", "rebased", "removed", "replaced", "split", "worn"]
