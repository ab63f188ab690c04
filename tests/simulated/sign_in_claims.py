"""What an application is told of a verification, in tests of the sessions that it opens."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SignInClaims:
    """A password and an authenticator app. Source: OpenID Connect Core 1.0, 2; RFC 8176."""

    acr: str = "https://refeds.org/profile/mfa"
    amr: tuple[str, ...] = ("pwd", "otp", "mfa")
    auth_time: datetime | None = None
