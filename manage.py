#!/usr/bin/env python3
"""Runs the management commands. `--demo` as the first argument runs one on the demo's data instead."""

import gc
import os
import sys
from pathlib import Path

FLAG = "--demo"
ADDRESSES = "environment"  # the file in its folder that says where the demo runs: its broker, its port
ALWAYS = ("demo", "demo_code", "environment")  # commands that need no keys: without any, they use the demo


def main() -> None:
    """Run the command that the arguments name."""
    gc.disable()  # until the apps are loaded: what a process imports stays, so each search for garbage there is in vain
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(_on_demo(sys.argv))
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # it says what to set; where in our code that was noticed helps nobody
    except DatabaseError:
        from mfasite import checks

        why = "" if "--traceback" in sys.argv else checks.explain_database_error(is_migrating="migrate" in sys.argv)
        if not why:
            raise
        sys.exit(why)


def _on_demo(arguments: list[str]) -> list[str]:
    """Switch the demo on if it is asked for. Return the arguments that are left for Django."""
    from mfasite import conf
    from mfasite.environment import variables
    from verification import conf as engine

    flag, equals, folder = (arguments[1] if len(arguments) > 1 else "").partition("=")
    # Someone who has set one of these has a real installation: the demo must never be used by accident there.
    real = [setting.name for setting in (conf.secret_key, engine.keys, conf.database) if variables.is_set(setting)]
    if flag != FLAG:
        if flag in ALWAYS and not real:
            os.environ.setdefault("DEMO", "1")
            home = variables.value(conf.demo_dir)
            if flag == "demo_code":
                _require_demo(home)
            if flag != "demo":
                variables.load(home / ADDRESSES)
        return arguments
    if real:
        sys.exit(f"{FLAG} is not used where {', '.join(real)} is set. Unset it to run a command on the demo.")
    if equals:
        os.environ["DEMO_DIR"] = str(Path(folder).resolve())
    home = variables.value(conf.demo_dir)
    _require_demo(home)
    os.environ["DEMO"] = "1"
    variables.load(home / ADDRESSES)
    return [arguments[0], *arguments[2:]]


def _require_demo(home: Path) -> None:
    if not (home / "keys").exists():
        sys.exit(f"There is no demo in {home}. Start one with `make demo`, or name its folder: {FLAG}=FOLDER")


if __name__ == "__main__":
    main()
