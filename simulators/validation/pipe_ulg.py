"""The plug-flow pipe against temperatures measured on the test bench of the University of Liège.

A hot front runs into a 39 m steel pipe full of cold water at constant flow; outlet temperature after. One set of
parameters for all experiments, none of them fitted: the drawing of the bench and the material data of the published
Modelica model of it. Data: Modelica IBPSA library, PlugFlowPipes; B. van der Heijde et al., Energy Conversion and
Management 151 (2017).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulators.networks.heat.fluid import water
from simulators.networks.heat.geometry import film_resistance_mk_w, layer_resistance_mk_w, wall_capacity_j_mk
from simulators.networks.heat.pipe import PlugFlowPipe
from simulators.networks.heat.records import Floats
from twin.validation import Comparison, Validation

if TYPE_CHECKING:
    import pandas as pd

LENGTH_M = 39.0
INNER_DIAMETER_M = 0.05248
OUTER_DIAMETER_M = 0.0603
INSULATION_M = 0.013
INSULATION_W_MK = 0.04
OUTSIDE_FILM_W_M2K = 5.0
AMBIENT_DEGC = 18.0
"""Drawing and ambient temperature of the bench: IBPSA PipeDataULg."""
WALL_DENSITY_KG_M3 = 8000.0
WALL_HEAT_CAPACITY_J_KG_K = 500.0
"""Steel, as in IBPSA PlugFlowULg ("about 7800" and "about 480" in the description of the bench)."""
WATER_REFERENCE_DEGC = 20.0
"""Constants of water as in IBPSA.Media.Water."""

STEP_S = 0.25
CASE = "ULg test bench"
SOURCE = "IBPSA PlugFlowULg; van der Heijde et al. 2017"
DYMOLA_FILE = "dymola_reference_PlugFlowULg.csv"
MAX_RMSE_K = 0.65
MAX_MEAN_RMSE_K = 0.45
DYMOLA_EXPERIMENT = "151202"
DYMOLA_END_S = 590.0
"""The library's own run goes on after the measurement ends."""


def outlet_degc(data: pd.DataFrame) -> Floats:
    """Simulated outlet temperature at the times of an experiment; starts from the first measured values."""
    outer = OUTER_DIAMETER_M + 2.0 * INSULATION_M
    resistance = (layer_resistance_mk_w(OUTER_DIAMETER_M, outer, INSULATION_W_MK)
                  + film_resistance_mk_w(outer, OUTSIDE_FILM_W_M2K))
    wall = wall_capacity_j_mk(INNER_DIAMETER_M, OUTER_DIAMETER_M, WALL_DENSITY_KG_M3, WALL_HEAT_CAPACITY_J_KG_K)
    start = (float(data["T_water_in_degC"].iloc[0]), float(data["T_water_out_degC"].iloc[0]))
    pipe = PlugFlowPipe(LENGTH_M, INNER_DIAMETER_M, 1.0 / resistance, wall, water(WATER_REFERENCE_DEGC), start)
    measured_s = data["time_s"].to_numpy()
    middle_s = np.arange(0.0, measured_s[-1] + STEP_S, STEP_S) + STEP_S / 2.0
    flow = np.interp(middle_s, measured_s, data["m_flow_kg_s"])
    inlet = np.interp(middle_s, measured_s, data["T_water_in_degC"])
    outlet, _ = pipe.run(flow, inlet, AMBIENT_DEGC, STEP_S)
    return np.interp(measured_s, middle_s, outlet)


def compare(data_dir: Path) -> list[Comparison]:
    """All experiments in ``data_dir/pipe_ulg``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    import pandas as pd

    folder = data_dir / "pipe_ulg"
    files = sorted(folder.glob("ulg_*.csv"))
    if not files:
        raise FileNotFoundError(f"no ulg_*.csv in {folder}")
    rows = []
    errors = []
    for file in files:
        data = pd.read_csv(file)
        experiment = file.stem.removeprefix("ulg_")
        ours = outlet_degc(data)
        errors.append(_rmse(ours - data["T_water_out_degC"].to_numpy()))
        rows.append(Comparison.at_most(CASE, f"{experiment}, outlet RMSE", errors[-1], MAX_RMSE_K, "K",
                                       SOURCE))
        if experiment == DYMOLA_EXPERIMENT:
            rows.append(_against_dymola(folder, data, ours))
    rows.append(Comparison.at_most(CASE, f"mean of {len(files)} experiments", float(np.mean(errors)),
                                   MAX_MEAN_RMSE_K, "K", SOURCE))
    return rows


def _against_dymola(folder: Path, data: pd.DataFrame, ours: Floats) -> Comparison:
    """Not worse than the library's own run, at the instants it was published for."""
    import pandas as pd

    published = pd.read_csv(folder / DYMOLA_FILE)
    published = published[published["time_s"] <= DYMOLA_END_S]
    at_s = published["time_s"].to_numpy()
    measured = np.interp(at_s, data["time_s"], data["T_water_out_degC"])
    theirs = _rmse(published["senTem_out.T"].to_numpy() - 273.15 - measured)
    own = _rmse(np.interp(at_s, data["time_s"], ours) - measured)
    return Comparison.not_worse(CASE, f"{DYMOLA_EXPERIMENT}, beside RMSE of Dymola", own, theirs, "K",
                                "IBPSA reference result PlugFlowULg")


def _rmse(difference: Floats) -> float:
    return float(np.sqrt(np.mean(difference**2)))


VALIDATION = Validation(
    "plug-flow pipe against measured outlet temperatures",
    "the Modelica IBPSA library, PlugFlowPipes (github.com/ibpsa/modelica-ibpsa)",
    compare, ("pipe_ulg/ulg_*.csv", f"pipe_ulg/{DYMOLA_FILE}"))
