"""The log's last net: what looks like a code, a phone number or an authenticator's secret is masked.

No module may log such things in the first place; this is for the line that somebody overlooks.
"""

import logging
import re

MASKS = (
    (re.compile(r"otpauth://\S+", re.IGNORECASE), "otpauth://[masked]"),
    # E.164 has at most fifteen digits; people and libraries group them.
    (re.compile(r"\+(?:[ ().-]{0,2}\d){7,15}"), "[number]"),
    (re.compile(r"(?<![\w.])\d{3}[ -]?\d{3}(?!\w)"), "[code]"),
)


def masked(line: str) -> str:
    """Mask what must never stand in a log."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line


class Masked(logging.Formatter):
    """Formats as usual, traceback included, then masks the whole text."""

    def format(self, record: logging.LogRecord) -> str:
        """Format and mask."""
        return masked(super().format(record))


def configuration(level: str) -> dict[str, object]:
    """Return the logging set-up that web, worker and commands share: one readable stream."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "masked": {
                "()": Masked,
                "format": "{asctime} {levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "masked"}},
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # A line for each request and task: the proxy in front and the rows say more, and to fewer people.
            "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
