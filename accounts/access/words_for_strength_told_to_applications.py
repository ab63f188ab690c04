"""How strongly somebody verified, as an application was told it, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from accounts.access.acr_and_amr_values import ACR_PASSWORD, ACR_PHISHING_RESISTANT, ACR_SECOND_STEP
from verification.lazy_text import LazyText

_LEVELS: Mapping[str, LazyText] = {
    ACR_PHISHING_RESISTANT: _("a phishing-resistant method"),
    ACR_SECOND_STEP: _("a second step"),
    ACR_PASSWORD: _("the password only"),
}


def level(acr: str) -> str:
    """Say how strongly somebody verified, as an application was told it; empty if it was told nothing."""
    return str(_LEVELS.get(acr, acr))
