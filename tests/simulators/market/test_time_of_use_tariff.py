"""Prices follow the local clock, the season and the kind of day, for any step."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.market.time_of_use_tariff import Outputs, Params, TimeOfUseTariff
from tests.component_specs.market import shipped_tariff
from twin.component import Nothing
from twin.context import Context, Location

BEIJING_TIME = timezone(timedelta(hours=8))
SHANGHAI = Location(31.2, 121.5, 4.0, "Asia/Shanghai", "CN")
BERLIN = Location(52.5, 13.4, 34.0, "Europe/Berlin", "DE")
HOUR_S = 3600

DAY_AND_NIGHT: dict[str, Any] = {
    "periods": [
        {"name": "day", "price_per_mwh": 200.0, "hours": ["6-22"]},
        {"name": "night", "price_per_mwh": 100.0, "hours": ["22-6"], "sell_price_per_mwh": 20.0},
    ],
    "sell_price_per_mwh": 50.0,
}


def tariff(
    params: dict[str, Any],
    *,
    start: datetime = datetime(2025, 7, 15, tzinfo=BEIJING_TIME),
    location: Location = SHANGHAI,
) -> TimeOfUseTariff:
    return TimeOfUseTariff("tariff", Params.model_validate(params), Context(start, 86_400, 900, 1, location))


def prices(component: TimeOfUseTariff, hour: float, dt_s: int = 900) -> Outputs:
    return component.step(round(hour * HOUR_S), dt_s, Nothing())


def test_shipped_tariff_has_one_price_for_each_hour() -> None:
    component = tariff(shipped_tariff())

    buy = [prices(component, h, HOUR_S).buy_price_per_mwh for h in range(24)]

    valley, flat, peak, deep = 380.0, 920.0, 1480.0, 320.0
    assert buy == (
        [valley] * 6 + [flat] * 2 + [peak] * 3 + [flat] + [deep] * 3 + [flat] * 3 + [peak] * 3 + [flat] + [valley] * 2
    )


def test_gas_is_priced_by_its_lower_heating_value() -> None:
    # 3.65 CNY/m³ over 9.97 kWh/m³
    assert prices(tariff(shipped_tariff()), 0).gas_price_per_mwh == pytest.approx(366.098, abs=1e-3)


def test_price_that_changes_within_a_step_is_weighted_by_time() -> None:
    component = tariff(DAY_AND_NIGHT)

    # 05:30 to 06:30, half an hour at each price; 05:50 to 06:00 at night only
    assert prices(component, 5.5, HOUR_S).buy_price_per_mwh == pytest.approx(150.0)
    assert prices(component, 5 + 5 / 6, 600).buy_price_per_mwh == 100.0
    # a whole day: 16 h and 8 h
    assert prices(component, 0, 86_400).buy_price_per_mwh == pytest.approx((16 * 200 + 8 * 100) / 24)


def test_feed_in_price_of_a_period_goes_before_the_general_one() -> None:
    component = tariff(DAY_AND_NIGHT)

    assert [prices(component, h).sell_price_per_mwh for h in (3, 12)] == [20.0, 50.0]


def test_prices_follow_the_wall_clock_across_daylight_saving() -> None:
    # Berlin, 26 October 2025: 03:00 summer time becomes 02:00, the day has 25 hours and 06:00 comes at the seventh
    start = datetime(2025, 10, 26, tzinfo=timezone(timedelta(hours=2)))
    component = tariff(DAY_AND_NIGHT, start=start, location=BERLIN)

    assert [prices(component, h).buy_price_per_mwh for h in (6.75, 7)] == [100.0, 200.0]


def test_weekend_and_holiday_have_prices_of_their_own() -> None:
    periods = [
        {"name": "all", "price_per_mwh": 300.0, "hours": ["0-24"]},
        {"name": "off", "price_per_mwh": 200.0, "hours": ["0-24"], "days": "non_working"},
        {"name": "holiday", "price_per_mwh": 100.0, "hours": ["0-24"], "days": "holiday"},
    ]

    def price(month: int, day: int) -> float:
        component = tariff({"periods": periods}, start=datetime(2025, month, day, tzinfo=BEIJING_TIME))
        return prices(component, 12).buy_price_per_mwh

    assert price(7, 15) == 300.0  # Tuesday
    assert price(7, 19) == 200.0  # Saturday
    assert price(10, 1) == 100.0  # National Day
    assert price(10, 11) == 300.0  # Saturday worked in return


def test_season_of_summer_has_its_own_price() -> None:
    periods = [
        {"name": "winter", "price_per_mwh": 100.0, "hours": ["0-24"], "months": [1, 2, 3, 4, 5, 6, 9, 10, 11, 12]},
        {"name": "summer", "price_per_mwh": 200.0, "hours": ["0-24"], "months": [7, 8]},
    ]
    component = tariff({"periods": periods}, start=datetime(2025, 6, 30, 23, tzinfo=BEIJING_TIME))

    assert [prices(component, h).buy_price_per_mwh for h in (0.75, 1)] == [100.0, 200.0]


def test_demand_response_pays_during_events_only_and_the_higher_price_holds() -> None:
    events = [
        {"hours": ["18-20"], "days": "working", "price_per_mwh": 850.0},
        {"start": "2025-07-15T11:00:00Z", "end": "2025-07-15T13:00:00Z", "price_per_mwh": 900.0},
    ]
    component = tariff(DAY_AND_NIGHT | {"demand_response": events})

    def at(hour: float) -> float:
        return prices(component, hour).demand_response_price_per_mwh

    # 11:00 to 13:00 UTC is 19:00 to 21:00 in Shanghai
    assert [at(h) for h in (17.75, 18, 18.75, 19, 20.75, 21)] == [0.0, 850.0, 850.0, 900.0, 900.0, 0.0]
    assert at(24 * 4 + 18) == 0.0  # Saturday


def test_emission_factor_may_be_hourly() -> None:
    hourly = [h / 100 for h in range(24)]
    component = tariff(DAY_AND_NIGHT | {"grid_emission_t_per_mwh": hourly})

    assert [prices(component, h, HOUR_S).grid_emission_t_per_mwh for h in range(24)] == hourly


def test_nameplate_knows_the_prices_in_advance() -> None:
    component = tariff(shipped_tariff())
    nameplate = component.nameplate()
    t_s = np.arange(0, 3 * 86_400, 900)

    ahead = nameplate.prices_at(t_s)

    stepped = [component.step(int(t), 900, Nothing()) for t in t_s]
    for name, series in ahead.items():
        assert series.tolist() == [getattr(y, name) for y in stepped], name
    assert nameplate.demand_charge_per_mw_month == 40_800
    assert nameplate.demand_interval_s == 900
    assert nameplate.certificate_price_per_mwh == 78


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"periods": DAY_AND_NIGHT["periods"][:1]}, "no period covers 00:00-06:00, 22:00-24:00"),
        ({"periods": [{"name": "x", "price_per_mwh": 1.0, "hours": ["0-24"], "months": [13]}]}, "no month 13"),
        ({"grid_emission_t_per_mwh": [0.5] * 12}, "24 by local hour"),
        ({"grid_emission_t_per_mwh": -0.5}, "below 0"),
        ({"demand_response": [{"price_per_mwh": 1.0}]}, "either start and end"),
        ({"demand_response": [{"price_per_mwh": 1.0, "start": "2025-07-15T11:00:00Z"}]}, "either start and end"),
        (
            {"demand_response": [{"price_per_mwh": 1, "start": "2025-07-15T11:00Z", "end": "2025-07-15T10:00Z"}]},
            "before it starts",
        ),
        (
            {"demand_response": [{"price_per_mwh": 1, "start": "2025-07-15T11:05Z", "end": "2025-07-15T12:00Z"}]},
            "quarter hour",
        ),
        (
            {"demand_response": [{"price_per_mwh": 1, "start": "2025-07-15T11:00", "end": "2025-07-15T12:00Z"}]},
            "timezone",
        ),
    ],
)
def test_tariff_that_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Params.model_validate(DAY_AND_NIGHT | change)

    assert words in str(caught.value)


@pytest.mark.parametrize("emission", [536.6, [0.5] * 23 + [2.1]])
def test_an_emission_in_kg_per_mwh_is_refused_with_the_unit(emission: float | list[float]) -> None:
    with pytest.raises(ValidationError, match=r"above 2 t/MWh; it looks like kg/MWh: divide it by 1000"):
        Params.model_validate({**DAY_AND_NIGHT, "grid_emission_t_per_mwh": emission})


def test_an_emission_of_2_t_per_mwh_is_the_largest_taken() -> None:
    assert prices(tariff({**DAY_AND_NIGHT, "grid_emission_t_per_mwh": 2.0}), 0).grid_emission_t_per_mwh == 2.0


@pytest.mark.parametrize(("interval_s", "message"), [
    (59, "greater than or equal to 60"), (0, "greater than or equal to 60"), (172_800, "less than or equal to 86400"),
    (700, "700 s do not divide a day"),
])
def test_metering_intervals_divide_the_day(interval_s: int, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Params.model_validate({**DAY_AND_NIGHT, "demand_interval_s": interval_s})


@pytest.mark.parametrize("interval_s", [60, 900, 1800, 3600, 86_400])
def test_usual_metering_intervals_are_taken(interval_s: int) -> None:
    assert Params.model_validate({**DAY_AND_NIGHT, "demand_interval_s": interval_s}).demand_interval_s == interval_s
