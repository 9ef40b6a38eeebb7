"""Passkeys and security keys (通行密钥, 安全密钥) as second factor: W3C Web Authentication, level 2.

Every passkey is a discoverable one: the authenticator itself knows which it has for this exchange, so a login asks for none by
name, and what the exchange answers is the same for a name that exists and one that does not. No attestation is asked for: which
make the authenticator has decides nothing here. Pure, but for the library `webauthn`, which reads CBOR and COSE.
"""

import hashlib
import ipaddress
import re
from base64 import urlsafe_b64encode
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

MARKET: Final = "Yutan"
NAME_MAX: Final = 40  # characters of what a person calls a passkey
_ALGORITHMS: Final = (-8, -7, -257)  # COSE: Ed25519, ES256, and RS256, which some older computers have alone

# Controls, and what is not seen but turns or hides what stands beside it.
_HIDDEN: Final = re.compile("[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

Binary = Annotated[str, Meta(max_length=8_192, pattern=r"^[A-Za-z0-9_-]*$")]  # base64url


class Passkey(Struct, frozen=True):
    """One as it is stored. public_key: in COSE. sign_count: how often it signed, 0 where it does not count. Times in ns since 1970."""

    passkey_id: str  # what it is called where passkeys are listed
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool  # its private half may be on several devices
    made_ns: int
    used_ns: int


class AssertionResponse(Struct, frozen=True):
    """What an authenticator has signed."""

    client_data_json: Binary = field(name="clientDataJSON")
    authenticator_data: Binary = field(name="authenticatorData")
    signature: Binary
    user_handle: Binary | None = field(name="userHandle", default=None)


class Assertion(Struct, frozen=True):
    """An answer to `navigator.credentials.get()`, in the form of its `toJSON()`; what it has besides is not read."""

    id: Binary
    raw_id: Binary = field(name="rawId")
    type: str
    response: AssertionResponse


class AttestationResponse(Struct, frozen=True):
    """What an authenticator has made."""

    client_data_json: Binary = field(name="clientDataJSON")
    attestation_object: Binary = field(name="attestationObject")


class Attestation(Struct, frozen=True):
    """An answer to `navigator.credentials.create()`, in the form of its `toJSON()`; what it has besides is not read."""

    id: Binary
    raw_id: Binary = field(name="rawId")
    type: str
    response: AttestationResponse


class Party(NamedTuple):
    """The exchange as an authenticator knows it: the domain, and the origin of the page that asks."""

    domain: str
    origin: str


class Unproven(Exception):
    """Not a good answer of an authenticator; the text is for the log."""


def party_of(origin: str, domain: str) -> Party | None:
    """As whom a page of this origin asks; None where it cannot: an address is no domain. `domain` "": the page's own host."""
    host = urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        is_inside = host and (not domain or host == domain or host.endswith(f".{domain}"))
        return Party(domain or host, origin) if is_inside else None
    return None


def new_options(party: Party, name: str, user_id: bytes, challenge: bytes, held: tuple[Passkey, ...]) -> dict[str, Any]:
    """What `navigator.credentials.create()` takes, as PublicKeyCredentialCreationOptionsJSON."""
    return {
        "rp": {"id": party.domain, "name": MARKET},
        "user": {"id": _text(user_id), "name": name, "displayName": name},
        "challenge": _text(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "excludeCredentials": [{"type": "public-key", "id": _text(passkey.credential_id)} for passkey in held],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "preferred",
        },
        "attestation": "none",
    }  # fmt: skip


def ask_options(party: Party, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get()` takes, as PublicKeyCredentialRequestOptionsJSON."""
    return {"rpId": party.domain, "challenge": _text(challenge), "userVerification": "preferred"}


def user_id_of(door: str, name: str) -> bytes:
    """By which an authenticator knows whose passkey it is: a later login of the same name replaces an earlier one's there."""
    return hashlib.sha256(f"yutan passkey|{door}|{name}".encode()).digest()


def challenge_of(answer: Assertion | Attestation) -> bytes:
    """The challenge that was answered, not yet checked. Raises `Unproven`."""
    from webauthn.helpers import base64url_to_bytes, parse_client_data_json

    try:
        told = parse_client_data_json(base64url_to_bytes(answer.response.client_data_json))
    except Exception as error:  # the bytes are anybody's, and the library raises what its parts raise
        raise Unproven(f"client data: {error}") from error
    if told.cross_origin:
        raise Unproven("asked for inside a page of somebody else")
    return told.challenge


def made(answer: Attestation, party: Party, challenge: bytes, name: str, now_ns: int) -> Passkey:
    """The passkey that was made for this challenge. Raises `Unproven`."""
    from webauthn import verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    try:
        found = verify_registration_response(
            credential=msgspec.to_builtins(answer),
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(algorithm) for algorithm in _ALGORITHMS],
        )
    except Exception as error:  # as above
        raise Unproven(str(error)) from error
    called = f"P-{hashlib.sha256(found.credential_id).hexdigest()[:16]}"
    is_synced = found.credential_device_type == "multi_device"
    return Passkey(
        called, name, found.credential_id, found.credential_public_key, found.sign_count, is_synced, now_ns, now_ns
    )


def used(answer: Assertion, party: Party, challenge: bytes, passkey: Passkey, user_id: bytes, now_ns: int) -> Passkey:
    """The passkey after it has signed this challenge. Raises `Unproven`, also where its count did not grow: there is a copy."""
    from webauthn import verify_authentication_response

    try:
        found = verify_authentication_response(
            credential=msgspec.to_builtins(answer),
            expected_challenge=challenge,
            expected_rp_id=party.domain,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below, when it is known who has signed it
        )
    except Exception as error:  # as above
        raise Unproven(str(error)) from error
    if answer.response.user_handle not in (None, "", _text(user_id)):
        raise Unproven("of somebody else")
    if (found.new_sign_count or passkey.sign_count) and found.new_sign_count <= passkey.sign_count:
        raise Unproven(f"cloned: signed {found.new_sign_count} times after {passkey.sign_count}")
    return msgspec.structs.replace(passkey, sign_count=found.new_sign_count, used_ns=now_ns)


def is_good_name(name: str) -> bool:
    """Whether a passkey may be called so: all of it can be seen; "" is no name, which a new one may have."""
    return _HIDDEN.search(name) is None and (not name or not name.isspace())


def is_of(answer: Assertion, passkey: Passkey) -> bool:
    """Whether the answer says that this passkey gave it."""
    return answer.raw_id == _text(passkey.credential_id)


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
