"""Pre-insulated bonded pipes by nominal diameter: EN 253, steel in polyurethane foam in polyethylene, laid in a trench.

Diameters and thicknesses in mm, as in the standard; heat loss coefficients in W/(m K), water to ground. Casings are
those of insulation series 2 (reinforced). The resistance of the steel (below 0.1 % of the total) and what supply and
return give each other (EN 13941-1, annex D: a few percent less loss) are left out.
"""

from __future__ import annotations

from typing import NamedTuple

from simulators.networks.heat.geometry import ground_resistance_mk_w, layer_resistance_mk_w, wall_capacity_j_mk

FOAM_W_MK = 0.027
"""Polyurethane foam at 50 °C: EN 253 allows 0.029 new; pipes of the last decades have 0.023 to 0.027."""
CASING_W_MK = 0.40
"""Polyethylene: EN 13941-1, annex D."""
GROUND_W_MK = 1.5
"""Moist soil; EN 13941-1 gives 1.0 (dry sand) to 2.0 (wet)."""
MM_PER_M = 1e3


class BondedPipe(NamedTuple):
    """Cross-section of a pre-insulated pipe [mm]."""

    outer_mm: float
    """Of the steel."""
    wall_mm: float
    casing_mm: float
    """Outside, insulation series 2."""
    casing_wall_mm: float

    @property
    def inner_mm(self) -> float:
        """Inner diameter of the steel."""
        return self.outer_mm - 2.0 * self.wall_mm


PIPES: dict[int, BondedPipe] = {
    20: BondedPipe(26.9, 2.6, 110.0, 3.0),
    25: BondedPipe(33.7, 2.6, 110.0, 3.0),
    32: BondedPipe(42.4, 2.6, 125.0, 3.0),
    40: BondedPipe(48.3, 2.6, 125.0, 3.0),
    50: BondedPipe(60.3, 2.9, 140.0, 3.0),
    65: BondedPipe(76.1, 2.9, 160.0, 3.0),
    80: BondedPipe(88.9, 3.2, 180.0, 3.0),
    100: BondedPipe(114.3, 3.6, 225.0, 3.4),
    125: BondedPipe(139.7, 3.6, 250.0, 3.6),
    150: BondedPipe(168.3, 4.0, 280.0, 3.9),
    200: BondedPipe(219.1, 4.5, 355.0, 4.5),
    250: BondedPipe(273.0, 5.0, 450.0, 5.2),
    300: BondedPipe(323.9, 5.6, 500.0, 5.6),
    350: BondedPipe(355.6, 5.6, 560.0, 6.0),
    400: BondedPipe(406.4, 6.3, 630.0, 6.6),
}
"""Nominal diameter → pipe: steel by EN 10220, casings by EN 253; walls as makers deliver them (isoplus, catalogue
2005; its DN 20 has 2.3 mm)."""


def inner_diameter_m(dn: int) -> float:
    """Inner diameter of the steel pipe [m]."""
    return PIPES[dn].inner_mm / MM_PER_M


def wall_j_mk(dn: int) -> float:
    """Heat capacity of the steel per metre [J/(m K)]."""
    return wall_capacity_j_mk(inner_diameter_m(dn), PIPES[dn].outer_mm / MM_PER_M)


def loss_w_mk(dn: int, depth_m: float, foam_w_mk: float = FOAM_W_MK, ground_w_mk: float = GROUND_W_MK) -> float:
    """Heat loss coefficient of one pipe whose axis lies ``depth_m`` below the surface [W/(m K)]."""
    pipe = PIPES[dn]
    foam_end_mm = pipe.casing_mm - 2.0 * pipe.casing_wall_mm
    return 1.0 / (layer_resistance_mk_w(pipe.outer_mm, foam_end_mm, foam_w_mk)
                  + layer_resistance_mk_w(foam_end_mm, pipe.casing_mm, CASING_W_MK)
                  + ground_resistance_mk_w(pipe.casing_mm / MM_PER_M, depth_m, ground_w_mk))
