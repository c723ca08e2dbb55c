"""What a scenario may say about the rule-based operator."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from twin.component import ComponentParams


class Params(ComponentParams):
    """Parameters of the dispatch rules; every price threshold is computed, none is set here."""

    step_s: int | None = Field(
        default=900, gt=0, le=86_400, description="dispatch interval [s]: decisions hold this long")
    assets: list[str] | None = Field(
        default=None, description="names of the assets it operates; default: all that can be operated")
    tariff: str | None = Field(
        default=None, description="market whose published prices it looks ahead in; needed if there are several")
    connection: str | None = Field(
        default=None, description="network whose import and export limits it keeps; needed if there are several")
    lookahead_h: float = Field(
        default=24.0, ge=1.0, le=168.0, description="how far it looks ahead in the published prices [h]")
    expectation: Literal["forecast", "persistence"] = Field(
        default="forecast", description="forecast: loads and renewables are expected as the site's forecaster says, "
                                        "where the scenario names one; persistence: as yesterday")
    persistence_h: float = Field(
        default=6.0, gt=0.0, le=168.0,
        description="residual load is expected as yesterday, plus the present deviation fading over this time [h]")
    reserve_soc: float = Field(
        default=0.1, ge=0.0, lt=1.0,
        description="state of charge [0-1] kept for keeping the import limit, not spent on price")
    min_storage_h: float = Field(
        default=0.25, ge=0.0,
        description="storages that hold less than this at full power [h] (flywheels) rest at half charge, not traded")
    heat_value_per_mwh: float | None = Field(
        default=None, ge=0.0,
        description="worth of a MWh of heat from a combined unit [money/MWh]; default: what a boiler would burn for "
                    "it, as far as the heating networks take it (0 without one)")
    boiler_fuel: str | None = Field(
        default=None,
        description="fuel of the boilers that would make the heat otherwise, one that an operated unit burns; default: "
                    "gas where a unit burns it, else the fuel of the combined units")
    drive_value_frac: float = Field(
        default=0.175, ge=0.0, le=1.0,
        description="worth of heat that drives absorption chillers, relative to purchased electricity: their COP of "
                    "0.7 over the 4 of electric chillers [-]")
    interruption_cost_per_mwh: float = Field(
        default=0.0, ge=0.0,
        description="cost of a MWh not served by an interruptible load [money/MWh]; demand response must pay more")
    grid_carbon_charged: bool = Field(
        default=True, description="whether the emission of purchased electricity is charged at the carbon price")
