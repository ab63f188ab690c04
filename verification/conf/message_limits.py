"""Settings that limit texts and calls."""

from datetime import timedelta
from decimal import Decimal

from verification.setting import Setting, SettingsSection, formats

SENDING = SettingsSection(
    "Limits on texts and calls",
    "They limit what texts and calls can cost, and how much they can annoy anyone. Texts and calls whose code is "
    "entered, or which never arrive, do not count against their network.",
    families=("SENDS_", "NOTICES_PER_", "TOLL_FRAUD_", "OWN_NETWORK"),
)

_PER_HOUR = formats.whole_number(1, 1_000_000)

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
