"""Finds environment variables that look like our settings but are not read, such as SEND_PER_PERSON_HOUR."""

import difflib
import re
from collections.abc import Iterable, Iterator

from verification.declaring_settings import SettingsSection

_FILE = "_FILE"
_MIN_SIMILARITY = 0.85  # from 0 to 1; DATABASE_URI and DATABASE_URL have 0.92
_MIN_NAME_LENGTH = 6  # characters; shorter names are similar by chance
# What Kubernetes and Docker set for other services. Source: Kubernetes, "Discovering services".
_OF_SERVICES = re.compile(r"_SERVICE_(HOST|PORT)(_\w+)?$|_PORT(_\d+_(TCP|UDP)(_\w+)?)?$")


def unknown(declared: Iterable[SettingsSection], names: Iterable[str]) -> Iterator[str]:
    """Return a sentence for each variable that is probably meant for us but not read.

    A name is meant for us if it has the prefix of a family of ours (`SENDS_`), or is very similar to a declared one.
    """
    declared = tuple(declared)
    settings = {setting.name: setting for section in declared for setting in section.settings}
    families = tuple(family for section in declared for family in section.families)
    known = settings.keys() | {name + _FILE for name, setting in settings.items() if setting.is_secret}
    for name in sorted(names):
        if name in known or _OF_SERVICES.search(name):
            continue
        if name.removesuffix(_FILE) in settings:
            yield f"{name} has no effect: {name.removesuffix(_FILE)} is not a secret. Set it without _FILE."
            continue
        similar = known if len(name) >= _MIN_NAME_LENGTH else ()
        near = difflib.get_close_matches(name, similar, n=1, cutoff=_MIN_SIMILARITY)
        if near and not name.endswith(f"_{near[0]}"):  # CI_REDIS_URL belongs to somebody else
            yield f"{name} has no effect. Did you mean {near[0]}?"
        elif name.startswith(families):
            yield f"{name} has no effect: there is no such setting. `manage.py environment` lists all settings."
