"""All settings, for every place it runs in: the environment decides, and unset means safe."""

import logging
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from mfasite import cast, env, logs

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Demo or real -------------------------------------------------------------------------------------------

DEMO = env.flag("DEMO")
DEMO_DIR = Path(env.text("DEMO_DIR", str(BASE_DIR / ".demo"))).resolve()
if DEMO:
    env.load(DEMO_DIR / "keys")
DEBUG = False

SECRET_KEY = env.secret("SECRET_KEY")
MFA_KEYS = env.keys("MFA_KEYS")
DATABASE = env.database("DATABASE_URL", f"sqlite:///{DEMO_DIR / 'db.sqlite3'}" if DEMO else "")
PUBLIC_URL = env.address("PUBLIC_URL") or ("http://localhost:8000" if DEMO else "")

if not DEMO:
    NEEDED = {
        "SECRET_KEY": SECRET_KEY,
        "MFA_KEYS": MFA_KEYS,
        "DATABASE_URL": DATABASE,
        "PUBLIC_URL": PUBLIC_URL,
    }
    if missing := [name for name, value in NEEDED.items() if not value]:
        raise ImproperlyConfigured(f"Not started, for want of {', '.join(missing)}. See README.md; DEMO=1 needs none.")

HTTPS = PUBLIC_URL.startswith("https://")

# --- Who this is for ----------------------------------------------------------------------------------------

ORGANISATION_NAME = env.text("ORGANISATION_NAME", "Example Organisation")
ORGANISATION_LOGO_URL = env.text("ORGANISATION_LOGO_URL")
ACCENT_COLOUR = env.text("ACCENT_COLOUR")
SUPPORT_NAME = env.text("SUPPORT_NAME", "the service desk" if not DEMO else "Example Service Desk")
SUPPORT_PHONE = env.text("SUPPORT_PHONE", "+41 44 555 01 00" if DEMO else "")
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL", "support@example.org" if DEMO else "")
SUPPORT_HOURS = env.text("SUPPORT_HOURS", "Monday to Friday, 7:00 to 18:00" if DEMO else "")
HOME_REGION = env.text("HOME_REGION", "CH")
PHONENUMBER_DEFAULT_REGION = HOME_REGION

# --- What proves a person, and who carries messages: ordered, and the only place that names them ------------

VERIFICATION_METHODS = (
    "verification.methods.text",
    "verification.methods.call",
    "verification.methods.passkey",
    "verification.methods.totp",
    "verification.methods.token",
    "verification.methods.email",
    "verification.methods.recovery",
    "verification.methods.access_pass",
)
# A short name is one of our own; a dotted one is a package of yours.
DELIVERY_PROVIDERS = tuple(
    name if "." in name else f"verification.delivery.providers.{name}"
    for name in env.words("DELIVERY_PROVIDERS", ("virtual",) if DEMO else ())
)

# Whose telephones stand on the demo's shelf: number and name.
PHONES = cast.phones() if DEMO else ()

# Texts and calls that one person, and one number, may cause in an hour. Whoever tries the demo out needs more.
SENDS_PER_PERSON_HOUR = env.number("SENDS_PER_PERSON_HOUR", 60 if DEMO else 10)
SENDS_PER_NUMBER_HOUR = env.number("SENDS_PER_NUMBER_HOUR", 60 if DEMO else 10)
SENDS_PER_NETWORK_HOUR = env.number("SENDS_PER_NETWORK_HOUR", 300)
NETWORK_PASSWORDS_PER_HOUR = env.number("NETWORK_PASSWORDS_PER_HOUR", 1000)
PASSWORD_FREE_FAILURES = env.number("PASSWORD_FREE_FAILURES", 10)
PASSWORD_FAILURES_PER_DAY = env.number("PASSWORD_FAILURES_PER_DAY", 100)
WRONG_CODES_PER_MONTH = env.number("WRONG_CODES_PER_MONTH", 100)
UNANSWERED_CALLS = env.number("UNANSWERED_CALLS", 3)
UNANSWERED_TEXTS = env.number("UNANSWERED_TEXTS", 5)
UNANSWERED_WAIT_MINUTES = env.number("UNANSWERED_WAIT_MINUTES", 30)
OWN_NETWORKS = env.networks("OWN_NETWORKS")
OWN_NETWORK_TIMES = env.number("OWN_NETWORK_TIMES", 20)

