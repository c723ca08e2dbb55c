"""Keys of a simulated run: each process of it signs with the key that the one before has introduced.

The first process makes two keys. It signs with one, whose private half it never writes down, and names the other as
the next one in its first entry of the ledger. The private half of the next key waits in the run directory, in a file
for the owner alone; a process that continues the run signs with it and introduces one more. When the run is complete
the file is removed, and nobody can add to its ledger any more.

Whoever can read the file, that is the user who runs the twin, can sign in the name of the next process until then.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

from twin.gate.release.keys import SEED_BYTES, KeyFault, SigningKey, SigningKeyError

OWNER_ALONE = 0o600


class RunKeys:
    """The key of this process and the next one.

    Parameters
    ----------
    file : where the next key waits; what it holds stays there until :meth:`settle`.
    introduced : id of the key that the process before has introduced; None: there was none.

    Raises
    ------
    SigningKeyError
        If that key is not in the file.
    """

    def __init__(self, file: Path, site: str, introduced: str | None) -> None:
        self._file = file
        stored = {_key(seed, site).key_id: seed for seed in _read(file)}
        if introduced is not None and introduced not in stored:
            raise SigningKeyError(KeyFault.MISSING, (
                f"{file}: does not hold the key {introduced[:12]}… that this run was to go on with, so that nothing "
                "could be signed that its ledger trusts; put the file back from a copy, or start another run"))
        own = os.urandom(SEED_BYTES) if introduced is None else stored[introduced]
        self._next_seed = os.urandom(SEED_BYTES)
        self.own, self.next = _key(own, site), _key(self._next_seed, site)
        _write(file, [*stored.values(), self._next_seed])

    def settle(self) -> None:
        """The ledger names the next key: only that one is still needed."""
        _write(self._file, [self._next_seed])


def _key(seed: bytes, site: str) -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return SigningKey(site, Ed25519PrivateKey.from_private_bytes(seed))


def _read(file: Path) -> list[bytes]:
    try:
        seeds = [base64.b64decode(text, validate=True) for text in json.loads(file.read_text(encoding="ascii"))]
        if any(len(seed) != SEED_BYTES for seed in seeds):
            raise ValueError(f"a key has {SEED_BYTES} bytes")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError):
        raise SigningKeyError(KeyFault.MALFORMED, f"{file}: no keys of a run; put it back from a copy, or start "
                                                  "another run") from None
    return seeds


def _write(file: Path, seeds: list[bytes]) -> None:
    """Durable and atomic, and never readable by others."""
    part = file.with_suffix(".part")
    try:
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE), "w", encoding="ascii") as out:
            json.dump([base64.b64encode(seed).decode() for seed in seeds], out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        raise SigningKeyError(KeyFault.MISSING, f"{file}: cannot be written ({error.strerror}); free some space or "
                                                "check the folder") from None
