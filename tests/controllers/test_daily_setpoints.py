"""The daily table: what holds when, on which days, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from controllers.daily_setpoints import DailySetpoints, Params
from simulators.storage.battery.battery import Battery
from tests.component_specs import SHANGHAI
from twin.component import Nothing
from twin.context import Context
from twin.errors import ScenarioError
from twin.nameplate import Nameplate

CYCLE = [{"hours": ["0-5"], "p_set_mw": -8}, {"hours": ["17-21:30"], "p_set_mw": 8}]
TUESDAY = "2025-07-15T00:00:00+08:00"


def table(setpoints: dict[str, Any], start: str = TUESDAY, step_s: int = 900,
          nameplates: dict[str, Nameplate] | None = None) -> DailySetpoints:
    types = {"bess": "battery", "chp": "chp", "sun": "tmy3", "office": "electric_load"}
    context = Context(datetime.fromisoformat(start), 10**7, step_s, 1, SHANGHAI, types=types,
                      nameplates=nameplates or {})
    return DailySetpoints("operator", Params.model_validate({"setpoints": setpoints}), context)


def at(component: DailySetpoints, hour: float) -> list[float]:
    return component.step(round(hour * 3600), component.step_s, Nothing()).p_set_mw.tolist()


def test_the_power_of_the_window_holds_and_zero_between() -> None:
    component = table({"bess": CYCLE})

    hours = (0.0, 4.75, 5.0, 16.75, 17.0, 21.25, 21.5, 24.0)
    assert [at(component, h) for h in hours] == [[-8.0], [-8.0], [0.0], [0.0], [8.0], [8.0], [0.0], [-8.0]]


def test_each_asset_has_a_table_of_its_own() -> None:
    component = table({"bess": CYCLE, "chp": [{"hours": ["6-22"], "p_set_mw": 4}]})

    assert component.terminals() == {"asset": ("bess", "chp")}
    assert at(component, 18.0) == [8.0, 4.0]


def test_windows_follow_the_local_clock_and_the_kind_of_day() -> None:
    component = table({"bess": [*CYCLE, {"hours": ["0-24"], "days": "non_working", "p_set_mw": 1}]},
                      "2025-07-17T16:00:00Z")  # midnight of Friday in Shanghai

    assert [at(component, h) for h in (1.0, 25.0, 49.0, 73.0)] == [[-8.0], [1.0], [1.0], [-8.0]]


def test_a_longer_step_gets_the_mean() -> None:
    # 21:00 to 22:00: half an hour at 8 MW
    assert at(table({"bess": CYCLE}, step_s=3600), 21.0) == [4.0]


def test_windows_of_an_asset_may_not_meet() -> None:
    with pytest.raises(ValidationError, match=r"bess: -8 MW and 2 MW both hold at 04:00 in month 1"):
        table({"bess": [*CYCLE, {"hours": ["4-6"], "p_set_mw": 2}]})


def test_the_same_hours_in_other_months_do_not_meet() -> None:
    component = table({"bess": [{"hours": ["0-6"], "months": [7], "p_set_mw": 1},
                                {"hours": ["4-6"], "months": [12], "p_set_mw": 2}]})

    assert at(component, 4.0) == [1.0]


def test_an_unknown_asset_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ScenarioError, match=r"setpoints.bes: there is no 'bes'.*did you mean 'bess'"):
        table({"bes": CYCLE})


@pytest.mark.parametrize("asset", ["sun", "office"])
def test_what_takes_no_set_point_is_refused(asset: str) -> None:
    with pytest.raises(ScenarioError, match=rf"'{asset}' \(.*\) follows no p_set_mw"):
        table({asset: CYCLE})


def test_powers_beyond_nameplates_are_mistakes_each_at_its_place_and_all_at_once() -> None:
    plate = Battery("bess", Battery.Params(power_mw=10, energy_mwh=40), table({"bess": CYCLE}).context).nameplate()
    kilowatts = {"bess": [*CYCLE, {"hours": ["9-10"], "p_set_mw": -8000}], "office": CYCLE, "bes": CYCLE}
    with pytest.raises(ScenarioError) as caught:
        table(kilowatts, nameplates={"bess": plate})
    assert [p.path for p in caught.value.problems] == [
        ("setpoints", "bess", 2, "p_set_mw"), ("setpoints", "office"), ("setpoints", "bes")]
    assert caught.value.problems[0].message.startswith("-8000 MW is outside -10 to 10 MW")
    assert at(table({"bess": [{"hours": ["0-1"], "p_set_mw": 10}]}, nameplates={"bess": plate}), 0.0) == [10.0]


def test_a_battery_does_as_the_table_says() -> None:
    component = table({"bess": CYCLE})
    store = Battery("bess", Battery.Params(power_mw=10, energy_mwh=40), component.context)

    told = [at(component, k / 4)[0] for k in range(96)]
    given = [store.step(k * 900, 900, Battery.Inputs(p)).p_mw for k, p in enumerate(told)]
    assert min(given) == -8.0 and max(given) == 8.0
