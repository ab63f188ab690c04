"""Settings of OpenID Connect: how many token requests an application may send."""

from accounts.conf.sections import APPLICATIONS
from verification.setting import Setting, formats

oidc_requests_per_client_minute: Setting[int] = Setting(
    APPLICATIONS,
    "OIDC_REQUESTS_PER_CLIENT_MINUTE",
    formats.whole_number(1, 1_000_000),
    default=6000,
    unit="requests",
    meaning="how many token requests one application may send from one network in a minute",
)
