"""Settings of new passwords: their minimum length, and the file of breached passwords."""

from accounts.conf.sections import SIGN_IN
from verification.declaring_settings import Setting, formats

password_min_length: Setting[int] = Setting(
    SIGN_IN,
    "PASSWORD_MIN_LENGTH",
    formats.whole_number(8, 128),  # NIST SP 800-63B-4, 3.1.1.2: never fewer than eight
    default=12,
    unit="characters",
    meaning="minimum length of a new password",
)
breached_passwords_file: Setting[str] = Setting(
    SIGN_IN,
    "BREACHED_PASSWORDS_FILE",
    formats.file,
    default="",
    meaning="file of breached passwords that `manage.py breached_passwords build` writes; common passwords are refused "
    "without it",
)
