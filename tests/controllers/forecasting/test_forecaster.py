"""The forecaster component: what it serves, records, learns and remembers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from controllers.forecaster import RECORDED_LEADS_H, Forecaster, Inputs, Params
from controllers.forecasting.fallback import Level
from controllers.forecasting.forecaster_memory import HOUR_S, KEPT_HOURS, LEARN_EVERY_H, Hours
from controllers.forecasting.site_targets import sign_of
from controllers.forecasting.targets import DAY_S
from controllers.forecasting.versioned import Archive, VersionedSeries
from tests.controllers.forecasting import tiny_models, toy_site
from twin.codec import decode, encode
from twin.context import Context
from twin.errors import ParkTwinError

START_UTC_S = toy_site.START_UTC_S + 60 * DAY_S
QUARTER_S = 900
TARGETS = ("pv.available_mw", "wind.available_mw", "office.baseline_mw")


FIRST_LEARNT_S = -(START_UTC_S // HOUR_S) % LEARN_EVERY_H * HOUR_S
"""First issue of the run that is learnt from."""


class ToyFeed:
    """The past of the toy site, and its weather as a table that is known ahead."""

    def __init__(self, factor: float = 1.0, past_days: int = 29) -> None:
        self.history = tiny_models.archive()
        hours = START_UTC_S - HOUR_S * np.arange(past_days * 24, 0, -1)
        self.past = np.column_stack([self.history.outcome(name, hours) for name in TARGETS])
        self.start_utc_s, self.factor = START_UTC_S, factor
        issued = [s for s in self.history if s.name.startswith("weather.")]
        self.weather = [VersionedSeries.known_ahead(s.name, int(s.valid_utc_s[0]), HOUR_S, s.values[1::2])
                        for s in issued]  # of the two versions of each hour the newer one

    def weather_forecasts(self, now_utc_s: int) -> list[VersionedSeries]:
        return self.weather

    def weeks_before(self) -> Archive:
        start_utc_s = START_UTC_S - HOUR_S * len(self.past)
        measured = [VersionedSeries.measured(name, start_utc_s, HOUR_S, self.past[:, k])
                    for k, name in enumerate(TARGETS)]
        return Archive([*measured, *self.weather])

    def expected_weather(self, now_utc_s: int, leads: int) -> dict[str, np.ndarray]:
        return {"air_temperature_degc": np.full(leads, 20.0)}

    def measured(self, t_s: int) -> np.ndarray:
        """Signals over the step that ends at ``t_s``, in the order of the component."""
        hour = np.array([(START_UTC_S + t_s - 1) // HOUR_S * HOUR_S])
        values = {name: sign_of(name) * self.factor * self.history.outcome(name, hour)[0] for name in TARGETS}
        return np.array([15.0, values[TARGETS[0]], values[TARGETS[1]], values[TARGETS[2]]])


def forecaster(*, seed: int = 1, **params) -> Forecaster:
    context = Context(start=datetime.fromtimestamp(START_UTC_S, UTC), duration_s=30 * DAY_S, step_s=QUARTER_S,
                      seed=seed, location=toy_site.SHANGHAI, exogenous=tiny_models.SIGNALS)
    return Forecaster("forecast", Params(models=tiny_models.models_file(), **params), context)


def fed(feed: ToyFeed | None = None, **options) -> Forecaster:
    """A forecaster with a past and weather forecasts."""
    component = forecaster(**options)
    component.service._feed = feed or ToyFeed()
    return component


def run(component: Forecaster, first_s: int, end_s: int, feed: ToyFeed | None = None) -> list:
    """Step through [first, end), each step of the component's own length."""
    feed = feed or ToyFeed()
    unknown = np.full(len(component.signals), np.nan)
    return [component.step(t_s, component.step_s, Inputs(feed.measured(t_s) if t_s else unknown))
            for t_s in range(first_s, end_s, component.step_s)]


def test_nothing_is_expected_before_something_was_measured() -> None:
    component = fed()
    [first] = run(component, 0, QUARTER_S)
    assert component.expectations(0, QUARTER_S, 96) == [] and first.history_frac == 0.0
    assert np.isnan(first.q50_value).all()
    [second] = run(component, QUARTER_S, 2 * QUARTER_S)
    assert second.history_frac == 1.0 and len(component.expectations(QUARTER_S, QUARTER_S, 96)) == 3


