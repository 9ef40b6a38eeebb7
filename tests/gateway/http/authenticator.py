"""An authenticator in software: makes passkeys and signs as Web Authentication says, and as a thief's tampered one might."""

import base64
import hashlib
import json
import secrets
from typing import Any, Final, Literal

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

Algorithm = Literal["Ed25519", "ES256", "RS256"]
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PRESENT: Final = 0x01
VERIFIED: Final = 0x04
MADE: Final = 0x40


def text_of(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """One device before pages of one origin. Its fields may be set to what they should not be."""

    def __init__(self, origin: str, algorithm: Algorithm = "ES256") -> None:
        self.origin = origin
        self.domain = ""  # "": as asked
        self.counts = True
        self.sign_count = 0
        self.flags = PRESENT | VERIFIED
        self.cross_origin = False
        self.credential_id = secrets.token_bytes(32)
        self.user_id = b""
        self._key = _new_key(algorithm)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answers `navigator.credentials.create()`, with the attestation "none"."""
        self.user_id = bytes_of(options["user"]["id"])
        excluded = [bytes_of(row["id"]) for row in options["excludeCredentials"]]
        assert self.credential_id not in excluded
        public_key = cbor2.dumps(self._cose())
        made = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + public_key
        data = self._data(options["rp"]["id"], self.flags | MADE) + made
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": text_of(client), "attestationObject": text_of(attestation)})

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answers `navigator.credentials.get()`."""
        assert options["rpId"]
        self.sign_count += self.counts
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signature = self._sign(data + hashlib.sha256(client).digest())
        return self._answer(
            {
                "clientDataJSON": text_of(client),
                "authenticatorData": text_of(data),
                "signature": text_of(signature),
                "userHandle": text_of(self.user_id),
            }
        )

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        called = text_of(self.credential_id)
        return {
            "id": called,
            "rawId": called,
            "type": "public-key",
            "response": response,
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
        }

    def _data(self, domain: str, flags: int) -> bytes:
        domain_sha256 = hashlib.sha256((self.domain or domain).encode()).digest()
        return domain_sha256 + bytes([flags]) + self.sign_count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin}
        return json.dumps(told).encode()

    def _cose(self) -> dict[int, Any]:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return {1: 1, 3: -8, -1: 6, -2: self._key.public_key().public_bytes_raw()}
        if isinstance(self._key, rsa.RSAPrivateKey):
            public = self._key.public_key().public_numbers()
            return {1: 3, 3: -257, -1: public.n.to_bytes(256, "big"), -2: public.e.to_bytes(3, "big")}
        numbers = self._key.public_key().public_numbers()
        return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    def _sign(self, signed: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(signed)
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(signed, ec.ECDSA(hashes.SHA256()))


def _new_key(algorithm: Algorithm) -> PrivateKey:
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "RS256":
        return rsa.generate_private_key(65_537, 2_048)
    return ed25519.Ed25519PrivateKey.generate()
