"""The encrypted password of a directory's service account."""

from accounts.models import Directory
from verification.keys import text_encryption


def seal_password(directory: Directory, password: str) -> None:
    """Encrypt the password of the service account into the row, which is not saved."""
    directory.sealed_password = text_encryption.seal(password, bound=str(directory.ref))


def password_of(directory: Directory) -> str | None:
    """Return the password of the service account, or None if no key opens it."""
    return text_encryption.unseal(directory.sealed_password, bound=str(directory.ref))
