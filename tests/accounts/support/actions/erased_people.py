"""People to erase, and the staff who erase them, as tests need them."""

from typing import Any

from django.db import connection

from accounts.models import (
    User,
)
from accounts.support.actions import Actor, execution
from accounts.support.actions.execution import ActionRequest
from accounts.support.actions.registry import ACTIONS
from tests.simulated.people import Person, join
from verification.context import Context
from verification.keys import crypto

NAME, MAIL, FULL, NUMBER = "zora.quist", "zq77@mail.example.net", "Zora Quistgaard", "+41795559876"


def arrive() -> Person:
    """Create a person with names that a search of the database can find."""
    person = join(NAME, number=NUMBER)
    User.objects.filter(pk=person.user.pk).update(email=MAIL, name=FULL, blocked_reason=f"{FULL} asked for it")
    person.user.refresh_from_db()
    return person.set_up("text", "totp").print_codes()


def order(staff: Person, person: Person, **more: Any) -> ActionRequest:
    return ActionRequest(
        action=ACTIONS["erase"],
        staff=User.objects.get(pk=staff.user.pk),
        person=person.user,
        reason="the law",
        ticket="1",
        options={},
        form_ref=execution.new_form_ref(),
        **more,
    )


def actor(staff: Person, context: Context) -> Actor:
    return Actor(staff=staff.user, context=context, reason="asked to", ticket="INC-9")


def traces(*words: str) -> list[str]:
    """Search all tables and columns, and return where any of the words occurs."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if any(word.casefold() in str(value).casefold() for word in words):
                        found.append(f"{table}.{name}: {value}")
    return found


def words() -> list[str]:
    national = NUMBER.replace("+41", "0")
    digests = [each for value in (NUMBER, MAIL) for each in crypto.digests("address", value)]
    return [NAME, MAIL, FULL, "Quistgaard", NUMBER, NUMBER[1:], national, *digests]
