"""Which groups may use an application, and in which groups a person is."""

from collections.abc import Collection, Mapping

from django.contrib.auth.models import Group

from accounts.models import Application
from verification.db.compiled_queries import BindParam, Select
from verification.db.ttl_cache import TTLCache

Groups = Mapping[int, str]  # a person's groups: their keys and names

_GROUPS = Select(lambda: Group.objects.filter(user=BindParam("user_id")))


def groups_of(user_id: int) -> Groups:
    """Read a person's groups. One statement."""
    return {each.pk: each.name for each in _GROUPS.all(user_id=user_id)}


def _load_allowed() -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for application, group in Application.groups.through.objects.values_list("application_id", "group_id"):
        found.setdefault(application, set()).add(group)
    return {application: frozenset(groups) for application, groups in found.items()}


_allowed = TTLCache(_load_allowed)
forget = _allowed.forget


def may_use(application: Application, groups: Collection[int]) -> bool:
    """Return whether people of some groups may use an application. Which groups may is read from a cache."""
    allowed = _allowed.read().get(application.pk, frozenset())
    return application.is_active and (not allowed or not allowed.isdisjoint(groups))
