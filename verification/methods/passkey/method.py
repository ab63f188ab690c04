"""Passkeys and security keys (WebAuthn). What needs py_webauthn is in `ceremonies`, which the first passkey loads."""

import base64
import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from verification import conf, inputs
from verification.inputs import LineField
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import Passwordless

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
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


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


def site() -> str:
    """Return the domain that keys are bound to. Source: WebAuthn L3, 5.1.2 (relying party id)."""
    return urlsplit(conf.public_url()).hostname or ""


class _Ceremonies(Protocol):
    """The module `ceremonies`."""

    def creation(self, challenge: ChallengeData) -> str: ...
    def request(self, challenge: ChallengeData) -> str: ...
    def check(self, challenge: ChallengeData, answer: str) -> Check: ...


def _ceremonies() -> _Ceremonies:
    """Load what needs py_webauthn, at the first passkey: with its attestation formats it takes five megabytes.

    Workers, which send messages, and services without passkeys never need them.
    """
    return cast("_Ceremonies", import_module("verification.methods.passkey.ceremonies"))


class Passkey(Passwordless):
    name = "passkey"
    icon = "passkey"
    label = _("Passkey")
    explain = _("Use your fingerprint, face, device PIN or security key.")
    explain_setup = _(
        "Your browser asks for your fingerprint, face, PIN or security key, and saves a passkey for this site."
    )
    rank = 3
    is_phishing_resistant = True
    amr = "hwk"
    amr_label = _("passkey")
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
        options = _ceremonies().creation(challenge) if challenge.is_enrolment else _ceremonies().request(challenge)
        shown = {"options": options, "is_new": challenge.is_enrolment, "site": site()}
        return Issue(page=_PAGE, is_own_form=True, show=shown)

    def announce(self, person: bytes, addresses: tuple[str, ...]) -> Issue:
        """Name the keys that still count, so that browsers stop offering the others. Source: WebAuthn L3, 5.1.10."""
        user = base64.urlsafe_b64encode(person).decode().rstrip("=")
        keys = {"rpId": site(), "userId": user, "allAcceptedCredentialIds": list(addresses)}
        return Issue(page=_SIGNAL, show={"keys": json.dumps(keys)})

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        return _ceremonies().check(challenge, answer)


method = Passkey()
