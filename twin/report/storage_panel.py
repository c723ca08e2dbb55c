"""The section of a storage that states its inner life: health, losses, cycles, temperature, instruments."""

from __future__ import annotations

from html import escape

from twin.accounts import Accounts
from twin.accounts.storage_health import StorageHealth
from twin.report import tables
from twin.report.figures.storage_health import cycle_depths, losses_by_cause, measured_charge, state_of_health
from twin.report.figures.storage_health import temperature as temperature_figure
from twin.report.parts import figure_html, panel, sentence
from twin.report.storage_tables import law_head, law_rows, loss_rows, storage_facts
from twin.report.timeline import Timeline
from twin.store.run_data import RunData

CHECK = ("The losses are stated by the storage itself. Checked here: they add up, none is negative, the content falls "
         "by what was delivered and lost, and conversion loses no less than at the best point of its curve; not that "
         "each cause is right.")
BAND = ("The line is the nominal law, which acts on the storage; the band is the range over all laws. It is a spread "
        "between published laws, not a confidence interval.")
EXTRAPOLATED = "~: beyond the run, calendar and cyclic loss each going on along its own power of time."


def storage_panels(run: RunData, accounts: Accounts, timeline: Timeline) -> list[str]:
    """One section per storage that states losses by cause or laws of ageing."""
    return [_panel(run, storage, timeline) for storage in accounts.storages]


def _panel(run: RunData, storage: StorageHealth, timeline: Timeline) -> str:
    record, name = run.components[storage.name], escape(storage.name, quote=True)
    facts = tables.table(["Figure", "Value"], storage_facts(storage, run.currency), text_columns=2)
    losses = tables.table(["Loss", "MWh", "of throughput"], loss_rows(storage), last_is_total=True)
    drawn = figure_html(losses_by_cause(storage), f"{name}-losses")
    return panel(
        f"Storage: {storage.name}", facts, _laws(storage, run.currency),
        figure_html(state_of_health(run, record, storage, timeline), f"{name}-health", "State of health", BAND),
        f'<h3>Losses by cause</h3><p class="note">{escape(CHECK)}</p><div class="pair"><div>{drawn}</div>'
        f"<div>{losses}</div></div>" if storage.losses_mwh else "",
        figure_html(cycle_depths(storage), f"{name}-cycles", "Cycles by depth",
                    "Rainflow count of closed cycles; those still open at the end are not among them."),
        figure_html(temperature_figure(run, record, storage, timeline), f"{name}-temperature", "Temperature"),
        figure_html(measured_charge(run, record, timeline), f"{name}-measured", "State of charge, measured and true",
                    "Controllers see what is measured; accounts and networks what is true."),
        note=sentence(timeline.note),
    )


def _laws(storage: StorageHealth, currency: str) -> str:
    if not storage.laws:
        return ""
    table = tables.table(law_head(storage, currency), law_rows(storage))
    guessed = any(law.is_extrapolated for law in storage.laws)
    note = f'<p class="note">{escape(EXTRAPOLATED)}</p>' if guessed else ""
    return f'<div class="scroll">{table}</div>{note}'
