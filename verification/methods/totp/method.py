"""Authenticator app: a six-digit code by time (TOTP).

Source: RFC 6238 with SHA-1, six digits, 30 s, as every app supports.
"""

import base64
import secrets
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP

from verification import conf
from verification.method_base import ChallengeData, Check, Draft, Issue
from verification.method_capabilities import AppGenerated
from verification.otp import time_steps_and_clock_drift

_STEP = 30  # seconds
_SECRET_BYTES = 20  # Source: RFC 4226, 4 (R6)


def code_at(secret: bytes, step: int) -> str:
    """Compute the code of one step. Shape: six digits."""
    arithmetic = TOTP(secret, _STEP)
    arithmetic.time = step * _STEP
    return f"{arithmetic.token():06d}"


def _label(text: str) -> str:
    """Quote a part of the label; a colon of its own would end it, even quoted, in many apps.

    Source: the Key Uri Format of Google Authenticator.
    """
    return quote(text.replace(":", " ").strip(), safe="")


def _draw(uri: str) -> str:
    segno = import_module("segno")  # the first QR code loads it
    return str(
        segno.make(uri, error="m", micro=False).svg_inline(
            scale=1,
            border=4,
            omitsize=True,
            dark="#000",
            light="#fff",
            svgclass=None,
            lineclass=None,
            unit="",
        )
    )


_drawn = lazy(_draw, str)  # only when a page shows it: the start of a challenge asks for a message, and has no picture


class Totp(AppGenerated):
    name = "totp"
    icon = "app"
    label = _("Authenticator app")
    explain = _("Enter the code that your app shows. It works without a signal.")
    code_label = _("Code from your app")
    rank = 2

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        return Draft(secret=secrets.token_bytes(_SECRET_BYTES))

    def issue(self, challenge: ChallengeData) -> Issue:
        if not challenge.is_enrolment:
            return Issue()
        key = base64.b32encode(challenge.secret).decode().rstrip("=")
        issuer = conf.organisation_name()
        query = urlencode(
            {"secret": key, "issuer": issuer.replace(":", " ").strip(), "digits": 6, "period": _STEP}, quote_via=quote
        )
        uri = f"otpauth://totp/{_label(issuer)}:{_label(challenge.account)}?{query}"
        groups = " ".join(key[at : at + 4] for at in range(0, len(key), 4)).lower()
        return Issue(
            page="verification/methods/totp/qr_code_and_key.html",
            show={"uri": uri, "qr": _drawn(uri), "secret": groups, "account": challenge.account, "issuer": issuer},
        )

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        return time_steps_and_clock_drift.check(partial(code_at, challenge.secret), challenge, answer, seconds=_STEP)


method = Totp()
