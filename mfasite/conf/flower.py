"""Settings of Flower, which shows the queues."""

from mfasite.conf.logs import PROCESSES
from verification.declaring_settings import Setting, formats

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
