"""The form of the profile: language and time zone."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


@cache
def _places() -> tuple[str, ...]:
    """Return the time zones that are named after places, cached: reading them opens hundreds of files."""
    names = (name for name in available_timezones() if "/" in name and not name.startswith(("posix/", "right/")))
    return ("UTC", *sorted(names))


def _zones() -> list[tuple[str, LazyText]]:
    return [("", _("Same as the organisation")), *((zone, zone.replace("_", " ")) for zone in _places())]


class ProfileForm(forms.Form):
    """Language and time zone."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=lambda: [("", _("Use browser setting")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(settings.LANGUAGES) < 2:
            del self.fields["language"]  # there is nothing to choose
