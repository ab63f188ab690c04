"""How long codes and tokens of OpenID Connect are valid. Refresh tokens last as long as a session: SESSION_HOURS.

If the session ends earlier, its refresh tokens stop working too. `mfasite.settings` imports this module, so it must not
import Django.
"""

from datetime import timedelta

# Source: RFC 9700, 4.5: short-lived; RFC 6749, 4.1.2 allows ten minutes
AUTHORIZATION_CODE_LIFE = timedelta(seconds=60)
ACCESS_TOKEN_LIFE = timedelta(minutes=10)
ID_TOKEN_LIFE = timedelta(minutes=10)
LOGOUT_TOKEN_LIFE = timedelta(minutes=2)  # Source: Back-Channel Logout 1.0, 2.4 recommends at most two
AUTHORIZATION_PROGRESS_LIFE = timedelta(minutes=10)  # for the pages that a person answers during a request
