"""What a permission allows, in words for the pages of roles: grouped, and short enough to scan."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Permission
from django.utils.text import capfirst
from django.utils.translation import gettext as _

_VERBS = ("view", "add", "change", "delete")
# The apps in the order of the form, with the tables that belong to another part of the pages than their app.
_PEOPLE, _DELIVERY, _RULES, _HELP = "people", "delivery", "rules", "help"
_PARTS = {
    "verification": _DELIVERY,
    "helpcenter": _HELP,
    "auth": _RULES,
    "accounts": _PEOPLE,
    "accounts.scope": _RULES,
    "accounts.service": _RULES,
    "accounts.proxy": _RULES,
    "accounts.protectedhost": _RULES,
    "accounts.application": _RULES,
    "accounts.directory": _RULES,
    "verification.policy": _RULES,
    "verification.strength": _RULES,
    "verification.auditevent": _RULES,
    "verification.auditseal": _RULES,
}


@dataclass(frozen=True)
class PermissionSection:
    """One part of what a role may do: a heading and its lines. Shape: `choices` are pairs of permission and words."""

    title: str
    lines: tuple[str, ...]
    choices: tuple[tuple[str, str], ...]


def parts(permissions: Iterable[Permission]) -> list[PermissionSection]:
    """Return what permissions allow, in the parts of the staff pages. Read with their content types."""
    found = list(permissions)
    titles = {
        _PEOPLE: _("People"),
        _DELIVERY: _("Deliveries and costs"),
        _RULES: _("Policies, settings and audit log"),
        _HELP: _("Articles"),
    }
    return [
        PermissionSection(title, tuple(_lines(mine)), tuple((_name(each), _words(each)) for each in mine))
        for key, title in titles.items()
        if (mine := [each for each in found if _part(each) == key])
    ]


def _part(permission: Permission) -> str:
    kind = permission.content_type
    return _PARTS.get(f"{kind.app_label}.{kind.model}") or _PARTS.get(kind.app_label, _PEOPLE)


def _name(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _verb(permission: Permission) -> str:
    """Return the verb of a permission that Django made for a table, or nothing for one of our own."""
    verb, _sep, model = permission.codename.partition("_")
    return verb if verb in _VERBS and model == permission.content_type.model else ""


def _table(permission: Permission) -> str:
    """Name what a permission of a table is about, as the pages of the staff name it."""
    names = {
        "user": _("people"),
        "group": _("groups and roles"),
        "message": _("deliveries"),
        "circuit": _("provider health"),
        "auditevent": _("the audit log"),
        "auditseal": _("seals of the audit log"),
    }
    if known := names.get(permission.content_type.model):
        return known
    model = permission.content_type.model_class()
    return str(model._meta.verbose_name_plural) if model else permission.content_type.model


def _words(permission: Permission) -> str:
    verbs = {
        "view": _("View %(what)s"),
        "add": _("Add %(what)s"),
        "change": _("Change %(what)s"),
        "delete": _("Delete %(what)s"),
    }
    if verb := _verb(permission):
        return verbs[verb] % {"what": _table(permission)}
    return capfirst(permission.name.removeprefix("Can ").replace("'", "’"))


def _lines(permissions: Iterable[Permission]) -> Iterable[str]:
    """Return one line for each permission of our own, and one for all those of a table."""
    names = {"view": _("view"), "add": _("add"), "change": _("change"), "delete": _("delete")}
    tables: dict[str, list[str]] = {}
    own = []
    for each in permissions:
        if verb := _verb(each):
            tables.setdefault(capfirst(_table(each)), []).append(verb)
        else:
            own.append(_words(each))
    for table, verbs in tables.items():
        said = ", ".join(names[verb] for verb in _VERBS if verb in verbs)
        yield f"{table}: {said}"
    yield from own
