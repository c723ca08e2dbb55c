"""All of a grid that is computed from its parameters alone: names, tap changers and the verified solver.

Building one takes a second, most of it in pandapower's tables. The solvers depend on their arguments alone, so
components of one process share models: a second grid of the same description, as in a restored run, is there at once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulators.networks.equations import Solution
from simulators.networks.labels import unique_labels
from simulators.networks.network_file import NetworkFile, VoltageControl
from simulators.networks.network_source import GivenNetwork, from_file, from_models, from_pandapower_networks
from simulators.networks.pandapower_checks import check_names, check_pandapower, dead_buses
from simulators.networks.power_flow import PowerFlow, PowerFlowDiverged
from simulators.networks.reference import ReferencePowerFlow
from simulators.networks.tap_changer import TapChanger
from simulators.networks.tap_setup import tap_changers
from simulators.networks.verify import verified_power_flow
from twin.errors import ComponentError, ParkTwinError

KEPT_MODELS = 8


@dataclass(frozen=True, slots=True)
class GridSource:
    """Where a network comes from; exactly one of ``file``, ``network`` and ``inline``."""

    file: str | None
    changes: dict[str, Any]
    network: str | None
    inline: NetworkFile | None
    voltage_control: dict[str, VoltageControl]
    tolerance_mva: float

    def described(self) -> str:
        """The network for the user: its file, or where else it comes from."""
        return self.file or (f"pandapower.networks.{self.network}" if self.network else "the inline network")

    def fingerprint(self) -> str:
        """Equal for equal networks; follows the content of the file, not its date."""
        digest = hashlib.sha256(repr(self).encode())
        if self.file is not None and Path(self.file).is_file():
            digest.update(Path(self.file).read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class GridModel:
    """A network ready to be solved."""

    terminals: dict[str, tuple[str, ...]]
    """Labels of the buses, lines and transformers."""
    unusable: dict[str, str]
    """Label of each bus without voltage, and why it has none."""
    changers: tuple[TapChanger, ...]
    held_terminals: tuple[int, ...]
    """Index of the bus that each tap changer watches, among the bus labels."""
    start_taps: tuple[int, ...]
    rest: Solution
    """The network without the site."""
    tap_position: np.ndarray
    """Of every transformer, at the start; 0 where it has no taps."""
    reference: ReferencePowerFlow
    flow: PowerFlow
    """The fast solver, or the reference itself."""
    slow_because: str | None
    """Why the fast solver cannot be used; None if it can."""


_models: OrderedDict[str, GridModel] = OrderedDict()


def grid_model(source: GridSource) -> GridModel:
    """The model of a network; the last ones built are kept.

    Raises
    ------
    ParkTwinError
        For whatever is wrong with the description.
    """
    key = source.fingerprint()
    if key not in _models:
        _models[key] = _build(source)
        while len(_models) > KEPT_MODELS:
            _models.popitem(last=False)
    _models.move_to_end(key)
    return _models[key]


def _build(source: GridSource) -> GridModel:
    given = _given_network(source)
    what = source.described()
    check_pandapower(given.net, what)
    try:
        return _model(given, source, what)
    except ParkTwinError:
        raise
    except PowerFlowDiverged:
        raise ComponentError(f"{what}: no power flow solution at the tap positions of the start; check tap_pos of its "
                             f"transformers") from None
    except Exception as error:  # pandapower and the fast solver fail in many ways on tables they do not expect
        raise ComponentError(f"{what}: pandapower cannot set up the power flow ({type(error).__name__}: {error}); "
                             f"pandapower.diagnostic(net) names elements with such values") from error


def _model(given: GivenNetwork, source: GridSource, what: str) -> GridModel:
    net = given.net
    changers = tap_changers(given, source.voltage_control)
    try:
        reference = ReferencePowerFlow(net, [changer.rows for changer in changers])
    except ComponentError as error:
        raise ComponentError(f"{what}: {error}") from error
    check_names(net, reference.terminals.tolist(), what)
    indices = reference.terminals.tolist()
    taken: set[str] = set()
    start_taps = tuple(changer.start for changer in changers)
    positions = np.concatenate([net.trafo.tap_pos.to_numpy(float), net.trafo3w.tap_pos.to_numpy(float)])
    flow, slow_because = verified_power_flow(reference, start_taps, source.tolerance_mva)
    nothing = np.zeros(len(indices))
    return GridModel(
        terminals={
            "bus": unique_labels("bus", net.bus.name.loc[indices].items(), taken),
            "line": unique_labels("line", net.line.name.items(), taken),
            "transformer": unique_labels("transformer", [*net.trafo.name.items(), *net.trafo3w.name.items()], taken),
        },
        unusable=dead_buses(net, indices),
        changers=tuple(changers),
        held_terminals=tuple(_terminal_of(changer, indices) for changer in changers),
        start_taps=start_taps,
        rest=flow.solve(nothing, nothing, start_taps, reference.equations(start_taps).v_pu),
        tap_position=np.nan_to_num(positions),
        reference=reference,
        flow=flow,
        slow_because=slow_because,
    )


def _given_network(source: GridSource) -> GivenNetwork:
    if source.file is not None:
        return from_file(source.file, source.changes)
    return from_models(source.inline) if source.inline is not None else from_pandapower_networks(str(source.network))


def _terminal_of(changer: TapChanger, indices: list[int]) -> int:
    if changer.bus not in indices:
        raise ComponentError(f"voltage_control of transformer {changer.name!r}: the bus it watches is disconnected")
    return indices.index(changer.bus)
