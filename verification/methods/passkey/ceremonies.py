"""The ceremonies of WebAuthn: what a browser is asked, and whether its answer holds.

Source: WebAuthn Level 3, 7.1 and 7.2, by py_webauthn.
"""

from collections.abc import Mapping
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json, parse_authenticator_data
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from verification import conf, inputs
from verification.method_base import ChallengeData, Check, Draft
from verification.methods.passkey.method import site
from verification.outcomes import Verdict

# What py_webauthn and cbor2 raise for an answer that is wrong, or has parts of another type than they expect.
_REFUSED = (WebAuthnException, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def creation(challenge: ChallengeData) -> str:
    """Return what a browser is asked so that it creates a key, as JSON."""
    return options_to_json(
        webauthn.generate_registration_options(
            rp_id=site(),
            rp_name=conf.organisation_name(),
            user_id=challenge.person,
            user_name=challenge.account,
            challenge=challenge.random,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_keys(challenge.others()),
        )
    )


def request(challenge: ChallengeData) -> str:
    """Return what a browser is asked so that it uses a key, as JSON."""
    return options_to_json(
        webauthn.generate_authentication_options(
            rp_id=site(),
            challenge=challenge.random,
            allow_credentials=_keys(challenge.others()),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def check(challenge: ChallengeData, answer: str) -> Check:
    """Check what a browser answered."""
    try:
        return _register(challenge, answer) if challenge.is_enrolment else _authenticate(challenge, answer)
    except _REFUSED:
        # Wrong origin, site, challenge or signature, a counter that went back, or rubbish.
        return Check(verdict=Verdict.WRONG, cause=_cause(challenge, answer))


def _register(challenge: ChallengeData, answer: str) -> Check:
    _refuse_frames(answer)
    made = webauthn.verify_registration_response(
        credential=answer,
        expected_challenge=challenge.random,
        expected_rp_id=site(),
        expected_origin=conf.public_url(),
        require_user_verification=True,
    )
    address = bytes_to_base64url(made.credential_id)
    if address in challenge.others():
        return Check(verdict=Verdict.WRONG, cause="taken")
    draft = Draft(address=address, secret=made.credential_public_key, data={"aaguid": made.aaguid})
    return Check(verdict=Verdict.PROVEN, counter=made.sign_count or None, draft=draft)


def _authenticate(challenge: ChallengeData, answer: str) -> Check:
    _refuse_frames(answer)
    _refuse_others(answer, challenge.person)
    used = webauthn.verify_authentication_response(
        credential=answer,
        expected_challenge=challenge.random,
        expected_rp_id=site(),
        expected_origin=conf.public_url(),
        credential_public_key=challenge.secret,
        credential_current_sign_count=max(challenge.counter, 0),
        require_user_verification=True,
    )
    if bytes_to_base64url(used.credential_id) != challenge.address:
        return Check(verdict=Verdict.WRONG, cause="unknown")
    return Check(verdict=Verdict.PROVEN, counter=used.new_sign_count or None)


def _keys(addresses: tuple[str, ...]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(address)) for address in addresses]


def _refuse_frames(answer: str) -> None:
    """Refuse an answer given in a frame of another site. Source: WebAuthn L3, 7.1 (steps 10 and 11) and 7.2.

    Errors: ValueError.
    """
    told = inputs.parse_json(base64url_to_bytes(_response(answer)["clientDataJSON"]).decode())
    if not isinstance(told, dict) or told.get("crossOrigin", False) is not False or told.get("topOrigin") is not None:
        raise ValueError("answered in a frame of another site")


def _refuse_others(answer: str, person: bytes) -> None:
    """Refuse an answer whose key says that it was made for someone else. Source: WebAuthn L3, 7.2, step 6.

    Errors: ValueError.
    """
    whose = _response(answer).get("userHandle")
    if whose and base64url_to_bytes(whose) != person:
        raise ValueError("a key of another person")


def _response(answer: str) -> Mapping[str, Any]:
    told = inputs.parse_json(answer)
    response = told.get("response") if isinstance(told, dict) else None
    if not isinstance(response, dict):
        raise ValueError("not an answer from a security key")
    return response


def _cause(challenge: ChallengeData, answer: str) -> str:
    """Find out why an answer was refused, for the words on the page only."""
    try:
        response = _response(answer)
        told = inputs.parse_json(base64url_to_bytes(response["clientDataJSON"]).decode())
        if told["origin"] != conf.public_url() or told.get("crossOrigin") or told.get("topOrigin"):
            return "site"
        if "authenticatorData" not in response:
            return ""
        data = parse_authenticator_data(base64url_to_bytes(response["authenticatorData"]))
    except _REFUSED:
        return ""
    if not data.flags.uv:
        return "unverified"
    went_back = (data.sign_count or challenge.counter > 0) and data.sign_count <= challenge.counter
    return "counter" if went_back else ""