def test_without_a_past_it_begins_with_climatology_and_says_so() -> None:
    component = forecaster()
    outputs = run(component, 0, 2 * QUARTER_S)[-1]
    assert outputs.level_code.tolist() == [Level.CLIMATOLOGY] * 3
    [event] = component.pending_events
    assert event.kind == "forecast_fallback" and "climatology:wind.available_mw" in event.message
    assert "climatology:office.baseline_mw" in component.expectations(QUARTER_S, QUARTER_S, 4)[0].flags


def test_with_its_past_the_models_serve_from_the_start() -> None:
    component = fed()
    assert run(component, 0, 2 * QUARTER_S)[-1].level_code.tolist() == [Level.MODEL] * 3
    assert component.pending_events == []


def test_corners_lie_on_their_sides_and_signs_are_those_of_the_twin() -> None:
    component = fed()
    run(component, 0, 6 * HOUR_S)
    nominal, short, long = component.expectations(6 * HOUR_S, QUARTER_S, 96)
    assert [e.name for e in (nominal, short, long)] == ["nominal", "short", "long"]
    assert nominal.probability_frac + short.probability_frac + long.probability_frac == 1.0
    for target in TARGETS:
        low, middle, high = (e.series[target] for e in (short, nominal, long))
        assert (low <= middle).all() and (middle <= high).all() and (high - low).max() > 0.1
        assert (sign_of(target) * middle >= 0.0).all()


def test_every_exogenous_signal_is_expected_the_weather_as_forecast() -> None:
    component = fed()
    run(component, 0, HOUR_S + QUARTER_S)
    nominal = component.expectations(HOUR_S, QUARTER_S, 8)[0]
    assert set(nominal.series) == set(component.signals)
    assert nominal.series["weather.air_temperature_degc"] == pytest.approx(20.0)
    component.service._feed.expected_weather = lambda now_utc_s, leads: {}
    run(component, HOUR_S + QUARTER_S, 3 * HOUR_S)
    assert component.expectations(3 * HOUR_S, QUARTER_S, 8)[0].series["weather.air_temperature_degc"][0] == 15.0


def test_the_course_begins_where_the_measurement_is_and_returns_to_the_forecast() -> None:
    """Within the hour, 0.5 MW more load than expected move the coming quarters, and less the farther ahead."""
    calm, surprised = fed(), fed()
    now_s = 10 * HOUR_S + 2 * QUARTER_S
    run(calm, 0, now_s + QUARTER_S)
    run(surprised, 0, now_s)
    surprised.step(now_s, QUARTER_S, Inputs(ToyFeed().measured(now_s) + np.array([0.0, 0.0, 0.0, -0.5])))
    usual, moved = (c.expectations(now_s, QUARTER_S, 48)[0].series[TARGETS[2]] for c in (calm, surprised))
    shift = usual - moved
    assert 0.0 < shift[40] < shift[8] < shift[0]
    assert shift[:9] == pytest.approx(0.5 * np.exp(-(np.arange(9) + 0.5) * 0.25 / 1.5))


def test_recorded_are_the_quantiles_of_the_quarter_hour_some_hours_ahead() -> None:
    component = fed()
    outputs = run(component, 0, 6 * HOUR_S + QUARTER_S)[-1]
    nominal, short, long = component.expectations(6 * HOUR_S, QUARTER_S, 4 * 48)
    labels = component.terminals()["course"]
    assert labels[0] == "pv.available_mw+1h" and len(labels) == 3 * len(RECORDED_LEADS_H)
    for label, low, middle, high in zip(labels, outputs.q10_value, outputs.q50_value, outputs.q90_value, strict=True):
        signal, lead = label[:-1].split("+")
        row = 4 * int(lead)
        assert [low, middle, high] == pytest.approx([e.series[signal][row] for e in (short, nominal, long)])


def test_samples_are_drawn_on_request_joint_and_from_the_seed() -> None:
    def courses(**options):
        component = fed(**options)
        component._samples_count = 5
        run(component, 0, 6 * HOUR_S)
        return component.expectations(6 * HOUR_S, QUARTER_S, 96)

    found = courses()
    assert [e.name for e in found][3:] == [f"sample_{n}" for n in range(1, 6)]
    assert sum(e.probability_frac for e in found) == pytest.approx(1.0)
    assert [e.sha256 for e in found] == [e.sha256 for e in courses()]
    assert found[3].sha256 != courses(seed=2)[3].sha256 and found[0].sha256 == courses(seed=2)[0].sha256
    load = np.array([e.series[TARGETS[2]] for e in found[3:]])
    assert (load <= 0.0).all() and load.std(axis=0).max() > 0.01


