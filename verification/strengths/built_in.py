"""The built-in strengths. Nobody can change them, so that a name means the same in every installation."""

from django.utils.translation import gettext_lazy as _

from verification.strengths.strength import AuthenticationStrength, Need

PASSWORD = AuthenticationStrength(
    slug="password",
    label=_("Password"),
    explain=_("The password alone is enough."),
    is_second_step=False,
    is_built_in=True,
)
SECOND_STEP = AuthenticationStrength(
    slug="second-step",
    label=_("Any second step"),
    explain=_("Every method that policy allows."),
    is_built_in=True,
)
NO_PHONE = AuthenticationStrength(
    slug="no-phone",
    label=_("No texts, calls or emails"),
    explain=_("Nothing is sent. Recovery codes aren’t enough either."),
    needs=frozenset({Need.NOT_SENT, Need.NOT_BACKUP}),
    is_built_in=True,
)
PHISHING_RESISTANT = AuthenticationStrength(
    slug="phishing-resistant",
    label=_("Phishing-resistant"),
    explain=_("Only methods that refuse to work on a false sign-in page: passkeys and security keys."),
    needs=frozenset({Need.PHISHING_RESISTANT}),
    is_built_in=True,
)

BUILT_IN = {each.slug: each for each in (PASSWORD, SECOND_STEP, NO_PHONE, PHISHING_RESISTANT)}
