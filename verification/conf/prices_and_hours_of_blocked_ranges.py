"""Settings: how long a range is blocked for toll fraud, and what texts and calls cost."""

from datetime import timedelta
from decimal import Decimal

from verification.conf.sections import SENDING
from verification.declaring_settings import Setting, formats

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
