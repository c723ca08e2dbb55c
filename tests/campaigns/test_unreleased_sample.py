"""A sample of the command sequences, small enough for every test run; and that the oracle sees what it has to see."""

import pytest

from tests.campaigns import unreleased_setpoints
from twin.cosim.emulated import Emulated
from twin.cosim.guard import SetpointGuard
from twin.gate.release.book import ReleaseBook
from twin.gate.release.refusal import Refusal


def test_no_unreleased_set_point_is_ever_applied():
    report = unreleased_setpoints.run(sequences=80)
    assert report.sequences >= 80 and not report.failures, report
    for what in ("releases", "leases", "forgeries refused", "set-points obeyed", "set-points refused",
                 "of these without a device", "refused without a device",
                 "of these corrected by the real-time layer", "seconds in the watchdog's hands"):
        assert report.counts[what] > 0, f"sequences without {what} show nothing"


def without_the_end(book, key, value, t_s):
    """A book that forgets that a release ends."""
    refusal = refusal_of(book, key, value, t_s)
    return None if refusal is Refusal.EXPIRED else refusal


def without_a_check(book, released, now_s):
    """A book that takes whatever it is given."""
    book._verifier.check, check = lambda *_: None, book._verifier.check
    try:
        publish(book, released, now_s)
    finally:
        book._verifier.check = check


refusal_of, publish = ReleaseBook.refusal, ReleaseBook.publish


@pytest.mark.parametrize(("owner", "name", "broken"), [
    (Emulated, "_released", lambda self, key, asked, t_s: asked),
    (ReleaseBook, "refusal", without_the_end),
    (SetpointGuard, "__call__", lambda self, t_s, inputs: None),
    (ReleaseBook, "publish", without_a_check),
    (ReleaseBook, "withdraw", lambda self: None),
])  # fmt: skip
def test_a_hole_in_book_or_device_is_found(monkeypatch, owner, name, broken):
    """The first failure ends the search; what is drawn depends on which modules Hypothesis finds loaded."""
    monkeypatch.setattr(owner, name, broken)
    assert unreleased_setpoints.run(sequences=300).failures
