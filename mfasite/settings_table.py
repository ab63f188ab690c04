"""Writes all settings as a Markdown table, from which `deploy/environment.md` is generated."""

from collections.abc import Iterable, Iterator
from typing import Any

from verification.setting import Section, Setting

_HEAD = """\
# Settings

Each is a variable of the environment. Unset or empty means the default, which is safe. A wrong value stops the start,
and the message names all that are wrong.

A secret, marked `_FILE`, may be given by a file instead, as Docker, Kubernetes and systemd's credentials hand secrets
over: `SECRET_KEY_FILE=/run/secrets/key`. Give it one way: both is refused.

A variable that nothing reads is warned of by `manage.py check`, and in the log of the web server, if it is very much
like one of these (`SEND_PER_PERSON_HOUR`), or begins as only ours do (`SENDS_`, `TWILIO_`).

Put values with spaces in quotes: systemd and compose read them, and so does a shell, where
`set -a; . /etc/two-step/environment` is all that a command by hand needs.

This page is what `manage.py environment` prints. [running.md](running.md) says how to run the service.
"""


def markdown(sections: Iterable[Section]) -> str:
    """Return the whole page, with required settings first."""
    sections = sorted(sections, key=lambda section: not any(setting.is_required for setting in section.settings))
    return "\n".join([_HEAD, *(line for section in sections if section.settings for line in _lines(section))])


def _lines(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    if section.about:
        yield f"{section.about}\n"
    yield "| variable | default | value | meaning |\n|---|---|---|---|"
    for setting in section.settings:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in _cells(setting))} |"
    yield ""


def _cells(setting: Setting[Any]) -> tuple[str, str, str, str]:
    name = f"`{setting.name}`" + (" (`_FILE`)" if setting.is_secret else "")
    value = setting.format.expects + (f", {setting.unit}" if setting.unit else "")
    return name, _default(setting), value, setting.meaning


def _default(setting: Setting[Any]) -> str:
    if setting.is_required:
        return "**required**"
    if setting.default_text:
        return setting.default_text
    written = "" if setting.default in ("", (), {}) else setting.format.write(setting.default)
    return f"`{written}`" if written else "–"
