"""System checks of the file of breached passwords, and of applications whose settings contradict each other."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Warn
from django.db import DatabaseError
from django.utils import timezone

from accounts import conf
from accounts.breached_passwords.hash_file import HashFile
from verification import time_format


@register(Tags.database)
def check_applications(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn about applications whose settings contradict each other. Runs only with `check --database default`."""
    if not databases:
        return []
    from accounts.support.applications import contradictory_settings  # noqa: PLC0415  (the support desk, which servers don't load)

    try:
        found = list(contradictory_settings.of_all())
    except DatabaseError:  # the tables don't exist yet, or the connection fails, which another check says
        return []
    return [
        Warn(f"{application.name}: {each.text}", hint=each.hint, id=each.id)
        for application, own in found
        for each in own
    ]


@register(Tags.files)
def check_breached_passwords(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Refuse a missing or damaged file of breached passwords, and warn about one that is over a year old."""
    path = conf.breached_passwords_file()
    if not path:
        return []
    build = "Build it with: manage.py breached_passwords build FOLDER"
    try:
        source_date = HashFile(Path(path)).source_date
    except (OSError, ValueError) as error:
        return [Error(f"BREACHED_PASSWORDS_FILE can't be read: {error}", hint=build, id="accounts.E001")]
    if timezone.now() - source_date <= timedelta(days=365):
        return []
    old = f"The file of breached passwords is from {time_format.day(source_date)}. Newer breaches are missing."
    return [Warn(old, hint=f"Download the range files again. {build}", id="accounts.W011")]
