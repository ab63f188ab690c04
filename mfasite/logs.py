"""Logging configuration, with masking of codes, phone numbers and authenticator secrets as a last safety net.

No module may log these in the first place. This is for lines that somebody overlooked.
"""

import json
import logging
import re
from datetime import UTC, datetime

from mfasite.observability import request_ids

MASKS = (
    (re.compile(r"otpauth://\S+", re.IGNORECASE), "otpauth://[masked]"),
    # What OpenID Connect has in addresses and forms, also where the address is itself a value (%26, %3D).
    (
        re.compile(
            r"(?<![A-Za-z])(id_token_hint|login_hint|code|state|progress|code_verifier|client_secret|(?:access|refresh|logout)_token)"
            r"(=|%3D)(?![0-9]{3}[ -]?[0-9]{3}(?!\w))(?:(?!%26)[^&\s\"'])+"
        ),
        r"\1\2[masked]",
    ),
    (re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]+"), "[token]"),
    # E.164 has at most fifteen digits; people and libraries group them.
    (re.compile(r"\+(?:[ ().-]{0,2}\d){7,15}"), "[number]"),
    (re.compile(r"(?<![\w.])\d{3}[ -]?\d{3}(?!\w)"), "[code]"),
)


def masked(line: str) -> str:
    """Mask what must never appear in a log."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line


class Traced(logging.Filter):
    """Add the request id and message id to each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        record.trace = " ".join(filter(None, (request_ids.request_id.get(), request_ids.message_id.get())))
        return True


_SERVER_ERROR = 500  # and above. Source: RFC 9110, 15.6


class Foreseen(logging.Filter):
    """Log what anyone can cause at will, such as a broken form, as a warning without traceback.

    Shape: `status_code` is that of the response, if the line is about one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every line pass."""
        if getattr(record, "status_code", _SERVER_ERROR) < _SERVER_ERROR:
            record.exc_info, record.exc_text = None, None
            record.levelno = min(record.levelno, logging.WARNING)
            record.levelname = logging.getLevelName(record.levelno)
        return True


class Json(logging.Formatter):
    """One JSON object per line, for programs. Masked like the text format.

    Shape: `at` (ISO 8601, UTC), `level`, `logger`, `text`; `request`, `message` and `error` if there are any.
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
    """Format the line with its traceback, then mask the whole text."""

    def format(self, record: logging.LogRecord) -> str:
        """Format and mask."""
        return masked(super().format(record))


def configuration(level: str, shape: str = "text") -> dict[str, object]:
    """Return the logging configuration that web, worker and commands share: one stream, as text or JSON."""
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
                "filters": ["traced", "foreseen"],
            }
        },
        "root": {"handlers": ["stream"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # One line per request or task. The proxy and the database rows say more, and fewer people can read them.
            "gunicorn.access": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # One line per attempt while the database is down. Code that needed the connection logs it once.
            "psycopg.pool": {"level": "ERROR"},
        },
    }
