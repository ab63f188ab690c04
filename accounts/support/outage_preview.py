"""What an outage would do if it were saved: what is switched off, what takes over, and who could not sign in."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from verification import method_registry, time_format
from verification.delivery import statistics
from verification.delivery.routing import unavailability_words
from verification.models import Channel, Enrolment, Outage

ALL_HAVE_ANOTHER = gettext_lazy("Everyone who uses it has another method to sign in with.")


def effects(outage: Outage, now: datetime) -> list[str]:
    """Return what an outage does, in sentences for the operator who sets it."""
    lines = [_span(outage, now)]
    off = [Channel(outage.kind)] if outage.kind else _left_alone(outage.provider)
    if outage.provider:
        lines += _instead(outage.provider)
    lines += [
        _("Sign-in pages say: “%(words)s”") % {"words": unavailability_words.of_outage(outage, kind)} for kind in off
    ]
    if n := _stranded(off):
        lines.append(
            ngettext(
                "%(n)d person has no other method and can’t sign in until it ends. "
                "The support desk can give them a Temporary Access Pass.",
                "%(n)d people have no other method and can’t sign in until it ends. "
                "The support desk can give them a Temporary Access Pass.",
                n,
            )
            % {"n": n}
        )
    elif off:
        lines.append(str(ALL_HAVE_ANOTHER))
    return lines


def _span(outage: Outage, now: datetime) -> str:
    moments = {
        "what": outage.what,
        "from": time_format.moment(outage.starts_at),
        "until": time_format.moment(outage.ends_at) if outage.ends_at else "",
    }
    if outage.ends_at and outage.starts_at > now:
        return _("Switched off: %(what)s, from %(from)s until %(until)s.") % moments
    if outage.ends_at:
        return _("Switched off: %(what)s, from now until %(until)s.") % moments
    if outage.starts_at > now:
        return _("Switched off: %(what)s, from %(from)s until someone ends the outage.") % moments
    return _("Switched off: %(what)s, from now until someone ends the outage.") % moments


def _instead(provider: str) -> list[str]:
    """Say for each kind of message of a provider which other providers carry it."""
    lines = []
    for kind in Channel:
        able = statistics.providers_of(kind)
        others = [name for name in able if name != provider]
        if provider in able and others:
            said = {"what": kind.label, "providers": ", ".join(others)}
            lines.append(_("Other providers carry messages of this kind (%(what)s): %(providers)s.") % said)
        elif provider in able:
            said = {"what": kind.label}
            lines.append(_("No other provider carries messages of this kind, so they stop: %(what)s.") % said)
    return lines


def _left_alone(provider: str) -> list[Channel]:
    """Return the kinds of message that only this provider carries."""
    return [kind for kind in Channel if statistics.providers_of(kind) == [provider]]


def _stranded(off: Iterable[Channel]) -> int:
    """Count the people who have only methods that would be off. A block or lock may end before the outage does."""
    methods = [method.name for kind in off for method in method_registry.sending(kind)]
    confirmed = Enrolment.objects.filter(confirmed=True)
    with_them = confirmed.filter(method__in=methods).values("user")
    with_others = confirmed.exclude(method__in=methods).values("user")
    return User.objects.filter(is_active=True, pk__in=with_them).exclude(pk__in=with_others).count()