def test_it_learns_from_a_forecast_a_day_when_its_two_days_are_over() -> None:
    """The first hour that is learnt from, and two days later its scores are among those of the calibration."""
    component = fed(step_s=HOUR_S)
    over_s = FIRST_LEARNT_S + 48 * HOUR_S
    run(component, 0, over_s)
    waiting = {issued.issue_utc_s for issued in component.state.groups[0].waiting}
    assert START_UTC_S + FIRST_LEARNT_S in waiting and len(component.state.groups[0].relative_loss) == 0
    before = component.state.groups[0].service
    run(component, over_s, over_s + HOUR_S)
    memory = component.state.groups[0]
    assert len(memory.relative_loss) == 1
    assert START_UTC_S + FIRST_LEARNT_S not in {w.issue_utc_s for w in memory.waiting}
    assert not np.array_equal(memory.service.calibration.scores, before.calibration.scores)


def test_a_run_begins_as_if_the_models_had_served_the_weeks_before_it() -> None:
    """58 days of past: forecasts from the 30th on, one in 25 h, of which those whose two days ended before the last of
    them are learnt from. With 29 days none has all that it looks back at."""
    component = fed(ToyFeed(past_days=58), step_s=HOUR_S)
    trained = component.service.groups[0].whole.service
    issues = range(START_UTC_S - 29 * DAY_S, START_UTC_S, LEARN_EVERY_H * HOUR_S)
    run(component, 0, 2 * HOUR_S)
    service = component.state.groups[0].service
    expected = sum(issue_utc_s + 48 * HOUR_S <= issues[-1] for issue_utc_s in issues)
    assert len(service.calibration.scores) == len(trained.calibration.scores) + expected
    short = fed(ToyFeed(past_days=29), step_s=HOUR_S)
    run(short, 0, 2 * HOUR_S)
    assert short.state.groups[0].service is short.service.groups[0].whole.service


@pytest.mark.parametrize("glitch", ["spike", "frozen"])
def test_what_the_screen_takes_out_of_the_measurements_is_not_learnt_from(glitch) -> None:
    """A meter that gives kW for an hour, or one value for a day: learnt is as if those hours had not been measured."""
    over_s = FIRST_LEARNT_S + 48 * HOUR_S
    first_s, end_s = FIRST_LEARNT_S + 5 * HOUR_S, FIRST_LEARNT_S + (6 if glitch == "spike" else 29) * HOUR_S

    def learnt(*, measured: bool):
        class Glitch(ToyFeed):
            def measured(self, t_s: int) -> np.ndarray:
                values = super().measured(t_s)
                if first_s < t_s <= end_s:
                    bad = 1000.0 * values[3] if glitch == "spike" else -1.234
                    values[3] = bad if measured else np.nan
                return values

        component = fed(step_s=HOUR_S)
        run(component, 0, over_s + HOUR_S, Glitch())
        return component.state.groups[1]

    odd, unmeasured = learnt(measured=True), learnt(measured=False)
    assert len(odd.relative_loss) == 1 and odd.relative_loss[0, 0] < 2.0
    assert np.array_equal(odd.relative_loss, unmeasured.relative_loss)
    assert json.dumps(encode(odd.service)) == json.dumps(encode(unmeasured.service))


def test_hours_keep_their_stamps_when_those_of_the_start_are_forgotten() -> None:
    """A day after the oldest hours of the run were forgotten, nothing of the weeks before it stands in their place."""
    component, day = fed(), 24
    now = START_UTC_S + (KEPT_HOURS + day) * HOUR_S
    signals = len(component.signals)
    for kept in (KEPT_HOURS, KEPT_HOURS - 1):
        hours = Hours(now, np.full((kept, signals), -1.0), np.zeros(signals), np.zeros(signals))
        series = component.service.archive(hours, now).series(TARGETS[2])
        assert series.valid_utc_s.tolist() == list(range(now - kept * HOUR_S, now, HOUR_S))
        assert (series.values == 1.0).all()
    young = Hours(START_UTC_S + day * HOUR_S, np.full((day, signals), -1.0), np.zeros(signals), np.zeros(signals))
    series = component.service.archive(young, young.end_utc_s).series(TARGETS[2])
    before = START_UTC_S - HOUR_S * np.arange(24, 0, -1)
    assert np.array_equal(series.values[-2 * day:-day], ToyFeed().history.outcome(TARGETS[2], before))


