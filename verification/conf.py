"""The engine's tunables: name, default, unit and meaning, once. Read at call time."""

from datetime import timedelta
from decimal import Decimal
from typing import TypeVar, cast

from django.conf import settings

T = TypeVar("T")


def _read(name: str, default: T) -> T:
    return cast("T", getattr(settings, name, default))


def methods() -> tuple[str, ...]:
    """Packages of the installed methods, in the order of offer."""
    return tuple(_read("VERIFICATION_METHODS", ()))


def providers() -> tuple[str, ...]:
    """Packages of the providers, in the order of use."""
    return tuple(_read("DELIVERY_PROVIDERS", ()))


def tries() -> int:
    """Answers that one challenge takes. Source: ASVS 5.0, 6.6.3."""
    return _read("VERIFICATION_TRIES", 5)


def resend_after() -> timedelta:
    """How long a person waits before another code goes out."""
    return timedelta(seconds=_read("VERIFICATION_RESEND_SECONDS", 30))


def free_failures() -> int:
    """Wrong answers in a row, per person and method over all sessions, before the first wait."""
    return _read("VERIFICATION_FREE_FAILURES", 5)


def failures_until_off() -> int:
    """Wrong answers in a row that switch a method off. Source: NIST SP 800-63B-4, 3.2.2 (ceiling 100)."""
    return _read("VERIFICATION_FAILURES_UNTIL_OFF", 30)


def wrong_codes_per_month() -> int:
    """Wrong codes of a person in thirty days, over all methods, that switch the second step off.

    Source: NIST SP 800-63B-4, 3.2.2.
    """
    return _read("WRONG_CODES_PER_MONTH", 100)


def unanswered(kind: str) -> int:
    """Messages of a kind in a row that nobody answers, after which a person gets no more for a while."""
    return _read("UNANSWERED_CALLS", 3) if kind == "call" else _read("UNANSWERED_TEXTS", 5)


def unanswered_span() -> timedelta:
    """How long an unanswered message counts if none follows it."""
    return timedelta(minutes=_read("UNANSWERED_SPAN_MINUTES", 15))


def unanswered_wait() -> timedelta:
    """How long a person gets no more messages after too many that nobody answered."""
    return timedelta(minutes=_read("UNANSWERED_WAIT_MINUTES", 30))


def longest_wait() -> timedelta:
    """The waits double from one minute up to this."""
    return timedelta(minutes=_read("VERIFICATION_LONGEST_WAIT_MINUTES", 60))


def password_free_failures() -> int:
    """Wrong passwords for one name, in one known browser or from one network, before the first wait."""
    return _read("PASSWORD_FREE_FAILURES", 10)


def password_failures_per_day() -> int:
    """Wrong passwords for one name in a day, of all strangers together, before they wait wherever they are."""
    return _read("PASSWORD_FAILURES_PER_DAY", 100)


def longest_password_wait() -> timedelta:
    """The waits after wrong passwords double from one minute up to this."""
    return timedelta(minutes=_read("PASSWORD_LONGEST_WAIT_MINUTES", 15))


def network_passwords_per_hour() -> int:
    """Wrong passwords from one network (IPv4 address or IPv6 /64) in an hour."""
    return _read("NETWORK_PASSWORDS_PER_HOUR", 1000)


def own_networks() -> tuple[str, ...]:
    """Networks of the organisation, such as an office's one address: their bounds are so many times as large."""
    return tuple(_read("OWN_NETWORKS", ()))


def own_network_times() -> int:
    """How many times as large the bounds of the organisation's own networks are."""
    return _read("OWN_NETWORK_TIMES", 20)


def notices_per_number_day() -> int:
    """Texts of notices that one number is sent in a day; what is over goes by mail alone."""
    return _read("NOTICES_PER_NUMBER_DAY", 20)


def sends_per_person_hour() -> int:
    """Texts and calls one person may cause in an hour."""
    return _read("SENDS_PER_PERSON_HOUR", 10)


def sends_per_number_hour() -> int:
    """Texts and calls to one number in an hour, whoever asks."""
    return _read("SENDS_PER_NUMBER_HOUR", 10)


