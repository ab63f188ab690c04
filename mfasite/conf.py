"""Settings of the project: processes, web server, database and broker. Each is declared here once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mfasite import server_addresses
from verification.conf import ORGANISATION, START, public_url
from verification.setting import Setting, SettingsSection, SettingValues, formats

BASE_DIR: Path = Path(__file__).resolve().parent.parent


def _one_database_password(values: SettingValues) -> Iterator[str]:
    if values[database].get("PASSWORD") and values[database_password]:
        yield "DATABASE_URL and DATABASE_PASSWORD both contain a password. Set only one."


def _one_broker_password(values: SettingValues) -> Iterator[str]:
    if server_addresses.has_password(values[broker]) and values[broker_password]:
        yield "REDIS_URL and REDIS_PASSWORD both contain a password. Set only one."


WEB = SettingsSection("Web server")
DATABASE = SettingsSection(
    "Database",
    "If the password contains `/`, `@` or `#`, set it in `DATABASE_PASSWORD`, in single quotes. If it contains a "
    "single quote, set `DATABASE_PASSWORD_FILE`. Behind PgBouncer in transaction mode set `DATABASE_PREPARED=0`, "
    "because prepared statements and server-side cursors don't work there.",
    rules=(_one_database_password,),
)
BROKER = SettingsSection("Broker", rules=(_one_broker_password,))
PROCESSES = SettingsSection("Processes and logs")
DEMO = SettingsSection("The demo", "Never set these on a machine with real users.")

# --- Required -----------------------------------------------------------------------------------------------

secret_key: Setting[str] = Setting(
    START,
    "SECRET_KEY",
    formats.text(example="an-example-of-a-key-which-nobody-should-ever-use-anywhere"),
    default="",
    meaning="Django's secret key, 50 characters or more",
    is_required=True,
    is_secret=True,
)


def _database_of_demo(values: SettingValues) -> dict[str, Any]:
    return server_addresses.database.parse(f"sqlite:///{values[demo_dir] / 'db.sqlite3'}") if values[demo] else {}


database: Setting[dict[str, Any]] = Setting(
    START,
    "DATABASE_URL",
    server_addresses.database,
    default={},
    derive=_database_of_demo,
    meaning="the database: PostgreSQL, or SQLite for a small installation",
    is_required=True,
    is_secret=True,
)

# --- Organisation -------------------------------------------------------------------------------------------

organisation_logo_url: Setting[str] = Setting(
    ORGANISATION,
    "ORGANISATION_LOGO_URL",
    formats.text("an address such as /static/logo.svg", example="/static/logo.svg"),
    default="",
    meaning="the organisation's logo",
)
accent_colour: Setting[str] = Setting(
    ORGANISATION,
    "ACCENT_COLOUR",
    formats.text("a colour such as #1d4f91", example="#7a1fa2", pattern="#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})"),
    default="",
    default_text="`#1d4f91`",
    meaning="the colour of buttons and links. It is made lighter or darker where it would be hard to read",
)
time_zone: Setting[str] = Setting(
    ORGANISATION,
    "TIME_ZONE",
    formats.time_zone,
    default="UTC",
    demo="Europe/Zurich",
    meaning="the time zone of emails and texts, and of pages for people who haven't chosen one",
)

# --- Web server ---------------------------------------------------------------------------------------------

bind: Setting[str] = Setting(
    WEB,
    "BIND",
    formats.text(
        "an address such as 127.0.0.1:8000 or unix:/run/two-step/web.sock",
        example="127.0.0.2:8000",
        pattern=r"unix:/.+|[^\s/]+:[0-9]{1,5}",
    ),
    default="127.0.0.1:8000",
    meaning="the address that the web server listens on. systemd has it in `two-step-web.socket`, too",
)
web_workers: Setting[int] = Setting(
    WEB, "WEB_WORKERS", formats.whole_number(1, 256), default=2, unit="processes", meaning="processes of the web server"
)
web_threads: Setting[int] = Setting(
    WEB, "WEB_THREADS", formats.whole_number(1, 256), default=8, unit="threads", meaning="threads of each process"
)
allowed_hosts: Setting[tuple[str, ...]] = Setting(
    WEB,
    "ALLOWED_HOSTS",
    formats.host_names(example="web1.example.net,web2.example.net"),
    default=(),
    meaning="host names that requests can use, besides the one in `PUBLIC_URL`",
)


def _this_machine(values: SettingValues) -> tuple[str, ...]:
    # With an https URL, only a proxy on this machine can reach a loopback port.
    is_loopback = values[bind].startswith(("127.", "localhost:", "[::1]:"))
    return ("127.0.0.1/32", "::1/128") if values[public_url].startswith("https://") and is_loopback else ()


trusted_proxies: Setting[tuple[str, ...]] = Setting(
    WEB,
    "TRUSTED_PROXIES",
    formats.networks,
    default=(),
    derive=_this_machine,
    default_text="this machine, if only this machine can reach `BIND`",
    meaning="proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted",
)
static_root: Setting[Path] = Setting(
    WEB,
    "STATIC_ROOT",
    formats.folder,
    default=BASE_DIR / "static",
    default_text="`static`",
    meaning="the folder for static files: `collectstatic` writes them, and the web server reads them",
)
metrics_token: Setting[str] = Setting(
    WEB,
    "METRICS_TOKEN",
    formats.text(example="a-token-for-the-scraper"),
    default="",
    meaning="a token that allows reading `/metrics` (Prometheus): `Authorization: Bearer ...`",
    is_secret=True,
    is_shared=True,
)
metrics_networks: Setting[tuple[str, ...]] = Setting(
    WEB,
    "METRICS_NETWORKS",
    formats.networks,
    default=(),
    meaning="networks that can read `/metrics` without a token. Without token and networks nobody can",
)
metrics_folder: Setting[str] = Setting(
    WEB,
    "PROMETHEUS_MULTIPROC_DIR",
    formats.text("a folder", example="/run/two-step/metrics"),
    default="",
    default_text="a new folder",
    meaning="the folder where the processes of a web server store their counts. This is prometheus-client's own "
    "variable",
)

# --- Database and broker ------------------------------------------------------------------------------------

database_password: Setting[str] = Setting(
    DATABASE,
    "DATABASE_PASSWORD",
    formats.text(example="a/password@with#characters"),
    default="",
    meaning="the password for `DATABASE_URL`, not percent-encoded",
    is_secret=True,
)
database_connections: Setting[int] = Setting(
    DATABASE,
    "DATABASE_CONNECTIONS",
    formats.whole_number(1, 1000),
    default=12,
    unit="connections",
    meaning="maximum number of connections to PostgreSQL per process, for all its threads",
)
database_prepared: Setting[bool] = Setting(
    DATABASE,
    "DATABASE_PREPARED",
    formats.flag,
    default=True,
    meaning="1: PostgreSQL plans frequent statements once per connection. 0: required behind a pooler in "
    "transaction mode",
)


def _broker_of_demo(values: SettingValues) -> str:
    return f"redis+socket://{values[demo_dir] / 'broker' / 'broker.sock'}" if values[demo] else ""


broker: Setting[str] = Setting(
    BROKER,
    "REDIS_URL",
    server_addresses.broker,
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

# --- Processes and logs -------------------------------------------------------------------------------------

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
log_level: Setting[str] = Setting(
    PROCESSES,
    "LOG_LEVEL",
    formats.one_of(*LOG_LEVELS),
    default="INFO",
    meaning="the lowest level that is logged",
)
log_format: Setting[str] = Setting(
    PROCESSES,
    "LOG_FORMAT",
    formats.one_of("text", "json"),
    default="json",
    demo="text",
    meaning="`json` for log systems, `text` for people. Each line has its request (`X-Request-ID`) and its message",
)
task_events: Setting[bool] = Setting(
    PROCESSES,
    "TASK_EVENTS",
    formats.flag,
    default=False,
    demo=True,
    meaning="1: workers report each task, so that Flower shows it. The reports contain message ids only",
)
flower_basic_auth: Setting[str] = Setting(
    PROCESSES,
    "FLOWER_BASIC_AUTH",
    formats.text("name:password", example="opal:a-long-password"),
    default="",
    meaning="username and password for Flower, with a colon between them. The password needs 12 or more characters",
    is_secret=True,
)
flower_auth_provider: Setting[str] = Setting(
    PROCESSES,
    "FLOWER_AUTH_PROVIDER",
    formats.text(example="flower.views.auth.GithubLoginHandler"),
    default="",
    meaning="instead: a class of Flower that signs people in with another service",
)

# --- The demo -----------------------------------------------------------------------------------------------

demo: Setting[bool] = Setting(
    DEMO, "DEMO", formats.flag, default=False, meaning="1: run as a demo, with its own keys and virtual phones"
)
demo_dir: Setting[Path] = Setting(
    DEMO,
    "DEMO_DIR",
    formats.folder,
    default=BASE_DIR / ".demo",
    default_text="`.demo`",
    meaning="the folder for the demo's data",
)
