"""Rate limits of SCIM: requests of each directory, and incorrect tokens of each network. Settings say how many."""

from accounts import conf
from accounts.models import Directory
from verification import limits
from verification.context import Context


def allows_request(directory: Directory, context: Context) -> bool:
    """Count a request of a directory, and return whether it is within the limit."""
    most = conf.scim_requests_per_minute()
    return limits.spend_client(f"scim {directory.pk}", most=most, context=context).is_open


def allows_incorrect_token(context: Context) -> bool:
    """Count an incorrect token against its network, and return whether it is within the limit."""
    return limits.spend_incorrect_secret("scim", context).is_open
