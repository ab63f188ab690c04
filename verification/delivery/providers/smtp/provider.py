"""Sends email by SMTP with Django's settings. Source: RFC 5321, 4.2 (replies)."""

import secrets
import smtplib
from email.errors import MessageError

import idna
from django.core.mail import DNS_NAME, EmailMessage, get_connection

from verification import inputs
from verification.delivery.declaring_error_codes import Fault
from verification.delivery.provider_interface import (
    Callback,
    Forged,
    Outgoing,
    ParsedCallback,
    ResponseLost,
    SendRefused,
)
from verification.models.messages import Channel, FailureReason

from .error_codes import CODES

_FINAL = 500  # a 5xx reply is final, a 4xx one may pass


class SmtpProvider:
    """Opens one connection per email; the server's queue does the rest. It sends no receipts."""

    name = "smtp"
    kinds = frozenset({Channel.MAIL})
    codes = CODES

    def send(self, message: Outgoing) -> str:
        """Hand an email to the server.

        Errors: `SendRefused` if it was not accepted, `ResponseLost` if the connection broke.
        """
        reference = f"{message.id[:16]}.{secrets.token_hex(8)}"  # another one if the same message is sent again
        mail = _written(message, reference)
        try:
            connection = get_connection()
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise SendRefused(FailureReason.PROVIDER_DOWN, code=_code(error)) from error
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            is_final = all(number >= _FINAL for number, _words in error.recipients.values())
            reason = FailureReason.INVALID_NUMBER if is_final else FailureReason.BLOCKED
            raise SendRefused(reason, permanent=is_final, code=_code(error)) from error
        except smtplib.SMTPResponseException as error:
            code = _code(error)
            if code in CODES and CODES[code].fault is Fault.ACCOUNT:
                raise SendRefused(FailureReason.PROVIDER_DOWN, code=code) from error
            raise SendRefused(FailureReason.BLOCKED, permanent=error.smtp_code >= _FINAL, code=code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ResponseLost("the mail server did not answer") from error
        finally:
            connection.close()
        return reference

    def parse(self, callback: Callback) -> ParsedCallback:
        """Refuse every callback, because an email server sends none. Errors: `Forged`, always."""
        raise Forged("email has no receipts")

    def probe(self) -> bool:
        """Return whether the server accepts a connection."""
        try:
            connection = get_connection(timeout=1)
            connection.open()
            connection.close()
        except (OSError, smtplib.SMTPException):
            return False
        return True


def _written(message: Outgoing, reference: str) -> EmailMessage:
    """Build an email. Errors: `SendRefused` for an address that a form accepts but an email can't contain."""
    try:
        headers = {"Message-ID": f"<{reference}@{DNS_NAME}>"}
        mail = EmailMessage(message.subject, message.words, to=[_address(message.to)], headers=headers)
        mail.message()
    except (ValueError, MessageError):
        raise SendRefused(FailureReason.INVALID_NUMBER, permanent=True) from None
    return mail


def _address(text: str) -> str:
    """Convert the host of an address to its DNS form. Python's own codec, of 2003, turns faß.example into fass.example.

    Errors: ValueError. Source: RFC 5894, 7.2; UTS 46.
    """
    if inputs.one_line(text) != text:
        raise ValueError("a header would end in it")
    name, _at, host = text.rpartition("@")
    return text if host.isascii() else f"{name}@{idna.encode(host, uts46=True).decode()}"


def _code(error: Exception) -> str:
    """Read the code of a reply, and its RFC 3463 code if we know it. Its text may contain personal data."""
    reply = (getattr(error, "smtp_code", 0), getattr(error, "smtp_error", b""))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        reply = next(iter(error.recipients.values()), reply)
    number, words = reply
    first = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    code = str(number or "")
    longer = f"{code} {first.split(maxsplit=1)[0] if first.split() else ''}"
    return longer if longer in CODES else code


provider = SmtpProvider()
