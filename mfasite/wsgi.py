"""The WSGI application that a server loads; it does not come up on settings that contradict themselves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mfasite.settings")

application = get_wsgi_application()

from mfasite.checks import refuse_contradictions  # noqa: E402 - the apps must be loaded first

refuse_contradictions()