def test_a_site_that_changes_is_told_as_drift_and_once() -> None:
    """After 15 days at twice the usual loss, the 16th, on which all signals are a third of what they were."""
    feed = ToyFeed(factor=1 / 3)
    component = fed(feed, step_s=HOUR_S)
    groups = component.state.groups
    drifted = [replace(g, relative_loss=np.full((15, len(g.waiting[0].combined)), 2.0)) for g in groups]
    component.state.groups = tuple(drifted)
    run(component, 0, FIRST_LEARNT_S + 48 * HOUR_S + 2 * HOUR_S, feed)
    told = [e.message for e in component.pending_events if e.kind == "forecast_drift"]
    assert [text.split(":")[0] for text in told] == list(TARGETS)
    assert all("twin train --challenge" in text for text in told)


def test_a_snapshot_in_the_middle_of_learning_goes_on_bit_for_bit() -> None:
    unbroken = fed(step_s=HOUR_S)
    middle_s, end_s = FIRST_LEARNT_S + 30 * HOUR_S, FIRST_LEARNT_S + 76 * HOUR_S
    run(unbroken, 0, middle_s)
    text = json.dumps(encode(unbroken.snapshot()))
    resumed = fed(step_s=HOUR_S)
    resumed.restore(decode(json.loads(text), resumed.state))
    expected, found = run(unbroken, middle_s, end_s), run(resumed, middle_s, end_s)
    assert len(unbroken.state.groups[0].relative_loss) == 2
    assert json.dumps(encode(found)) == json.dumps(encode(expected))
    assert json.dumps(encode(resumed.state)) == json.dumps(encode(unbroken.state))


def test_hours_are_means_of_what_was_measured_in_them() -> None:
    """Three readings of four: their mean. None: unknown. The hour that the run begins in may be short."""
    hours = Hours.none(1, 10 * HOUR_S + 1800)
    readings = [1.0, 2.0, np.nan, 3.0, 4.0, 5.0, np.nan, np.nan, np.nan, np.nan]
    for number, value in enumerate(readings, start=1):
        hours = hours.with_step(np.array([value]), 10 * HOUR_S + 1800 + number * QUARTER_S)
    assert hours.mean_value[:, 0].tolist() == pytest.approx([1.5, 4.0, np.nan], nan_ok=True)
    assert hours.end_utc_s == 13 * HOUR_S


@pytest.mark.parametrize(("change", "message"), [
    ({"location": replace(toy_site.SHANGHAI, timezone="Europe/Berlin")}, "train models of this site"),
    ({"exogenous": {"pv": ("available_mw",)}}, "they forecast 'wind.available_mw', which is not here"),
    ({"start": datetime(2025, 3, 1, 0, 7, tzinfo=UTC)}, "a start on a quarter of an hour"),
])
def test_models_that_do_not_fit_the_site_are_refused_when_it_is_built(change, message) -> None:
    values = {"start": datetime.fromtimestamp(START_UTC_S, UTC), "duration_s": DAY_S, "step_s": QUARTER_S, "seed": 1,
              "location": toy_site.SHANGHAI, "exogenous": tiny_models.SIGNALS} | change
    with pytest.raises(ParkTwinError, match=message):
        Forecaster("forecast", Params(models=tiny_models.models_file()), Context(**values))


@pytest.mark.parametrize(("minute", "step_s", "meets"), [
    (30, 3600, False), (15, 1200, False), (30, 1800, True), (30, QUARTER_S, True), (0, 3600, True)])
def test_steps_that_never_meet_a_full_hour_are_refused(minute: int, step_s: int, meets: bool) -> None:
    """Midnight in India is half past an hour of UTC: steps of an hour would make one forecast and no other."""
    context = Context(datetime.fromtimestamp(START_UTC_S, UTC) + timedelta(minutes=minute), DAY_S, QUARTER_S, 1,
                      toy_site.SHANGHAI, exogenous=tiny_models.SIGNALS)
    params = Params(models=tiny_models.models_file(), step_s=step_s)
    if meets:
        Forecaster("forecast", params, context)
        return
    with pytest.raises(ParkTwinError, match=r"never meet a full hour of UTC.*choose step_s 900"):
        Forecaster("forecast", params, context)
