"""Which hosts and paths are protected, and how: read from the database once in some seconds."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

from accounts.access import AskedBy, RequestedVerification
from accounts.integrations.forward_auth import forwarded_url
from accounts.integrations.forward_auth.forwarded_url import Doubt, ForwardedUrl
from accounts.models import Application, ProtectedHost
from verification import strengths
from verification.db.ttl_cache import TTLCache


@dataclass(frozen=True, kw_only=True)
class PathRule:
    """What visitors need below a path of a host.

    Shape: `prefix` ends with a slash; `wanted` raises what the application requires. Where being signed in is enough,
    `application` is a copy that requires only that.
    """

    application: Application
    host: str
    prefix: str
    access: str
    wanted: RequestedVerification | None

    @property
    def is_public(self) -> bool:
        return self.access == ProtectedHost.Access.PUBLIC

    def covers(self, path: str) -> bool:
        """Return whether a path lies below this one.

        A public path must be exactly the same. For the others case does not matter, because some servers ignore it.
        """
        if self.is_public:
            return f"{path}/".startswith(self.prefix)
        return _folded(f"{path}/").startswith(_folded(self.prefix))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()


class UnknownAddress:
    """No application has this address."""


UNKNOWN = UnknownAddress()


def rule_for(address: ForwardedUrl) -> PathRule | Doubt | UnknownAddress:
    """Return the rule of an address: the one with the longest path. An inactive application has no address."""
    rules = _rules.read().get(address.host, ())
    if len(rules) > 1 and forwarded_url.is_ambiguous(address.path):
        return Doubt.PATH
    found = next((rule for rule in rules if rule.covers(address.path)), None)
    return found if found is not None and found.application.is_active else UNKNOWN


def rule_for_uri(host: str, uri: str) -> PathRule | Doubt | UnknownAddress:
    """Return the rule of an address that was read before."""
    address = forwarded_url.read(host=host, uri=uri)
    return address if isinstance(address, Doubt) else rule_for(address)


def applications_at(host: str) -> list[Application]:
    """Return the applications at a host, the one with the shortest path first."""
    rules = _rules.read().get(host, ())
    return list({rule.application.pk: rule.application for rule in reversed(rules)}.values())


def forget() -> None:
    """Read the hosts again at the next request, because this process changed them."""
    _rules.forget()


def _load() -> Mapping[str, tuple[PathRule, ...]]:
    """Read all rules. Each application is read once: several hundred rules are read again every second."""
    known = Application.objects.filter(kind=Application.Kind.PROXY).in_bulk()
    columns = ("application_id", "host", "path_prefix", "access", "strength")
    by_host: dict[str, list[PathRule]] = defaultdict(list)
    for pk, host, prefix, needs, strength in ProtectedHost.objects.values_list(*columns):
        if pk in known:
            rule = PathRule(
                application=_needing(known[pk], needs), host=host, prefix=prefix, access=needs, wanted=_wanted(strength)
            )
            by_host[host].append(rule)
    return {host: tuple(sorted(rules, key=lambda rule: -len(rule.prefix))) for host, rules in by_host.items()}


def _needing(application: Application, needs: str) -> Application:
    """Return the application as it is, or a copy that requires only a sign-in, which is never saved."""
    if needs != ProtectedHost.Access.SIGN_IN:
        return application
    less = copy(application)
    less.strength, less.max_age = strengths.PASSWORD.slug, None
    return less


def _wanted(strength: str) -> RequestedVerification | None:
    return (
        RequestedVerification(strengths=(strength,), is_essential=True, asked_by=AskedBy.ADDRESS) if strength else None
    )


_rules = TTLCache(_load)
