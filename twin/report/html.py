"""One self-contained HTML page of a run: works offline, prints on A4, the same run gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from twin.accounts import Accounts, Allocation
from twin.component import Role
from twin.errors import RunStoreError
from twin.report import tables
from twin.report.cards import cards_html, cards_of, stored_note
from twin.report.figures.bill import cost_waterfall, emission_by_source
from twin.report.figures.devices import device_modes
from twin.report.figures.dispatch import dispatch, origin_of_consumption
from twin.report.figures.following import hours_limited, requested_and_delivered
from twin.report.figures.long_run import duration_curves, exchange_carpet
from twin.report.figures.market import prices_and_exchange
from twin.report.figures.network import loadings, voltages
from twin.report.figures.sankey import energy_flow
from twin.report.figures.storage import state_of_charge
from twin.report.figures.thermal_dispatch import plant_inputs, thermal_dispatch
from twin.report.figures.thermal_map import network_map
from twin.report.figures.thermal_series import ThermalSeries, thermal_networks
from twin.report.figures.thermal_tank import tank_and_dump
from twin.report.figures.thermal_water import pressures_and_velocities, water_temperatures
from twin.report.forecast_panel import forecast_panel
from twin.report.formats import amount
from twin.report.gate_panel import gate_panel
from twin.report.parts import figure_html, panel, sentence
from twin.report.provenance import SEED, VERSION, provenance, scenario_yaml
from twin.report.storage_panel import storage_panels
from twin.report.timeline import Timeline, period_text, span_text, timeline_of
from twin.store.run_data import RunData

RULE_TEXT = {
    Allocation.PROPORTIONAL: "proportional: in each step every use gets the same mix of sources",
    Allocation.LOAD_FIRST: "load first: own green serves loads, then plant use and losses, then storage, then export",
}

def write_report(
    run: RunData, accounts: Accounts, path: Path | str, *, extra_provenance: Mapping[str, str] | None = None
) -> None:
    """Write the report of a run to one HTML file.

    Parameters
    ----------
    path : file to write; replaced in one move, so that no reader sees half a page
    extra_provenance : lines for the section on reproducibility, such as the run's id; they win over those of
        :func:`twin.report.provenance.provenance`, which knows only the program that reads the run

    Raises
    ------
    RunStoreError
        If the file cannot be written.
    """
    target = Path(path)
    half = target.with_name(f".{target.name}.part")
    try:
        half.write_text(report_html(run, accounts, extra_provenance=extra_provenance), encoding="utf-8")
        half.replace(target)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise RunStoreError(f"cannot write the report {target}: {error.strerror or error}; "
                            f"free space or choose another path") from error


def report_html(run: RunData, accounts: Accounts, *, extra_provenance: Mapping[str, str] | None = None) -> str:
    """The report as text."""
    from plotly.offline import get_plotlyjs

    here = files("twin.report")
    proof = provenance(run) | dict(extra_provenance or {})
    timeline = timeline_of(run)
    parts = [
        _dispatch(accounts, timeline), _long_run(accounts, timeline), _energy(accounts), _green(accounts, timeline),
        _storage(run, timeline), *storage_panels(run, accounts, timeline),
        _heat_and_cold(run, accounts), *(_thermal(network, timeline) for network in thermal_networks(run)),
        _market(run, accounts, timeline), _money(accounts), _carbon(accounts), *_networks(run, timeline),
        gate_panel(run, timeline), forecast_panel(run, timeline), _following(run, accounts, timeline),
        _devices(run, timeline), _events(run), _figures_in_full(run, accounts), _reproducible(run, accounts, proof),
    ]
    return Template(here.joinpath("template.html").read_text(encoding="utf-8")).substitute(
        title=escape(run.name),
        style=here.joinpath("style.css").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        facts=_facts(run, accounts, proof),
        cards=cards_html(cards_of(accounts, run.currency)),
        sections="\n".join(p for p in parts if p),
        footer=f"{escape(run.name)} · {escape(period_text(run))} · sign: into the network is positive; "
               f"energies of fuels are lower heating values",
    )


def _facts(run: RunData, accounts: Accounts, proof: Mapping[str, str]) -> str:
    facts = {
        "Period": period_text(run),
        "Length": f"{span_text(run.duration_s)} at {span_text(run.step_s)}",
        "Components": str(len(run.components)),
        "Seed": proof[SEED],
        "Green rule": accounts.rules.allocation.value.replace("_", " "),
        "Parktwin": proof[VERSION],
    }
    return "".join(f"<span>{escape(k)} <b>{escape(v)}</b></span>" for k, v in facts.items())


def _missing(lines: tuple[str, ...]) -> str:
    return "".join(f'<p class="missing">Not included – {escape(line)}.</p>' for line in lines)


def _dispatch(accounts: Accounts, timeline: Timeline) -> str:
    note = f"Supply above zero, use below; both sides are of the same height in every step. {sentence(timeline.note)}"
    return panel("Dispatch", figure_html(dispatch(accounts, timeline), "dispatch"), note=note)


def _energy(accounts: Accounts) -> str:
    return panel(
        "Energy flow", figure_html(energy_flow(accounts), "flow"),
        f'<div class="scroll">{tables.energy_table(accounts)}</div>',
        note="Electricity of the whole run in MWh. A storage stands on both sides: what it gave and what it took.",
    )


def _green(accounts: Accounts, timeline: Timeline) -> str:
    note = (f"Rule: {RULE_TEXT[accounts.rules.allocation]}. A storage is not a source: its discharge carries the "
            f"origin of what it took, after losses; its content at the start counts as "
            f"{accounts.rules.initial_origin.value}.")
    figure = origin_of_consumption(accounts, timeline)
    return panel("Where the consumption came from", figure_html(figure, "origin"), note=note)


def _storage(run: RunData, timeline: Timeline) -> str:
    return panel("Storage", figure_html(state_of_charge(run, timeline), "soc"), note=sentence(timeline.note))


def _heat_and_cold(run: RunData, accounts: Accounts) -> str:
    return panel("Heat and cold", tables.thermal_tables(run, accounts),
                  note="Heat and cold of the whole run in MWh, both as positive amounts; what the consumers asked for "
                       "and did not get stands apart.")


def _thermal(network: ThermalSeries, timeline: Timeline) -> str:
    """A heating or cooling network; in the order in which a reader asks: how much, where, how warm."""
    ware, name = network.ware, escape(network.name, quote=True)
    least = " Of each interval drawn the value nearest to its limit." if timeline.is_binned else ""
    return panel(
        f"{'Cooling' if network.is_cooling else 'Heat'} network: {network.name}",
        figure_html(thermal_dispatch(network, timeline), f"{name}-dispatch", f"Where the {ware} came from and went",
                "Supply above zero; below it what did not go to the substations. The difference is what they got: it "
                "meets the dotted demand wherever nothing stayed unserved."),
        figure_html(network_map(network, timeline), f"{name}-map", "The network and its water",
                "Colour is the temperature of the water, width its flow, arrows its direction; the buttons choose "
                "supply or return, the slider the time. It opens where most stayed unserved, or else at the highest "
                "demand; rest the pointer on a pipe or a node for its figures."),
        figure_html(water_temperatures(network, timeline), f"{name}-temperatures", "Supply and return temperatures",
                "What leaves the source arrives at the substations later: the farther, the later. In brackets the way "
                "of the water."),
        figure_html(pressures_and_velocities(network, timeline), f"{name}-pressures", "Pressures and velocities",
                f"The pressure left for the worst substation out of the pump's lift, and the fastest pipe.{least}"),
        figure_html(tank_and_dump(network, timeline), f"{name}-tank",
                "Stored cold" if network.is_cooling else "Stored and dumped heat",
                "Content of the tank above its lowest of the run, and its powers"
                + ("." if network.is_cooling else "; beside them what had to be thrown away.")),
        figure_html(plant_inputs(network, timeline), f"{name}-inputs", "What the plant took",
                "Electricity of plant and pumps, fuel and drive heat; amounts, without sign."),
        note=sentence(timeline.note),
    )


def _market(run: RunData, accounts: Accounts, timeline: Timeline) -> str:
    figure = prices_and_exchange(run, accounts, timeline)
    return panel("Prices and exchange", figure_html(figure, "prices"), note=sentence(timeline.note))


def _money(accounts: Accounts) -> str:
    figure = figure_html(cost_waterfall(accounts.money), "bill")
    if not figure:
        return ""
    demand = ""
    if len(accounts.money.months) > 1:
        demand = f"<details><summary>Metered peak of each month</summary>{tables.demand_table(accounts)}</details>"
    carbon = ("Carbon is charged at the recorded price as an internal price." if accounts.rules.carbon_charged
              else "Carbon is not charged.")
    return panel(
        "Money", f'<div class="pair"><div>{figure}</div><div>{tables.money_table(accounts)}{demand}</div></div>',
        _missing(accounts.money.unpriced),
        note="Operating cost of the run: costs are positive, revenues negative. The demand charge is the run's part "
             f"of its month. {carbon} {stored_note(accounts)}",
    )


def _carbon(accounts: Accounts) -> str:
    carbon = accounts.carbon
    note = "Import by the recorded factor of the public grid, fuel by its own factor."
    if carbon.export_avoided_t > 0.0:
        note += (f" The export of {amount(accounts.energy.export_mwh)} MWh would have emitted "
                 f"{amount(carbon.export_avoided_t)} t from the public grid; it is not credited.")
    figure = figure_html(emission_by_source(carbon), "carbon")
    both = f'<div class="pair"><div>{figure}</div><div>{tables.carbon_table(accounts)}</div></div>' if figure else ""
    return panel("Carbon", both, _missing(carbon.unknown), note=note)


def _networks(run: RunData, timeline: Timeline) -> list[str]:
    found = []
    for network in run.of_role(Role.NETWORK):
        name = escape(network.name, quote=True)
        found.append(panel(
            f"Network: {network.name}",
            figure_html(voltages(run, network, timeline), f"{name}-voltages", "Voltages",
                    "Range over all buses, and the two buses with the lowest and the highest mean"),
            figure_html(loadings(run, network, timeline), f"{name}-loadings", "Loadings",
                    "Highest value of each interval drawn"),
            note=sentence(timeline.note),
        ))
    return found


def _following(run: RunData, accounts: Accounts, timeline: Timeline) -> str:
    return panel(
        "Requested and delivered",
        figure_html(requested_and_delivered(run, accounts, timeline), "following"),
        figure_html(hours_limited(run), "limits", "Time at a limit"),
        note="Set-points against what the components delivered; points mark the limit that bound first.",
    )


def _long_run(accounts: Accounts, timeline: Timeline) -> str:
    return panel(
        "The whole period at a glance",
        figure_html(duration_curves(accounts, timeline), "duration", "Duration curves", "Hourly means, sorted"),
        figure_html(exchange_carpet(accounts, timeline), "carpet", "Exchange hour by hour",
                f"Red is import, blue is export; local time ({timeline.offset})"),
    )


def _devices(run: RunData, timeline: Timeline) -> str:
    binned = " A trip or a fault shows in every interval drawn in which it occurred." if timeline.is_binned else ""
    return panel("Devices", figure_html(device_modes(run, timeline), "devices"),
                 note=f"Mode of each control system; the hatched bars below are faults.{binned}")


def _events(run: RunData) -> str:
    if not run.events:
        return ""
    shown = min(len(run.events), tables.MOST_EVENTS)
    note = f"{len(run.events)} recorded" + (f", the first {shown} shown" if shown < len(run.events) else "")
    return panel("Events", f'<div class="scroll">{tables.events_table(run)}</div>', note=sentence(note))


def _figures_in_full(run: RunData, accounts: Accounts) -> str:
    return panel("All key figures", tables.kpi_table(accounts, run.currency))


def _reproducible(run: RunData, accounts: Accounts, proof: Mapping[str, str]) -> str:
    lines = f'<div class="proof">{tables.pairs_table(proof)}</div>'
    balances = f"<h3>Balances</h3>{tables.balance_table(accounts)}" if accounts.energy.balances else ""
    yaml = f"<details><summary>Resolved scenario</summary><pre>{escape(scenario_yaml(run.scenario))}</pre></details>"
    facts = f'<div class="pair"><div>{lines}</div><div>{balances}</div></div>'
    return panel("Reproducibility", facts, yaml)
