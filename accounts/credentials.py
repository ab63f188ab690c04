"""Checks a username and password: against the hash stored here, or at the person's directory."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts import audit_events, directories, hashers
from accounts.directories import Answer, Entry, Judged
from accounts.models import Directory, User
from accounts.models.people import fold
from verification import audit
from verification.context import Context


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The result. `user` is there if the password was correct and nothing else is in the way."""

    answer: Answer
    user: User | None = None


def check(user: User | None, name: str, password: str, context: Context) -> Checked:
    """Check the password of a user, or of someone whom only a directory knows.

    A name that nobody has takes as long as one that somebody has. People without a directory never wait for one.

    Shape: `name` as entered.
    """
    among = directories.active()
    if user is None:
        hashers.take_time(password)
        return _stranger(among, name, password, context)
    if user.directory_id is None:
        return Checked(answer=Answer.RIGHT, user=user) if user.check_password(password) else _WRONG
    directory = next((each for each in among if each.pk == user.directory_id), None)
    if directory is None:
        return _WRONG  # it is switched off
    return _known(user, directories.check(directory, user, password, context), context)


_WRONG = Checked(answer=Answer.WRONG)


def _stranger(among: tuple[Directory, ...], name: str, password: str, context: Context) -> Checked:
    found = directories.check_stranger(among, name, password, context)
    if found is None:
        return _WRONG
    directory, judged = found
    if judged.entry is None:
        return Checked(answer=judged.answer)
    user = User.objects.filter(directory=directory, directory_key=judged.entry.key).first()
    return _known(user, judged, context) if user else _added(directory, judged.entry, context)


def _added(directory: Directory, entry: Entry, context: Context) -> Checked:
    """Add a person of a directory. Someone else's username is never taken over, not even by the same name."""
    user = User(
        username=fold(entry.username),
        name=entry.name[:150],
        email=User.objects.normalize_email(entry.email),
        directory=directory,
        directory_key=entry.key,
    )
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            audit.record(
                audit_events.DIRECTORY_PERSON_ADDED, user_id=user.pk, context=context, directory=directory.name
            )
    except IntegrityError:
        known = User.objects.filter(directory=directory, directory_key=entry.key).first()  # added at the same instant
        if known is not None:
            return Checked(answer=Answer.RIGHT, user=known)
        audit.record(audit_events.DIRECTORY_NAME_TAKEN, user_id=None, context=context, directory=directory.name)
        return Checked(answer=Answer.NAME_TAKEN)
    return Checked(answer=Answer.RIGHT, user=user)


def _known(user: User, judged: Judged, context: Context) -> Checked:
    """Follow what the directory has changed: the username, the full name and the email address."""
    entry = judged.entry
    if entry is None:
        return Checked(answer=judged.answer)
    now = {
        "username": fold(entry.username),
        "name": entry.name[:150] or user.name,
        "email": User.objects.normalize_email(entry.email) or user.email,
    }
    changed = {name: value for name, value in now.items() if getattr(user, name) != value}
    if not changed:
        return Checked(answer=Answer.RIGHT, user=user)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(**changed)
            audit.record(
                audit_events.DIRECTORY_PERSON_CHANGED,
                user_id=user.pk,
                context=context,
                directory=str(user.directory),
                changed=", ".join(sorted(changed)),
            )
    except IntegrityError:
        return Checked(answer=Answer.RIGHT, user=user)  # the new username is someone else's, so the former one stays
    for name, value in changed.items():
        setattr(user, name, value)
    return Checked(answer=Answer.RIGHT, user=user)
