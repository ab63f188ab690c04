"""Settings that limit texts and calls per person, number, network, range and organisation."""

from verification.conf.sections import SENDING
from verification.declaring_settings import Setting, formats

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
