"""Checks a username and password: against the hash stored here, or at the person's directory."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from accounts import hashers, ldap_directories, provisioning
from accounts.ldap_directories import DirectoryEntry, Judged, PasswordResult, audit_events
from accounts.models import Directory, User
from accounts.provisioning import ChangeKind, PersonEntry, ProvisioningMethod, ProvisioningSource
from verification import audit
from verification.context import Context


@dataclass(frozen=True, kw_only=True)
class CheckedPassword:
    """The result. `user` is there if the password was correct and nothing else is in the way."""

    answer: PasswordResult
    user: User | None = None

    @property
    def is_unanswered(self) -> bool:
        """Return whether nobody could check the password."""
        return self.answer is PasswordResult.AWAY

    @property
    def is_incorrect(self) -> bool:
        """Return whether this counts as an incorrect password. Attempts after too many of them count too."""
        return self.answer in {PasswordResult.WRONG, PasswordResult.LOCKED, PasswordResult.LATER}


def check(
    user: User | None, name: str, password: str, context: Context, *, until: float | None = None
) -> CheckedPassword:
    """Check the password of a user, or of someone only a directory knows.

    An incorrect password always costs one hash and one request to each directory that isn't busy, so the time tells
    little about the account. A correct one costs only what it needs: people without a directory never wait for one.

    Shape: `name` as entered.
    """
    among, until = ldap_directories.known(), until or ldap_directories.deadline()
    if user is None:
        hashers.take_time(password)
        found = ldap_directories.check_stranger(among, name, password, context, until=until)
        return WRONG if found is None else _judged(*found, context)
    directory = _checking(user, among)
    if directory is None:
        if user.check_password(password):
            return CheckedPassword(answer=PasswordResult.RIGHT, user=user)
        ldap_directories.take_time(among, until=until)
        return WRONG
    if not directory.is_active:
        return _incorrect(password, among, until=until)
    judged = ldap_directories.check(directory, user, password, context, until=until)
    if judged.is_told_as_incorrect:
        hashers.take_time(password)
        ldap_directories.take_time((each for each in among if each.pk != directory.pk), until=until)
    return _judged(directory, judged, context)


WRONG = CheckedPassword(answer=PasswordResult.WRONG)


def check_nobody(password: str) -> CheckedPassword:
    """Take as long as an incorrect password does. No directory gets to see this one."""
    return _incorrect(password, ldap_directories.known(), until=ldap_directories.deadline())


def _incorrect(password: str, among: Collection[Directory], *, until: float) -> CheckedPassword:
    hashers.take_time(password)
    ldap_directories.take_time(among, until=until)
    return WRONG


def take_rest(user: User, checked: CheckedPassword, password: str, *, until: float) -> None:
    """Take as long as an incorrect password would have, because a correct one is refused in the same words."""
    if checked.answer in {PasswordResult.WRONG, PasswordResult.LOCKED}:
        return
    among = ldap_directories.known()
    directory = _checking(user, among)
    if directory is not None:
        hashers.take_time(password)
    ldap_directories.take_time((each for each in among if each != directory), until=until)


def _checking(user: User, among: tuple[Directory, ...]) -> Directory | None:
    return next((each for each in among if each.pk == user.directory_id and each.checks_passwords), None)


def _judged(directory: Directory, judged: Judged, context: Context) -> CheckedPassword:
    return (
        CheckedPassword(answer=judged.answer) if judged.entry is None else _supplied(directory, judged.entry, context)
    )


def _supplied(directory: Directory, entry: DirectoryEntry, context: Context) -> CheckedPassword:
    """Follow what the directory says of a person whose password is correct. Someone new is added.

    A username that someone else has is never taken over. Someone who already has an account then keeps their old one.
    A correct password switches nobody on again: a sync may have switched them off because they left its filter.
    """
    person = PersonEntry(key=entry.key, username=entry.username, name=entry.name, email=entry.email, phones=None)
    by = ProvisioningSource(way=ProvisioningMethod.SIGN_IN, network=context.network, agent=context.agent)
    (change,) = provisioning.plan_people(directory, [person], now=context.now)
    if change.verdict not in {ChangeKind.UNCHANGED, ChangeKind.REFUSED, ChangeKind.SWITCHED_ON}:
        (change,) = provisioning.apply_people(directory, [change], by, context.now)
    if change.user_id is None:
        with transaction.atomic():
            audit.record(audit_events.DIRECTORY_NAME_TAKEN, user_id=None, context=context, directory=directory.name)
        return CheckedPassword(answer=PasswordResult.NAME_TAKEN)
    return CheckedPassword(answer=PasswordResult.RIGHT, user=User.objects.get(pk=change.user_id))
