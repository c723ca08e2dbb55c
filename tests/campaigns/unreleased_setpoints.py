"""Random command sequences against book, real-time layer, watchdog, devices and guard: nothing unreleased gets through.

A site by the second whose dispatcher is played by the test. Hypothesis draws sequences of what a gate does (releases,
leases, withdrawals), of what an attacker or a fault does (forged, altered, foreign, void or unrecorded releases;
numbers of all kinds put in at any layer), of what the plant does (deviations to be balanced, signs for the watchdog)
and of what the clock does. An oracle of its own, which shares nothing with the book, says for each instant what is
allowed: the safe value, a leased value, or the band of the release that holds.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.campaigns.released_site import (
    ASSETS,
    KEYS,
    ROUNDING_MW,
    SITE_NAME,
    STEP_S,
    STEPS,
    STORAGES,
    WITH_DEVICE,
    Oracle,
    power,
    scenario,
)
from tests.twin.gate.releases import key
from twin.cosim.build import build_site
from twin.cosim.emulated import Emulated
from twin.cosim.guard import guard_of
from twin.cosim.view import RunView
from twin.device import Command
from twin.gate.release.bands import Band
from twin.gate.release.book import LeasedBand, ReleaseBook
from twin.gate.release.keys import SigningKey
from twin.gate.release.refusal import ReleaseRefused
from twin.gate.release.release import ReleasedSchedule, Signer, Verifier
from twin.schedule import Horizon, Origin, OriginKind, Schedule

STEPS_PER_SEQUENCE = 40
LONGEST_TICKS = 8
SCENARIO_SHA256 = "5c" * 32

ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)
FRACTION = st.floats(0.0, 1.0)
ASSET = st.sampled_from(list(ASSETS))


@dataclass
class Report:
    """What the sequences did."""

    sequences: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = ", ".join(f"{number} {what}" for what, number in sorted(self.counts.items()))
        return (f"{self.sequences} sequences: {told}; {len(self.failures)} failures"
                + "".join(f"\n  {failure}" for failure in self.failures))


class Commands(RuleBasedStateMachine):
    """One sequence."""

    report = Report()

    @initialize()
    def begin(self) -> None:
        """A site at rest; nothing is released."""
        site = build_site(scenario())
        self.components = site.components
        self.components["works"].expected = lambda t_s, dt_s: (-2.0,)  # quicker than to work out each second of a day
        self.ledger: set[str] = set()
        self.signer = Signer(key(site=SITE_NAME))
        self.book = ReleaseBook(
            Verifier([key(site=SITE_NAME).public], lambda released: released.signature in self.ledger), SITE_NAME,
            {KEYS[asset]: told.safe for asset, told in ASSETS.items()})
        view = RunView(self.components, scenario(), 0, book=self.book)
        for component in self.components.values():
            component.attach(view)
        self.guards = {asset: guard_of(self.components[asset], view) for asset in ASSETS}
        self.oracle, self.t_s = Oracle(), 0
        self.power = dict.fromkeys(ASSETS, 0.0)
        self.charge = dict.fromkeys(STORAGES, 0.5)
        self.resets, self.number = 0.0, 0
        self.commanded: dict[str, float] = {}
        self.stood: dict[str, float] = {}
        """Asset → power of its device when the command arrived."""
        for asset in ASSETS:
            self._listen(asset)
        self.report.sequences += 1

    def _listen(self, asset: str) -> None:
        """Between book and device, and between device and physics; without a device at the physics alone."""
        behind = self.components[asset]
        if not isinstance(behind, Emulated):
            self._listen_to_physics(asset)
            return
        [device], inner = behind.devices, behind.inner
        act, step = device.act, inner.step

        def heard(t_s: int, dt_s: int, command: Command) -> Any:
            self.commanded[asset], self.stood[asset] = command.value, device.state.output_mw
            return act(t_s, dt_s, command)

        def stepped(t_s: int, dt_s: int, inputs: Any) -> Any:
            self._check_physics(asset, float(inputs.p_set_mw), getattr(device, "min_mw", 0.0))
            return step(t_s, dt_s, inputs)

        device.act, inner.step = heard, stepped  # type: ignore[method-assign]

    def _listen_to_physics(self, asset: str) -> None:
        component = self.components[asset]
        step = component.step

        def stepped(t_s: int, dt_s: int, inputs: Any) -> Any:
            self.commanded[asset] = float(getattr(inputs, ASSETS[asset].port))
            return step(t_s, dt_s, inputs)

        component.step = stepped  # type: ignore[method-assign]

    # what a gate does

    @rule(levels=st.lists(FRACTION, min_size=STEPS * len(ASSETS), max_size=STEPS * len(ASSETS)), room=FRACTION,
          lasts_s=st.integers(1, STEPS * STEP_S))
    def release(self, levels: list[float], room: float, lasts_s: int) -> None:
        """A genuine release takes the place of the one before."""
        made = self._made(self.signer, levels, room, lasts_s)
        self.ledger.add(made.signature)
        self.book.publish(made, self.t_s)
        self.oracle.issued_s, self.oracle.expires_s = self.t_s, self.t_s + lasts_s
        self.oracle.bands = {a: (made.bands[k].low.tolist(), made.bands[k].high.tolist()) for a, k in KEYS.items()}
        self.report.counts["releases"] += 1

    @rule(asset=ASSET, level=FRACTION, lasts_s=st.integers(1, 120))
    def lease(self, asset: str, level: float, lasts_s: int) -> None:
        """A person takes a set-point over."""
        value = power(asset, level)
        self.book.leases[KEYS[asset]] = LeasedBand(value, value, self.t_s + lasts_s)
        self.oracle.leases[asset] = value, self.t_s + lasts_s
        self.report.counts["leases"] += 1

    @rule(asset=ASSET)
    def end_lease(self, asset: str) -> None:
        """And gives it back."""
        self.book.leases.pop(KEYS[asset], None)
        self.oracle.leases.pop(asset, None)

    @rule()
    def withdraw(self) -> None:
        """A release is rejected by hand."""
        self.book.withdraw()
        self.oracle.withdraw()

    # what an attacker or a fault does

    @rule(forge=st.sampled_from(["altered", "band", "longer", "other key", "other site", "unsigned", "not in ledger",
                                 "void", "not yet", "transplanted", "schedule", "nothing"]),
          levels=st.lists(FRACTION, min_size=STEPS * len(ASSETS), max_size=STEPS * len(ASSETS)))
    def publish_forged(self, forge: str, levels: list[float]) -> None:
        """Whatever is no genuine release of now and here is refused, and changes nothing."""
        before = self.book.current
        try:
            self.book.publish(self._forged(forge, levels), self.t_s)  # type: ignore[arg-type]
        except ReleaseRefused:
            self.report.counts["forgeries refused"] += 1
        else:
            raise AssertionError(f"a forged release was taken: {forge}")
        assert self.book.current is before

    @rule(asset=ASSET, value=st.one_of(ANY, st.floats(-12.0, 12.0)), at=st.one_of(
        st.integers(-200, 400), st.integers(-10**9, 10**9)))
    def ask_at_any_time(self, asset: str, value: float, at: int) -> None:
        """The clock may jump forward and back: at every instant the book lets all pass that is released, to the digit,
        and nothing that is not, but for rounding."""
        t_s = self.t_s + at
        passes = self.book.refusal(KEYS[asset], value, t_s) is None
        assert passes or not self.oracle.allows(asset, value, t_s, rounding_mw=0.0)
        assert not passes or self.oracle.allows(asset, value, t_s)
        low, high = self.book.band(KEYS[asset], t_s)
        assert self.oracle.allows(asset, low, t_s) and self.oracle.allows(asset, high, t_s)

    @rule(jump_s=st.sampled_from([10, 59, 300, 3600]))
    def jump(self, jump_s: int) -> None:
        """The clock jumps forward."""
        self.t_s += jump_s

    # what happens in a step

    @rule(ticks=st.integers(1, LONGEST_TICKS), exchange=st.floats(-20.0, 20.0),
          injected=st.dictionaries(st.tuples(st.sampled_from(["dispatcher", "balancer", "watchdog"]), ASSET),
                                   st.one_of(ANY, st.floats(-12.0, 12.0)), max_size=3))
    def tick(self, ticks: int, exchange: float, injected: dict[tuple[str, str], float]) -> None:
        """Seconds pass; numbers may be put in behind the dispatcher, the balancer, or the watchdog."""
        for _ in range(ticks):
            self._second(exchange, injected, {})

    @rule(asset=st.sampled_from(STORAGES), ticks=st.integers(1, LONGEST_TICKS), reset=st.booleans(),
          soc=st.sampled_from([0.5, math.nan, -1.0, 1.2]), degc=st.sampled_from([math.nan, 25.0, 90.0]))
    def sign(self, asset: str, ticks: int, reset: bool, soc: float, degc: float) -> None:
        """Readings that may make the watchdog act, or a person who resets it."""
        self.resets += reset
        for _ in range(ticks):
            self._second(0.0, {}, {asset: (soc, degc)})

    @rule(asset=ASSET, ticks=st.integers(1, LONGEST_TICKS))
    def lose(self, asset: str, ticks: int) -> None:
        """No reading of an asset comes for a while; then it is as it was."""
        kept = self.power[asset]
        for _ in range(ticks):
            self.power[asset] = math.nan
            self._second(0.0, {}, {})
        self.power[asset] = kept

    def _second(self, exchange: float, injected: dict[tuple[str, str], float],
                readings: dict[str, tuple[float, float]]) -> None:
        """Dispatcher, balancer, watchdog, assets."""
        told = {asset: injected.get(("dispatcher", asset), self._dispatched(asset)) for asset in ASSETS}
        told |= self._balanced(told, exchange)
        told |= {asset: value for (layer, asset), value in injected.items() if layer == "balancer"}
        told = self._watched(told, readings)
        told |= {asset: value for (layer, asset), value in injected.items() if layer == "watchdog"}
        for asset, value in told.items():
            component = self.components[asset]
            inputs, guard = _inputs(component, **{ASSETS[asset].port: value}), self.guards[asset]
            if guard is not None:
                guard(self.t_s, inputs)
            delivered = component.step(self.t_s, 1, inputs)
            self._check_command(asset, value)
            self.power[asset] = float(delivered.p_mw)
            if asset in STORAGES:
                self.charge[asset] = float(delivered.soc)
        self.t_s += 1

    def _dispatched(self, asset: str) -> float:
        """As the gate hands it on."""
        lease, current = self.book.leases.get(KEYS[asset]), self.book.current
        if lease is not None and self.t_s < lease.until_s:
            return lease.low
        if current is None or not current.issued_s <= self.t_s < current.expires_s:
            return ASSETS[asset].safe
        return current.schedule.at(self.t_s)[KEYS[asset]]

    def _balanced(self, told: dict[str, float], exchange: float) -> dict[str, float]:
        balancer = self.components["balancer"]
        names = balancer.terminals()["asset"]
        bands = np.array([self.book.band(KEYS[name], self.t_s) for name in names])
        outputs = balancer.step(self.t_s, 1, _inputs(
            balancer, planned_exchange_mw=0.0, exchange_mw=exchange, p_set_mw=np.array([told[n] for n in names]),
            p_mw=np.array([self.power[n] for n in names]), soc=np.array([self.charge[n] for n in names]),
            band_low_mw=bands[:, 0], band_high_mw=bands[:, 1]))
        return dict(zip(names, outputs.p_set_mw.tolist(), strict=True))

    def _watched(self, told: dict[str, float], readings: dict[str, tuple[float, float]]) -> dict[str, float]:
        watchdog = self.components["watchdog"]
        names = watchdog.terminals()["asset"]
        charge = {**self.charge, **{asset: soc for asset, (soc, _) in readings.items()}}
        outputs = watchdog.step(self.t_s, 1, _inputs(
            watchdog, **{port: np.array([told[n] if port == ASSETS[n].port else 0.0 for n in names])
                         for port in ("p_set_mw", "p_limit_mw", "interrupt_frac")},
            p_mw=np.array([self.power.get(n, math.nan) for n in names]),
            soc=np.array([charge.get(n, math.nan) for n in names]),
            temperature_degc=np.array([readings.get(n, (0.0, math.nan))[1] for n in names]),
            watchdog_reset_count=np.full(len(names), self.resets)))
        said = {n: float(getattr(outputs, ASSETS[n].port)[place]) for place, n in enumerate(names)}
        held = self.oracle.held = {n: said[n] for n, code in zip(names, outputs.sign_code, strict=True) if code}
        assert all(0.0 <= held[n] <= ASSETS[n].most for n in WITH_DEVICE if n in held), \
            "no safe state charges or overloads"
        self.report.counts["seconds in the watchdog's hands"] += len(self.oracle.held)
        return said

    def _check_command(self, asset: str, asked: float) -> None:
        """What the device was told."""
        got, counts = self.commanded[asset], self.report.counts
        assert self.oracle.allows(asset, got, self.t_s), f"{asset} was told {got} at {self.t_s} s"
        if self.oracle.allows(asset, asked, self.t_s):
            assert got == asked, f"{asset}: {asked} is allowed at {self.t_s} s, but {got} was applied"
            safe, without = ASSETS[asset].safe, asset not in WITH_DEVICE
            counts["set-points obeyed"] += got != safe
            counts["of these without a device"] += without and got != safe
            counts["of these corrected by the real-time layer"] += got not in (safe, self._dispatched(asset))
        else:
            counts["set-points refused"] += 1
            counts["refused without a device"] += asset not in WITH_DEVICE

    def _check_physics(self, asset: str, value: float, least_mw: float) -> None:
        """A device may only be on its way from where it was to what it was told, or to rest; a unit that must go on
        for its minimum time does so at its least power."""
        ends = self.stood[asset], self.commanded[asset], ASSETS[asset].safe, least_mw
        assert min(ends) - ROUNDING_MW <= value <= max(ends) + ROUNDING_MW, f"{asset}: {value} is not between {ends}"

    def _made(self, signer: Signer, levels: list[float], room: float, lasts_s: int, begin_s: int | None = None,
              ) -> ReleasedSchedule:
        start_s = self.t_s if begin_s is None else begin_s
        self.number += 1  # no two are alike, so that one that was never written down is in no ledger
        plans = {asset: np.array([power(asset, f) for f in levels[n::len(ASSETS)]]) for n, asset in enumerate(ASSETS)}
        bands = {}
        for asset, plan in plans.items():
            least, most = ASSETS[asset].least, ASSETS[asset].most
            bands[KEYS[asset]] = Band(np.maximum(plan - room * most, least), np.minimum(plan + room * most, most))
        plan_of_keys = {KEYS[asset]: plan for asset, plan in plans.items()}
        schedule = Schedule(Horizon(start_s, STEP_S, STEPS), plan_of_keys, Origin(OriginKind.CONTROLLER, "operator"),
                            SCENARIO_SHA256, "", "")
        return signer.release(
            schedule, verdict_sha256="", snapshot_sha256="", scenario_sha256=SCENARIO_SHA256, forecast_sha256="",
            code_version=str(self.number), issued_s=start_s, expires_s=start_s + lasts_s, bands=bands, state_band={})

    def _forged(self, forge: str, levels: list[float]) -> object:
        whole = STEPS * STEP_S
        begins_s = {"void": self.t_s - whole, "not yet": self.t_s + 1}
        foreign: dict[str, SigningKey] = {"other key": key(seed=2, site=SITE_NAME), "other site": key(site="elsewhere")}
        signer = Signer(foreign[forge]) if forge in foreign else self.signer
        made = self._made(signer, levels, 0.0, whole, begins_s.get(forge))
        if forge != "not in ledger":
            self.ledger.add(made.signature)
        if forge in ALTERATIONS:
            plain = made.as_plain()
            ALTERATIONS[forge](plain)
            return ReleasedSchedule.from_plain(plain)
        if forge == "transplanted":
            other = self._made(self.signer, [1.0 - f for f in levels[:-1]] + [0.3], 0.5, whole)
            return ReleasedSchedule.from_plain({**made.as_plain(), "signature": other.signature})
        return {"schedule": made.schedule, "nothing": None}.get(forge, made)


def _raise_first(plain: dict[str, Any]) -> None:
    plain["schedule"]["setpoints"][KEYS["bess"]][0] += 1e-9


def _widen(plain: dict[str, Any]) -> None:
    plain["bands"][KEYS["bess"]]["high"][-1] += 5.0


def _lengthen(plain: dict[str, Any]) -> None:
    plain["expires_s"] += 1


ALTERATIONS: dict[str, Callable[[dict[str, Any]], None]] = {
    "altered": _raise_first, "band": _widen, "longer": _lengthen,
    "unsigned": lambda plain: plain.update(signature=""),
}


def _inputs(component: Any, **values: Any) -> Any:
    """Inputs with what is given; the rest is zero or at its default."""
    given = {f.name: 0.0 for f in dataclasses.fields(component.Inputs)
             if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING}
    return component.Inputs(**{**given, **values})


def run(sequences: int) -> Report:
    """So many sequences, the same each time; the first that fails ends it, told as it was drawn."""
    machine = type("CountedCommands", (Commands,), {"report": Report()})
    try:
        run_state_machine_as_test(machine, settings=settings(
            max_examples=sequences, stateful_step_count=STEPS_PER_SEQUENCE, derandomize=True, deadline=None,
            database=None, phases=[Phase.generate], report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck)))
    except AssertionError as failure:
        machine.report.failures.append(str(failure))
    return machine.report
