"""What an email server's replies mean. Source: RFC 5321, 4.2.3; RFC 4954, 6; RFC 3463 for those with dots."""

from verification.delivery.declaring_error_codes import Fault, table
from verification.models.messages import FailureReason

CODES = table(
    (
        Fault.ACCOUNT,
        FailureReason.PROVIDER_DOWN,
        {
            "454": "the email server's sign-in is out of service",
            "500": "the email server doesn't know the command",
            "501": "the email server doesn't accept the command in this form",
            "502": "the email server doesn't know the command",
            "503": "the email server got commands out of order",
            "504": "the email server doesn't know the command",
            "521": "the email server accepts no email",
            "530": "the email server requires a sign-in",
            "534": "the email server requires another kind of sign-in",
            "535": "the email server doesn't accept the username or password",
            "538": "the email server requires an encrypted connection",
        },
    ),
    (
        Fault.NETWORK,
        FailureReason.PROVIDER_DOWN,
        {
            "421": "the email server is out of service for now",
            "451": "the email server had an internal error",
            "452": "the email server is out of storage",
        },
    ),
    (
        Fault.NUMBER,
        FailureReason.INVALID_NUMBER,
        {
            "550": "there is no such mailbox, or it accepts no email from us",
            "551": "the mailbox is elsewhere",
            "553": "the email address is not valid",
            "550 5.1.1": "there is no such mailbox",
            "550 5.1.2": "there is no such email domain",
        },
    ),
    (
        Fault.NUMBER,
        FailureReason.BLOCKED,
        {
            "450": "the mailbox is busy or holds email back for now",
            "552": "the mailbox is full",
            "554": "the email server refused the email",
            "550 5.7.1": "the email server accepts no email from us",
            "554 5.7.1": "the email server accepts no email from us",
        },
    ),
)
