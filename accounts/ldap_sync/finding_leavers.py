"""Finds leavers: people who are missing in their directory, and who can still sign in here."""

from collections.abc import Iterator

from accounts.models import Directory, User
from accounts.provisioning import PersonEntry


def leavers(directory: Directory, there: frozenset[str], *, at_once: int) -> Iterator[list[PersonEntry]]:
    """Yield the leavers of a directory as switched off. Shape: `there` are the permanent ids that it still has."""
    people = User.objects.filter(directory=directory, is_active=True)
    keys = people.order_by("pk").values_list("directory_key", flat=True).iterator(chunk_size=2000)
    gone = [key for key in keys if key not in there]
    for at in range(0, len(gone), at_once):
        some = people.filter(directory_key__in=gone[at : at + at_once]).order_by("pk")
        yield [
            PersonEntry(key=u.directory_key, username=u.username, name=u.name, email=u.email, is_active=False)
            for u in some
        ]
