"""One-time passwords by HOTP and TOTP: the arithmetic, drifting clocks, resynchronisation."""
