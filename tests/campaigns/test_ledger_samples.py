"""A sample of the ledger's campaigns, small enough for every test run."""

from tests.campaigns import ledger_kills, ledger_tampering


def test_each_kind_of_tampering_is_found_and_rightly_named(tmp_path):
    kinds = len(ledger_tampering.TAMPERINGS)
    report = ledger_tampering.run(places=2 * kinds, seed=2, folder=tmp_path)
    assert len(report.tampered) == kinds and report.tampered.total() == 2 * kinds and not report.failures, report


def test_kills_around_a_release_lose_nothing_announced_and_apply_nothing_unknown(tmp_path):
    report = ledger_kills.run(kills=20, seed=2, folder=tmp_path)
    assert report.kills == 20 and not report.failures, report
    assert report.announced > 0 and report.applied > 0, "kills before the first release show nothing"
