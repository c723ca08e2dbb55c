"""The type of parameters that name a file; the loader turns what the user wrote into an absolute path.

``pvlib:NAME`` names a file that ships with pvlib; a relative path is looked up in the scenario's ``data_dir`` where
there is one, then beside the file that names it, then in the scenario roots; which folders it may lead to,
``twin.scenario.filerefs`` says. Params built in code take a path as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias


@dataclass(frozen=True, slots=True)
class FileReference:
    """Marks a string parameter as the name of a data file."""


DataFile: TypeAlias = Annotated[str, FileReference()]
"""An existing file, absolute once the scenario is loaded."""
