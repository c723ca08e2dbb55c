"""The process in real time: commands pass while it answers; killed, hung or blind it leaves all in its safe state.

Nothing here asserts how long something takes; each wait has a limit far above what it needs.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time

import pytest

from controllers.watchdog.asset import spec_of, watched
from controllers.watchdog.guard import WatchdogGuard
from controllers.watchdog.image import Action, AssetImage, Image, Sign
from controllers.watchdog.process import Timing
from controllers.watchdog.thresholds import Thresholds
from controllers.watchdog.wire import answer_of, answer_row, image_of, image_row
from tests.component_specs.controllers import SITE
from tests.controllers.watchdog.cases import NAN
from twin.errors import ComponentError

NAMES = ("bess", "chp", "diesel")
LIMITS = Thresholds(stale_after_s=5.0)
"""Tests share their machine: half a second without a reading is usual there."""
TIMING = Timing(image_timeout_s=3.0, answer_timeout_s=3.0, start_timeout_s=120.0)
LONGEST_WAIT_S = 60.0
CYCLE_S = 0.01
SAFE = [(0.0, Sign.WATCHDOG_LOST), (1.2, Sign.WATCHDOG_LOST), (1.0, Sign.WATCHDOG_LOST)]
"""Battery 0 MW; CHP completes its minimum up time at minimum load; diesel as it was told."""


def image(resets: float = 0.0, *, chp_mw: float = 1.2, degc: float = 25.0) -> Image:
    """All well: 2, 1.2 and 1 MW are told and delivered."""
    t_s = time.monotonic()
    return Image(t_s, 0.0, NAN, NAN, (
        AssetImage(2.0, math.inf, 0.0, t_s, 2.0, 0.5 + t_s * 1e-9, degc, NAN, resets),
        AssetImage(1.2, math.inf, 0.0, t_s, chp_mw, NAN, NAN, NAN, resets),
        AssetImage(1.0, math.inf, 0.0, t_s, 1.0, NAN, NAN, NAN, resets)))


def until(guard: WatchdogGuard, condition, **how) -> tuple[list[Action], list[str]]:
    """Exchange images until the actions are as wanted; returns them and what was told on the way."""
    told = []
    limit_s = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < limit_s:
        actions, happened = guard.exchange(image(**how))
        told += [what.kind for what in happened]
        if condition(actions):
            return actions, told
        time.sleep(CYCLE_S)
    raise AssertionError(f"not within {LONGEST_WAIT_S:g} s: {actions}")


def stopped(actions: list[Action]) -> bool:
    return all(action.sign for action in actions)


def running(actions: list[Action]) -> bool:
    return not any(action.sign for action in actions)


def exchanged(guard: WatchdogGuard, cycles: int = 20) -> list[Action]:
    for _ in range(cycles):
        actions, _ = guard.exchange(image())
        time.sleep(CYCLE_S)
    return actions


@pytest.fixture
def guard():
    specs = [spec_of(name, watched(SITE)[name], 0.1, LIMITS) for name in NAMES]
    with WatchdogGuard(specs, LIMITS, TIMING) as running_guard:
        yield running_guard


def of(actions: list[Action]) -> list[tuple[float, int]]:
    return [(action.p_set_mw, action.sign) for action in actions]


def test_commands_pass_while_it_answers(guard):
    assert of(exchanged(guard)) == [(2.0, 0), (1.2, 0), (1.0, 0)]


def test_a_sign_that_it_sees_stops_the_asset_and_is_logged(guard):
    exchanged(guard)
    actions, told = until(guard, lambda a: a[0].sign, degc=80.0)
    assert of(actions) == [(0.0, Sign.IMPLAUSIBLE), (1.2, 0), (1.0, 0)]  # from 25 to 80 °C at once: no cell can
    assert told == ["watchdog_trip"]
    (line,) = guard.log.read_text().splitlines()
    assert json.loads(line)["asset"] == "bess" and "80 °C" in json.loads(line)["message"]


def test_killed_it_leaves_every_asset_in_its_safe_state_until_a_person_acts(guard):
    exchanged(guard)
    os.kill(guard.pid, signal.SIGKILL)
    actions, told = until(guard, stopped)
    assert of(actions) == SAFE and told == ["watchdog_trip"] * 3
    assert of(guard.exchange(image(1.0))[0]) == SAFE, "a reset without a watchdog is none"
    guard.restart()
    assert of(exchanged(guard)) == SAFE, "started anew it lets nothing go by itself"
    _, told = until(guard, running, resets=2.0)
    assert told == ["watchdog_reset"] * 3


def test_hung_it_is_as_good_as_dead(guard):
    exchanged(guard)
    os.kill(guard.pid, signal.SIGSTOP)
    actions, _ = until(guard, stopped)
    assert of(actions) == SAFE
    os.kill(guard.pid, signal.SIGCONT)
    assert of(exchanged(guard)) == SAFE, "what comes back late is not trusted"


def test_without_images_it_stops_everything_by_itself(guard):
    exchanged(guard)
    limit_s = time.monotonic() + LONGEST_WAIT_S
    while not guard.log.exists() and time.monotonic() < limit_s:
        time.sleep(CYCLE_S)
    assert {json.loads(line)["sign"] for line in guard.log.read_text().splitlines()} == {"image_stale"}
    actions, _ = until(guard, stopped)
    assert [action.sign for action in actions] == [Sign.IMAGE_STALE] * 3


def test_a_process_that_does_not_start_lets_nothing_be_operated(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.executable", "/bin/false")
    guard = WatchdogGuard([spec_of("bess", watched(SITE)["bess"], 0.1, LIMITS)], LIMITS, TIMING)
    with pytest.raises(ComponentError, match="nothing may be operated without it"):
        guard.start()
    assert guard.exchange(Image(0.0, NAN, NAN, NAN, (image().assets[0],)))[0][0].p_set_mw == 0.0
    guard.close()


def test_images_and_actions_come_through_as_they_were():
    sent = image()
    assert repr(image_of(image_row(sent))) == repr(sent)
    actions = [Action(0.0, math.inf, 0.3, int(Sign.STALE)), Action(-1.5, 2.0, 0.0, 0)]
    assert answer_of(answer_row(7, actions)) == (7, actions)