# Texts and calls go out by the provider "twilio", from the account named here. Senders and voices by country or
# language: "CH=+41445550100,*=+15005550006". Of several tokens the first signs; the others are believed for a while.
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKENS = env.secrets("TWILIO_AUTH_TOKENS")
TWILIO_MESSAGING_SERVICE_SID = env.text("TWILIO_MESSAGING_SERVICE_SID")
TWILIO_SENDERS = env.table("TWILIO_SENDERS")
TWILIO_CALL_SENDERS = env.table("TWILIO_CALL_SENDERS")
TWILIO_VOICES = env.table("TWILIO_VOICES")
TWILIO_BASE_URL = env.text("TWILIO_BASE_URL", "https://api.twilio.com")

# The same by the provider "vonage", from the application named here. Any of the secrets signs what it reports.
VONAGE_APPLICATION_ID = env.text("VONAGE_APPLICATION_ID")
VONAGE_PRIVATE_KEY = env.secret("VONAGE_PRIVATE_KEY").replace("\\n", "\n")
VONAGE_SIGNATURE_SECRETS = env.secrets("VONAGE_SIGNATURE_SECRETS")
VONAGE_SENDERS = env.table("VONAGE_SENDERS")
VONAGE_CALL_SENDERS = env.table("VONAGE_CALL_SENDERS")
VONAGE_VOICES = env.table("VONAGE_VOICES")
VONAGE_BASE_URL = env.text("VONAGE_BASE_URL", "https://api.nexmo.com")

# The numbers that texts and calls come from, as the help centre names them.
SENDER_NUMBERS = (
    *(number for senders in (TWILIO_SENDERS, TWILIO_CALL_SENDERS) for number in senders.values()),
    *(number for senders in (VONAGE_SENDERS, VONAGE_CALL_SENDERS) for number in senders.values()),
    *env.words("SENDER_NUMBERS"),
    *filter(None, [env.text("GATEWAY_SENDER")]),
)

# Texts go out by the provider "gateway" to any carrier with an HTTP interface, described here.
GATEWAY = {
    "url": env.text("GATEWAY_URL"),
    "token": env.secret("GATEWAY_TOKEN"),
    "headers": env.table("GATEWAY_HEADERS"),
    "request": env.text("GATEWAY_REQUEST"),
    "as_form": env.flag("GATEWAY_FORM"),
    "sender": env.text("GATEWAY_SENDER"),
    "reference": env.text("GATEWAY_REFERENCE"),
    "error": env.text("GATEWAY_ERROR"),
    "probe_url": env.text("GATEWAY_PROBE_URL"),
    "keys": env.secrets("GATEWAY_RECEIPT_KEYS"),
    "signature_header": env.text("GATEWAY_SIGNATURE_HEADER"),
    "time_header": env.text("GATEWAY_TIME_HEADER"),
    "signed": env.text("GATEWAY_SIGNED"),
    "receipt_id": env.text("GATEWAY_RECEIPT_ID"),
    "receipt_state": env.text("GATEWAY_RECEIPT_STATE"),
    "receipt_reason": env.text("GATEWAY_RECEIPT_REASON"),
    "receipt_reference": env.text("GATEWAY_RECEIPT_REFERENCE"),
    "states": env.table("GATEWAY_STATES"),
    "reasons": env.table("GATEWAY_REASONS"),
}

# When a provider is passed over, and how long.
DELIVERY_CIRCUIT_FAILURES = env.number("DELIVERY_CIRCUIT_FAILURES", 5)
DELIVERY_CIRCUIT_SECONDS = env.number("DELIVERY_CIRCUIT_SECONDS", 15)
DELIVERY_CIRCUIT_LONGEST_SECONDS = env.number("DELIVERY_CIRCUIT_LONGEST_SECONDS", 300)

