"""Handles: random public names of rows, used in addresses and to bind encrypted values to their row."""

import secrets
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]  # Django's own class is generic for the type checker only
else:
    _CharField = models.CharField


def new_handle() -> str:
    """Return a random handle. Shape: 32 hex digits (128 bits)."""
    return secrets.token_hex(16)


class HandleField(_CharField):
    """A column in which each row gets a handle.

    Migrations see it as the text column that it is in the database, because they must not import our modules, which
    later versions move. A migration that creates a row must give it a handle.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 32, "default": new_handle, **options})

    def deconstruct(self) -> Any:  # noqa: ANN401  (as Django's stubs have it)
        name, _, args, options = super().deconstruct()
        del options["default"]
        return name, "django.db.models.CharField", args, options
