"""Logging configuration: levels, the text and JSON formats, and what is logged without a traceback."""

import json
import logging
from datetime import UTC, datetime

from mfasite.observability import request_ids
from mfasite.observability.log_masking import masked


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
