"""Passkeys and security keys (WebAuthn). Source: WebAuthn Level 3, 7.1 and 7.2, by py_webauthn."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import webauthn
from django import forms
from django.utils.translation import gettext_lazy as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json, parse_authenticator_data
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from verification import conf, inputs
from verification.capabilities import Passwordless
from verification.inputs.fields import LineField
from verification.method import ChallengeData, Check, Draft, Issue
from verification.outcomes import Verdict

_PAGE = "verification/methods/passkey/prompt.html"
_SIGNAL = "verification/methods/passkey/signal.html"
_MAX_ANSWER_LENGTH = 16_384  # characters of an answer


class PasskeyForm(forms.Form):
    """The person's own name for a passkey."""

    name = LineField(
        label=_("Your name for it"),
        max_length=64,
        required=False,
        help_text=_("For example, “laptop” or “blue key”."),
    )


def _site() -> str:
    """Return the domain that keys are bound to. Source: WebAuthn L3, 5.1.2 (relying party id)."""
    return urlsplit(conf.public_url()).hostname or ""


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
        raise ValueError("no answer of a key")
    return response


_CAUSES = {
    "taken": (
        _("This passkey is already set up"),
        _("You don’t need to add it again. To add another one, use a different device or security key."),
    ),
    "site": (
        _("This passkey is for another address"),
        _("Open this service at its usual address and try again. If a link brought you here, don’t use that link."),
    ),
    "unverified": (
        _("Your security key didn’t check that it’s you"),
        _("First set a PIN or fingerprint for the key in the settings of your device. Then try again."),
    ),
    "counter": (
        _("This passkey may have been copied"),
        _("Its counter went back, as if a second copy was used. Use a different method and tell your support desk."),
    ),
    "unknown": (
        _("This passkey isn’t set up here"),
        _("It may have been removed. Use another passkey or a different method."),
    ),
    "": (
        _("We couldn’t check that passkey"),
        _("Keep this page open while your device asks you, and try again. Or use a different method."),
    ),
}


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
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return ""
    if not data.flags.uv:
        return "unverified"
    went_back = (data.sign_count or challenge.counter > 0) and data.sign_count <= challenge.counter
    return "counter" if went_back else ""


class Passkey(Passwordless):
    name = "passkey"
    icon = "passkey"
    label = _("Passkey")
    explain = _("Use your fingerprint, face, device PIN or security key.")
    strength = 3
    is_phishing_resistant = True
    amr = "hwk"
    max_enrolments = 10
    form_class = PasskeyForm
    causes = _CAUSES

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(name=fields.get("name", ""))

    def read(self, text: str) -> str:
        return text.strip()[:_MAX_ANSWER_LENGTH]

    def names(self, answer: str) -> str:
        told = inputs.parse_json(answer)
        found = told.get("id") if isinstance(told, dict) else None
        return found if isinstance(found, str) else ""

    def issue(self, challenge: ChallengeData) -> Issue:
        options = self._creation(challenge) if challenge.is_enrolment else self._request(challenge)
        return Issue(
            page=_PAGE, is_own_form=True, show={"options": options, "is_new": challenge.is_enrolment, "site": _site()}
        )

    def announce(self, person: bytes, addresses: tuple[str, ...]) -> Issue:
        """Name the keys that still count, so that browsers stop offering the others. Source: WebAuthn L3, 5.1.10."""
        keys = {"rpId": _site(), "userId": bytes_to_base64url(person), "allAcceptedCredentialIds": list(addresses)}
        return Issue(page=_SIGNAL, show={"keys": json.dumps(keys)})

    def _creation(self, challenge: ChallengeData) -> str:
        return options_to_json(
            webauthn.generate_registration_options(
                rp_id=_site(),
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

    def _request(self, challenge: ChallengeData) -> str:
        return options_to_json(
            webauthn.generate_authentication_options(
                rp_id=_site(),
                challenge=challenge.random,
                allow_credentials=_keys(challenge.others()),
                user_verification=UserVerificationRequirement.REQUIRED,
            )
        )

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        try:
            return (
                self._register(challenge, answer) if challenge.is_enrolment else self._authenticate(challenge, answer)
            )
        except (WebAuthnException, ValueError, KeyError, TypeError, RecursionError):
            # Wrong origin, site, challenge or signature, a counter that went back, or rubbish.
            return Check(verdict=Verdict.WRONG, cause=_cause(challenge, answer))

    def _register(self, challenge: ChallengeData, answer: str) -> Check:
        _refuse_frames(answer)
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge.random,
            expected_rp_id=_site(),
            expected_origin=conf.public_url(),
            require_user_verification=True,
        )
        address = bytes_to_base64url(made.credential_id)
        if address in challenge.others():
            return Check(verdict=Verdict.WRONG, cause="taken")
        draft = Draft(address=address, secret=made.credential_public_key, data={"aaguid": made.aaguid})
        return Check(verdict=Verdict.PROVEN, counter=made.sign_count or None, draft=draft)

    def _authenticate(self, challenge: ChallengeData, answer: str) -> Check:
        _refuse_frames(answer)
        _refuse_others(answer, challenge.person)
        used = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.random,
            expected_rp_id=_site(),
            expected_origin=conf.public_url(),
            credential_public_key=challenge.secret,
            credential_current_sign_count=max(challenge.counter, 0),
            require_user_verification=True,
        )
        if bytes_to_base64url(used.credential_id) != challenge.address:
            return Check(verdict=Verdict.WRONG, cause="unknown")
        return Check(verdict=Verdict.PROVEN, counter=used.new_sign_count or None)


method = Passkey()
