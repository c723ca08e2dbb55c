"""What nobody released is refused before every asset, with a device or without one, for all that the gate commands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from controllers.watchdog.component import WatchdogComponent
from tests.twin.gate.gated import run_scenario, write_site
from twin.cosim.build import build_site
from twin.cosim.guard import SetpointGuard, guard_of
from twin.cosim.view import RunView
from twin.gate.release.book import LeasedBand, ReleaseBook
from twin.scenario.loader import load_scenario

SITE = """\
assets:
  office: {interruptible_frac: 0.3}
controllers:
  watchdog: {type: watchdog}
"""
WITH_A_DEVICE = SITE + "devices:\n  bess: {type: battery_pcs}\n"
FROM_S, UNTIL_S = 3600, 5400
"""Between gate and asset numbers are put in that nobody released."""
UNRELEASED = {"bess": ("p_set_mw", 0.31), "pv": ("p_limit_mw", 0.0), "office": ("interrupt_frac", 0.25)}


@dataclass
class Asset:
    """Something that is told."""

    name: str = "asset"

    def __post_init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def emit(self, t_s: int, kind: str, message: str, severity: str) -> None:
        self.told.append((t_s, message))


@dataclass
class Asked:
    """Inputs."""

    p_set_mw: float


def book_of(**safe: float) -> ReleaseBook:
    book = ReleaseBook(None, "site", {f"asset.{name}": value for name, value in safe.items()})  # type: ignore[arg-type]
    book.leases["asset.p_set_mw"] = LeasedBand(1.0, 2.0, 100)
    return book


@pytest.mark.parametrize("devices", [SITE, WITH_A_DEVICE], ids=["no device", "device"])
def test_a_number_put_in_behind_the_gate_reaches_no_asset_and_is_told_once(tmp_path, monkeypatch, devices):
    """At noon, when sun and office would show it."""
    honest = WatchdogComponent.step

    def meddling(self: Any, t_s: int, dt_s: int, inputs: Any) -> Any:
        outputs = honest(self, t_s, dt_s, inputs)
        if FROM_S <= t_s < UNTIL_S:
            for asset, (name, value) in UNRELEASED.items():
                getattr(outputs, name)[list(self._plates).index(asset)] = value
        return outputs

    monkeypatch.setattr(WatchdogComponent, "step", meddling)
    file = write_site(tmp_path, devices)
    file.write_text(file.read_text().replace("{duration_h: 2.0}", "{start: 2025-06-18T11:00:00+02:00, duration_h: 2}"))
    run, _ = run_scenario(file, tmp_path / "run")
    refused = [(e.t_s, e.component) for e in run.events if e.kind == "setpoint_refused"]
    assert sorted(refused) == [(FROM_S, asset) for asset in sorted(UNRELEASED)]
    inside = slice(FROM_S // 300, UNTIL_S // 300)
    assert np.abs(run.native("bess.p_requested_mw")[inside]).max() == 0.0, "the safe value"
    assert run.native("pv.p_mw")[inside].min() > 0.1, "the sun is up, and nobody curtails"
    np.testing.assert_array_equal(run.native("office.p_mw")[inside], run.native("office.baseline_mw")[inside])


def test_it_is_told_again_only_after_the_port_was_obeyed():
    asset, refused = Asset(), []
    guard = SetpointGuard(asset, ["p_set_mw"], book_of(p_set_mw=0.0), refused)  # type: ignore[arg-type]
    obeyed = []
    for t_s, asked in enumerate([1.5, 9.0, 8.0, 2.0, 9.0, 0.0]):
        inputs = Asked(asked)
        guard(t_s, inputs)
        obeyed.append(inputs.p_set_mw)
    assert obeyed == [1.5, 0.0, 0.0, 2.0, 0.0, 0.0]
    assert [t_s for t_s, _ in asset.told] == [1, 4] and refused == []
    assert "asset.p_set_mw = 9 is refused (outside_band); the safe value 0 holds" in asset.told[0][1]


def test_a_continued_run_does_not_tell_again_what_was_told():
    asset = Asset()
    SetpointGuard(asset, ["p_set_mw"], book_of(p_set_mw=0.0), ["asset.p_set_mw"])(5, Asked(9.0))  # type: ignore[arg-type]
    assert asset.told == []


def test_what_a_watchdog_holds_is_let_through():
    book = book_of(p_set_mw=0.0)
    guard = SetpointGuard(Asset(), ["p_set_mw"], book, [])  # type: ignore[arg-type]
    book.safe["asset.p_set_mw"] = 0.7  # as it says when it latches
    inputs = Asked(0.7)
    guard(0, inputs)
    assert inputs.p_set_mw == 0.7


def test_every_commanded_asset_is_guarded_or_asks_itself_and_nothing_is_where_there_is_no_book(tmp_path):
    """As in a shadow twin, or a run without a gate."""
    site = build_site(load_scenario(write_site(tmp_path, WITH_A_DEVICE)))
    safe = {f"{asset}.{name}": value for asset in UNRELEASED
            for name, value in (("p_set_mw", 0.0), ("p_limit_mw", math.inf), ("interrupt_frac", 0.0))}
    view = RunView(site.components, site.scenario, 0)
    assert all(guard_of(component, view) is None for component in site.components.values())
    view.book = ReleaseBook(None, "gated", safe)  # type: ignore[arg-type]
    guarded = {name for name, component in site.components.items() if guard_of(component, view) is not None}
    assert guarded == {"pv", "office"}, "the battery's device asks itself"
