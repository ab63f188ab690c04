"""The WSGI application. It does not start if settings contradict each other."""

import gc
import os
import sys

gc.disable()  # until the apps are loaded: imported code stays, so collecting garbage would free nothing

import django  # noqa: E402  (after gc.disable)
from django.core.exceptions import ImproperlyConfigured  # noqa: E402  (after gc.disable)
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402  (after gc.disable)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

_DOES_NOT_BOOT = 3  # gunicorn exits instead of restarting the same worker forever. Source: its Arbiter


def _load() -> WSGIHandler:
    try:
        django.setup(set_prefix=False)
        from django.urls import get_resolver  # noqa: PLC0415  (the apps must be loaded first)

        from mfasite import checks  # noqa: PLC0415  (the apps must be loaded first)
        from mfasite.middleware import input_screening  # noqa: PLC0415  (the apps must be loaded first)

        handler = input_screening.ScreeningHandler()
        _table = get_resolver().reverse_dict  # loaded now, so that the first request needn't wait for it
        checks.refuse_contradictions()
        checks.log_database_error()
        checks.log_unknown_names()
        gc.freeze()  # the URLs too
    except ImproperlyConfigured as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(_DOES_NOT_BOOT)
    # What was loaded until now stays to the end. The collector would read all of it again every few hundred requests.
    gc.collect()
    gc.freeze()
    return handler


application = _load()
