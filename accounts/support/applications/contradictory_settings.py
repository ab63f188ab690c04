"""Contradictions of applications: settings that each are allowed, and that together let nobody in or notify nobody.

The forms refuse what is never right. This finds what became wrong later: a group without members, a deleted strength, a
policy that allows other methods. The page of an application shows it, and a system check.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.access import required_strength
from accounts.integrations.oidc import redirect_uris
from accounts.integrations.oidc.back_channel import logout_addresses
from accounts.models import Application, OidcClient, ProtectedHost, Proxy
from verification import policies, strengths


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """What is wrong, and what to do. Shape: `id` is that of the system check."""

    id: str
    text: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class Connected:
    """An application with everything that can contradict it. Shape: `groups` has the number of members of each."""

    application: Application
    groups: dict[int, int]
    client: OidcClient | None
    hosts: tuple[ProtectedHost, ...]
    has_proxy: bool


def _strength(found: Connected) -> Iterator[Contradiction]:
    required = strengths.named(found.application.strength)
    if required.is_second_step and not required.methods():
        yield Contradiction(
            id="accounts.W001",
            text=_("No installed method is in its strength “%(name)s”, so nobody can open it.")
            % {"name": required.label},
            hint=_("Choose another required strength, or add methods to this one."),
        )
    elif required.is_second_step and not any(_allowed(found.application, group) for group in found.groups or (None,)):
        yield Contradiction(
            id="accounts.W002",
            text=_("No policy of its people allows a method of its strength “%(name)s”.") % {"name": required.label},
            hint=_("Allow one of these methods in the policy, or choose another required strength."),
        )


def _allowed(application: Application, group: int | None) -> bool:
    """Return whether the policy of a group, or of everyone, allows a method that is strong enough."""
    rules = policies.rules_of_groups([group] if group is not None else [])
    enough = required_strength.floor(application, rules.strength).strength.methods()
    return not set(enough).isdisjoint(rules.methods)


def _people(found: Connected) -> Iterator[Contradiction]:
    if found.groups and not any(found.groups.values()):
        yield Contradiction(
            id="accounts.W003",
            text=_("Its allowed groups have no members, so nobody can open it."),
            hint=_("Add people to the groups, or allow other groups."),
        )


def _client(found: Connected) -> Iterator[Contradiction]:
    if found.application.kind != Application.Kind.OIDC:
        return
    if found.client is None or not found.client.redirect_uris.split():
        yield Contradiction(
            id="accounts.W004",
            text=_("It has no redirect address, so nobody can sign in to it."),
            hint=_("Enter the address to which people return. See the application’s manual."),
        )
        return
    client = found.client
    for uri in (*client.redirect_uris.split(), *client.post_logout_redirect_uris.split()):
        if flaw := redirect_uris.flaw(uri, is_public=client.is_public, is_demo=settings.DEMO):
            yield Contradiction(
                id="accounts.W005",
                text=_("People can’t return to %(address)s safely.") % {"address": uri[:200]},
                hint=flaw,
            )
    if flaw := logout_addresses.flaw_in_words(client.logout_uri):
        yield Contradiction(
            id="accounts.W006",
            text=_("We can’t notify its back-channel logout address of a sign-out."),
            hint=flaw,
        )


def _proxy(found: Connected) -> Iterator[Contradiction]:
    if found.application.kind != Application.Kind.PROXY:
        return
    if not found.hosts:
        yield Contradiction(
            id="accounts.W007",
            text=_("It has no protected address, so nobody can open it."),
            hint=_("Add its host to the protected addresses."),
        )
    if not found.has_proxy:
        yield Contradiction(
            id="accounts.W008",
            text=_("No active proxy is set up for it, so nobody can open it."),
            hint=_("Add a proxy, or select this application on the page of its proxy."),
        )
    same = Counter((each.host, unicodedata.normalize("NFKC", each.path_prefix).casefold()) for each in found.hosts)
    for (host, path), n in same.items():
        if n > 1:
            yield Contradiction(
                id="accounts.W009",
                text=_("Several rules of %(host)s cover the path %(path)s, and it isn’t certain which one decides.")
                % {"host": host, "path": path},
                hint=_("Delete all but one: capital and small letters make no difference in a path."),
            )
    for each in found.hosts:
        rule = strengths.named(each.strength)
        if each.strength and not rule.methods():
            yield Contradiction(
                id="accounts.W010",
                text=_("No installed method is in the strength of %(address)s, so nobody can open it.")
                % {"address": each},
                hint=_("Choose another strength for this address."),
            )


_PARTS: tuple[Callable[[Connected], Iterator[Contradiction]], ...] = (_strength, _people, _client, _proxy)


def of(application: Application) -> list[Contradiction]:
    """Return the contradictions of an application that is switched on."""
    return next((found for each, found in of_all(only=application) if each.pk == application.pk), [])


def of_all(*, only: Application | None = None) -> Iterator[tuple[Application, list[Contradiction]]]:
    """Yield every application that is switched on, with its contradictions. Six queries, however many there are."""
    rows = Application.objects.filter(is_active=True, **({"pk": only.pk} if only else {})).order_by("name", "pk")
    members: dict[int, dict[int, int]] = {}
    through = Application.groups.through.objects.filter(application__in=rows)
    is_active = Q(group__user__is_active=True)
    for row in through.values("application_id", "group_id").annotate(n=Count("group__user", filter=is_active)):
        members.setdefault(row["application_id"], {})[row["group_id"]] = row["n"]
    own = {client.application_id: client for client in OidcClient.objects.filter(application__in=rows)}
    hosts: dict[int, list[ProtectedHost]] = {}
    for host in ProtectedHost.objects.filter(application__in=rows).order_by("host", "path_prefix"):
        hosts.setdefault(host.application_id, []).append(host)
    proxies = Proxy.objects.filter(is_active=True).prefetch_related("applications")
    asking = [{each.pk for each in proxy.applications.all()} for proxy in proxies]
    for application in rows:
        found = Connected(
            application=application,
            groups=members.get(application.pk, {}),
            client=own.get(application.pk),
            hosts=tuple(hosts.get(application.pk, ())),
            has_proxy=any(not named or application.pk in named for named in asking),
        )
        yield application, [each for part in _PARTS for each in part(found)]