def sends_per_number_day() -> int:
    """Texts and calls to one number in a day, whoever asks."""
    return _read("SENDS_PER_NUMBER_DAY", 30)


def sends_per_network_hour() -> int:
    """Texts and calls asked for from one network in an hour whose codes nobody typed in."""
    return _read("SENDS_PER_NETWORK_HOUR", 300)


def sends_per_range_hour() -> int:
    """Texts and calls to one range abroad (country code and three digits) in an hour."""
    return _read("SENDS_PER_RANGE_HOUR", 100)


def sends_per_range_day() -> int:
    """Texts and calls to one range abroad in a day."""
    return _read("SENDS_PER_RANGE_DAY", 500)


def text_price() -> Decimal:
    """What a text costs where no country says otherwise, in the organisation's currency."""
    return _read("TEXT_PRICE", Decimal("0.08"))


def call_price() -> Decimal:
    """What a call costs where no country says otherwise, in the organisation's currency."""
    return _read("CALL_PRICE", Decimal("0.15"))


def guard_pause() -> timedelta:
    """How long nothing goes to a range whose codes hardly anybody types in."""
    return timedelta(hours=_read("GUARD_PAUSE_HOURS", 4))


def sends_per_site_hour() -> int:
    """Texts and calls of the whole organisation in an hour."""
    return _read("SENDS_PER_SITE_HOUR", 20_000)


def asks_per_name_hour() -> int:
    """Password resets that may be asked for one name in an hour."""
    return _read("ASKS_PER_NAME_HOUR", 5)


def asks_per_network_hour() -> int:
    """Password resets that may be asked for from one network in an hour."""
    return _read("ASKS_PER_NETWORK_HOUR", 100)


def checks_per_network_minute() -> int:
    """Passwords that fail, or are no app passwords, which one service may ask about for one network in a minute."""
    return _read("CHECKS_PER_NETWORK_MINUTE", 60)


def lease() -> timedelta:
    """How long a worker may hold a message before its outcome counts as unknown.

    Longer than a provider's connect and read limits together (2 s and 8 s).
    """
    return timedelta(seconds=_read("DELIVERY_LEASE_SECONDS", 15))


def lost_after() -> timedelta:
    """How long an unknown message waits for its receipt before the person is told that it is lost."""
    return timedelta(seconds=_read("DELIVERY_LOST_SECONDS", 30))


def claims() -> int:
    """How often one message may be taken up before it counts as failed; being asked to slow down does not count."""
    return _read("DELIVERY_CLAIMS", 5)


def circuit_failures() -> int:
    """Failures in a row after which a provider is passed over."""
    return _read("DELIVERY_CIRCUIT_FAILURES", 5)


def circuit_pause() -> timedelta:
    """How long a provider is passed over the first time; each further time in a row takes twice as long."""
    return timedelta(seconds=_read("DELIVERY_CIRCUIT_SECONDS", 15))


def circuit_longest_pause() -> timedelta:
    """How long a provider is passed over at most before it gets a message on trial."""
    return timedelta(seconds=_read("DELIVERY_CIRCUIT_LONGEST_SECONDS", 300))


def board_seconds() -> float:
    """How old a process's copy of routes and circuits may be, in seconds."""
    return _read("DELIVERY_BOARD_SECONDS", 1.0)


def wake_threads() -> int:
    """Threads a web process keeps to wake workers and, when the broker is down, to send; 0 leaves all to workers."""
    return _read("DELIVERY_WAKE_THREADS", 4)


def keep_days() -> int:
    """How long ended challenges and their messages are kept, in days."""
    return _read("VERIFICATION_KEEP_DAYS", 30)


def public_url() -> str:
    """The address at which people and carriers reach us, without a trailing slash."""
    return _read("PUBLIC_URL", "").rstrip("/")


def organisation() -> str:
    """The organisation's name as texts and calls say it."""
    return _read("ORGANISATION_NAME", "Your organisation")


def home_region() -> str:
    """Two-letter country in which national numbers are read."""
    return _read("HOME_REGION", "CH")
