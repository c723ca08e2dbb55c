"""A sample of each campaign, small enough for every test run."""

from tests.campaigns import kill_and_resume


def test_killed_runs_are_readable_and_resume_bit_for_bit(tmp_path):
    report = kill_and_resume.run(kills=2, seed=2, scenario="minimal", folder=tmp_path, sets=("time.duration_h=240",))
    assert report.kills == 2 and not report.failures, report
    assert report.continued_from_snapshot > 0, "no kill found a snapshot: the sample shows nothing"