# Mail goes out by the provider "smtp", through the server named here.
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 587 if not DEMO else 25)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_PASSWORD")
EMAIL_USE_SSL = env.flag("EMAIL_SSL", default=EMAIL_PORT == 465)  # TLS from the first byte
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=not DEMO and not EMAIL_USE_SSL)  # STARTTLS
if EMAIL_USE_SSL and EMAIL_USE_TLS:
    raise ImproperlyConfigured("Set EMAIL_SSL=1 (TLS from the start, port 465) or EMAIL_TLS=1 (STARTTLS), not both.")
EMAIL_TIMEOUT = 8  # seconds
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", SUPPORT_EMAIL or "no-reply@localhost")

# --- The house ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "mfasite",
    "accounts",
    "verification",
    "helpcenter",
    *VERIFICATION_METHODS,
    *DELIVERY_PROVIDERS,
    "django_otp",
    "phonenumber_field",
    "csp",
    "mfasite.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "mfasite.headers.Proxied",
    "mfasite.headers.RequestId",
    "mfasite.counts.Counted",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mfasite.verbs.VerbsMiddleware",
    "mfasite.headers.ContentSecurityPolicy",
    "mfasite.headers.PrivateByDefault",
    "mfasite.screening.Screened",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.standing.StandingMiddleware",
    "accounts.signin.gone.GoneMiddleware",
    "accounts.preferences.PreferencesMiddleware",
    "accounts.standing.SignInMiddleware",
    "accounts.standing.NewPasswordMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "mfasite.urls"
WSGI_APPLICATION = "mfasite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["mfasite.templatetags.look", "helpcenter.templatetags.help"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mfasite.context.organisation",
            ],
        },
    },
]

# --- Rows ---------------------------------------------------------------------------------------------------

if DATABASE.get("ENGINE") == "django.db.backends.sqlite3":
    # IMMEDIATE: a reader that turns writer in mid-transaction fails at once, however long it would wait.
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
    }
elif DATABASE:
    # Many threads share few connections: whoever waits for a carrier has given theirs back.
    DATABASE["ENGINE"] = "mfasite.postgresql"
    IS_PREPARED = env.flag("DATABASE_PREPARED", default=True)
    # A cursor of the server lives in one connection, which a pooler hands to others between two statements.
    DATABASE["DISABLE_SERVER_SIDE_CURSORS"] = not IS_PREPARED
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": env.number("DATABASE_CONNECTIONS", 12), "timeout": 3},
        # The server plans what is asked often once a connection, and gets values beside the words, not in them.
        "server_side_binding": True,
        "prepare_threshold": 3 if IS_PREPARED else None,
    }
KEPT = 60 if DATABASE.get("ENGINE") == "django.db.backends.sqlite3" else 0  # seconds; a pool keeps them by itself
DATABASES = {"default": DATABASE | {"CONN_MAX_AGE": KEPT, "CONN_HEALTH_CHECKS": bool(KEPT)}} if DATABASE else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People and sessions ------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["accounts.backends.RightsBackend"]
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "signin:password"
LOGIN_REDIRECT_URL = "portal:home"
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": env.number("PASSWORD_MIN_LENGTH", 12)},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_ENGINE = "accounts.sessions"
BROWSER_COOKIE_NAME = "__Host-browser" if HTTPS else "mfa_browser"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "mfa_device"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "mfa_session"
SESSION_COOKIE_AGE = 3600 * env.number("SESSION_HOURS", 12)
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "mfa_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "mfasite.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- The way in ---------------------------------------------------------------------------------------------

