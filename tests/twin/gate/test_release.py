"""Only what the gate signed is obeyed, while it holds, where it holds; each way around it is tried."""

import copy
import dataclasses
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twin.gate.releases import SITE, key, release
from tests.twin.schedules import schedule, schedules
from twin.gate.release.bands import Band
from twin.gate.release.book import ReleaseBook
from twin.gate.release.keys import PublicKey
from twin.gate.release.refusal import Refusal, ReleaseRefused
from twin.gate.release.release import ReleasedSchedule, Verifier
from twin.schedule import ScheduleError

HOUR_S = 3600


def verifier(in_ledger=True, keys=None):
    return Verifier(keys or [key().public], lambda released: in_ledger)


def refusal(released, now_s=HOUR_S, site=SITE, check=None):
    with pytest.raises(ReleaseRefused) as caught:
        (check or verifier()).check(released, now_s, site)
    return caught.value.reason


def test_a_release_is_obeyed_from_its_issue_to_its_expiry():
    released = release(issued_s=4000, expires_s=5000)
    verifier().check(released, 4000, SITE)
    verifier().check(released, 4999, SITE)
    assert refusal(released, 3999) is Refusal.NOT_YET
    assert refusal(released, 5000) is Refusal.EXPIRED


def test_a_release_issued_ahead_holds_from_the_start_of_its_schedule():
    assert refusal(release(issued_s=0), 3599) is Refusal.NOT_YET


def test_other_sites_and_other_keys_are_refused():
    assert refusal(release(), site="another_site") is Refusal.OTHER_SITE
    assert refusal(release(key(seed=2))) is Refusal.OTHER_KEY
    foreign = [PublicKey("another_site", key().public.raw)]
    assert refusal(release(), check=verifier(keys=foreign)) is Refusal.OTHER_KEY
    assert refusal(release(key(site="another_site")), check=verifier(keys=foreign)) is Refusal.OTHER_SITE


def test_what_the_ledger_does_not_hold_is_refused():
    assert refusal(release(), check=verifier(in_ledger=False)) is Refusal.NOT_IN_LEDGER


@pytest.mark.parametrize("thing", [None, schedule(), {"bess.p_set_mw": 1.0}, 3.0])
def test_what_is_no_release_is_refused(thing):
    assert refusal(thing) is Refusal.UNSIGNED


def test_a_release_cannot_be_constructed():
    fields = {f.name: getattr(release(), f.name) for f in dataclasses.fields(ReleasedSchedule)}
    with pytest.raises(ReleaseRefused, match="made by the gate alone"):
        ReleasedSchedule(**fields)
    with pytest.raises(ReleaseRefused, match="made by the gate alone"):
        ReleasedSchedule(**fields, made_by=object())
    with pytest.raises(ReleaseRefused, match="made by the gate alone"):
        dataclasses.replace(release(), expires_s=10**9)


OTHER = {
    "schedule": schedule().changed({"bess.p_set_mw": np.array([-2.0, -0.1, 1.5, np.nextafter(3.0, 4.0)])},
                                   schedule().origin, schedule().objective),
    "verdict_sha256": "0b" * 32, "snapshot_sha256": "", "scenario_sha256": "5d" * 32, "forecast_sha256": "",
    "code_version": "0.1.1", "issued_s": HOUR_S - 1, "expires_s": 10**9, "bands": {}, "state_band": {},
    "release_id": "0" * 16, "signature": "00" * 64,
}


@pytest.mark.parametrize("field", OTHER)
def test_a_copy_with_any_field_changed_does_not_verify(field):
    forged = copy.deepcopy(release())
    verifier().check(forged, HOUR_S, SITE)
    object.__setattr__(forged, field, OTHER[field])
    assert refusal(forged) is Refusal.ALTERED


def test_a_changed_site_or_key_does_not_verify_either():
    forged = copy.copy(release())
    object.__setattr__(forged, "site", "another_site")
    both = verifier(keys=[PublicKey("another_site", key().public.raw), key().public])
    assert refusal(forged, site="another_site", check=both) is Refusal.ALTERED
    forged = copy.copy(release())
    object.__setattr__(forged, "key_id", key(seed=2).key_id)
    assert refusal(forged, check=verifier(keys=[key().public, key(seed=2).public])) is Refusal.ALTERED


@pytest.mark.parametrize("nonsense", [{"issued_s": math.nan}, {"schedule": None}, {"bands": {"bess.p_set_mw": 3}},
                                      {"signature": 5}, {"state_band": None}])
def test_contents_of_another_kind_are_refused_not_stumbled_over(nonsense):
    forged = copy.copy(release())
    for name, value in nonsense.items():
        object.__setattr__(forged, name, value)
    assert refusal(forged) is Refusal.ALTERED


def test_exchanging_the_schedule_behind_its_cached_hash_is_noticed():
    forged = copy.copy(release())
    assert forged.schedule.sha256
    object.__setattr__(forged.schedule, "setpoints", {**forged.schedule.setpoints, "bess.p_set_mw": np.full(4, 99.0)})
    assert refusal(forged) is Refusal.ALTERED


