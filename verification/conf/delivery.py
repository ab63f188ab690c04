"""Which providers deliver messages. Their own settings are in their folders."""

from verification.setting import Setting, SettingsSection, formats

DELIVERY = SettingsSection(
    "Delivery",
    "Providers are tried in the order of `DELIVERY_PROVIDERS`, unless a route in the admin says otherwise. A route "
    "names a provider, and optionally a sender, for one kind of message and one place: a prefix such as `+4179`, a "
    "country such as `CH`, or everywhere. For each number, only the routes of the most exact place apply. Changes take "
    "effect within a second, without a restart.",
    families=("DELIVERY_",),
)

providers: Setting[tuple[str, ...]] = Setting(
    DELIVERY,
    "DELIVERY_PROVIDERS",
    formats.packages("verification.delivery.providers", example="smtp,console"),
    default=(),
    meaning="the providers of texts, calls and emails, in the order to try them: `twilio`, `vonage`, `gateway`, "
    "`smtp`; a dotted name is a package of your own",
)
