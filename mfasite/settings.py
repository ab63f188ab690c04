"""Django settings. The environment decides, and unset means safe.

What operators configure is declared in the `conf` modules of apps, methods and providers. This module contains what the
project is composed of, and what follows from both.
"""

import logging
import ssl
from typing import Any
from urllib.parse import urlsplit

from accounts import conf as accounts_conf
from accounts.integrations.oidc import lifetimes
from accounts.support.imports import size_limits
from mfasite import conf, content_security_policy, cookie_names_and_flags, database_and_redis_urls
from mfasite.demo import users_and_password
from mfasite.environment import declared_settings, variables
from mfasite.observability import logs
from mfasite.postgresql import pool
from verification import conf as engine

BASE_DIR = conf.BASE_DIR

# --- Demo or production -------------------------------------------------------------------------------------

DEMO = variables.value(conf.demo)
DEMO_DIR = variables.value(conf.demo_dir)
if DEMO:
    variables.load(DEMO_DIR / "keys")
DEBUG = False

# --- Verification methods and providers: ordered, and the only place that names them -----------------------

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
environment = variables.Environment()
providers = environment[engine.providers] or (("verification.delivery.providers.virtual",) if DEMO else ())

# --- The environment: each declared setting becomes a Django setting of the same name ------------------------

sections = declared_settings.sections((*declared_settings.PACKAGES, *VERIFICATION_METHODS, *providers))
globals().update(environment.read(sections))

DELIVERY_PROVIDERS = providers
PUBLIC_URL = environment[engine.public_url]
SECRET_KEY = environment[conf.secret_key]
HTTPS = PUBLIC_URL.startswith("https://")
PHONENUMBER_DEFAULT_REGION = environment[engine.home_region]
SENDER_NUMBERS = declared_settings.senders(environment, sections)  # where messages come from, for the help centre

# The virtual phones of the demo: number and name.
PHONES = users_and_password.phones() if DEMO else ()

# --- Apps ---------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "mfasite",
    "accounts",
    "verification",
    "helpcenter",
    *VERIFICATION_METHODS,
    *DELIVERY_PROVIDERS,
    "django_otp",
    "oauth2_provider",
    "phonenumber_field",
    "csp",
    "mfasite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "mfasite.middleware.x_forwarded_proto.Proxied",
    "accounts.integrations.forward_auth.host_header_middleware.OwnHost",
    "mfasite.middleware.request_id_header.RequestId",
    "mfasite.observability.request_metrics.Counted",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "mfasite.middleware.http_methods.VerbsMiddleware",
    "mfasite.middleware.csp_header_built_once.ContentSecurityPolicy",
    "mfasite.middleware.security_headers.PrivateByDefault",
    "mfasite.middleware.input_screening.Screened",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "accounts.integrations.endpoints_without_page_middleware.ShortPath",
    "accounts.middleware.session_and_verified_method.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.session_and_verified_method.EnrolmentMiddleware",
    "accounts.middleware.ended_sessions.AssuranceMiddleware",
    "accounts.signin.erased_account_middleware.GoneMiddleware",
    "accounts.middleware.language_and_time_zone.PreferencesMiddleware",
    "accounts.middleware.sign_in_required.SignInMiddleware",
    "accounts.middleware.new_password_required.NewPasswordMiddleware",
]

ROOT_URLCONF = "mfasite.urls"
WSGI_APPLICATION = "mfasite.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "mfasite.templatetags.select_options",
                "mfasite.templatetags.icons",
                "mfasite.templatetags.parts_rendered_once",
                "mfasite.templatetags.dates_and_times",
                "helpcenter.templatetags.links_to_articles",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "mfasite.context_processors.organisation",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------------------

DATABASE: dict[str, Any] = environment[conf.database].copy()
if password := environment[conf.database_password]:
    DATABASE["PASSWORD"] = password
if DATABASE.get("ENGINE") == "django.db.backends.sqlite3":
    # IMMEDIATE: a reader that becomes a writer in mid-transaction fails at once, whatever the timeout.
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
    }
elif DATABASE:
    # Many threads share few connections: a thread that waits for a provider has returned its connection.
    IS_PREPARED = environment[conf.database_prepared]
    # A server-side cursor belongs to one connection, which a pooler gives to others between two statements.
    DATABASE["DISABLE_SERVER_SIDE_CURSORS"] = not IS_PREPARED
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "pool": pool.options(max_connections=environment[conf.database_connections]),
        # Frequent statements are prepared once per connection. Values travel beside the SQL, not in it.
        "server_side_binding": True,
        "prepare_threshold": 3 if IS_PREPARED else None,
    }
