"""The log's last net: what looks like a code, a phone number or an authenticator's secret is masked.

No module may log such things in the first place; this is for the line that somebody overlooks.
"""

import json
import logging
import re
from datetime import UTC, datetime

from mfasite.observability import request_ids

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SHAPES = ("text", "json")
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


class Traced(logging.Filter):
    """Puts the names of the request and the message on each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        record.trace = " ".join(filter(None, (request_ids.request_id.get(), request_ids.message_id.get())))
        return True


class Foreseen(logging.Filter):
    """Leaves out the traceback of what strangers cause at will, such as a wrong host name, and calls it a warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        record.exc_info, record.exc_text = None, None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


class Json(logging.Formatter):
    """One object a line, for programs; masked as any other.

    Shape: `at` (ISO 8601, UTC), `level`, `logger`, `text`; `request`, `message` and `error` where there are any.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Format and mask."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "text": masked(record.getMessage()),
            "request": request_ids.request_id.get(),
            "message": request_ids.message_id.get(),
            "error": masked(self.formatException(record.exc_info)) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)


class Masked(logging.Formatter):
    """Formats as usual, traceback included, then masks the whole text."""

    def format(self, record: logging.LogRecord) -> str:
        """Format and mask."""
        return masked(super().format(record))


def configuration(level: str, shape: str = "text") -> dict[str, object]:
    """Return the logging set-up that web, worker and commands share: one stream, as text or as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "masked": {
                "()": Masked,
                "format": "{asctime} {levelname} {name}: {message} {trace}",
                "style": "{",
            },
            "json": {"()": Json},
        },
        "filters": {"traced": {"()": Traced}, "foreseen": {"()": Foreseen}},
        "handlers": {
            "stream": {
                "class": "logging.StreamHandler",
                "formatter": "json" if shape == "json" else "masked",
                "filters": ["traced"],
            }
        },
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.security.DisallowedHost": {"filters": ["foreseen"], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # A line for each request and task: the proxy in front and the rows say more, and to fewer people.
            "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # A line for each try while the database is away; who needed it says so once.
            "psycopg.pool": {"level": "ERROR"},
        },
    }
