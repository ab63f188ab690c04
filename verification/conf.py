"""Settings of the engine: each is declared here once, and read at call time."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings

from verification.setting import Section, Setting, formats

ORGANISATION = Section(
    "Organisation and support",
    "How pages, messages and articles introduce you.",
    families=("SUPPORT_", "ORGANISATION_"),
)
CODES = Section("Codes and wrong answers", families=("VERIFICATION_", "WRONG_CODES_", "UNANSWERED_"))
SENDING = Section(
    "Limits on texts and calls",
    "They bound what anyone can cost or annoy, whoever asks. A text or call whose code is typed in, or which never "
    "arrived, is given back to its network.",
    families=("SENDS_", "NOTICES_PER_", "TOLL_FRAUD_", "OWN_NETWORK"),
)
PASSWORDS = Section(
    "Limits on passwords",
    "Right passwords are never counted.",
    families=("PASSWORD_FAILURES_", "PASSWORD_RESETS_", "APP_PASSWORD_"),
)
DELIVERY = Section(
    "Delivery",
    "Providers are tried in the order of `DELIVERY_PROVIDERS`, unless a row says otherwise: *Routes* in the admin name "
    "a provider, and a sender if need be, for a kind of message and a place (a prefix such as `+4179`, a country such "
    "as `CH`, or everywhere). Of the places that fit a number the most exact one alone decides. Changes count within a "
    "second, without a restart.",
    families=("DELIVERY_",),
)

_PER_HOUR = formats.whole_number(1, 1_000_000)

# --- Organisation and support -------------------------------------------------------------------------------

organisation_name: Setting[str] = Setting(
    ORGANISATION,
    "ORGANISATION_NAME",
    formats.text(example="Müller Institute"),
    default="Example Organisation",
    meaning="the organisation's name, as pages, texts and calls say it",
)
support_name: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_NAME",
    formats.text(example="the help desk"),
    default="the support desk",
    demo="Example Service Desk",
    meaning="where people turn who cannot go on",
)
support_phone: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_PHONE",
    formats.text(example="+41 44 555 01 01"),
    default="",
    demo="+41 44 555 01 00",
    meaning="the number of support",
)
support_email: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_EMAIL",
    formats.text("an email address", example="help@example.net", pattern=r"[^@\s]+@[^@\s]+"),
    default="",
    demo="support@example.org",
    meaning="the email address of support",
)
support_hours: Setting[str] = Setting(
    ORGANISATION,
    "SUPPORT_HOURS",
    formats.text(example="Monday to Friday, 8:00 to 17:00"),
    default="",
    demo="Monday to Friday, 7:00 to 18:00",
    meaning="when support answers",
)
home_region: Setting[str] = Setting(
    ORGANISATION,
    "HOME_REGION",
    formats.region,
    default="CH",
    meaning="the country in which national phone numbers are read",
)
sender_numbers: Setting[tuple[str, ...]] = Setting(
    ORGANISATION,
    "SENDER_NUMBERS",
    formats.words("numbers or names, separated by commas", example="+41445550199,Example"),
    default=(),
    meaning="further numbers that texts and calls come from, which the help centre names beside those of the providers",
    is_sender=True,
)

# --- Codes and wrong answers --------------------------------------------------------------------------------

attempts_per_challenge: Setting[int] = Setting(
    CODES,
    "VERIFICATION_ATTEMPTS_PER_CHALLENGE",
    formats.whole_number(1, 100),
    default=5,
    unit="answers",
    meaning="answers that one code, call or other challenge takes. Source: ASVS 5.0, 6.6.3",
)
resend_after: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_RESEND_SECONDS",
    formats.seconds(5, 600),
    default=timedelta(seconds=30),
    meaning="how long a person waits before another code goes out",
)
failures_before_delay: Setting[int] = Setting(
    CODES,
    "VERIFICATION_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=5,
    unit="wrong answers in a row",
    meaning="wrong answers in a row, per person and method over all sessions, before the first delay",
)
max_delay: Setting[timedelta] = Setting(
    CODES,
    "VERIFICATION_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=60),
    meaning="the delays double from one minute up to this",
)
lockout_threshold: Setting[int] = Setting(
    CODES,
    "VERIFICATION_LOCKOUT_THRESHOLD",
    formats.whole_number(5, 100),
    default=30,
    unit="wrong answers in a row",
    meaning="wrong answers in a row that lock a method. Source: NIST SP 800-63B-4, 3.2.2 (at most 100)",
)
wrong_codes_per_month: Setting[int] = Setting(
    CODES,
    "WRONG_CODES_PER_MONTH",
    formats.whole_number(5, 1000),
    default=100,
    unit="wrong codes per person in thirty days",
    meaning="wrong codes of a person in thirty days, over all methods, that switch the second step off until its "
    "methods are set up again. Source: NIST SP 800-63B-4, 3.2.2",
)
unanswered_calls: Setting[int] = Setting(
    CODES,
    "UNANSWERED_CALLS",
    formats.whole_number(1, 100),
    default=3,
    unit="calls in a row",
    meaning="calls in a row that nobody answers, after which the person gets no more for a while",
)
unanswered_texts: Setting[int] = Setting(
    CODES,
    "UNANSWERED_TEXTS",
    formats.whole_number(1, 100),
    default=5,
    unit="texts or mails in a row",
    meaning="the same for texts, and for mails",
)
unanswered_window: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WINDOW_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="how long an unanswered message counts if none follows it",
)
unanswered_wait: Setting[timedelta] = Setting(
    CODES,
    "UNANSWERED_WAIT_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=30),
    meaning="how long a person gets no more messages after too many unanswered ones; a sign-in by another method "
    "ends it",
)
retention_days: Setting[int] = Setting(
    CODES,
    "VERIFICATION_RETENTION_DAYS",
    formats.whole_number(1, 3650),
    default=30,
    unit="days",
    meaning="how long ended challenges and their messages are kept",
)
cache_seconds: Setting[float] = Setting(
    CODES,
    "VERIFICATION_CACHE_SECONDS",
    formats.seconds_with_fraction(0.0, 60.0),
    default=1.0,
    meaning="how old a process's copy of policies, routes, outages and circuits may be",
)


def unanswered(kind: str) -> int:
    """Return how many messages of a kind in a row may go unanswered."""
    return unanswered_calls() if kind == "call" else unanswered_texts()


# --- Limits on texts and calls ------------------------------------------------------------------------------

sends_per_person_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_PERSON_HOUR",
    formats.whole_number(1, 10_000),
    default=10,
    demo=60,  # anyone who tries the demo out needs more
    unit="texts and calls per person and hour",
    meaning="texts and calls that one person may cause in an hour",
)
sends_per_number_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NUMBER_HOUR",
    formats.whole_number(1, 10_000),
    default=10,
    demo=60,
    unit="texts and calls per number and hour",
    meaning="texts and calls to one number in an hour, whoever asks",
)
sends_per_number_day: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NUMBER_DAY",
    formats.whole_number(1, 10_000),
    default=30,
    unit="texts and calls per number and day",
    meaning="texts and calls to one number in a day, whoever asks",
)
sends_per_network_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=300,
    unit="texts and calls per network and hour",
    meaning="texts and calls asked for from one network (an IPv4 address, an IPv6 /64) in an hour whose codes nobody "
    "typed in",
)
own_networks: Setting[tuple[str, ...]] = Setting(
    SENDING,
    "OWN_NETWORKS",
    formats.networks,
    default=(),
    meaning="the organisation's networks, such as an office's one address: `192.0.2.7,10.0.0.0/8`. Every limit of a "
    "network is larger for them",
)
own_network_factor: Setting[int] = Setting(
    SENDING,
    "OWN_NETWORK_FACTOR",
    formats.whole_number(1, 10_000),
    default=20,
    meaning="how many times as large",
)
sends_per_range_hour: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_RANGE_HOUR",
    _PER_HOUR,
    default=100,
    unit="texts and calls per range and hour",
    meaning="texts and calls to one range abroad (country code and three digits) in an hour",
)
sends_per_range_day: Setting[int] = Setting(
    SENDING,
    "SENDS_PER_RANGE_DAY",
    _PER_HOUR,
    default=500,
    unit="texts and calls per range and day",
    meaning="texts and calls to one range abroad in a day",
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
    meaning="texts of notices that one number is sent in a day; beyond that, notices go by mail alone",
)
toll_fraud_pause: Setting[timedelta] = Setting(
    SENDING,
    "TOLL_FRAUD_PAUSE_HOURS",
    formats.hours(1, 720),
    default=timedelta(hours=4),
    meaning="how long nothing goes to a range whose codes hardly anybody types in",
)
text_price: Setting[Decimal] = Setting(
    SENDING,
    "TEXT_PRICE",
    formats.decimal(Decimal(0), Decimal(1000)),
    default=Decimal("0.08"),
    meaning="what a text costs where no country says otherwise, in the organisation's currency",
)
call_price: Setting[Decimal] = Setting(
    SENDING,
    "CALL_PRICE",
    formats.decimal(Decimal(0), Decimal(1000)),
    default=Decimal("0.15"),
    meaning="what a call costs where no country says otherwise, in the organisation's currency",
)

# --- Limits on passwords ------------------------------------------------------------------------------------

password_failures_before_delay: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_BEFORE_DELAY",
    formats.whole_number(1, 100),
    default=10,
    unit="wrong passwords",
    meaning="wrong passwords for a name before the first delay, counted by network, and apart in each browser in which "
    "the person signed in before",
)
max_password_delay: Setting[timedelta] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_MAX_DELAY_MINUTES",
    formats.minutes(1, 1440),
    default=timedelta(minutes=15),
    meaning="the delays double from one minute up to this",
)
password_failures_per_day: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_DAY",
    formats.whole_number(1, 100_000),
    default=100,
    unit="wrong passwords per name and day",
    meaning="wrong passwords for a name in a day from all strangers together, before they wait wherever they are",
)
password_failures_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_FAILURES_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=1000,
    unit="wrong passwords per network and hour",
    meaning="wrong passwords from one network in an hour",
)
password_resets_per_name_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NAME_HOUR",
    formats.whole_number(1, 1000),
    default=5,
    unit="password resets per name and hour",
    meaning="password resets that may be asked for one name in an hour",
)
password_resets_per_network_hour: Setting[int] = Setting(
    PASSWORDS,
    "PASSWORD_RESETS_PER_NETWORK_HOUR",
    _PER_HOUR,
    default=100,
    unit="password resets per network and hour",
    meaning="password resets that may be asked for from one network in an hour",
)
app_password_failures_per_network_minute: Setting[int] = Setting(
    PASSWORDS,
    "APP_PASSWORD_FAILURES_PER_NETWORK_MINUTE",
    _PER_HOUR,
    default=60,
    unit="passwords per network and minute",
    meaning="passwords that fail, or are no app passwords, which one service may ask about for one network in a minute",
)

# --- Delivery -----------------------------------------------------------------------------------------------

providers: Setting[tuple[str, ...]] = Setting(
    DELIVERY,
    "DELIVERY_PROVIDERS",
    formats.packages("verification.delivery.providers", example="smtp,console"),
    default=(),
    meaning="who carries texts, calls and mail, in the order to try them: `twilio`, `vonage`, `gateway`, `smtp`; a "
    "dotted name is a package of yours",
)

# --- What the site composes ---------------------------------------------------------------------------------

START = Section("Required", "Without these nothing starts.", families=("MFA_",))
public_url: Setting[str] = Setting(
    START,
    "PUBLIC_URL",
    formats.site,
    default="",
    demo="http://localhost:8000",
    meaning="the address that people and carriers use, such as `https://mfa.example.org`",
    is_required=True,
)
keys: Setting[tuple[tuple[str, bytes], ...]] = Setting(
    START,
    "MFA_KEYS",
    formats.keys,
    default=(),
    meaning="keys that seal secrets; the first seals, all open. `manage.py reencrypt` says when an older one may go",
    is_required=True,
    is_secret=True,
)


def methods() -> tuple[str, ...]:
    """Return the packages of the installed methods, in the order of offer; the site's settings list them."""
    return tuple(getattr(settings, "VERIFICATION_METHODS", ()))
