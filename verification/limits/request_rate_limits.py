"""Rate limits of password resets, of sign-ins with a passkey alone, and of requests of applications and directories."""

from verification import conf
from verification.browsers import device_cookies_of_known_browsers
from verification.context import Context
from verification.limits.client_networks import for_network, network_of
from verification.limits.counting.counter_rows import HOUR, MINUTE
from verification.limits.counting.fixed_windows import WindowLimit, by_key, count_in_windows, give_back
from verification.limits.counting.limit_decision import Gate


def spend_request(what: str, *, name: str, context: Context) -> Gate:
    """Count a request that sends something to a person, such as a password reset, per username and per network."""
    most = for_network(conf.password_resets_per_network_hour(), context.network)
    limits = [
        WindowLimit(f"{what}.name", name, HOUR, conf.password_resets_per_name_hour()),
        WindowLimit(f"{what}.network", network_of(context.network), HOUR, most),
    ]
    return count_in_windows(limits, context.now)


def spend_passwordless(context: Context, *, name: str) -> bool:
    """Count an answer with the passkey of the person of this name. Return False if the place had its limit."""
    return count_in_windows([_passwordless_limit(context, name)], context.now).is_open


def refund_passwordless(context: Context, *, name: str) -> None:
    """Undo the count of an answer that was correct."""
    give_back(by_key([_passwordless_limit(context, name)]), context.now)


def _passwordless_limit(context: Context, name: str) -> WindowLimit:
    """Return the limit of a network, or of a known browser: a neighbour must not use up the hour of an office."""
    most = conf.password_failures_per_network_hour()
    if device := device_cookies_of_known_browsers.known(context.device, name):
        return WindowLimit("passwordless.device", device, HOUR, most, is_given_back=True)
    most = for_network(most, context.network)
    return WindowLimit("passwordless.network", network_of(context.network), HOUR, most, is_given_back=True)


def spend_client(client: str, *, most: int, context: Context) -> Gate:
    """Count a request of an application or a directory. Call it before the request's transaction."""
    return count_in_windows([WindowLimit("client", client, MINUTE, most)], context.now)
