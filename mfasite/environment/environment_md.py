"""Writes all settings as a Markdown table, from which `deploy/environment.md` is generated."""

from collections.abc import Iterable, Iterator
from typing import Any

from verification.declaring_settings import Setting, SettingsSection

_HEAD = """\
# Settings

Each setting is an environment variable. Unset or empty means the default, which is safe. If a value is wrong, nothing
starts, and the message names all wrong values.

Put settings into a file such as `/etc/two-step/environment`; [environment.example](environment.example) is a start.
systemd, Compose and shells read the file. Put secrets, and values with spaces or special characters, in single quotes:
in double quotes, a shell would still replace what follows `$`. If a secret contains a single quote, put it in a file.
[A command with the settings](operation.md#a-command-with-the-settings) shows how to run one.

A secret, marked `_FILE`, can be read from a file: `SECRET_KEY_FILE=/run/secrets/key`. Set either the variable or the
file, not both.

`manage.py check` and the log of the web server warn about a variable that nothing reads, if its name is very similar
to a setting (`SEND_PER_PERSON_HOUR`) or starts like one of ours (`SENDS_`, `TWILIO_`).

`manage.py environment` prints this page. [operation.md](operation.md) explains operation.
"""


def markdown(sections: Iterable[SettingsSection]) -> str:
    """Return the whole page, with required settings first."""
    sections = sorted(sections, key=lambda section: not any(setting.is_required for setting in section.settings))
    return "\n".join([_HEAD, *(line for section in sections if section.settings for line in _lines(section))])


def _lines(section: SettingsSection) -> Iterator[str]:
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
