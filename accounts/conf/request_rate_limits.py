"""Settings of rate limits: how many requests proxies, applications and directories may send."""

from accounts.conf.sections import APPLICATIONS, DIRECTORIES
from verification.declaring_settings import Setting, formats

forward_auth_per_second: Setting[int] = Setting(
    APPLICATIONS,
    "FORWARD_AUTH_PER_SECOND",
    formats.whole_number(10, 100_000),
    default=1000,
    unit="requests",
    meaning="how many requests a proxy may ask about in a second, in each web process; more are refused",
)
oidc_requests_per_client_minute: Setting[int] = Setting(
    APPLICATIONS,
    "OIDC_REQUESTS_PER_CLIENT_MINUTE",
    formats.whole_number(1, 1_000_000),
    default=6000,
    unit="requests",
    meaning="how many token requests one application may send from one network in a minute",
)
scim_requests_per_minute: Setting[int] = Setting(
    DIRECTORIES,
    "SCIM_REQUESTS_PER_MINUTE",
    formats.whole_number(1, 1_000_000),
    default=6000,
    unit="requests",
    meaning="how many SCIM requests one directory may send in a minute; Entra ID sends up to 1,500",
)
