"""A site of two hours with heat and cold, small enough to settle by hand.

Electricity: town 6 MW, engine 4.5 MW, pumps and burners 0.1 MW, cooling plant 0.6 then 0.8 MW: import 2.2 then 2.4 MW.
Gas: engine 10 MW, boilers 2.2 then 2.75 MW. Heat: CHP 4 and boilers 2 then 2.5 MW; hospital 2 MW, offices ask for 3
then 4 MW and get 3 then 3.5; pipes lose 0.3, the tank 0.1; 0.2 are dumped in the first hour, 0.5 drive the absorption
chiller in the second: 0.4 then 0.1 MWh are stored. Cold: chillers 2.2 then 2.8 and absorption 0 then 0.3 MW; labs take
2 then 3 MW, pipes lose 0.1: 0.1 then 0 MWh are stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.twin.accounts.builders import Part, closed_run, engine, load, tariff, thermal_network
from twin.store.run_data import RunData

STATIONS = {"hospital": ([2.0, 2.0], [2.0, 2.0]), "offices": ([3.0, 4.0], [3.0, 3.5])}
STATUS = {0: "solved", 2: "no_flow", 6: "boiling"}


def heat(**changes: Sequence[float]) -> Part:
    """The heating network of the site; ``changes`` replace its series."""
    series: dict[str, Sequence[float]] = {
        "chp_heat_mw": [4.0, 4.0], "boiler_mw": [2.0, 2.5], "gas_mw": [-2.2, -2.75], "boiler_loss_mw": [0.2, 0.25],
        "loss_mw": [0.3, 0.3], "tank_loss_mw": [0.1, 0.1], "dumped_mw": [0.2, 0.0], "drive_mw": [0.0, 0.5],
        "p_mw": [-0.1, -0.1], "pump_mw": [0.06, 0.08],
    }
    return thermal_network("heating", STATIONS, name="heat", **(series | changes))


def cold(**changes: Sequence[float]) -> Part:
    """The cooling network of the site."""
    series: dict[str, Sequence[float]] = {
        "chiller_mw": [2.2, 2.8], "chiller_p_mw": [-0.55, -0.7], "absorption_mw": [0.0, 0.3],
        "drive_used_mw": [0.0, 0.5], "loss_mw": [0.1, 0.1], "p_mw": [-0.6, -0.8], "pump_mw": [0.03, 0.05],
        "rejected_mw": [2.75, 4.3], "water_m3": [4.0, 6.0],
    }
    return thermal_network("cooling", {"labs": ([2.0, 3.0], [2.0, 3.0])}, name="cold", **(series | changes))


def prices(**others: Sequence[float]) -> Part:
    """Electricity 1,000, gas 360, carbon 100 per t, grid 0.5 t/MWh."""
    return tariff(**({"buy_price_per_mwh": [1000.0, 1000.0], "gas_price_per_mwh": [360.0, 360.0],
                      "carbon_price_per_t": [100.0, 100.0], "grid_emission_t_per_mwh": [0.5, 0.5]} | others))


def site(*others: Part) -> RunData:
    """The whole site; other parts replace those of the same name."""
    parts = {p[0]: p for p in (load([-6.0, -6.0]), engine([4.5, 4.5]), heat(), cold(), prices(), *others)}
    run = closed_run(*parts.values())
    for name in ("heat", "cold"):
        run.components[name].codes["status_code"] = STATUS
    return run