_AGE = 60 if DATABASE.get("ENGINE") == "django.db.backends.sqlite3" else 0  # seconds; a pool keeps connections itself
DATABASES = {"default": DATABASE | {"CONN_MAX_AGE": _AGE, "CONN_HEALTH_CHECKS": bool(_AGE)}} if DATABASE else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Users and sessions -------------------------------------------------------------------------------------

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
        "OPTIONS": {"min_length": environment[accounts_conf.password_min_length]},
    },
    {"NAME": "accounts.breached_passwords.validator_and_refusal_words.BreachedPasswordValidator"},
]

SESSION_ENGINE = "accounts.sessions.session_store"
# Types of our own, for mypy. All names and flags are in `cookie_names_and_flags`.
BROWSER_COOKIE_NAME: str
DEVICE_COOKIE_NAME: str
MESSAGE_COOKIE_NAME: str
PASSKEY_COOKIE_NAME: str
globals().update(cookie_names_and_flags.cookie_settings(is_https=HTTPS))
SESSION_COOKIE_AGE = int(environment[accounts_conf.session_hours].total_seconds())
CSRF_FAILURE_VIEW = "mfasite.csrf_failure_page.csrf_failure"
MESSAGE_STORAGE = "mfasite.flash_message_storage.MessageStorage"

# --- OpenID Connect: django-oauth-toolkit, without all that we don't offer ---------------------------------

OAUTH2_PROVIDER_APPLICATION_MODEL = "accounts.OidcClient"
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "accounts.integrations.oidc.oauthlib_server.TokenServer",
    "OAUTH2_VALIDATOR_CLASS": "accounts.integrations.oidc.oauthlib_validator.Validator",
    "SCOPES": {"openid": "openid"},  # ours are in accounts.integrations.oidc.scopes_and_claims_about_person
    "ACCESS_TOKEN_EXPIRE_SECONDS": int(lifetimes.ACCESS_TOKEN_LIFE.total_seconds()),
    # The session here ends them earlier: see accounts.integrations.oidc.authorization_codes.
    "REFRESH_TOKEN_EXPIRE_SECONDS": SESSION_COOKIE_AGE,
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    # RFC 9700, each as its own switch. `check --deploy` complains of any that is missing.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
}

# --- Web server ---------------------------------------------------------------------------------------------

BIND = environment[conf.bind]
TRUSTED_PROXIES = environment[conf.trusted_proxies]
IS_BEHIND_SOCKET = BIND.startswith("unix:")  # which only programs on this machine can reach
# Loopback is for health checks on this machine. No URL that we send is built from a request's host.
ALLOWED_HOSTS = [str(urlsplit(PUBLIC_URL).hostname), *environment[conf.allowed_hosts], "127.0.0.1", "localhost"]
if TRUSTED_PROXIES or IS_BEHIND_SOCKET:
    # mfasite.middleware.x_forwarded_proto.Proxied removes the header unless a trusted proxy sent it.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": content_security_policy.DIRECTIVES}
# Our longest form is a provider's callback for a pressed key. Files are limited separately.
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# An import may contain token secrets: it stays in memory until it is encrypted, and a larger one is refused.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = size_limits.MAX_FILE_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE  # of the whole request

# --- Broker and worker --------------------------------------------------------------------------------------

REDIS_URL = database_and_redis_urls.with_password(environment[conf.broker], environment[conf.broker_password])
CELERY_BROKER_URL = REDIS_URL
# With rediss:// the broker's certificate must match its name. This machine or REDIS_CA_FILE must know its issuer.
REDIS_CA_FILE = environment[conf.broker_ca_file]
if REDIS_URL.startswith("rediss:") or environment[conf.broker_tls]:
    CELERY_BROKER_USE_SSL = {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": True,
        **({"ssl_ca_certs": REDIS_CA_FILE} if REDIS_CA_FILE else {}),
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker that gave up would exit, and its sweep with it
# A broker that hangs may delay a request by half a second at most.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.3,
    # Kombu would retry twice more, with pauses of 2 and 4 s. Workers reconnect in another way.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "global_keyprefix": environment[conf.broker_prefix],
    # No message depends on its task. Unacknowledged tasks are kept in the worker's memory, not at the broker, which
    # saves two round trips per message. What a killed worker had received is swept.
    "ack_emulation": False,
}
if REDIS_URL.startswith("sentinel:"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "master_name": environment[conf.sentinel_master],
        "sentinel_kwargs": {
            "socket_timeout": 0.5,
            **({"password": password} if (password := environment[conf.sentinel_password]) else {}),
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
# Task details for Flower. Without them it shows workers and queues only.
CELERY_WORKER_SEND_TASK_EVENTS = environment[conf.task_events]

# --- Language, time, static files, logs ---------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
FORMAT_MODULE_PATH = "mfasite.formats"
TIME_ZONE = environment[conf.time_zone]
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = None if DEMO else environment[conf.static_root]
WHITENOISE_USE_FINDERS = DEMO
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOG_FORMAT = environment[conf.log_format]
LOGGING = logs.configuration(environment[conf.log_level], LOG_FORMAT)
logging.captureWarnings(capture=True)  # so that each log line has the same format