BIND = env.text("BIND", "127.0.0.1:8000")
# Only programs of this machine reach a Unix socket, or a port of loopback: with an https address, that is the proxy.
IS_BEHIND_SOCKET = BIND.startswith("unix:")
IS_BOUND_TO_LOOPBACK = BIND.startswith(("127.", "localhost:", "[::1]:"))
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES") or (
    ("127.0.0.1/32", "::1/128") if HTTPS and IS_BOUND_TO_LOOPBACK else ()
)
# Loopback is for the machine's own health checks; no address that we send is built from a request's host.
ALLOWED_HOSTS = [
    *env.words("ALLOWED_HOSTS", (str(urlsplit(PUBLIC_URL).hostname),)),
    "127.0.0.1",
    "localhost",
]
if TRUSTED_PROXIES or IS_BEHIND_SOCKET:
    # mfasite.headers.Proxied takes the header away unless a trusted proxy sent it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# Our longest form is a key press of a carrier; files are counted apart.
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# An import may hold secrets of tokens: it stays in memory until it is sealed, and a larger one is not taken.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# --- Figures for Prometheus: for these networks, or for whoever shows the token ------------------------------

METRICS_TOKEN = env.secret("METRICS_TOKEN")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")

# --- Broker and worker --------------------------------------------------------------------------------------

REDIS_URL = env.broker("REDIS_URL") or (f"redis+socket://{DEMO_DIR / 'broker.sock'}" if DEMO else "")
CELERY_BROKER_URL = REDIS_URL
# With rediss:// the broker shows a certificate for its name, of an authority that this machine or REDIS_CA_FILE knows.
REDIS_CA_FILE = env.text("REDIS_CA_FILE")
if REDIS_URL.startswith("rediss:") or env.flag("REDIS_TLS"):
    CELERY_BROKER_USE_SSL = {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        **({"ssl_ca_certs": REDIS_CA_FILE} if REDIS_CA_FILE else {}),
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker that gave the broker up would end, and its sweep with it
# A broker that hangs may hold a request for half a second, no longer.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.3,
    # Kombu's own patience would be two more tries with pauses of 2 and 4 s. Workers reconnect by another way.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "global_keyprefix": env.text("BROKER_PREFIX"),
    # Nothing hangs on a wake-up: which were taken up stands in the worker's memory, not at the broker, which costs
    # two round trips less a message. What a killed worker had taken up is swept.
    "ack_emulation": False,
}
if REDIS_URL.startswith("sentinel:"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "master_name": env.text("REDIS_SENTINEL_MASTER", "mymaster"),
        "sentinel_kwargs": {
            "socket_timeout": 0.5,
            **({"password": password} if (password := env.secret("REDIS_SENTINEL_PASSWORD")) else {}),
        },
    }
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
# What Flower shows of each task; without it, it shows workers and queues.
CELERY_WORKER_SEND_TASK_EVENTS = env.flag("TASK_EVENTS", default=DEMO)
CELERY_IMPORTS = ("accounts.tasks", "verification.tasks", "verification.delivery.tasks")
CELERY_BEAT_SCHEDULE = {
    # Expires in the queue sooner than it would pile up there while no worker runs.
    "housekeeping": {"task": "verification.tasks.housekeeping", "schedule": 5.0, "options": {"expires": 10}},
    "weigh": {"task": "verification.tasks.weigh", "schedule": 60.0, "options": {"expires": 60}},
    "imports": {"task": "accounts.tasks.imports", "schedule": 5.0, "options": {"expires": 10}},
    "purge": {"task": "verification.tasks.purge", "schedule": crontab(hour=3, minute=20)},
    "purge people": {"task": "accounts.tasks.purge", "schedule": crontab(hour=3, minute=40)},
}

# --- Words, time, static files, log -------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
TIME_ZONE = env.text("TIME_ZONE", "Europe/Zurich" if DEMO else "UTC")
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = None if DEMO else env.text("STATIC_ROOT", str(BASE_DIR / "static"))
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOG_FORMAT = env.choice("LOG_FORMAT", logs.SHAPES, "text" if DEMO else "json")
LOGGING = logs.configuration(env.choice("LOG_LEVEL", logs.LEVELS, "INFO"), LOG_FORMAT)
logging.captureWarnings(capture=True)  # each line of a log has the same shape
