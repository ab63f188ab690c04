"""Settings: how many answers a challenge accepts, and when people can request another code.

How long a code is valid is the rule `code_life` of policies, in `policies.rules.methods_and_code_lifetime`.
"""

from datetime import timedelta

from verification.conf.sections import CODES
from verification.declaring_settings import Setting, formats

attempts_per_challenge: Setting[int] = Setting(
    CODES,
    "VERIFICATION_ATTEMPTS_PER_CHALLENGE",
    formats.whole_number(1, 100),
    default=5,
    unit="answers",
    meaning="how many answers one code, call or other challenge accepts. Source: ASVS 5.0, 6.6.3",
)
resend_after: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_RESEND_SECONDS",
    formats.seconds(5, 600),
    default=timedelta(seconds=30),
    meaning="how long a person waits before they can request another code",
)
