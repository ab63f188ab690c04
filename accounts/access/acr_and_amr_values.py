"""The acr and amr values: how strongly someone was verified, and with what, as applications ask for it and are told.

A method's own amr value is its `Method.amr`, in its folder of `verification/methods`.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from accounts.sessions.session_assurance import PASSWORD, Verification
from verification import method_registry
from verification import strengths as known
from verification.strengths import AuthenticationStrength

ACR_PASSWORD = "urn:two-step:acr:password"  # noqa: S105  (a name)
ACR_SECOND_STEP = "https://refeds.org/profile/mfa"  # Source: REFEDS MFA profile 1.2
ACR_PHISHING_RESISTANT = "phr"  # Source: OpenID Connect EAP ACR Values 1.0, 3
_STRENGTHS = {
    ACR_PHISHING_RESISTANT: known.PHISHING_RESISTANT.slug,
    ACR_SECOND_STEP: known.SECOND_STEP.slug,
    ACR_PASSWORD: known.PASSWORD.slug,
}
ACRS = tuple(_STRENGTHS)


def strengths_of(acrs: Iterable[str]) -> tuple[str, ...]:
    """Return the strengths for acr values, in the order of preference. Unknown values are left out."""
    return tuple(dict.fromkeys(_STRENGTHS[acr] for acr in acrs if acr in _STRENGTHS))


def acr_of(strength: AuthenticationStrength) -> str:
    """Return the acr value that a strength stands for."""
    if not strength.is_second_step:
        return ACR_PASSWORD
    return ACR_PHISHING_RESISTANT if strength.is_phishing_resistant else ACR_SECOND_STEP


def reached(counted: Collection[Verification]) -> dict[str, datetime]:
    """Return the acr values that verifications support, the highest first, each with the newest that supports it."""
    supporting = {
        ACR_PHISHING_RESISTANT: [each.at for each in counted if _is_phishing_resistant(each.method)],
        ACR_SECOND_STEP: [each.at for each in counted if each.method != PASSWORD],
        ACR_PASSWORD: [each.at for each in counted],
    }
    return {acr: max(times) for acr, times in supporting.items() if times}


def _is_phishing_resistant(method: str) -> bool:
    return method_registry.is_installed(method) and method_registry.method(method).is_phishing_resistant


def amr_values(counted: Collection[Verification]) -> tuple[str, ...]:
    """Return the amr values of verifications, with `mfa` if they include a second step. Source: RFC 8176, 2."""
    values = [_amr(each.method) for each in counted]
    if any(each.method != PASSWORD for each in counted):
        values.append("mfa")
    return tuple(dict.fromkeys(values))


def _amr(method: str) -> str:
    if method == PASSWORD:
        return "pwd"
    return method_registry.method(method).amr if method_registry.is_installed(method) else "otp"
