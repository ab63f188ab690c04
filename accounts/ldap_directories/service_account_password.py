"""The encrypted password of a directory's service account."""

from accounts.models import Directory
from verification.keys import strings_encrypted_for_one_row


def seal_password(directory: Directory, password: str) -> None:
    """Encrypt the password of the service account into the row, which is not saved."""
    directory.sealed_password = strings_encrypted_for_one_row.seal(password, bound=str(directory.ref))


def password_of(directory: Directory) -> str | None:
    """Return the password of the service account, or None if no key opens it."""
    return strings_encrypted_for_one_row.unseal(directory.sealed_password, bound=str(directory.ref))
