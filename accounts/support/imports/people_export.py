"""The export of people as a CSV file: its columns, which the import of people reads again."""

from collections.abc import Iterator, Sequence

from accounts.models import Import, User
from accounts.support.imports import reading_and_checking_people_rows
from accounts.support.imports.columns_of_import_files import COLUMNS

_BATCH = 1_000  # users read at once


def rows(keys: Sequence[int]) -> Iterator[Sequence[object]]:
    """Yield the lines of the file, the columns first. `keys` are the users, in the order of the lines."""
    yield (*COLUMNS[Import.Kind.PEOPLE], "methods", "last sign-in")
    for at in range(0, len(keys), _BATCH):
        yield from _batch(keys[at : at + _BATCH])


def _batch(keys: Sequence[int]) -> Iterator[Sequence[object]]:
    for user in User.objects.filter(pk__in=keys).prefetch_related("groups").order_by("username"):
        groups = reading_and_checking_people_rows.joined(group.name for group in user.groups.all())
        last = user.last_login.isoformat() if user.last_login else ""
        yield (user.username, user.name, user.email, groups, user.second_step, user.n_methods, last)
