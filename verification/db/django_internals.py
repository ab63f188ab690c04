"""Calls to Django's private functions, kept together so that an upgrade has one file to check.

Tested with Django 5.2 and, by `.ci/next-django`, with its newest release. `mfasite/decisions/where-we-leave-django.md`
lists the classes that override private methods of Django, and what that costs at an upgrade.
"""

import threading
from collections.abc import Sequence
from typing import Any, Protocol

import django
from django.db import connections
from django.db.models import query
from django.urls import base
from django.utils import timezone
from django.utils.translation import trans_real

# Where Django keeps what each thread has of its own: connections, the prefix of URLs, language and time zone.
LOCALS = (
    (connections, "_connections"),
    (base, "_prefixes"),
    (base, "_urlconfs"),
    (timezone, "_active"),
    (trans_real, "_active"),
)


class Populator(Protocol):
    """Fills the models that a select joins, from one row."""

    def populate(self, row: Sequence[Any], from_obj: Any) -> None:
        """Make the related model from a row and attach it to `from_obj`."""


def related_populators(compiler: Any) -> list[Populator]:
    """Return what makes the models of `select_related` from a row of this compiler's statement.

    Source: `RelatedPopulator` of django/db/models/query.py; since 6.1 it takes the mode of fetching deferred fields.
    """
    arguments = [compiler.klass_info, compiler.select, compiler.using]
    if django.VERSION >= (6, 1):
        from django.db.models.fetch_modes import FETCH_ONE  # noqa: PLC0415  (older versions have no such module)

        arguments.append(FETCH_ONE)
    make: Any = query.get_related_populators  # the stubs describe one version's arguments
    return list(make(*arguments))


def use_thread_locals() -> None:
    """Replace asgiref's locals with Python's own. Call it once, while the apps are loaded.

    Asgiref's also work in an event loop, and look for one each time. No process of ours has one, and a sign-in reads
    them 200 times. Errors: `AttributeError` if Django has renamed one.
    """
    for owner, name in LOCALS:
        getattr(owner, name)
        setattr(owner, name, threading.local())
