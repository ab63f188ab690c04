"""One-time passwords by HOTP and TOTP: the arithmetic, and how far clocks and counters may drift."""
