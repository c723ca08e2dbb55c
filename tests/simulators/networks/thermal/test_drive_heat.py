"""Drive heat for absorption chillers: what a heating network gives arrives in a cooling network one step later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.simulators.networks.thermal.builders import TIGHT_TANK, Bench, chilled, energy_mwh, town

ABSORPTION = {"rated_mw": 0.8, "cop": 0.7, "start_s": 1800, "start_heat_mwh": 0.1, "auxiliary_frac": 0.0}
CHILLERS = {"units": 2, "rated_mw": 0.5}


@dataclass
class Loop:
    """Both networks in the order in which they step: cold asks, heat gives, cold gets it one step later."""

    chp_mw: float = 3.0
    step_s: int = 60
    cooling_plant: dict[str, Any] = field(default_factory=lambda: {"chillers": CHILLERS, "absorption": ABSORPTION})

    def __post_init__(self) -> None:
        network = town(boiler={"rated_mw": 1.0}, dump_cooler={"rated_mw": 3.0}, initial_supply_degc=92.0,
                       max_supply_degc=95)
        network["sources"]["EC"]["supply"] = 92
        self.heat = Bench("heat", network, step_s=self.step_s)
        self.cold = Bench("cooling", chilled(**self.cooling_plant), step_s=self.step_s)
        self.given, self.got = [], []
        self.on_the_way = {"drive_share_frac": 0.0, "drive_degc": 20.0}

    def run(self, hours: float, cold_mw: float = 0.7, heat_mw: float = 0.4) -> None:
        for _ in range(round(hours * 3600 / self.step_s)):
            self.got.append(self.cold.step({"dc": cold_mw}, **self.on_the_way))
            self.given.append(self.heat.step({"hospital": heat_mw, "EC": self.chp_mw},
                                             drive_request_mw=self.got[-1].drive_request_mw))
            self.on_the_way = {name: getattr(self.given[-1], name) for name in self.on_the_way}


@pytest.mark.parametrize("step_s", [60, 900])
def test_no_joule_of_drive_heat_is_lost_between_the_networks(step_s: int) -> None:
    """Given until the step before = used + left in the drive circuit, after every step; both balances hold anyway."""
    loop = Loop(step_s=step_s)
    loop.run(3.0)
    loop.chp_mw = 0.6   # hardly anything is left over for the chiller
    loop.run(1.0)
    loop.chp_mw = 3.0
    loop.run(1.0, cold_mw=0.05)
    loop.run(1.0)
    given_mwh = used_mwh = 0.0
    for got, given in zip(loop.got, loop.given, strict=True):
        used_mwh += energy_mwh([got], "drive_used_mw", step_s)
        assert used_mwh + got.drive_stored_mwh == pytest.approx(given_mwh, abs=1e-12)
        given_mwh += energy_mwh([given], "drive_mw", step_s)
    assert used_mwh > 1.0


def test_the_chiller_gives_its_cop_times_the_drive_heat_once_it_is_warm() -> None:
    loop = Loop()
    loop.run(4.0)
    got = loop.got[-1]
    assert got.absorption_mw == pytest.approx(0.7 * got.drive_used_mw, rel=1e-9)
    assert got.absorption_mw == pytest.approx(0.7, rel=0.02)    # all that is needed, which is below its rating
    assert got.chiller_mw == pytest.approx(0.0, abs=1e-3)
    last_hour = energy_mwh(loop.given[-60:], "drive_mw"), energy_mwh(loop.got[-60:], "drive_used_mw")
    assert last_hour[0] == pytest.approx(last_hour[1], rel=0.05)    # the circuit's level hardly moves
    assert got.rejected_mw == pytest.approx(got.absorption_mw + got.drive_used_mw - got.chiller_p_mw + got.chiller_mw,
                                            rel=1e-6)


def test_the_first_heat_arrives_two_steps_after_the_first_look_at_the_temperature() -> None:
    """Step 0: the drive temperature is not known. Step 1: it is, heat is asked for and given. Step 2: it is there."""
    loop = Loop()
    loop.run(0.1)
    assert [got.drive_request_mw > 0.0 for got in loop.got[:3]] == [False, True, True]
    assert [given.drive_mw > 0.0 for given in loop.given[:3]] == [False, True, True]
    assert [got.drive_stored_mwh > 0.0 for got in loop.got[:3]] == [False, False, True]


def test_from_cold_it_takes_the_start_time_and_the_start_heat() -> None:
    """Half an hour and 0.1 MWh that cool nothing."""
    loop = Loop()
    loop.run(2.0)
    first = next(k for k, got in enumerate(loop.got) if got.drive_used_mw > 0.0)
    full = next(k for k, got in enumerate(loop.got) if got.absorption_mw > 0.99 * 0.7)
    assert 25 <= full - first <= 32
    warm_up_mwh = energy_mwh(loop.got, "drive_used_mw") - energy_mwh(loop.got, "absorption_mw") / 0.7
    assert warm_up_mwh == pytest.approx(0.1, rel=1e-6)


def test_the_network_comes_before_the_absorption_chiller() -> None:
    """CHP heat of 1 MW, hospital 0.8 MW: only what is left drives the chiller; the boiler never does."""
    loop = Loop(chp_mw=1.0)
    loop.run(2.0, heat_mw=0.8)
    last = loop.given[-1]
    assert last.drive_mw <= 0.2
    assert last.delivered_mw == pytest.approx(0.8)
    assert all(y.boiler_mw < 1e-6 for y in loop.given[-30:])


@pytest.mark.parametrize("step_s", [60, 420, 900])
def test_all_that_was_asked_for_is_a_share_of_one_and_no_rounding_more(step_s: int) -> None:
    bench = Bench("heat", town(dump_cooler={"rated_mw": 3.0}), step_s=step_s)
    for k in range(1, 60):
        y = bench.step({"hospital": 0.2, "EC": 3.0}, drive_request_mw=k / 70.0)
        assert y.drive_share_frac <= 1.0
        assert y.drive_share_frac == pytest.approx(1.0, rel=1e-12)


def test_in_the_cold_season_the_absorption_chiller_gets_nothing() -> None:
    """3 MW of CHP heat: 0.4 for the hospital, the rest for the tank below 15 °C outside."""
    bench = Bench("heat", town(tank=TIGHT_TANK | {"initial_degc": 50.0}, drive_above_degc=15.0))
    at = {"hospital": 0.4, "EC": 3.0}
    winter = bench.step(at, drive_request_mw=0.5, air_temperature_degc=14.0)
    assert (winter.drive_mw, winter.drive_share_frac) == (0.0, 0.0)
    assert winter.tank_mw < -2.0
    summer = bench.step(at, drive_request_mw=0.5, air_temperature_degc=16.0)
    assert (summer.drive_mw, summer.drive_share_frac) == (pytest.approx(0.5), pytest.approx(1.0))


def test_drive_heat_asked_for_without_chp_is_not_given() -> None:
    bench = Bench("heat", town(boiler={"rated_mw": 2.0}, tank=TIGHT_TANK | {"initial_degc": 85.0}))
    assert all(y.drive_mw == 0.0 for y in bench.run(0.5, {"hospital": 0.4}, drive_request_mw=0.5))


@pytest.mark.parametrize("plant", [{"chillers": CHILLERS}, {}])
def test_heat_for_another_networks_chillers_is_left_alone(plant: dict[str, Any]) -> None:
    """Drive heat is broadcast; a cooling network without absorption chillers neither asks for it nor keeps it."""
    bench = Bench("cooling", chilled(**plant))
    y = bench.run(0.5, {"dc": 0.3}, drive_share_frac=1.0, drive_degc=90.0)[-1]
    assert (y.drive_request_mw, y.drive_used_mw, y.drive_stored_mwh) == (0.0, 0.0, 0.0)


def test_heat_left_in_the_circuit_is_kept_and_used_when_cold_is_wanted_again() -> None:
    """Never more than half an hour of full use is stored; without demand nothing more is asked for."""
    loop = Loop()
    loop.run(2.0)
    loop.run(0.5, cold_mw=0.0)
    left = loop.got[-1]
    assert 0.0 < left.drive_stored_mwh < 0.5 * 0.8 / 0.7
    assert left.drive_request_mw == 0.0
    assert left.drive_stored_mwh == loop.got[-10].drive_stored_mwh
    loop.chp_mw = 0.4   # the hospital takes all of it
    loop.run(1.0)
    assert loop.got[-1].drive_stored_mwh < 0.5 * left.drive_stored_mwh
