"""An electrical grid: power flow in every step, with voltages, loadings, losses and the exchange with the public grid.

Powers in MW and Mvar, into the network positive; ``exchange_mw`` positive is import. In every step
Σ ``p_mw`` + ``base_mw`` + ``exchange_mw`` - ``loss_mw`` = 0 up to ``tolerance_mva``.

Where there is no solution (more power than the network can carry), the step is marked in ``converged_code`` and an
alarm names the time and the weakest bus. The voltages and loadings of the last solved step are then held, losses are 0
and the exchange is what the balance without losses needs: a defined guess, never a number nobody knows to be wrong.
Before the first solved step voltages and loadings are 0, so that a run that was never solved does not look healthy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from simulators.networks.contingency import UNSOLVED, WorstOutage, checked_contingencies
from simulators.networks.equations import Solution
from simulators.networks.grid_model import GridSource, grid_model
from simulators.networks.network_file import NetworkFile, VoltageControl
from simulators.networks.power_flow import PowerFlowDiverged, last_solvable
from simulators.networks.tap_changer import TapState, after_step
from twin.component import Component, ComponentParams, Role, Section, port
from twin.context import Context
from twin.errors import ComponentError
from twin.nameplate import ConnectionNameplate
from twin.scenario.datafile import DataFile

SHOWN_BUSES = 10
CROSSCHECK_ALARM_PU = 1e-6
"""Voltages of a converged step agree with pandapower to 1e-9; a thousand times that is a defect, not rounding."""


class Convergence(IntEnum):
    """Whether a step has a power flow solution."""

    DIVERGED = 0
    CONVERGED = 1


class Params(ComponentParams):
    """Which network, and how it is solved. Exactly one of ``file``, ``network`` and ``inline``."""

    file: DataFile | None = Field(default=None, description="network file in YAML, or a pandapower network as .json")
    changes: dict[str, Any] = Field(default_factory=dict, description="laid over the network file, by the same keys: "
                                                                      "{lines: {SS-WIND: {count: 4}}}")
    network: str | None = Field(default=None, description="name of a function of pandapower.networks, like case33bw")
    inline: NetworkFile | None = Field(default=None, description="the network itself, written as in a network file")
    voltage_control: dict[str, VoltageControl] = Field(
        default_factory=dict, description="on-load tap changers by transformer; replaces what the network file says")
    crosscheck_every_steps: int = Field(default=96, ge=0, description="solve every so many steps, and whenever a tap "
                                        "position is used first, with pandapower too; 0: never")
    tolerance_mva: float = Field(default=1e-10, gt=0, le=1e-3, description="largest power mismatch at a bus [MVA]")
    n_minus_1: bool = Field(default=False, description="find in every step what the worst outage of one line or "
                                                       "transformer would do; a limit on an output n_minus_1_... asks "
                                                       "for it too")
    import_limit_mw: float | None = Field(default=None, ge=0, description="agreed import [MW], told to controllers; "
                                                                          "the physics does not stop there")
    export_limit_mw: float | None = Field(default=None, ge=0, description="agreed export [MW], told to controllers")

    @model_validator(mode="after")
    def _one_network(self) -> Self:
        given = [key for key in ("file", "network", "inline") if getattr(self, key) is not None]
        if len(given) != 1:
            stated = f"{' and '.join(given)} are given" if given else "none is given"
            raise ValueError(f"exactly one of file, network and inline is needed; {stated}")
        if self.changes and self.file is None:
            raise ValueError("'changes' apply to a network file; there is none")
        return self


@dataclass(slots=True)
class Inputs:
    """Injections at the buses; consumption is negative."""

    p_mw: np.ndarray = port(0.0, carrier="electricity", per="bus", total=True)
    q_mvar: np.ndarray = port(0.0, carrier="electricity", per="bus", total=True)
    tap_moves_count: np.ndarray = port(math.inf, per="transformer")
    """Positions that the drive of a controlled tap changer can move in the step; 0: it is stuck."""


@dataclass(slots=True)
class Outputs:
    """State of the grid over the step."""

    exchange_mw: float = port(carrier="metering")
    """Import from the public grid is positive."""
    exchange_mvar: float = port()
    loss_mw: float = port()
    base_mw: float = port()
    """Injection of the network's own constant loads (negative) and generators."""
    converged_code: int = port(codes=Convergence)
    crosscheck_deviation_pu: float = port()
    """Largest voltage difference to pandapower at the last cross-check."""
    vm_min_pu: float = port()
    vm_max_pu: float = port()
    max_line_loading_percent: float = port()
    max_transformer_loading_percent: float = port()
    vm_pu: np.ndarray = port(carrier="electricity", per="bus")
    line_loading_percent: np.ndarray = port(per="line")
    transformer_loading_percent: np.ndarray = port(per="transformer")
    tap_position: np.ndarray = port(per="transformer")
    n_minus_1_loading_percent: float = port(math.nan, may_be_missing=True)
    """Largest loading in any outage of one line or transformer; infinite without a solution; NaN: not asked for."""
    n_minus_1_vm_min_pu: float = port(math.nan, may_be_missing=True)
    n_minus_1_vm_max_pu: float = port(math.nan, may_be_missing=True)
    n_minus_1_outage_position: float = port(math.nan, may_be_missing=True)
    """The outage that loads another most: lines are counted first, from 0; -1: there is none."""


