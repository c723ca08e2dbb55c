"""Laws that hold for any sequence of readings and commands."""

from __future__ import annotations

import math
import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controllers.watchdog.image import Sign
from tests.component_specs.controllers import SITE
from tests.controllers.watchdog.cases import NAN, SOUND, STEP_S, Bench

ANY = st.floats(allow_nan=True, allow_infinity=True)
COMMAND = st.fixed_dictionaries({"p_set_mw": ANY, "p_limit_mw": ANY, "interrupt_frac": ANY})
READING = st.fixed_dictionaries({}, optional={
    "p_mw": st.one_of(st.just(NAN), st.floats(-12.0, 12.0), ANY),
    "soc": st.one_of(st.just(NAN), st.just(0.5), st.floats(0.0, 1.0), ANY),
    "temperature_degc": st.one_of(st.just(NAN), st.floats(20.0, 30.0), ANY),
    "vm_pu": st.one_of(st.just(NAN), st.floats(0.8, 1.2), ANY), "reading_s": ANY})


def bits(*values: float) -> bytes:
    """Equal only where every bit is."""
    return struct.pack(f"{len(values)}d", *values)


def command_bits(command: dict[str, float]) -> bytes:
    """In the order of an action."""
    return bits(command["p_set_mw"], command["p_limit_mw"], command["interrupt_frac"])


@given(commands=st.lists(COMMAND, min_size=1, max_size=12))
def test_without_a_sign_every_command_passes_to_the_last_bit(commands):
    """A battery that does nothing is no sign for a quarter of an hour, whatever it is told."""
    bench = Bench(("bess", "dc"))
    for command in commands:
        for action in bench.look(bess={**command, "p_mw": 0.0}, dc=command).values():
            assert bits(*action[:3]) == command_bits(command) and action.sign is Sign.NONE


class AnySequence(RuleBasedStateMachine):
    """The watchdog under any readings, commands, losses and resets."""

    @initialize()
    def begin(self) -> None:
        self.bench = Bench()
        self.resets = 0.0
        self.actions: dict = {}
        self.before = dict.fromkeys(SOUND, 0)

    @rule(asset=st.sampled_from([*SOUND, ""]), reading=READING, command=COMMAND, reset=st.booleans(),
          site=st.fixed_dictionaries({}, optional={
              "exchange_mw": ANY, "heartbeat_count": ANY, "release_expires_s": ANY}))
    def look(self, asset, reading, command, reset, site):
        self.resets += reset
        self.asked = command
        self.before = {name: int(self.bench.sign(name)) for name in SOUND}
        changed = {name: {**command, "reset_count": self.resets} for name in SOUND}
        if asset:
            changed[asset] |= reading
        self.actions = self.bench.look(site=site, **changed)

    @invariant()
    def a_latched_asset_gets_nothing_of_what_is_commanded(self):
        for name, action in self.actions.items():
            if not action.sign:
                assert bits(*action[:3]) == command_bits(self.asked)
                continue
            assert action.interrupt_frac == 0.0
            if name in ("bess", "flywheel"):
                assert bits(action.p_set_mw) == bits(0.0)
            if name == "chp":
                assert action.p_set_mw in (0.0, SITE["chp"].min_mw)
            if self.before[name]:  # was stopped before: what it holds is what it held
                assert math.isfinite(action.p_set_mw)

    @invariant()
    def only_a_reset_lets_an_asset_go(self):
        for name, action in self.actions.items():
            if self.before[name] and not action.sign:
                assert any(h.kind == "watchdog_reset" and h.asset == name for h in self.bench.happened)
                assert self.bench.memory.assets[self.bench.names.index(name)].reset_count == self.resets


AnySequence.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAnySequence = AnySequence.TestCase


@given(first=st.lists(COMMAND, min_size=1, max_size=6), second=st.lists(COMMAND, min_size=6, max_size=6))
def test_a_stopped_asset_does_not_depend_on_what_is_commanded(first, second):
    """Two watchdogs that saw the same until the trip, and different commands from then on."""
    def outputs(commands):
        bench = Bench(("bess", "diesel", "chp", "pv", "dc"))
        bench.look()
        for _ in range(2):
            bench.look(**{name: {"p_mw": NAN, "soc": NAN} for name in bench.names})
        assert bench.t_s == 3 * STEP_S
        return [bench.look(**{n: {**command, "p_mw": NAN} for n in bench.names}) for command in commands]

    for one, other in zip(outputs(first), outputs(second), strict=False):
        assert {n: bits(*a[:3]) for n, a in one.items()} == {n: bits(*a[:3]) for n, a in other.items()}
