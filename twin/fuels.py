"""Constants of fuels that plants and accounts share. Fuels count by their lower heating value (LHV)."""

from __future__ import annotations

NATURAL_GAS_EMISSION_T_PER_MWH = 0.20196
"""CO2 of natural gas per MWh LHV: 56.1 kg/GJ, IPCC 2006 Guidelines, Vol. 2, default."""
