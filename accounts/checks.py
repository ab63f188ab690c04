"""System checks of applications: settings that each are allowed, and that together let nobody in or notify nobody."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, register
from django.core.checks import Warning as Warn
from django.db import DatabaseError


@register(Tags.database)
def check_applications(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Warn about applications whose settings contradict each other. Runs only with `check --database default`."""
    if not databases:
        return []
    from accounts.support.applications import contradictions  # noqa: PLC0415  (the support desk, which servers don't load)

    try:
        found = list(contradictions.of_all())
    except DatabaseError:  # the tables don't exist yet, or the connection fails, which another check says
        return []
    return [
        Warn(f"{application.name}: {each.text}", hint=each.hint, id=each.id)
        for application, own in found
        for each in own
    ]
