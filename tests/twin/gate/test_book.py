"""Only what is released, leased or safe may reach a device."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from twin.gate.release.bands import Band
from twin.gate.release.book import LeasedBand, ReleaseBook
from twin.gate.release.setpoint import Refusal, ReleaseRefused
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
