"""A sample of the campaign of damaged scenario files (all of it: ``make campaign``)."""

from tests.campaigns.malformed_scenarios import BASE, MUTATIONS, Mutant, Report, _load, run
from twin.scenario.loader import load_scenario

SAMPLE = 300


def test_a_sample_of_damaged_files():
    report = run(SAMPLE, seed=20250715)
    assert report.failures == [], str(report)
    assert report.files == SAMPLE == report.refused + report.accepted
    assert report.lines_checked > SAMPLE // 2 and report.by_command > 0
    assert report.accepted > 0  # noise in a comment or description: the campaign does not only see refusals


def test_the_campaign_starts_from_a_valid_scenario(write):
    assert len(load_scenario(write(text=BASE), roots=()).components) == 6


def test_the_campaign_would_notice(write, monkeypatch):
    """A wrong line, an accepted damage and a foreign exception are failures."""
    report = Report()
    broken, fine = write("broken.yaml", BASE.replace("seed: 7", "seed: -7")), write("fine.yaml", BASE)
    _load(broken, broken, Mutant(BASE, frozenset({3})), "right line", report)
    assert report.failures == []
    _load(broken, broken, Mutant(BASE, frozenset({4})), "wrong line", report)
    _load(fine, fine, Mutant(BASE, frozenset({3})), "no damage", report)
    monkeypatch.setattr("tests.campaigns.malformed_scenarios.load_scenario", lambda *a, **k: 1 / 0)
    _load(fine, fine, Mutant(BASE, None), "defect", report)
    assert [failure.split(":")[0] for failure in report.failures] == ["wrong line", "no damage", "defect"]


def test_every_kind_of_damage_is_in_the_sample():
    assert len(set(MUTATIONS)) < SAMPLE // 10
