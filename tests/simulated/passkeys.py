"""A software passkey authenticator. It signs like a real one, and can be told to misbehave."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

_USER_PRESENT, _USER_VERIFIED, _HAS_ATTESTED_DATA = 0x01, 0x04, 0x40


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Key:
    """One credential of an authenticator. `counter` counts signatures, or stays 0 if told not to count.

    Source: WebAuthn L3, 6.1 (authenticator data) and 6.5.4 (attested credential data).
    """

    site: str = "testserver"
    origin: str = "http://testserver"
    is_verified: bool = True
    counts: bool = True
    counter: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    pair: ec.EllipticCurvePrivateKey = field(default_factory=_new_key)

    def make(self, options: str, **lies: Any) -> str:
        """Answer a request to create a credential. `lies` replace members of the client data."""
        told = self._client("webauthn.create", options, lies)
        number = self.pair.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: number.x.to_bytes(32, "big"), -3: number.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(_HAS_ATTESTED_DATA) + attested}
        return self._answer({"clientDataJSON": told, "attestationObject": cbor2.dumps(statement)})

    def sign(self, options: str, **lies: Any) -> str:
        """Answer a request to verify."""
        told = self._client("webauthn.get", options, lies)
        if self.counts:
            self.counter += 1
        data = self._data(0)
        signature = self.pair.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": told, "authenticatorData": data, "signature": signature})

    def _client(self, kind: str, options: str, lies: dict[str, Any]) -> bytes:
        challenge = json.loads(options)["challenge"]
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | lies).encode()

    def _data(self, flags: int) -> bytes:
        flags |= _USER_PRESENT | (_USER_VERIFIED if self.is_verified else 0)
        return hashlib.sha256(self.site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _answer(self, response: dict[str, bytes]) -> str:
        name = bytes_to_base64url(self.id)
        parts = {part: bytes_to_base64url(value) for part, value in response.items()}
        whole = {"id": name, "rawId": name, "type": "public-key", "response": parts, "clientExtensionResults": {}}
        return json.dumps(whole)


def allowed(options: str) -> set[bytes]:
    """Return the ids of the credentials that a request names."""
    return {base64url_to_bytes(key["id"]) for key in json.loads(options)["allowCredentials"]}
