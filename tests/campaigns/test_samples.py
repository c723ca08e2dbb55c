"""A sample of each campaign, small enough for every test run."""

from tests.campaigns import kill_and_resume, planted_violations, watchdog_noise
from tests.campaigns.planted_park import PlantedPark


def test_killed_runs_are_readable_and_resume_bit_for_bit(tmp_path):
    """Two days of the minimal site are 3,700 component steps; a snapshot is taken at every chance."""
    report = kill_and_resume.run(kills=3, seed=2, scenario="minimal", folder=tmp_path, after_steps=(1000, 3700),
                                 sets=("time.duration_h=48", "run.checkpoint_every_s=0"))
    assert report.kills == 3 and not report.failures, report
    assert report.continued_from_snapshot == 3, "a kill without a snapshot shows nothing"


def test_the_watchdog_stops_nothing_in_a_sound_run_of_the_park_and_changes_no_bit(tmp_path):
    report = watchdog_noise.run({"zero_carbon_park_week": 3.0}, folder=tmp_path)
    assert report.hours and not report.failures, report


def test_planted_violations_are_caught_named_timed_and_repaired():
    """Twelve plants hold every kind at least once."""
    report = planted_violations.run(12, seed=2, park=PlantedPark(starts_s=(21_600,)))
    assert not report.failures, report
    assert report.planted.total() == report.sound == 12 and len(report.planted) == 9
