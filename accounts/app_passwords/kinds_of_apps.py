"""The kinds of apps that app passwords are for, and how to set each one up."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText


@dataclass(frozen=True)
class Program:
    """A kind of app. An app password for one kind doesn't work for another."""

    key: str
    label: LazyText
    icon: str
    explain: LazyText
    steps: tuple[LazyText, ...]


_RESTART = _("Remove the saved password from the app, close the app and start it again.")

PROGRAMS: dict[str, Program] = {
    program.key: program
    for program in (
        Program(
            "mail",
            _("Email"),
            "mail",
            _("An email app that only asks for a username and a password."),
            (
                _RESTART,
                _("When it asks, enter your username, and the app password instead of your normal password."),
                _("Enter the app password for outgoing email too."),
            ),
        ),
        Program(
            "calendar",
            _("Calendar and contacts"),
            "calendar",
            _("A calendar or address book that synchronises."),
            (_RESTART, _("Add the account again with your username and the app password.")),
        ),
        Program(
            "files",
            _("Files"),
            "folder",
            _("An app or a network drive that opens your files."),
            (_RESTART, _("Connect with your username and the app password. Let the app save it.")),
        ),
        Program(
            "other",
            _("Something else"),
            "key",
            _("Another older app that your organisation uses."),
            (_RESTART, _("When it asks for your password, enter the app password.")),
        ),
    )
}


def program(key: str) -> Program:
    """Return a kind of app by its key. Unknown keys give "other"."""
    return PROGRAMS.get(key, PROGRAMS["other"])
