"""``meta.json``: what a run is and how far it got, as plain data beside the results."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin import nameplate as nameplates
from twin.component import Component, ports_of
from twin.errors import RunStoreError, WrongRunError
from twin.nameplate import Nameplate
from twin.store.layout import FORMAT_VERSION, META
from twin.store.run_data import ComponentRecord
from twin.store.snapshot import write_atomically


@dataclass(frozen=True, slots=True)
class RunMeta:
    """Everything but the series."""

    name: str
    start: str
    """ISO 8601 with offset."""
    timezone: str
    duration_s: int
    """Planned."""
    step_s: int
    seed: int
    currency: str
    scenario_sha256: str
    code_version: str
    code_sha256: str
    """Sources of the framework and of the components (see ``twin.store.fingerprint``)."""
    data_sha256: dict[str, str]
    """Absolute path of each data file → its hash."""
    created_utc: str
    status: str
    """``running``, ``complete``, ``interrupted`` or ``failed``; after kill -9 it still says ``running``."""
    components: dict[str, ComponentRecord]

    def write(self, directory: Path) -> None:
        """Atomically."""
        data = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "components"}
        data["components"] = {n: _record_to_plain(r) for n, r in self.components.items()}
        write_atomically(directory / META, json.dumps({"format": FORMAT_VERSION, **data}, indent=1, ensure_ascii=False))

    def provenance(self) -> dict[str, str]:
        """What another person needs to repeat the run."""
        return {"seed": str(self.seed), "scenario (SHA-256)": self.scenario_sha256,
                "parktwin": f"{self.code_version}, code {self.code_sha256[:12]}",
                **{f"{Path(file).name} (SHA-256)": digest for file, digest in self.data_sha256.items()},
                "created": self.created_utc, "status": self.status}

    @classmethod
    def read(cls, directory: Path) -> RunMeta:
        """Read ``meta.json``.

        Raises
        ------
        WrongRunError
            If the folder is no run, or one of another version.
        RunStoreError
            If the file is damaged.
        """
        path = directory / META
        try:
            data = json.loads(path.read_text())
        except FileNotFoundError:
            what = f"no run directory ({META} is missing)" if directory.is_dir() else "does not exist"
            raise WrongRunError(f"{directory}: {what}; `twin run SCENARIO --out {directory}` makes one") from None
        except (OSError, ValueError) as error:
            raise RunStoreError(f"{path}: damaged ({error})") from None
        version = data.pop("format", None) if isinstance(data, dict) else None
        if version is None:
            raise RunStoreError(f"{path}: damaged (it does not say which version of the run store wrote it)")
        if version != FORMAT_VERSION:
            raise WrongRunError(f"{path}: written by version {str(version)[:20]} of the run store, this is "
                                f"{FORMAT_VERSION}; read it with the parktwin that wrote it, or run the scenario anew")
        try:
            data["components"] = {n: _record_from_plain(r) for n, r in data["components"].items()}
            return cls(**data)
        except (KeyError, TypeError, AttributeError) as error:
            raise RunStoreError(f"{path}: damaged ({error})") from None


def record_of(component: Component, type_name: str) -> ComponentRecord:
    """What the run remembers of a component."""
    ports = ports_of(component.Outputs)
    terminals = component.terminals()
    return ComponentRecord(
        name=component.name, type=type_name, role=component.role.value, section=component.section.value,
        step_s=component.step_s,
        outputs=tuple(n for n, p in ports.items() if p.per is None),
        vectors={n: terminals[p.per] for n, p in ports.items() if p.per is not None},
        codes={n: {int(c): c.name.lower() for c in p.codes} for n, p in ports.items() if p.codes is not None},
        nameplate=component.nameplate(),
    )


def _record_to_plain(record: ComponentRecord) -> dict[str, Any]:
    plain = {f.name: getattr(record, f.name) for f in dataclasses.fields(record) if f.name != "nameplate"}
    if record.nameplate is not None:
        values = {f.name: getattr(record.nameplate, f.name) for f in dataclasses.fields(record.nameplate)}
        plain["nameplate"] = {"kind": type(record.nameplate).__name__,
                              **{k: v for k, v in values.items() if not callable(v)}}
    return plain


def _record_from_plain(plain: dict[str, Any]) -> ComponentRecord:
    plain = dict(plain)
    data = plain.pop("nameplate", None)
    plain["outputs"] = tuple(plain["outputs"])
    plain["vectors"] = {n: tuple(labels) for n, labels in plain["vectors"].items()}
    plain["codes"] = {n: {int(c): word for c, word in codes.items()} for n, codes in plain["codes"].items()}
    return ComponentRecord(**plain, nameplate=_nameplate_from_plain(data) if data else None)


def _nameplate_from_plain(data: dict[str, Any]) -> Nameplate:
    kind = getattr(nameplates, str(data["kind"]))
    values = {k: v for k, v in data.items() if k != "kind"}
    if kind is nameplates.TariffNameplate:
        values["prices_at"] = _not_stored
    return kind(**values)


def _not_stored(t_s: np.ndarray) -> dict[str, np.ndarray]:
    raise RunStoreError("a run stores the prices it saw as series, not the tariff's look-ahead")
