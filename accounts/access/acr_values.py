"""The acr values, which name how strongly someone was verified, and which of them verifications support."""

from collections.abc import Collection
from datetime import datetime

from accounts.session_assurance import PASSWORD, Verification
from verification import registry

ACR_PASSWORD = "urn:two-step:acr:password"  # noqa: S105  (a name)
ACR_SECOND_STEP = "https://refeds.org/profile/mfa"  # Source: REFEDS MFA profile 1.2
ACR_PHISHING_RESISTANT = "phr"  # Source: OpenID Connect EAP ACR Values 1.0, 3


def reached(counted: Collection[Verification]) -> dict[str, datetime]:
    """Return the acr values that verifications support, the highest first, each with the newest that supports it."""
    supporting = {
        ACR_PHISHING_RESISTANT: [each.at for each in counted if _is_phishing_resistant(each.method)],
        ACR_SECOND_STEP: [each.at for each in counted if each.method != PASSWORD],
        ACR_PASSWORD: [each.at for each in counted],
    }
    return {acr: max(times) for acr, times in supporting.items() if times}


def _is_phishing_resistant(method: str) -> bool:
    return registry.is_installed(method) and registry.method(method).is_phishing_resistant
