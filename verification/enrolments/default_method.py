"""Which method is asked first at a sign-in, and a person's default method: the one they chose, or the oldest."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.db import transaction

from verification.audit import verification_audit_events
from verification.context import Context
from verification.db.compiled_queries import BindParam, Update
from verification.enrolments import lookup, one_change_at_a_time, storage
from verification.enrolments.signin_options import Option
from verification.models import Enrolment
from verification.models.user_protocol import Person

_COUNT = Update(lambda: (get_user_model().objects.filter(pk=BindParam("pk")), {"n_methods": BindParam("n_methods")}))


def default(options: Sequence[Option]) -> Option | None:
    """Choose the option that is asked first: a pass if there is one, otherwise the person's own default."""
    usable = [option for option in options if not option.is_locked]
    ranked = sorted(usable, key=_rank)
    return ranked[0] if ranked else None


def _rank(option: Option) -> tuple[bool, ...]:
    return (
        bool(option.unavailable_reason),
        option.retry_at is not None,
        not option.is_temporary,
        option.is_backup,
        not option.is_default,
    )


def make_default(enrolment: Enrolment, context: Context) -> None:
    """Make an enrolment the one that is asked first."""
    with transaction.atomic():
        one_change_at_a_time.lock_person(enrolment.user)
        if not (lookup.is_everyday(enrolment) and Enrolment.objects.filter(pk=enrolment.pk, confirmed=True).exists()):
            return  # it has been removed, or isn't for everyday use
        Enrolment.objects.filter(user=enrolment.user, is_default=True).update(is_default=False)
        Enrolment.objects.filter(pk=enrolment.pk).update(is_default=True)
        storage.record(verification_audit_events.ENROLMENT_MADE_DEFAULT, enrolment, context)


def update_default_and_count(user: Person) -> None:
    """Make the oldest everyday enrolment the default if there is none, and count what is left.

    The person is locked: of two changes at once, the second counts what the first left.
    """
    left = [c.enrolment for c in lookup.confirmed(user.pk) if lookup.is_everyday(c.enrolment)]
    if left and not any(e.is_default for e in left):
        Enrolment.objects.filter(pk=left[0].pk).update(is_default=True)
    things = {e.address_digest or e.ref for e in left}  # a number that takes texts and calls is one
    _COUNT.run(pk=user.pk, n_methods=len(things))
