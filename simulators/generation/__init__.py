"""Electricity generation: PV, wind, diesel."""
