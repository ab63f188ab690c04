"""Carries mail by SMTP, through Django's mail settings. Source: RFC 5321, 4.2 (replies)."""

import smtplib
from email.errors import MessageError
from email.utils import make_msgid

from django.core.mail import EmailMessage, get_connection

from verification import inputs
from verification.delivery.meanings import Fault
from verification.delivery.provider import Callback, Forged, Heard, Lost, Outgoing, Refused
from verification.models.messages import Kind, Reason

from .codes import CODES

_AFTER_DATA = 500  # a 5xx reply is final, a 4xx one may pass


class SmtpProvider:
    """One connection a mail; the server's queue does the rest. It sends no receipts."""

    name = "smtp"
    kinds = frozenset({Kind.MAIL})
    codes = CODES

    def send(self, message: Outgoing) -> str:
        """Hand a mail to the server. Errors: `Refused` before or by its reply, `Lost` when the line broke."""
        reference = make_msgid(idstring=message.id[:16])
        mail = EmailMessage(message.subject, message.words, to=[message.to], headers={"Message-ID": reference})
        if not _is_sound(mail):
            raise Refused(Reason.INVALID_NUMBER, permanent=True)
        try:
            connection = get_connection()
            connection.open()
        except (OSError, smtplib.SMTPException) as error:
            raise Refused(Reason.PROVIDER_DOWN, code=_code(error)) from error
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            raise Refused(Reason.INVALID_NUMBER, permanent=True, code=_code(error)) from error
        except smtplib.SMTPResponseException as error:
            code = _code(error)
            if code in CODES and CODES[code].fault is Fault.ACCOUNT:
                raise Refused(Reason.PROVIDER_DOWN, code=code) from error
            raise Refused(Reason.BLOCKED, permanent=error.smtp_code >= _AFTER_DATA, code=code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Lost("the mail server's answer did not come") from error
        finally:
            connection.close()
        return reference[:64]

    def parse(self, callback: Callback) -> Heard:
        """Believe nobody: a mail server calls nobody back. Errors: `Forged`, always."""
        raise Forged("mail has no receipts")

    def probe(self) -> bool:
        """Tell whether the server takes a connection."""
        try:
            connection = get_connection(timeout=1)
            connection.open()
            connection.close()
        except (OSError, smtplib.SMTPException):
            return False
        return True


def _is_sound(mail: EmailMessage) -> bool:
    """Tell whether a mail can be written. An address may have a form's good looks and a name that DNS cannot hold."""
    if any(inputs.one_line(address) != address for address in mail.to):
        return False
    try:
        mail.message()
    except (ValueError, MessageError):  # a name in DNS, a header
        return False
    return True


def _code(error: Exception) -> str:
    """Read the code of a reply, with the one of RFC 3463 where we know it; never its words, which may name somebody."""
    reply = (getattr(error, "smtp_code", 0), getattr(error, "smtp_error", b""))
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        reply = next(iter(error.recipients.values()), reply)
    number, words = reply
    first = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
    code = str(number or "")
    longer = f"{code} {first.split(maxsplit=1)[0] if first.split() else ''}"
    return longer if longer in CODES else code


provider = SmtpProvider()
