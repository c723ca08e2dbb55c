"""Where a site's key comes from, what is wrong with it in words, and that the private half stays where it is."""

import base64
import copy
import json
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.twin.gate.releases import SITE, key
from twin.gate.release.keys import (
    KEY_FILE_VARIABLE,
    KEY_VARIABLE,
    KeyFault,
    PublicKey,
    SigningKeyError,
    load_signing_key,
    make_run_key,
    read_public_keys,
    store_public_key,
)

# RFC 8032 §7.1, test 1: the seed and its public key
RFC_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
RFC_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")


def pem(private=None, encryption=None):
    private = private or Ed25519PrivateKey.from_private_bytes(RFC_SEED)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def fault(environ, **kwargs):
    with pytest.raises(SigningKeyError) as caught:
        load_signing_key(SITE, environ=environ, **kwargs)
    return caught.value.fault, str(caught.value)


@pytest.mark.parametrize("text", [base64.b64encode(RFC_SEED).decode(), pem(), "\n" + pem() + "\n"])
def test_seed_and_pem_give_the_public_key_of_rfc_8032(text):
    loaded = load_signing_key(SITE, environ={KEY_VARIABLE: text})
    assert loaded.public.raw == RFC_PUBLIC
    assert loaded.key_id == "21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9", "sha256 of the key"


def test_a_key_file_for_its_owner_alone_is_read(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(pem())
    file.chmod(0o600)
    assert load_signing_key(SITE, environ={KEY_FILE_VARIABLE: str(file)}).public.raw == RFC_PUBLIC


def test_no_key_is_told_with_the_remedy():
    what, message = fault({})
    assert what is KeyFault.MISSING
    assert KEY_VARIABLE in message and KEY_FILE_VARIABLE in message and "openssl genpkey" in message


def test_two_keys_are_one_too_many():
    assert fault({KEY_VARIABLE: "x", KEY_FILE_VARIABLE: "y"})[1].endswith("are set; unset one")


@pytest.mark.parametrize(("text", "words"), [
    ("not a key", "neither a PEM private key nor the base64 of 32 bytes"),
    (base64.b64encode(RFC_SEED[:31]).decode(), "neither a PEM private key"),
    (pem()[:60], "neither a PEM private key"),
    (pem(encryption=BestAvailableEncryption(b"secret")), "the PEM is encrypted"),
    (pem(rsa.generate_private_key(65537, 2048)), "a key of another kind; Ed25519 is needed"),
])
def test_what_is_no_key_is_told_without_repeating_it(text, words):
    what, message = fault({KEY_VARIABLE: text})
    assert what is KeyFault.MALFORMED and words in message
    assert text.strip().splitlines()[-1] not in message


def test_a_file_that_others_can_read_is_refused(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text(pem())
    file.chmod(0o640)
    what, message = fault({KEY_FILE_VARIABLE: str(file)})
    assert what is KeyFault.EXPOSED and "0640" in message and f"chmod 600 {file}" in message


@pytest.mark.parametrize("mark", [".git", "pyproject.toml"])
def test_a_file_inside_a_project_is_refused(tmp_path, mark):
    (tmp_path / mark).mkdir()
    file = tmp_path / "deep" / "key.pem"
    file.parent.mkdir()
    file.write_text(pem())
    file.chmod(0o600)
    what, message = fault({KEY_FILE_VARIABLE: str(file)})
    assert what is KeyFault.EXPOSED and str(tmp_path) in message and "move it out" in message


def test_a_missing_file_a_folder_and_bytes_are_refused(tmp_path):
    assert fault({KEY_FILE_VARIABLE: str(tmp_path / "none.pem")})[0] is KeyFault.MISSING
    assert fault({KEY_FILE_VARIABLE: str(tmp_path)})[0] is KeyFault.MALFORMED
    file = tmp_path / "key.bin"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    assert fault({KEY_FILE_VARIABLE: str(file)})[0] is KeyFault.MALFORMED


def test_the_key_of_another_site_is_refused():
    environ = {KEY_VARIABLE: pem()}
    assert load_signing_key(SITE, load_signing_key(SITE, environ=environ).key_id, environ).public.raw == RFC_PUBLIC
    what, message = fault(environ, expected_key_id=key().key_id)
    assert what is KeyFault.OTHER_SITE and SITE in message and key().key_id[:12] in message


def test_a_signature_counts_for_its_site_purpose_and_message_alone():
    signature = key().sign("release", b"message")
    assert key().public.signed("release", b"message", signature)
    assert not key().public.signed("release", b"massage", signature)
    assert not key().public.signed("ledger", b"message", signature)
    assert not key().public.signed("releasem", b"essage", signature)
    assert not PublicKey("another_site", key().public.raw).signed("release", b"message", signature)
    assert not key(seed=2).public.signed("release", b"message", signature)
    assert not key().public.signed("release", b"message", "no hexadecimal digits")


def test_the_private_key_does_not_leave_its_process():
    secret = key()
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="stays in the process"):
            leak(secret)
    assert repr(secret) == f"SigningKey('{SITE}', {secret.key_id[:12]}…)"


def test_a_run_makes_a_key_of_its_own_and_keeps_only_the_public_half(tmp_path):
    first, second = make_run_key(SITE), make_run_key(SITE)
    assert first.key_id != second.key_id
    file = tmp_path / "release_keys.json"
    for public in (first.public, second.public, first.public):
        store_public_key(file, public)
    assert read_public_keys(file) == (first.public, second.public)
    assert [p.name for p in tmp_path.iterdir()] == ["release_keys.json"]


def test_damaged_lists_of_public_keys_are_refused(tmp_path):
    file = tmp_path / "release_keys.json"
    with pytest.raises(SigningKeyError, match="no public keys"):
        read_public_keys(file)
    store_public_key(file, key().public)
    good = json.loads(file.read_text())
    bad = [{**good, "format": "x"}, [], {**good, "keys": [{**good["keys"][0], "key_id": "00"}]},
           {**good, "keys": [{**good["keys"][0], "ed25519": "AAAA"}]}, {**good, "keys": [3]}]
    for data in bad:
        file.write_text(json.dumps(data))
        with pytest.raises(SigningKeyError, match="damaged list of public keys"):
            read_public_keys(file)
