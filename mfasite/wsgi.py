"""The WSGI application that a server loads; it does not come up on settings that contradict themselves."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

django.setup(set_prefix=False)

from mfasite.checks import refuse_contradictions  # noqa: E402 - the apps must be loaded first
from mfasite.screening import Handler  # noqa: E402

application = Handler()

refuse_contradictions()
