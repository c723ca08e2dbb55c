"""Only what is released, leased or safe may reach a device."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from tests.twin.gate.releases import SITE
from tests.twin.gate.releases import key as signing_key
from tests.twin.gate.releases import release as genuine
from twin.gate.release.bands import Band
from twin.gate.release.book import LeasedBand, ReleaseBook
from twin.gate.release.refusal import Refusal, ReleaseRefused
from twin.gate.release.release import Verifier
from twin.schedule import Horizon

HORIZON = Horizon(900, 900, 4)


class Lenient:
    """A verifier to whom everything is genuine."""

    def check(self, released, now_s, site) -> None:
        """Nothing to say."""


class Strict:
    """A verifier to whom nothing is."""

    def check(self, released, now_s, site) -> None:
        raise ReleaseRefused(Refusal.ALTERED, "not what was signed")


def release(expires_s: int = 3600):
    band = Band(np.array([-1.0, -2.0, -3.0, -4.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    return SimpleNamespace(schedule=SimpleNamespace(horizon=HORIZON), issued_s=900, expires_s=expires_s,
                           bands={"bess.p_set_mw": band})


def book() -> ReleaseBook:
    made = ReleaseBook(Lenient(), "toy", {"bess.p_set_mw": 0.0, "chp.p_set_mw": 0.0, "pv.p_limit_mw": math.inf})
    made.publish(release(), 900)
    return made


@pytest.mark.parametrize(("key", "value", "t_s", "refusal"), [
    ("bess.p_set_mw", 1.0, 900, None),
    ("bess.p_set_mw", 1.0 + 1e-12, 900, None),
    ("bess.p_set_mw", 1.001, 900, Refusal.OUTSIDE_BAND),
    ("bess.p_set_mw", -2.0, 1800, None),
    ("bess.p_set_mw", math.nan, 1800, Refusal.OUTSIDE_BAND),
    ("bess.p_set_mw", math.inf, 1800, Refusal.OUTSIDE_BAND),
    ("bess.p_set_mw", 0.5, 3600, Refusal.EXPIRED),
    ("bess.p_set_mw", 0.5, 0, Refusal.NOT_YET),
    ("chp.p_set_mw", 2.0, 900, Refusal.OTHER_PORT),
    ("chp.p_set_mw", 0.0, 9999, None),
    ("pv.p_limit_mw", math.inf, 9999, None),
    ("pv.p_limit_mw", 3.0, 900, Refusal.OTHER_PORT),
    ("heat.EC.supply_set_degc", 80.0, 900, None),
])  # fmt: skip
def test_a_number_is_asked_for_in_the_book(key, value, t_s, refusal) -> None:
    assert book().refusal(key, value, t_s) is refusal


def test_before_the_first_release_only_the_safe_values_are_allowed() -> None:
    empty = ReleaseBook(Lenient(), "toy", {"bess.p_set_mw": 0.0})
    assert empty.refusal("bess.p_set_mw", 0.1, 0) is Refusal.UNSIGNED
    assert empty.refusal("bess.p_set_mw", 0.0, 0) is None
    assert empty.band("bess.p_set_mw", 0) == (0.0, 0.0)


def test_what_the_verifier_refuses_does_not_get_in() -> None:
    empty = ReleaseBook(Strict(), "toy", {"bess.p_set_mw": 0.0})
    with pytest.raises(ReleaseRefused):
        empty.publish(release(), 900)
    assert empty.refusal("bess.p_set_mw", 0.5, 900) is Refusal.UNSIGNED


def test_a_lease_goes_before_the_release_and_ends_on_time() -> None:
    made = book()
    made.leases["bess.p_set_mw"] = LeasedBand(5.0, 5.0, until_s=1000)
    assert made.refusal("bess.p_set_mw", 5.0, 999) is None
    assert made.refusal("bess.p_set_mw", 0.5, 999) is Refusal.OUTSIDE_BAND
    assert made.refusal("bess.p_set_mw", 0.5, 1000) is None
    assert made.band("bess.p_set_mw", 999) == (5.0, 5.0) and made.band("bess.p_set_mw", 1800) == (-2.0, 2.0)


def test_a_withdrawn_release_holds_no_more() -> None:
    made = book()
    made.withdraw()
    assert made.refusal("bess.p_set_mw", 0.5, 900) is Refusal.UNSIGNED


BATTERY = "bess.p_set_mw"


def published():
    """A genuine release in a book, and the book; the battery may be asked for -2.5 to -1.5 MW."""
    released = genuine()
    made = ReleaseBook(Verifier([signing_key().public], lambda _: True), SITE, {BATTERY: 0.0})
    made.publish(released, released.issued_s)
    return released, made


@pytest.mark.parametrize("field", ["bands", "expires_s", "schedule"])
def test_what_is_altered_after_the_check_changes_nothing_of_what_is_allowed(field) -> None:
    released, made = published()
    t_s, steps = released.issued_s, released.schedule.horizon.steps
    wide = {"bands": {BATTERY: Band(np.full(steps, -10.0), np.full(steps, 10.0))}, "expires_s": 10**9,
            "schedule": SimpleNamespace(horizon=Horizon(0, 10**9, 1))}
    object.__setattr__(released, field, wide[field])
    assert made.band(BATTERY, t_s) == (-2.5, -1.5)
    assert made.refusal(BATTERY, 9.9, t_s) is Refusal.OUTSIDE_BAND
    assert made.refusal(BATTERY, -2.0, 7200) is Refusal.EXPIRED


def test_a_release_gets_into_the_book_through_the_check_alone() -> None:
    released, made = published()
    with pytest.raises(AttributeError):
        made.current = genuine(signing_key(seed=2))
    assert made.current is released


def test_the_numbers_of_a_release_are_read_only() -> None:
    released, _ = published()
    band = released.bands[BATTERY]
    for array in (band.low, band.high, released.schedule.setpoints[BATTERY],
                  released.state_band["bess.measured_soc"].low):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 9.9
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    for mapping in (released.bands, released.state_band, released.schedule.setpoints):
        with pytest.raises(TypeError):
            mapping[BATTERY] = band
