"""Where a strength is required, and how many people would have no method of it after a change."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Application, ProtectedHost, User
from verification.models import Enrolment, Policy
from verification.strengths import AuthenticationStrength


@dataclass(frozen=True, kw_only=True)
class Uses:
    """What requires a strength, each by its name."""

    applications: tuple[str, ...]
    addresses: tuple[str, ...]
    policies: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.applications or self.addresses or self.policies)


def uses(slug: str) -> Uses:
    """Return what requires a strength. Three queries."""
    policies = Policy.objects.filter(Q(strength=slug) | Q(staff_strength=slug)).select_related("group")
    return Uses(
        applications=tuple(Application.objects.filter(strength=slug).order_by("name").values_list("name", flat=True)),
        addresses=tuple(str(each) for each in ProtectedHost.objects.filter(strength=slug).order_by("host")),
        policies=tuple(policy.group.name if policy.group else _("Everyone") for policy in policies),
    )


def effects(now: AuthenticationStrength, then: AuthenticationStrength) -> list[str]:
    """Say what a change of a strength means, if anything requires it."""
    found = uses(now.slug)
    if not found or set(now.methods()) == set(then.methods()):
        return []
    parts = (
        (_("Applications that require it: %(names)s."), found.applications),
        (_("Protected addresses that require it: %(names)s."), found.addresses),
        (_("Policies that require it: %(names)s."), found.policies),
    )
    lacking = _lacking(then.methods())
    new = lacking.filter(_has(now.methods())).count()
    words = ngettext(
        "%(n)d person would have no method of this strength, %(new)d of them only because of this change.",
        "%(n)d people would have no method of this strength, %(new)d of them only because of this change.",
        n := lacking.count(),
    )
    told = [text % {"names": ", ".join(names)} for text, names in parts if names]
    return [*told, words % {"n": n, "new": new}, _("They would be asked to set one up, if they may.")] if n else told


def _has(methods: tuple[str, ...]) -> Exists:
    return Exists(Enrolment.objects.filter(user=OuterRef("pk"), confirmed=True, method__in=methods))


def _lacking(methods: tuple[str, ...]) -> QuerySet[User]:
    """Return the active people who have none of these methods."""
    return User.objects.filter(~_has(methods), is_active=True)
