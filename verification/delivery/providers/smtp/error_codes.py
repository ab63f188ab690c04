"""What an email server's replies mean. Source: RFC 5321, 4.2.3; RFC 4954, 6; RFC 3463 for those with dots."""

from verification.delivery.error_meanings import Fault, table
from verification.models.messages import Reason

CODES = table(
    (
        Fault.ACCOUNT,
        Reason.PROVIDER_DOWN,
        {
            "454": "the mail server's sign-in is out of service",
            "500": "the mail server does not know the command",
            "501": "the mail server does not take the command as it is",
            "502": "the mail server does not know the command",
            "503": "the mail server got commands out of order",
            "504": "the mail server does not know the command",
            "521": "the mail server takes no mail",
            "530": "the mail server wants a sign-in",
            "534": "the mail server wants another kind of sign-in",
            "535": "the mail server doesn't accept the username or password",
            "538": "the mail server wants an encrypted connection",
        },
    ),
    (
        Fault.NETWORK,
        Reason.PROVIDER_DOWN,
        {
            "421": "the mail server is out of service for now",
            "451": "the mail server had a fault of its own",
            "452": "the mail server has no room",
        },
    ),
    (
        Fault.NUMBER,
        Reason.INVALID_NUMBER,
        {
            "550": "there is no such mailbox, or it takes no mail from us",
            "551": "the mailbox is elsewhere",
            "553": "the mail address is not valid",
            "550 5.1.1": "there is no such mailbox",
            "550 5.1.2": "there is no such mail domain",
        },
    ),
    (
        Fault.NUMBER,
        Reason.BLOCKED,
        {
            "450": "the mailbox is busy or holds mail back for now",
            "552": "the mailbox is full",
            "554": "the mail server refused the mail",
            "550 5.7.1": "the mail server does not take mail from us",
            "554 5.7.1": "the mail server does not take mail from us",
        },
    ),
)
