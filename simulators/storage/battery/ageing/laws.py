"""The ageing laws by name."""

from __future__ import annotations

import dataclasses

from simulators.storage.battery.ageing.blast_prismatic import BLAST_PRISMATIC
from simulators.storage.battery.ageing.blast_sony import BLAST_SONY
from simulators.storage.battery.ageing.law import Counting, Law
from simulators.storage.battery.ageing.naumann import NAUMANN
from simulators.storage.battery.ageing.xu import XU_LMO

LAWS: dict[str, Law] = {law.name: law for law in (NAUMANN, BLAST_SONY, BLAST_PRISMATIC, XU_LMO)}
LFP_LAWS: tuple[Law, ...] = tuple(law for law in LAWS.values() if law.chemistry == "LFP")
"""The band for an LFP battery."""
NAUMANN_BY_REVERSALS: Law = dataclasses.replace(NAUMANN, name="naumann_lfp_reversals", counting=Counting.REVERSALS)
"""As simses-lite counts cycles: for comparison with its results, not for use (reversals.py)."""
