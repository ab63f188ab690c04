"""Settings: the organisation's logo and accent colour. The default colour is in `static/mfasite/app.css`."""

from verification.conf import ORGANISATION
from verification.declaring_settings import Setting, formats

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
