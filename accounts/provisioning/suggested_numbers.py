"""Phone numbers that directories suggest. They are stored encrypted, and shown masked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from accounts.models import SuggestedNumber, User
from verification import enrolments, phone_numbers, policies
from verification.context import Context
from verification.keys import strings_encrypted_for_one_row
from verification.models.random_row_handles import new_handle


def of_many(people: Collection[int]) -> dict[int, dict[str, str]]:
    """Return the suggested numbers of many people, by kind, whole: never show, log or list them.

    A number that no key opens counts as missing, so that the directory's next answer stores it again.
    """
    found: dict[int, dict[str, str]] = {}
    for row in SuggestedNumber.objects.filter(user__in=people):
        if (number := strings_encrypted_for_one_row.unseal(row.sealed, bound=row.ref)) is not None:
            found.setdefault(row.user_id, {})[row.kind] = number
    return found


def of_person(user: User) -> dict[str, str]:
    """Return the suggested numbers of a person, by kind, whole: never show, log or list them."""
    return of_many([user.pk]).get(user.pk, {})


@dataclass(frozen=True, kw_only=True)
class NumberSuggestion:
    """A number that a person can use without typing it. `shown` is masked."""

    ref: str
    label: str
    shown: str


def suggested(user: User, method_name: str) -> list[NumberSuggestion]:
    """Return the numbers that a person could set up a method for, and has not yet. Each is offered once."""
    found: dict[str, NumberSuggestion] = {}
    for row in SuggestedNumber.objects.filter(user=user).order_by("pk"):
        number = strings_encrypted_for_one_row.unseal(row.sealed, bound=row.ref)
        if number is None or number in found or not enrolments.takes_number(method_name, number):
            continue
        if enrolments.of_address(number, method=method_name, user_id=user.pk) is None:
            label, shown = str(row.get_kind_display()), phone_numbers.mask(number)
            found[number] = NumberSuggestion(ref=row.ref, label=label, shown=shown)
    return list(found.values())


def number_of(user: User, ref: str) -> str:
    """Return the number of a suggestion, whole, or an empty text: never show it."""
    row = SuggestedNumber.objects.filter(user=user, ref=ref).first()
    return (strings_encrypted_for_one_row.unseal(row.sealed, bound=row.ref) or "") if row is not None else ""


def trust(user: User, context: Context) -> None:
    """Make methods of the numbers that policy trusts. Called at each sign-in of a person of a directory."""
    rules = policies.rules_for(user.pk)
    kinds = rules.trusted_numbers.kinds
    if kinds:
        trusted = {kind: number for kind, number in of_person(user).items() if kind in kinds}
        enrolments.supply(user, trusted, rules.methods, context)


def replace(changed: Mapping[int, Mapping[str, str]], *, fresh: Collection[int] = ()) -> None:
    """Store the numbers of people, for each kind that is given; an empty number is dropped. `fresh` have none yet."""
    kinds = {kind for numbers in changed.values() for kind in numbers}
    for kind in kinds:
        people = [pk for pk, numbers in changed.items() if kind in numbers and pk not in fresh]
        if people:
            SuggestedNumber.objects.filter(user__in=people, kind=kind).delete()
    SuggestedNumber.objects.bulk_create(
        _sealed(pk, kind, number) for pk, numbers in changed.items() for kind, number in numbers.items() if number
    )


def _sealed(user_id: int, kind: str, number: str) -> SuggestedNumber:
    ref = new_handle()
    return SuggestedNumber(
        ref=ref, user_id=user_id, kind=kind, sealed=strings_encrypted_for_one_row.seal(number, bound=ref)
    )
