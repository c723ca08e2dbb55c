"""Ctrl-C ends a training within seconds, whatever the libraries do with it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from controllers.forecasting.features import build_windows
from controllers.forecasting.members.lightgbm_quantiles import WORKERS, LightGbmQuantiles
from controllers.forecasting.targets import DAY_S
from tests.controllers.forecasting import toy_site

GONE_ON_S = 60.0
WORK = """
import signal, sys, threading, time
from controllers.forecasting import interrupt
signal.signal(signal.SIGINT, signal.default_int_handler)
interrupt.GRACE_S = 0.3

def goes_on():
    end = time.monotonic() + {seconds}
    while time.monotonic() < end:
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            if {swallow}:
                continue
            raise

with interrupt.ended_by_ctrl_c(lambda: "nothing was kept"):
    threading.Thread(target=time.sleep, args=({seconds},)).start()  # Python would wait for it
    print("begun", flush=True)
    goes_on()
"""


@pytest.mark.parametrize("swallow", [True, False])
def test_a_training_ends_with_130_and_says_what_is_kept(swallow) -> None:
    """Whether a library swallows the interruption, or a thread of its own goes on for a minute."""
    code = WORK.format(seconds=GONE_ON_S, swallow=swallow)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as work:
        assert work.stdout is not None
        assert work.stdout.readline() == "begun\n"
        work.send_signal(signal.SIGINT)
        _, told = work.communicate(timeout=GONE_ON_S / 2)
    assert work.returncode == 130
    assert "nothing was kept" in told and told.endswith("interrupted\n")


def test_no_tree_is_begun_after_ctrl_c(monkeypatch) -> None:
    """The pool of threads holds seven trainings of a target; those that run are told to stop, no other begins."""
    lightgbm = pytest.importorskip("lightgbm")
    numbers = itertools.count(1)
    begun: list[int] = []
    stopped: list[int] = []

    def train(*_, callbacks):  # type: ignore[no-untyped-def]
        number = next(numbers)
        begun.append(number)
        if number == WORKERS:
            os.kill(os.getpid(), signal.SIGINT)
        end = time.monotonic() + GONE_ON_S
        while time.monotonic() < end:
            try:
                callbacks[0](None)
            except Exception:
                stopped.append(number)
                raise
            time.sleep(0.01)

    monkeypatch.setattr(lightgbm, "train", train)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    group = toy_site.group(toy_site.LOAD)
    issues = toy_site.START_UTC_S + DAY_S * np.arange(30, 60)
    windows = build_windows(toy_site.archive(70), group, issues)
    try:
        with pytest.raises(KeyboardInterrupt):
            LightGbmQuantiles().fit(windows, windows, 1)
    finally:
        signal.signal(signal.SIGINT, before)
    end = time.monotonic() + GONE_ON_S / 2
    while len(stopped) < len(begun) and time.monotonic() < end:  # a thread just being started is not waited for
        time.sleep(0.01)
    assert sorted(stopped) == sorted(begun) == list(range(1, WORKERS + 1))
