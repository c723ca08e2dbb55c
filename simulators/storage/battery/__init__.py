"""Battery storage."""

from simulators.storage.battery.battery import Battery

__all__ = ["Battery"]
