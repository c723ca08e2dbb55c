"""Ed25519 keys (RFC 8032) of a site: the private one signs releases and ledger entries, the public one checks them.

The private key comes from the environment, or from a file of mode 0600 outside any project. A simulated run without one
makes keys of its own (``twin.gate.release.run_keys``). The name of the site and the purpose are part of what is signed:
a signature for one site or purpose is none for another; but the bytes of a key name no site, so that only a known
``key_id`` tells the key of this site from another's. ``cryptography`` is imported where it is used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from twin.errors import ParkTwinError
from twin.store.snapshot import write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_VARIABLE = "PARKTWIN_SIGNING_KEY"
"""PEM (PKCS 8, not encrypted) or the 32-byte seed in base64."""
KEY_FILE_VARIABLE = "PARKTWIN_SIGNING_KEY_FILE"
SEED_BYTES = 32
"""RFC 8032 §5.1.5; the public key has the same length."""
FORMAT = "parktwin.keys.1"
PROJECT_MARKS = (".git", "pyproject.toml")
"""A folder with one of these is a project: what lies in it may be published with it."""
HOW_TO_MAKE_ONE = "`openssl genpkey -algorithm ed25519 -out FILE && chmod 600 FILE` makes one"


class KeyFault(StrEnum):
    """Why there is no key to sign with."""

    MISSING = "missing"
    MALFORMED = "malformed"
    EXPOSED = "exposed"
    """Others can read it."""
    OTHER_SITE = "other_site"


class SigningKeyError(ParkTwinError):
    """There is no key to sign or check with; the message never repeats the key."""

    def __init__(self, fault: KeyFault, message: str) -> None:
        self.fault = fault
        super().__init__(message)


class PublicKey:
    """Checks what the site's private key signed."""

    def __init__(self, site: str, raw: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        self.site = site
        self.raw = raw
        self.key_id = hashlib.sha256(raw).hexdigest()
        self._key = Ed25519PublicKey.from_public_bytes(raw)

    def signed(self, purpose: str, message: bytes, signature_hex: str) -> bool:
        """Whether the site's private key signed this for this purpose."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(bytes.fromhex(signature_hex), _bound(self.site, purpose, message))
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and (self.site, self.raw) == (other.site, other.raw)

    def __hash__(self) -> int:
        return hash((self.site, self.raw))

    def __repr__(self) -> str:
        return f"PublicKey({self.site!r}, {self.key_id[:12]}…)"


class SigningKey:
    """Signs for one site. Cannot be copied, pickled or printed."""

    def __init__(self, site: str, private: Ed25519PrivateKey) -> None:
        self.site = site
        self.public = PublicKey(site, private.public_key().public_bytes_raw())
        self._private = private

    @property
    def key_id(self) -> str:
        """SHA-256 of the public key."""
        return self.public.key_id

    def sign(self, purpose: str, message: bytes) -> str:
        """Signature in hexadecimal digits; the same for the same message."""
        return self._private.sign(_bound(self.site, purpose, message)).hex()

    def __repr__(self) -> str:
        return f"SigningKey({self.site!r}, {self.key_id[:12]}…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key stays in the process that holds it")


def make_run_key(site: str) -> SigningKey:
    """A fresh key for a simulated run; it is gone with the process."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return SigningKey(site, Ed25519PrivateKey.generate())


def load_signing_key(site: str, expected_key_id: str | None = None,
                     environ: Mapping[str, str] = os.environ) -> SigningKey:
    """The site's key, from the environment or from the file that the environment names.

    Parameters
    ----------
    expected_key_id : the key that the site's devices trust (``gate.key_id``); ``None`` takes any.

    Raises
    ------
    SigningKeyError
        If there is none, or it is malformed, exposed, or of another site.
    """
    text, file = environ.get(KEY_VARIABLE, "").strip(), environ.get(KEY_FILE_VARIABLE, "").strip()
    if text and file:
        raise SigningKeyError(KeyFault.MALFORMED, f"both {KEY_VARIABLE} and {KEY_FILE_VARIABLE} are set; unset one")
    if not text and not file:
        raise SigningKeyError(KeyFault.MISSING, f"no key to sign releases of {site} with: set {KEY_VARIABLE} (PEM or "
                                                f"base64) or {KEY_FILE_VARIABLE}; {HOW_TO_MAKE_ONE}")
    where = file or KEY_VARIABLE
    key = SigningKey(site, _private_of(_read_private(Path(file)) if file else text, where))
    if expected_key_id is not None and key.key_id != expected_key_id:
        raise SigningKeyError(KeyFault.OTHER_SITE, f"{where}: the key {key.key_id[:12]}… is of another site; {site} "
                                                   f"trusts {expected_key_id[:12]}… (gate.key_id); give that one, or "
                                                   f"write gate.key_id: {key.key_id} into the scenario")
    return key


def store_public_key(file: Path, key: PublicKey) -> None:
    """Add a public key to a file of them, atomically; a continued run has one key per process.

    The file says which keys there are, not which are trusted (``twin.gate.ledger.trust``).

    Raises
    ------
    SigningKeyError
        If the file is damaged.
    """
    known = read_public_keys(file) if file.exists() else ()
    write_public_keys(file, known if key in known else [*known, key])


def write_public_keys(file: Path, keys: Iterable[PublicKey]) -> None:
    """Write a file with these public keys alone, atomically."""
    entries = [{"site": k.site, "key_id": k.key_id, "ed25519": base64.b64encode(k.raw).decode()} for k in keys]
    write_atomically(file, json.dumps({"format": FORMAT, "keys": entries}, indent=1))


def read_public_keys(file: Path) -> tuple[PublicKey, ...]:
    """What :func:`store_public_key` wrote.

    Raises
    ------
    SigningKeyError
        If the file is missing or damaged.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}")
        keys = tuple(_public_of(entry) for entry in data["keys"])
    except FileNotFoundError:
        raise SigningKeyError(KeyFault.MISSING, f"{file}: no public keys; nothing signed can be checked without "
                                                "them") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SigningKeyError(KeyFault.MALFORMED, f"{file}: damaged list of public keys ({error})") from None
    return keys


def _public_of(entry: dict[str, Any]) -> PublicKey:
    key = PublicKey(str(entry["site"]), base64.b64decode(entry["ed25519"], validate=True))
    if key.key_id != entry["key_id"]:
        raise ValueError(f"key_id {entry['key_id']!r} is not of its key")
    return key


def _bound(site: str, purpose: str, message: bytes) -> bytes:
    """Lengths in front, so that no two different triples are the same bytes."""
    parts = (purpose.encode(), site.encode(), message)
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def _read_private(file: Path) -> str:
    try:
        mode = file.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SigningKeyError(KeyFault.MALFORMED, f"{file}: is no file; {HOW_TO_MAKE_ONE}")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SigningKeyError(KeyFault.EXPOSED, f"{file}: mode {stat.S_IMODE(mode):04o} lets others read the key; "
                                                    f"`chmod 600 {file}`, and make a new key if it was read")
        for folder in file.resolve().parents:
            if any((folder / mark).exists() for mark in PROJECT_MARKS):
                raise SigningKeyError(KeyFault.EXPOSED, f"{file}: lies in the project {folder} and may be published "
                                                        "with it; move it out")
        return file.read_text(encoding="ascii")
    except FileNotFoundError:
        raise SigningKeyError(KeyFault.MISSING, f"{KEY_FILE_VARIABLE}: {file} does not exist; {HOW_TO_MAKE_ONE}"
                              ) from None
    except UnicodeDecodeError:
        raise SigningKeyError(KeyFault.MALFORMED, f"{file}: neither PEM nor base64") from None
    except OSError as error:
        raise SigningKeyError(KeyFault.MISSING, f"{file}: cannot be read ({error.strerror})") from None


def _private_of(text: str, where: str) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if not text.lstrip().startswith("-----"):
            seed = base64.b64decode("".join(text.split()), validate=True)
            return Ed25519PrivateKey.from_private_bytes(seed)
        key = load_pem_private_key(text.encode(), password=None)
    except TypeError:
        raise SigningKeyError(KeyFault.MALFORMED, f"{where}: the PEM is encrypted; give one without password") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SigningKeyError(KeyFault.MALFORMED, f"{where}: neither a PEM private key nor the base64 of {SEED_BYTES} "
                                                  f"bytes; {HOW_TO_MAKE_ONE}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(KeyFault.MALFORMED, f"{where}: a key of another kind; Ed25519 is needed; "
                                                  f"{HOW_TO_MAKE_ONE}")
    return key
