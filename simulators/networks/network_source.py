"""Where a grid comes from: a network file in YAML, a pandapower JSON file, a function of ``pandapower.networks``, or
the scenario itself; all become a pandapower network and the controls of its tap changers."""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulators.networks.model_file import model_in, raise_for_inline
from simulators.networks.network_build import build_pandapower
from simulators.networks.network_checks import mistakes_in
from simulators.networks.network_file import NetworkFile, VoltageControl, circuit_names
from simulators.networks.pandapower_json import read_pandapower_json
from twin.errors import ComponentError
from twin.scenario.yaml_source import read_yaml
from twin.suggest import did_you_mean

if TYPE_CHECKING:
    from pandapower.auxiliary import pandapowerNet

JSON_SUFFIX = ".json"
YAML_SUFFIXES = (".yaml", ".yml")


@dataclass(slots=True)
class GivenNetwork:
    """A network, and which transformers (by name, several rows for units side by side) hold which voltage."""

    net: pandapowerNet
    controls: dict[str, VoltageControl] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=dict)
    """Transformer of a network file → names of its rows in ``net.trafo``."""


def from_file(file: str, changes: dict[str, Any]) -> GivenNetwork:
    """A network file, or a pandapower network where the name ends in ``.json``.

    Raises
    ------
    ScenarioError
        With file, line and column for every mistake in a network file.
    ComponentError
        If a pandapower file cannot be read or holds more than data, or the name ends otherwise.
    """
    suffix = Path(file).suffix.lower()
    if suffix in YAML_SUFFIXES:
        return _built(model_in(NetworkFile, read_yaml(Path(file)), changes, mistakes_in))
    if suffix != JSON_SUFFIX:  # mistakes in YAML are shown with the line they stand on: never that of any other file
        raise ComponentError(f"{file}: a network file ends in {', '.join(YAML_SUFFIXES)} or {JSON_SUFFIX}")
    if changes:
        raise ComponentError(f"'changes' apply to network files in YAML, not to {Path(file).name!r}; change the "
                             f"network in pandapower and write it anew")
    return GivenNetwork(read_pandapower_json(file))


def from_models(network: NetworkFile) -> GivenNetwork:
    """A network written in the scenario itself.

    Raises
    ------
    ScenarioError
        All its mistakes, with their keys below ``inline``.
    """
    raise_for_inline(mistakes_in(network))
    return _built(network)


def from_pandapower_networks(name: str) -> GivenNetwork:
    """``pandapower.networks.<name>()``.

    Raises
    ------
    ComponentError
        If there is no such function, it needs arguments, or gives no network.
    """
    import pandapower.networks

    functions = {n: f for n, f in inspect.getmembers(pandapower.networks, inspect.isfunction) if not n.startswith("_")}
    if name not in functions:
        raise ComponentError(f"pandapower.networks has no {name!r}; {did_you_mean(name, functions)}")
    needed = [p.name for p in inspect.signature(functions[name]).parameters.values()
              if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if needed:
        raise ComponentError(f"pandapower.networks.{name} needs arguments ({', '.join(needed)}); build the network in "
                             f"Python, write it with pandapower.to_json and give it as file:")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = functions[name]()
    except Exception as error:  # a hundred functions, some read files or download
        raise ComponentError(f"pandapower.networks.{name} failed: {type(error).__name__}: {error}") from error
    if not _is_network(net):
        raise ComponentError(f"pandapower.networks.{name} gives a {type(net).__name__}, not one network")
    return GivenNetwork(net)


def _built(network: NetworkFile) -> GivenNetwork:
    return GivenNetwork(
        build_pandapower(network),
        {name: t.voltage_control for name, t in network.transformers.items() if t.voltage_control},
        {name: circuit_names(name, t.count) for name, t in network.transformers.items()},
    )


def _is_network(candidate: object) -> bool:
    from pandapower.auxiliary import pandapowerNet

    return isinstance(candidate, pandapowerNet)