def test_bands_of_other_lengths_with_the_same_bytes_are_noticed():
    """Moving a border between two arrays leaves the bytes as they are: the lengths are signed too."""
    forged = copy.copy(release())
    band = copy.copy(forged.bands["bess.p_set_mw"])
    whole = np.concatenate([band.low, band.high])
    object.__setattr__(band, "low", whole[:3])
    object.__setattr__(band, "high", whole[3:])
    object.__setattr__(forged, "bands", {**forged.bands, "bess.p_set_mw": band})
    assert refusal(forged) is Refusal.ALTERED


def leaves(data, path=()):
    """All places of plain data with a value."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    if items is None:
        yield path
        return
    for name, value in items:
        yield from leaves(value, (*path, name))


def changed(value):
    """Another value of the same kind, as close as can be."""
    if isinstance(value, float):
        return float(np.nextafter(value, 1e9))
    if isinstance(value, int):
        return value + 1
    return 1.0 if value == "inf" else "-inf" if value == "-inf" else value + "x"


def test_each_single_value_in_stored_or_pickled_data_is_protected():
    good = release().as_plain()
    tried = 0
    for path in leaves(good):
        data = json.loads(json.dumps(good))
        place = data
        for name in path[:-1]:
            place = place[name]
        before = place[path[-1]]
        place[path[-1]] = "1" if before == "-inf" else changed(before)
        try:
            forged = ReleasedSchedule.from_plain(data)
        except ReleaseRefused as error:
            assert error.reason is Refusal.ALTERED
        else:
            reason = refusal(forged, site=forged.site,
                             check=verifier(keys=[key().public, PublicKey(forged.site, key().public.raw)]))
            assert reason in (Refusal.ALTERED, Refusal.OTHER_KEY), path
        tried += 1
    assert tried == 11 + 10 + 8 + 16 + 16, "scalars, the schedule's, set-points, bands, state bands"


@given(st.data())
def test_a_pickle_with_changed_bytes_never_verifies(data):
    original = release()
    stored = bytearray(pickle.dumps(original))
    place = data.draw(st.integers(0, len(stored) - 1))
    stored[place] ^= data.draw(st.integers(1, 255))
    try:
        forged = pickle.loads(bytes(stored))
        verifier().check(forged, HOUR_S, SITE)
    except Exception:
        return
    assert forged.as_plain() == original.as_plain(), "a changed byte that changes nothing (a memo, a frame length)"


def test_plain_data_and_pickles_bring_the_same_release_back():
    released = release()
    for again in (ReleasedSchedule.from_plain(json.loads(json.dumps(released.as_plain(), allow_nan=False))),
                  pickle.loads(pickle.dumps(released))):
        verifier().check(again, HOUR_S, SITE)
        assert again.as_plain() == released.as_plain()


def test_the_name_follows_from_the_contents_whoever_signs():
    assert release().release_id == release(key(seed=2)).release_id != release(issued_s=0).release_id
    assert release().signature == release().signature != release(key(seed=2)).signature


@pytest.mark.parametrize(("changes", "message"), [
    ({"scenario_sha256": "77" * 32}, "the schedule is of the scenario 5c5c5c5c5c5c…, not of 777777777777…"),
    ({"issued_s": 7200}, "issued at 7200 s, void from 7200 s"),
    ({"expires_s": 7201}, "void from 7201 s, schedule until 7200 s"),
    ({"bands": {"chp_1.p_set_mw": Band([0.0] * 4, [1.0] * 4)}}, "bands for chp_1.p_set_mw, which the schedule"),
    ({"bands": {"bess.p_set_mw": Band([-9.0] * 3, [9.0] * 3)}}, r"band of bess.p_set_mw has shape \(3,\)"),
    ({"state_band": {"bess.soc": Band([0.0], [1.0])}}, r"band of bess.soc has shape \(1,\), the schedule 4 steps"),
    ({"bands": {"bess.p_set_mw": Band([-2.0] * 4, [2.0] * 4)}}, "bess.p_set_mw is 3.0 in step 3, outside its own band"),
])
def test_the_signer_refuses_what_does_not_fit(changes, message):
    with pytest.raises(ScheduleError, match=message):
        release(**changes)


@pytest.mark.parametrize(("low", "high"), [([1.0], [0.5]), ([math.nan], [1.0]), ([0.0], [1.0, 2.0])])
def test_what_is_no_band_is_refused(low, high):
    with pytest.raises(ScheduleError, match="no band"):
        Band(low, high)


def test_a_set_point_without_a_band_may_not_move():
    assert release().bands["pv.p_limit_mw"].at(1) == (4.25, 4.25)


@given(schedules())
def test_signer_and_verifier_agree_on_any_schedule(plan):
    released = release(schedule=plan, bands={}, state_band={})
    again = ReleasedSchedule.from_plain(released.as_plain())
    book = ReleaseBook(verifier(), SITE, dict.fromkeys(plan.setpoints, 1e9))
    book.publish(again, plan.horizon.start_s)
    assert all(book.refusal(name, value, plan.horizon.start_s) is None
               for name, value in plan.at(plan.horizon.start_s).items())
