#!/usr/bin/env python3
"""Entrance to the management commands; `demo` and `code` may switch the demo on by themselves."""

import os
import sys

# Whoever has set one of these means a real installation: the demo must not come on by itself there.
REAL = ("SECRET_KEY", "MFA_KEYS", "DATABASE_URL")


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")
    real = any(os.environ.get(name) or os.environ.get(f"{name}_FILE") for name in REAL)
    if sys.argv[1:2] in (["demo"], ["code"]) and not real:
        os.environ.setdefault("DEMO", "1")

    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # it says what to set; where in our code that was noticed helps nobody


if __name__ == "__main__":
    main()