N_MINUS_1 = ("n_minus_1_loading_percent", "n_minus_1_vm_min_pu", "n_minus_1_vm_max_pu")

@dataclass(slots=True)
class State:
    """What the grid remembers."""

    v_pu: np.ndarray
    """Complex voltages of the last solved step, buses of the equations: where the next one starts."""
    vm_pu: np.ndarray
    """As the loadings: of the last solved step, 0 before the first."""
    line_loading_percent: np.ndarray
    transformer_loading_percent: np.ndarray
    base_mw: float
    taps: list[TapState]
    checked: list[list[int]] = field(default_factory=list)
    """Combinations of tap positions that have been cross-checked."""
    crosscheck_in_steps: int = 0
    crosscheck_deviation_pu: float = 0.0
    diverged_since_s: int | None = None
    announced: bool = False
    """What is told once, at the start, has been told."""


class ElectricalGrid(Component[Params, Inputs, Outputs, State]):
    """Electrical network with power flow in every step: voltages, loadings, losses, exchange with the public grid."""

    section = Section.NETWORKS
    role = Role.NETWORK

    def __init__(self, name: str, params: Params, context: Context) -> None:
        self._model = model = grid_model(GridSource(params.file, params.changes, params.network, params.inline,
                                                    params.voltage_control, params.tolerance_mva))
        self._flow, self._reference = model.flow, model.reference
        self._buses = model.terminals["bus"]
        wanted = params.n_minus_1 or any(context.is_limited(f"{name}.{output}") for output in N_MINUS_1)
        self._contingencies = checked_contingencies(model, params.tolerance_mva) if wanted else None
        self._positions_of: list[int] = []
        self._last_positions = model.tap_position
        super().__init__(name, params, context)

    def initial_state(self) -> State:
        """Nothing solved yet; the first step starts from the network without the site."""
        rest, names = self._model.rest, self._model.terminals
        return State(rest.v_pu, np.zeros(len(names["bus"])), np.zeros(len(names["line"])),
                     np.zeros(len(names["transformer"])), rest.base_mw,
                     [TapState(position, 0.0, False) for position in self._model.start_taps])

    def terminals(self) -> dict[str, tuple[str, ...]]:
        return self._model.terminals

    def unusable_terminals(self) -> dict[str, str]:
        """Buses of the network where nothing can stand, because they have no voltage, and why: name → reason."""
        return dict(self._model.unusable)

    def nameplate(self) -> ConnectionNameplate:
        limits = (self.params.import_limit_mw, self.params.export_limit_mw)
        return ConnectionNameplate(*(math.inf if limit is None else limit for limit in limits))

    def step(self, t_s: int, dt_s: int, inputs: Inputs) -> Outputs:
        state = self.state
        p_mw, q_mvar = self._injections("p_mw", inputs.p_mw), self._injections("q_mvar", inputs.q_mvar)
        taps = [tap.position for tap in state.taps]
        self._announce(t_s)
        try:
            solution = self._flow.solve(p_mw, q_mvar, taps, state.v_pu)
        except PowerFlowDiverged:
            self._report_divergence(t_s, p_mw, q_mvar, taps)
            lossless_mw, lossless_mvar = -float(p_mw.sum()) - state.base_mw, -float(q_mvar.sum())
            outputs = self._outputs(Convergence.DIVERGED, taps, lossless_mw, lossless_mvar, 0.0)
            if self._contingencies is not None:
                _put(outputs, UNSOLVED)
            return outputs
        self._report_recovery(t_s)
        state.v_pu, state.vm_pu, state.base_mw = solution.v_pu, solution.vm_pu, solution.base_mw
        state.line_loading_percent = solution.line_loading_percent
        state.transformer_loading_percent = solution.transformer_loading_percent
        self._crosscheck(t_s, p_mw, q_mvar, taps, solution)
        outputs = self._outputs(Convergence.CONVERGED, taps, solution.exchange_mw, solution.exchange_mvar,
                                solution.loss_mw)
        if self._contingencies is not None:
            _put(outputs, self._contingencies.worst(p_mw, q_mvar, taps, solution.v_pu))
        self._move_taps(t_s, dt_s, inputs.tap_moves_count)
        return outputs

    def _outputs(self, converged: Convergence, taps: list[int], exchange_mw: float, exchange_mvar: float,
                 loss_mw: float) -> Outputs:
        state = self.state
        vm_pu, line, transformer = state.vm_pu, state.line_loading_percent, state.transformer_loading_percent
        return Outputs(
            exchange_mw=exchange_mw, exchange_mvar=exchange_mvar, loss_mw=loss_mw, base_mw=state.base_mw,
            converged_code=converged.value, crosscheck_deviation_pu=state.crosscheck_deviation_pu,
            vm_min_pu=float(vm_pu.min()), vm_max_pu=float(vm_pu.max()),
            max_line_loading_percent=float(line.max(initial=0.0)),
            max_transformer_loading_percent=float(transformer.max(initial=0.0)),
            vm_pu=vm_pu, line_loading_percent=line, transformer_loading_percent=transformer,
            tap_position=self._positions(taps),
        )

    def _positions(self, taps: list[int]) -> np.ndarray:
        """Tap position of every transformer, 0 where it has no taps."""
        if taps != self._positions_of:
            self._last_positions = self._model.tap_position.copy()
            for changer, position in zip(self._model.changers, taps, strict=True):
                self._last_positions[list(changer.rows)] = position
            self._positions_of = taps
        return self._last_positions

    def _injections(self, port_name: str, values: np.ndarray) -> np.ndarray:
        array = np.asarray(values, dtype=float)
        if array.ndim == 0:
            array = np.full(len(self._buses), float(array))
        if not math.isfinite(array.sum()):
            bad = int(np.argmin(np.isfinite(array)))
            raise ComponentError(f"{port_name} at bus {self._buses[bad]!r} is {array[bad]}; check the assets there")
        return array

    def _crosscheck(self, t_s: int, p_mw: np.ndarray, q_mvar: np.ndarray, taps: list[int], found: Solution) -> None:
        """Compare with pandapower when it is due, and when tap positions are used for the first time."""
        state, every = self.state, self.params.crosscheck_every_steps
        if not every or self._flow is self._reference:
            return
        state.crosscheck_in_steps -= 1
        if state.crosscheck_in_steps >= 0 and taps in state.checked:
            return
        state.crosscheck_in_steps = every - 1
        if taps not in state.checked:
            state.checked.append(taps)
        try:
            expected = self._reference.solve(p_mw, q_mvar, taps, found.v_pu)
        except PowerFlowDiverged:
            self.emit(t_s, "crosscheck_failed", f"pandapower finds no solution at {self._clock(t_s)} where the fast "
                                                f"solver does; the voltages of this step are doubtful", "alarm")
            return
        apart = np.abs(found.vm_pu - expected.vm_pu)
        worst = int(apart.argmax())
        state.crosscheck_deviation_pu = float(apart[worst])
        if state.crosscheck_deviation_pu > CROSSCHECK_ALARM_PU:
            self.emit(t_s, "crosscheck_deviation", f"at {self._clock(t_s)} bus {self._buses[worst]!r} has "
                      f"{found.vm_pu[worst]:.9f} p.u., pandapower finds {expected.vm_pu[worst]:.9f}", "alarm")

    def _move_taps(self, t_s: int, dt_s: int, moves_count: Any) -> None:
        state = self.state
        each = np.broadcast_to(moves_count, len(self._model.terminals["transformer"]))
        for index, (changer, terminal) in enumerate(zip(self._model.changers, self._model.held_terminals, strict=True)):
            before = state.taps[index]
            state.taps[index] = after = after_step(changer, before, float(state.vm_pu[terminal]), dt_s,
                                                    min(each[row] for row in changer.rows))
            if after.at_stop and not before.at_stop:
                self.emit(t_s, "tap_limit_reached", f"transformer {changer.name!r} stands at its last position "
                          f"{after.position}, bus {self._buses[terminal]!r} stays at "
                          f"{state.vm_pu[terminal]:.4f} p.u. (target {changer.target_pu:g} ± {changer.deadband_pu:g})",
                          "warning")

    def _announce(self, t_s: int) -> None:
        """Tell once what is peculiar about the network."""
        if self.state.announced:
            return
        unusable = list(self._model.unusable)
        if unusable:
            more = f" and {len(unusable) - SHOWN_BUSES} more" if len(unusable) > SHOWN_BUSES else ""
            self.emit(t_s, "isolated_buses", f"{len(unusable)} of the network's buses have no voltage, being isolated "
                                             f"or out of service: {', '.join(map(repr, unusable[:SHOWN_BUSES]))}{more}"
                                             f"; loads and generators there are left out", "warning")
        if self._model.slow_because is not None:
            self.emit(t_s, "slow_power_flow", f"pandapower solves every step, because the fast solver cannot be used "
                                              f"for this network: {self._model.slow_because}", "warning")
        if self._contingencies is not None:
            left_out = self._contingencies.radial([tap.position for tap in self.state.taps])
            told = "; ".join(f"{branch} ({', '.join(buses)})" for branch, buses in left_out.items())
            if left_out:
                self.emit(t_s, "n_minus_1_radial", f"outages that cut off buses are no part of N-1: {told}", "info")
        self.state.announced = True

    def _report_divergence(self, t_s: int, p_mw: np.ndarray, q_mvar: np.ndarray, taps: list[int]) -> None:
        """One alarm at the first step of a time without solution."""
        state, buses = self.state, self._buses
        if state.diverged_since_s is not None:
            return
        state.diverged_since_s = t_s
        held = "held" if state.vm_pu.any() else "0"
        share, limit = last_solvable(self._flow, p_mw, q_mvar, taps, state.v_pu)
        if limit is None:
            largest = int(np.hypot(p_mw, q_mvar).argmax())
            where = (f"not even a thousandth of the injections has one; the largest is {p_mw[largest]:.3g} MW at bus "
                     f"{buses[largest]!r}")
        else:
            weakest = int(limit.vm_pu.argmin())
            where = (f"the network carries {share:.1%} of the injections, bus {buses[weakest]!r} then is at "
                     f"{limit.vm_pu[weakest]:.3f} p.u. with {p_mw[weakest]:.3g} MW asked there")
        self.emit(t_s, "power_flow_diverged", f"no power flow solution at {self._clock(t_s)}: {where}; voltages and "
                                              f"loadings are {held}, losses left out until there is one", "alarm")

    def _report_recovery(self, t_s: int) -> None:
        since_s = self.state.diverged_since_s
        if since_s is not None:
            self.emit(t_s, "power_flow_recovered", f"power flow solved again at {self._clock(t_s)}, after "
                                                   f"{(t_s - since_s) / 60:g} min without")
            self.state.diverged_since_s = None

    def _clock(self, t_s: int) -> str:
        return f"{self.context.calendar.local(t_s):%Y-%m-%d %H:%M:%S} (t = {t_s} s)"


def _put(outputs: Outputs, worst: WorstOutage) -> None:
    outputs.n_minus_1_loading_percent = worst.loading_percent
    outputs.n_minus_1_vm_min_pu, outputs.n_minus_1_vm_max_pu = worst.vm_min_pu, worst.vm_max_pu
    outputs.n_minus_1_outage_position = float(worst.position)
