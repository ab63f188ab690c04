"""Settings of the project: processes, web server, database and broker. Each is declared here once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mfasite import logs
from mfasite.environment import server_addresses
from verification.conf import ORGANISATION, START, public_url
from verification.setting import Section, Setting, Values, formats

BASE_DIR: Path = Path(__file__).resolve().parent.parent


def _one_database_password(values: Values) -> Iterator[str]:
    if values[database].get("PASSWORD") and values[database_password]:
        yield "The password stands in DATABASE_URL and in DATABASE_PASSWORD. Set it once."


def _one_broker_password(values: Values) -> Iterator[str]:
    if server_addresses.has_password(values[broker]) and values[broker_password]:
        yield "The password stands in REDIS_URL and in REDIS_PASSWORD. Set it once."


WEB = Section("Web server")
DATABASE = Section(
    "Database",
    "A password with `/`, `@` or `#` in it stands apart, in `DATABASE_PASSWORD`. Behind PgBouncer in transaction mode "
    "set `DATABASE_PREPARED=0`: prepared statements and cursors of the server do not survive there.",
    rules=(_one_database_password,),
)
BROKER = Section("Broker", rules=(_one_broker_password,))
PROCESSES = Section("Processes and logs")
DEMO = Section("The demo", "Never set these where people work.")

# --- Required -----------------------------------------------------------------------------------------------

secret_key: Setting[str] = Setting(
    START,
    "SECRET_KEY",
    formats.text(example="an-example-of-a-key-which-nobody-should-ever-use-anywhere"),
    default="",
    meaning="Django's key, 50 characters or more",
    is_required=True,
    is_secret=True,
)


def _database_of_demo(values: Values) -> dict[str, Any]:
    return server_addresses.database.parse(f"sqlite:///{values[demo_dir] / 'db.sqlite3'}") if values[demo] else {}


database: Setting[dict[str, Any]] = Setting(
    START,
    "DATABASE_URL",
    server_addresses.database,
    default={},
    derive=_database_of_demo,
    meaning="the database; PostgreSQL, or SQLite for a small installation",
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
    meaning="the colour of buttons and links; lightened or darkened where it could not be read",
)
time_zone: Setting[str] = Setting(
    ORGANISATION,
    "TIME_ZONE",
    formats.time_zone,
    default="UTC",
    demo="Europe/Zurich",
    meaning="the time zone in which times are shown",
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
    meaning="where the web server listens",
)
web_workers: Setting[int] = Setting(
    WEB, "WEB_WORKERS", formats.whole_number(1, 256), default=2, unit="processes", meaning="processes of the web server"
)
web_threads: Setting[int] = Setting(
    WEB, "WEB_THREADS", formats.whole_number(1, 256), default=8, unit="threads", meaning="threads of each"
)
allowed_hosts: Setting[tuple[str, ...]] = Setting(
    WEB,
    "ALLOWED_HOSTS",
    formats.words("host names, separated by commas", example="mfa.example.net,two-step.example.net"),
    default=(),
    default_text="that of `PUBLIC_URL`",
    meaning="host names that requests may name",
)


def _this_machine(values: Values) -> tuple[str, ...]:
    # With an https URL, only a proxy on this machine can reach a loopback port.
    is_loopback = values[bind].startswith(("127.", "localhost:", "[::1]:"))
    return ("127.0.0.1/32", "::1/128") if values[public_url].startswith("https://") and is_loopback else ()


trusted_proxies: Setting[tuple[str, ...]] = Setting(
    WEB,
    "TRUSTED_PROXIES",
    formats.networks,
    default=(),
    derive=_this_machine,
    default_text="this machine, if `BIND` is open to this machine only",
    meaning="proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed",
)
static_root: Setting[Path] = Setting(
    WEB,
    "STATIC_ROOT",
    formats.folder,
    default=BASE_DIR / "static",
    default_text="`static`",
    meaning="where `collectstatic` puts files, and the web server finds them",
)
metrics_token: Setting[str] = Setting(
    WEB,
    "METRICS_TOKEN",
    formats.text(example="a-token-for-the-scraper"),
    default="",
    meaning="whoever shows it may read `/metrics` (Prometheus): `Authorization: Bearer ...`",
    is_secret=True,
    is_shared=True,
)
metrics_networks: Setting[tuple[str, ...]] = Setting(
    WEB,
    "METRICS_NETWORKS",
    formats.networks,
    default=(),
    meaning="networks which may read `/metrics` without it; without both, nobody may",
)
metrics_folder: Setting[str] = Setting(
    WEB,
    "PROMETHEUS_MULTIPROC_DIR",
    formats.text("a folder", example="/run/two-step/metrics"),
    default="",
    default_text="a new one",
    meaning="where the processes of a web server keep their counts; prometheus-client's own variable",
)

# --- Database and broker ------------------------------------------------------------------------------------

database_password: Setting[str] = Setting(
    DATABASE,
    "DATABASE_PASSWORD",
    formats.text(example="a/password@with#characters"),
    default="",
    meaning="the password of `DATABASE_URL`, with any characters",
    is_secret=True,
)
database_connections: Setting[int] = Setting(
    DATABASE,
    "DATABASE_CONNECTIONS",
    formats.whole_number(1, 1000),
    default=12,
    unit="connections",
    meaning="connections to PostgreSQL that each process keeps at most, for all its threads",
)
database_prepared: Setting[bool] = Setting(
    DATABASE,
    "DATABASE_PREPARED",
    formats.flag,
    default=True,
    meaning="1: PostgreSQL plans what is asked often once a connection; 0 behind a pooler that hands a connection on "
    "after each transaction",
)


def _broker_of_demo(values: Values) -> str:
    return f"redis+socket://{values[demo_dir] / 'broker' / 'broker.sock'}" if values[demo] else ""


broker: Setting[str] = Setting(
    BROKER,
    "REDIS_URL",
    server_addresses.broker,
    default="",
    derive=_broker_of_demo,
    meaning="the broker, which wakes workers: a Redis or Valkey",
    is_secret=True,
)
broker_password: Setting[str] = Setting(
    BROKER,
    "REDIS_PASSWORD",
    formats.text(example="a/password@with#characters"),
    default="",
    meaning="the password of `REDIS_URL`, with any characters",
    is_secret=True,
)
broker_ca_file: Setting[str] = Setting(
    BROKER,
    "REDIS_CA_FILE",
    formats.text("a file", example="/etc/ssl/broker.pem"),
    default="",
    default_text="the machine's own",
    meaning="the authority of the broker's certificate (PEM), with `rediss://`; name and certificate are always "
    "checked",
)
broker_tls: Setting[bool] = Setting(
    BROKER,
    "REDIS_TLS",
    formats.flag,
    default=False,
    meaning="1: TLS to the broker that the sentinels name",
)
sentinel_master: Setting[str] = Setting(
    BROKER,
    "REDIS_SENTINEL_MASTER",
    formats.text(example="broker"),
    default="mymaster",
    meaning="the name that the sentinels know the broker by",
)
sentinel_password: Setting[str] = Setting(
    BROKER,
    "REDIS_SENTINEL_PASSWORD",
    formats.text(example="the-sentinels-password"),
    default="",
    meaning="the password of the sentinels themselves",
    is_secret=True,
)
broker_prefix: Setting[str] = Setting(
    BROKER,
    "BROKER_PREFIX",
    formats.text(example="two-step:"),
    default="",
    meaning="put before each queue's name, where several services share a broker",
)

# --- Processes and logs -------------------------------------------------------------------------------------

log_level: Setting[str] = Setting(
    PROCESSES,
    "LOG_LEVEL",
    formats.one_of(*logs.LEVELS),
    default="INFO",
    meaning="the least serious line that is logged",
)
log_format: Setting[str] = Setting(
    PROCESSES,
    "LOG_FORMAT",
    formats.one_of(*logs.SHAPES),
    default="json",
    demo="text",
    meaning="`text` for people; each line names its request (`X-Request-ID`) and its message",
)
task_events: Setting[bool] = Setting(
    PROCESSES,
    "TASK_EVENTS",
    formats.flag,
    default=False,
    demo=True,
    meaning="1: workers tell of each task, so that Flower shows them; a message's id is all they name",
)
flower_basic_auth: Setting[str] = Setting(
    PROCESSES,
    "FLOWER_BASIC_AUTH",
    formats.text("name:password", example="opal:a-long-password"),
    default="",
    meaning="who may look at Flower: a name and a password of 12 characters or more, with a colon between",
    is_secret=True,
)
flower_auth_provider: Setting[str] = Setting(
    PROCESSES,
    "FLOWER_AUTH_PROVIDER",
    formats.text(example="flower.views.auth.GithubLoginHandler"),
    default="",
    meaning="Flower's own way to sign in by another service, instead",
)

# --- The demo -----------------------------------------------------------------------------------------------

demo: Setting[bool] = Setting(
    DEMO, "DEMO", formats.flag, default=False, meaning="1: a demo with keys of its own and a virtual phone"
)
demo_dir: Setting[Path] = Setting(
    DEMO,
    "DEMO_DIR",
    formats.folder,
    default=BASE_DIR / ".demo",
    default_text="`.demo`",
    meaning="where the demo keeps its data",
)
