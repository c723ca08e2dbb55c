"""A sample of each campaign, small enough for every test run."""

from tests.campaigns import kill_and_resume


def test_killed_runs_are_readable_and_resume_bit_for_bit(tmp_path):
    """Two days of the minimal site are 3,700 component steps; a snapshot is taken at every chance."""
    report = kill_and_resume.run(kills=3, seed=2, scenario="minimal", folder=tmp_path, after_steps=(1000, 3700),
                                 sets=("time.duration_h=48", "run.checkpoint_every_s=0"))
    assert report.kills == 3 and not report.failures, report
    assert report.continued_from_snapshot == 3, "a kill without a snapshot shows nothing"
