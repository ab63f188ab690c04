"""The setting of Django's secret key."""

from verification.conf import START
from verification.declaring_settings import Setting, formats

secret_key: Setting[str] = Setting(
    START,
    "SECRET_KEY",
    formats.text(example="an-example-of-a-key-which-nobody-should-ever-use-anywhere"),
    default="",
    meaning="Django's secret key, 50 characters or more",
    is_required=True,
    is_secret=True,
)
