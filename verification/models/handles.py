"""Random public names for rows; they stand in addresses and bind sealed values to their row."""

import secrets
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    _CharField = models.CharField[str, str]  # Django's own class is generic for the type checker only
else:
    _CharField = models.CharField


def new_handle() -> str:
    """Draw a name that cannot be guessed. Shape: 32 hex digits (128 bits)."""
    return secrets.token_hex(16)


class HandleField(_CharField):
    """A column whose rows each draw such a name.

    Migrations describe it as the plain text column that it is in the database: they must not import our modules, which
    later versions move. So a row that a migration makes must be given its name there.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max_length": 32, "default": new_handle, **options})

    def deconstruct(self) -> Any:  # noqa: ANN401  (as Django's stubs have it)
        name, _, args, options = super().deconstruct()
        del options["default"]
        return name, "django.db.models.CharField", args, options
