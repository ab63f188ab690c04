#!/usr/bin/env python3
"""Entrance to the management commands; `demo` and `code` may switch the demo on by themselves."""

import os
import sys


def main() -> None:
    """Run the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from mfasite import conf
    from mfasite.environment import env
    from verification import conf as engine

    # Anyone who has set one of these means a real installation: the demo must not come on automatically there.
    is_real = any(env.is_set(setting) for setting in (conf.secret_key, engine.keys, conf.database))
    if sys.argv[1:2] in (["demo"], ["code"], ["environment"]) and not is_real:
        os.environ.setdefault("DEMO", "1")

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # it says what to set; where in our code that was noticed helps nobody


if __name__ == "__main__":
    main()
