"""The kinds of programs that app passwords are for, and how to set each one up."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Program:
    """A kind of program. An app password for one kind does not work for another."""

    key: str
    label: Any
    icon: str
    explain: Any
    steps: tuple[Any, ...]


_RESTART = _("Remove the password that the program kept, close it and start it again.")

PROGRAMS: dict[str, Program] = {
    program.key: program
    for program in (
        Program(
            "mail",
            _("Mail"),
            "mail",
            _("A mail program that asks for a name and a password only."),
            (
                _RESTART,
                _("When it asks, type your user name and the app password in place of your normal password."),
                _("The same for sending: outgoing mail wants it too."),
            ),
        ),
        Program(
            "calendar",
            _("Calendar and contacts"),
            "clock",
            _("A calendar or address book that is kept in step."),
            (_RESTART, _("Add the account anew with your user name and the app password.")),
        ),
        Program(
            "files",
            _("Files"),
            "download",
            _("A program or network drive that opens your files."),
            (_RESTART, _("Connect with your user name and the app password; let the program remember it.")),
        ),
        Program(
            "other",
            _("Something else"),
            "key",
            _("An older program that your organisation named to you."),
            (_RESTART, _("Where it asks for your password, type the app password.")),
        ),
    )
}


def program(key: str) -> Program:
    """Return a kind of program by its key. Unknown keys give "other"."""
    return PROGRAMS.get(key, PROGRAMS["other"])
