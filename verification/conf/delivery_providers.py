"""Settings: which providers deliver messages. Their own settings are in their folders."""

from verification.conf.sections import DELIVERY
from verification.declaring_settings import Setting, formats

providers: Setting[tuple[str, ...]] = Setting(
    DELIVERY,
    "DELIVERY_PROVIDERS",
    formats.packages("verification.delivery.providers", example="smtp,console"),
    default=(),
    meaning="the providers of texts, calls and emails, in the order to try them: `twilio`, `vonage`, `gateway`, "
    "`smtp`; a dotted name is a package of your own",
)
