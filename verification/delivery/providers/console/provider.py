"""The console provider: writes each message to the terminal. There are no receipts."""

import secrets
import sys
from textwrap import indent

from verification import time_format
from verification.delivery.provider_interface import Callback, Forged, Outgoing, ParsedCallback
from verification.models.messages import Channel

_RULE = "─" * 64


class ConsoleProvider:
    """Shows texts, calls and emails in the terminal."""

    name = "console"
    kinds = frozenset(Channel)

    def send(self, message: Outgoing) -> str:
        """Write the message to the error stream, not to the logs: they are kept and must not contain a code."""
        reference = f"console-{secrets.token_hex(8)}"
        sys.stderr.write(_block(message))
        sys.stderr.flush()
        return reference

    def parse(self, callback: Callback) -> ParsedCallback:
        """Refuse every callback, because a terminal sends none. Errors: `Forged`, always."""
        raise Forged("the console sends no receipts")

    def probe(self) -> bool:
        """Return True, because a terminal is always there."""
        return True


def _block(message: Outgoing) -> str:
    to = f"{message.to} extension {message.extension}" if message.extension else message.to
    head = f"{message.kind} to {to}" + (f", request {message.request_reference}" if message.request_reference else "")
    subject = f"  {message.subject}\n" if message.subject else ""
    until = time_format.clock(message.useful_until, seconds=True)
    # One write, so that blocks of several threads don't run into each other.
    return f"{_RULE}\n{head}, useful until {until}\n{subject}{indent(message.words, '  ')}\n{_RULE}\n"


provider = ConsoleProvider()
