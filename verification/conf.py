"""Settings of verification. Each is declared here once and read when it is used."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from verification.setting import Section, Setting, formats

ORGANISATION = Section(
    "Organisation and support",
    "How pages, messages and articles name you and your support desk.",
    families=("SUPPORT_", "ORGANISATION_"),
)
CODES = Section("Codes and incorrect answers", families=("VERIFICATION_", "WRONG_CODES_", "UNANSWERED_"))
RETENTION = Section(
    "How long records are kept",
    "[Operation](running.md#how-much-is-kept) has the sizes, and what happens when a month is removed.",
    families=("AUDIT_", "MESSAGE_", "CHALLENGE_"),
)
SENDING = Section(
    "Limits on texts and calls",
    "They limit what texts and calls can cost, and how much they can annoy anyone. Texts and calls whose code is "
    "entered, or which never arrive, do not count against their network.",
    families=("SENDS_", "NOTICES_PER_", "TOLL_FRAUD_", "OWN_NETWORK"),
)
PASSWORDS = Section(
    "Limits on passwords",
    "Correct passwords are never counted.",
    families=("PASSWORD_FAILURES_", "PASSWORD_RESETS_", "APP_PASSWORD_"),
)
DELIVERY = Section(
    "Delivery",
    "Providers are tried in the order of `DELIVERY_PROVIDERS`, unless a route in the admin says otherwise. A route "
    "names a provider, and optionally a sender, for one kind of message and one place: a prefix such as `+4179`, a "
    "country such as `CH`, or everywhere. For each number, only the routes of the most exact place apply. Changes take "
    "effect within a second, without a restart.",
    families=("DELIVERY_",),
)

_PER_HOUR = formats.whole_number(1, 1_000_000)

# --- Organisation and support -------------------------------------------------------------------------------

organisation_name: Setting[str] = Setting(
    ORGANISATION,
    "ORGANISATION_NAME",
    formats.text(example="Müller Institute"),
    default="Example Organisation",
    meaning="your organisation's name, as pages, texts and calls show it",
)
support_name: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_NAME",
    formats.text(example="the help desk"),
    default="the support desk",
    demo="Example Service Desk",
    meaning="your support desk's name, where people are told whom to contact",
)
support_phone: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_PHONE",
    formats.text(example="+41 44 555 01 01"),
    default="",
    demo="+41 44 555 01 00",
    meaning="the support desk's phone number",
)
support_email: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_EMAIL",
    formats.text("an email address", example="help@example.net", pattern=r"[^@\s]+@[^@\s]+"),
    default="",
    demo="support@example.org",
    meaning="the support desk's email address",
)
support_hours: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_HOURS",
    formats.text(example="Monday to Friday, 8:00 to 17:00"),
    default="",
    demo="Monday to Friday, 7:00 to 18:00",
    meaning="when the support desk can be reached",
)
home_region: Setting[str] = Setting(
    ORGANISATION,
    "HOME_REGION",
    formats.region,
    default="CH",
    meaning="the country of phone numbers that are entered without a country code",
)
sender_numbers: Setting[tuple[str, ...]] = Setting(
    ORGANISATION,
    "SENDER_NUMBERS",
    formats.words("numbers or names, separated by commas", example="+41445550199,Example"),
    default=(),
    meaning="further numbers that your texts and calls come from; the help centre lists them beside the providers' own",
    is_sender=True,
)

# --- Codes and incorrect answers --------------------------------------------------------------------------------

attempts_per_challenge: Setting[int] = Setting(
    CODES,
    "VERIFICATION_ATTEMPTS_PER_CHALLENGE",
    formats.whole_number(1, 100),
    default=5,
    unit="answers",
    meaning="how many answers one code, call or other challenge accepts. Source: ASVS 5.0, 6.6.3",
)
resend_after: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_RESEND_SECONDS",
    formats.seconds(5, 600),
    default=timedelta(seconds=30),
    meaning="how long a person waits before they can request another code",
)
failures_before_delay: Setting[int] = Setting(
    CODES,
    "VERIFICATION_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=5,
    unit="incorrect answers in a row",
    meaning="incorrect answers in a row before the first delay, per person and method, over all sessions",
)
max_delay: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=60),
    meaning="the longest delay; delays double from one minute up to this",
)
lockout_threshold: Setting[int] = Setting(
    CODES,
    "VERIFICATION_LOCKOUT_THRESHOLD",
    formats.whole_number(5, 100),
    default=30,
    unit="incorrect answers in a row",
    meaning="incorrect answers in a row that lock a method. Source: NIST SP 800-63B-4, 3.2.2 (at most 100)",
)
wrong_codes_per_month: Setting[int] = Setting(
    CODES,
    "WRONG_CODES_PER_MONTH",
    formats.whole_number(5, 1000),
    default=100,
    unit="incorrect codes per person in 30 days",
    meaning="incorrect codes of a person in 30 days, over all methods, that lock all methods until they are set up "
    "again. Source: NIST SP 800-63B-4, 3.2.2",
)
unanswered_calls: Setting[int] = Setting(
    CODES,
    "UNANSWERED_CALLS",
    formats.whole_number(1, 100),
    default=3,
    unit="calls in a row",
    meaning="unanswered calls in a row after which a person gets no more for a while",
)
unanswered_texts: Setting[int] = Setting(
    CODES,
    "UNANSWERED_TEXTS",
    formats.whole_number(1, 100),
    default=5,
    unit="texts or emails in a row",
    meaning="unanswered texts, or emails, in a row after which a person gets no more for a while",
)
unanswered_window: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WINDOW_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="how long an unanswered message counts if no other follows",
)
unanswered_wait: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WAIT_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=30),
    meaning="how long a person gets no messages after too many unanswered ones; signing in with another method ends it",
)
cache_seconds: Setting[float] = Setting(
    CODES,
    "VERIFICATION_CACHE_SECONDS",
    formats.seconds_with_fraction(0.0, 60.0),
    default=1.0,
    meaning="how long a process may use cached policies, routes, outages and provider health",
)


def unanswered(kind: str) -> int:
    """Return how many messages of a kind may go unanswered in a row."""
    return unanswered_calls() if kind == "call" else unanswered_texts()


# --- How long records are kept ------------------------------------------------------------------------------

audit_retention_months: Setting[int] = Setting(
    RETENTION,
    "AUDIT_RETENTION_MONTHS",
    formats.whole_number(1, 1200),
    default=24,
    unit="months",
    meaning="how many whole months of the audit log are kept besides the current one. `verify_audit` proves that the "
    "rest was removed by the service, and not by anyone else",
)
message_retention_days: Setting[int] = Setting(
    RETENTION,
    "MESSAGE_RETENTION_DAYS",
    formats.whole_number(1, 3650),
    default=30,
    unit="days",
    meaning="how long texts, calls and emails are kept at least; on PostgreSQL until their whole month is older",
)
challenge_retention_days: Setting[int] = Setting(
    RETENTION,
    "CHALLENGE_RETENTION_DAYS",
    formats.whole_number(1, 3650),
    default=30,
    unit="days",
    meaning="how long finished challenges are kept; those with messages are kept as long as the messages",
)

# --- Limits on texts and calls ------------------------------------------------------------------------------

sends_per_person_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_PERSON_HOUR",
    formats.whole_number(1, 10_000),
    default=10,
    demo=60,  # people who try the demo need more
    unit="texts and calls per person and hour",
    meaning="texts and calls that one person can request in an hour",
)
sends_per_number_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NUMBER_HOUR",
    formats.whole_number(1, 10_000),
    default=10,
    demo=60,
    unit="texts and calls per number and hour",
    meaning="texts and calls to one number in an hour, for all people together",
)
sends_per_number_day: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NUMBER_DAY",
    formats.whole_number(1, 10_000),
    default=30,
    unit="texts and calls per number and day",
    meaning="texts and calls to one number in a day, for all people together",
)
sends_per_network_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=300,
    unit="texts and calls per network and hour",
    meaning="texts and calls requested from one network (an IPv4 address, an IPv6 /64) in an hour whose codes were "
    "not entered",
)
own_networks: Setting[tuple[str, ...]] = Setting(
    SENDING,
    "OWN_NETWORKS",
    formats.networks,
    default=(),
    meaning="your organisation's networks, such as an office's public address: `192.0.2.7,10.0.0.0/8`. Their network "
    "limits are larger",
)
own_network_factor: Setting[int] = Setting(
    SENDING,
    "OWN_NETWORK_FACTOR",
    formats.whole_number(1, 10_000),
    default=20,
    meaning="how many times larger the network limits of your own networks are",
)
sends_per_range_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_RANGE_HOUR",
    _PER_HOUR,
    default=100,
    unit="texts and calls per range and hour",
    meaning="texts and calls to one number range abroad (country code and three digits) in an hour",
)
sends_per_range_day: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_RANGE_DAY",
    _PER_HOUR,
    default=500,
    unit="texts and calls per range and day",
    meaning="texts and calls to one number range abroad in a day",
)
sends_per_site_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_SITE_HOUR",
    formats.whole_number(1, 10_000_000),
    default=20_000,
    unit="texts and calls per hour",
    meaning="texts and calls of the whole organisation in an hour",
)
notices_per_number_day: Setting[int] = Setting(
    SENDING,
    "NOTICES_PER_NUMBER_DAY",
    formats.whole_number(1, 1000),
    default=20,
    unit="texts per number and day",
    meaning="notices texted to one number in a day; further ones are only emailed",
)
toll_fraud_pause: Setting[timedelta] = Setting(
    SENDING,
    "TOLL_FRAUD_PAUSE_HOURS",
    formats.hours(1, 720),
    default=timedelta(hours=4),
    meaning="how long a number range is blocked when hardly any of its codes are entered",
)
text_price: Setting[Decimal] = Setting(
    SENDING,
    "TEXT_PRICE",
    formats.decimal(Decimal(0), Decimal(1000)),
    default=Decimal("0.08"),
    meaning="the price of a text to a country without a price of its own, in your currency",
)
call_price: Setting[Decimal] = Setting(
    SENDING,
    "CALL_PRICE",
    formats.decimal(Decimal(0), Decimal(1000)),
    default=Decimal("0.15"),
    meaning="the price of a call to a country without a price of its own, in your currency",
)

# --- Limits on passwords ------------------------------------------------------------------------------------

password_failures_before_delay: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=10,
    unit="incorrect passwords",
    meaning="incorrect passwords for a username before the first delay, counted per network, and separately in each "
    "browser that the person signed in from before",
)
max_password_delay: Setting[timedelta] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="the longest delay; delays double from one minute up to this",
)
password_failures_per_day: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_DAY",
    formats.whole_number(1, 100_000),
    default=100,
    unit="incorrect passwords per username and day",
    meaning="incorrect passwords for a username in a day, from all unknown browsers together, before all of them have "
    "to wait",
)
password_failures_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=1000,
    unit="incorrect passwords per network and hour",
    meaning="incorrect passwords from one network in an hour",
)
password_resets_per_name_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NAME_HOUR",
    formats.whole_number(1, 1000),
    default=5,
    unit="password resets per username and hour",
    meaning="password resets requested for one username in an hour",
)
password_resets_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=100,
    unit="password resets per network and hour",
    meaning="password resets requested from one network in an hour",
)
app_password_failures_per_network_minute: Setting[int] = Setting(
    PASSWORDS,
    "APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE",
    _PER_HOUR,
    default=60,
    unit="passwords per network and minute",
    meaning="passwords from one network that one service may check in a minute and that are incorrect or not app "
    "passwords",
)

# --- Delivery -----------------------------------------------------------------------------------------------

providers: Setting[tuple[str, ...]] = Setting(
    DELIVERY,
    "DELIVERY_PROVIDERS",
    formats.packages("verification.delivery.providers", example="smtp,console"),
    default=(),
    meaning="the providers of texts, calls and emails, in the order to try them: `twilio`, `vonage`, `gateway`, "
    "`smtp`; a dotted name is a package of your own",
)

# --- What the site composes ---------------------------------------------------------------------------------

START = Section("Required", "The service does not start without these.", families=("MFA_",))
public_url: Setting[str] = Setting(
    START,
    "PUBLIC_URL",
    formats.site,
    default="",
    demo="http://localhost:8000",
    meaning="the address that people and providers use, such as `https://mfa.example.org`",
    is_required=True,
)
keys: Setting[tuple[tuple[str, bytes], ...]] = Setting(
    START,
    "MFA_KEYS",
    formats.keys,
    default=(),
    meaning="keys that encrypt secrets: the first encrypts, all decrypt. `manage.py reencrypt` says when an old one "
    "can be removed",
    is_required=True,
    is_secret=True,
)


def methods() -> tuple[str, ...]:
    """Return the packages of the installed methods, in the order in which they are offered."""
    return tuple(getattr(settings, "VERIFICATION_METHODS", ()))
