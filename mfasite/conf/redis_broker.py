"""Settings of the broker: Redis, Valkey or sentinels."""

from collections.abc import Iterator

from mfasite import database_and_redis_urls
from mfasite.conf.demo_mode import demo, demo_dir
from verification.declaring_settings import Setting, SettingsSection, SettingValues, formats


def _one_broker_password(values: SettingValues) -> Iterator[str]:
    if database_and_redis_urls.has_password(values[broker]) and values[broker_password]:
        yield "REDIS_URL and REDIS_PASSWORD both contain a password. Set only one."


BROKER = SettingsSection("Broker", rules=(_one_broker_password,))


def _broker_of_demo(values: SettingValues) -> str:
    return f"redis+socket://{values[demo_dir] / 'broker' / 'broker.sock'}" if values[demo] else ""


broker: Setting[str] = Setting(
    BROKER,
    "REDIS_URL",
    database_and_redis_urls.broker,
    default="",
    derive=_broker_of_demo,
    meaning="the broker, which wakes workers: Redis or Valkey",
    is_secret=True,
)
broker_password: Setting[str] = Setting(
    BROKER,
    "REDIS_PASSWORD",
    formats.text(example="a/password@with#characters"),
    default="",
    meaning="the password for `REDIS_URL`, not percent-encoded",
    is_secret=True,
)
broker_ca_file: Setting[str] = Setting(
    BROKER,
    "REDIS_CA_FILE",
    formats.text("a file", example="/etc/ssl/broker.pem"),
    default="",
    default_text="the system's",
    meaning="the certificate authority (PEM) of the broker, for `rediss://`. The name and the certificate are "
    "always checked",
)
broker_tls: Setting[bool] = Setting(
    BROKER,
    "REDIS_TLS",
    formats.flag,
    default=False,
    meaning="1: use TLS for the broker that the sentinels name",
)
sentinel_master: Setting[str] = Setting(
    BROKER,
    "REDIS_SENTINEL_MASTER",
    formats.text(example="broker"),
    default="mymaster",
    meaning="the sentinels' name for the broker",
)
sentinel_password: Setting[str] = Setting(
    BROKER,
    "REDIS_SENTINEL_PASSWORD",
    formats.text(example="the-sentinels-password"),
    default="",
    meaning="the password of the sentinels",
    is_secret=True,
)
broker_prefix: Setting[str] = Setting(
    BROKER,
    "BROKER_PREFIX",
    formats.text(example="two-step:"),
    default="",
    meaning="a prefix for the names of queues, if several services share a broker",
)
