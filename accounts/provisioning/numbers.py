"""Phone numbers that directories suggest. They are stored encrypted, and shown masked."""

from collections.abc import Collection, Mapping

from accounts.models import SuggestedNumber, User
from verification.keys import uploads
from verification.models.handles import new_handle


def of_many(people: Collection[int]) -> dict[int, dict[str, str]]:
    """Return the suggested numbers of many people, by kind, whole: never show, log or list them.

    A number that no key opens counts as missing, so that the directory's next answer stores it again.
    """
    found: dict[int, dict[str, str]] = {}
    for row in SuggestedNumber.objects.filter(user__in=people):
        if (number := uploads.unseal(row.sealed, bound=row.ref)) is not None:
            found.setdefault(row.user_id, {})[row.kind] = number
    return found


def of_person(user: User) -> dict[str, str]:
    """Return the suggested numbers of a person, by kind, whole: never show, log or list them."""
    return of_many([user.pk]).get(user.pk, {})


def replace(changed: Mapping[int, Mapping[str, str]]) -> None:
    """Store the numbers of people, for each kind that is given; an empty number is dropped."""
    kinds = {kind for numbers in changed.values() for kind in numbers}
    for kind in kinds:
        people = [pk for pk, numbers in changed.items() if kind in numbers]
        SuggestedNumber.objects.filter(user__in=people, kind=kind).delete()
    SuggestedNumber.objects.bulk_create(
        _sealed(pk, kind, number) for pk, numbers in changed.items() for kind, number in numbers.items() if number
    )


def _sealed(user_id: int, kind: str, number: str) -> SuggestedNumber:
    ref = new_handle()
    return SuggestedNumber(ref=ref, user_id=user_id, kind=kind, sealed=uploads.seal(number, bound=ref))
