"""Liquid water as the thermal models see it: constant properties, which makes every energy balance exact.

Between 5 and 95 °C the heat capacity stays within 0.5 % of the value below, the density within 2 % (IAPWS-95).
"""

from __future__ import annotations

HEAT_CAPACITY_J_KG_K = 4190.0
"""4179 at 35 °C, 4192 at 10 °C, 4205 at 90 °C."""
HOT_DENSITY_KG_M3 = 971.8
"""At 80 °C."""
COLD_DENSITY_KG_M3 = 999.7
"""At 10 °C."""
CONDUCTIVITY_W_M_K = 0.65
"""At 60 °C; 0.58 at 10 °C."""
EVAPORATION_J_KG = 2.45e6
"""Latent heat at 20 °C."""
ZERO_CELSIUS_K = 273.15

WATT_PER_MW = 1e6
JOULE_PER_MWH = 3.6e9
