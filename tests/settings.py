"""Settings for tests: the project's, with throw-away keys and a database for each process."""

import atexit
import os
import shutil
import tempfile
from datetime import timedelta

FOLDER, PROCESS = tempfile.mkdtemp(prefix="mfa-tests-"), os.getpid()


def _tidy() -> None:
    # A forked child exits before its parent, which still needs the folder.
    if os.getpid() == PROCESS:
        shutil.rmtree(FOLDER, ignore_errors=True)


atexit.register(_tidy)

KEYS = {"SECRET_KEY": "for-the-tests-only-" + "x" * 50, "MFA_KEYS": f"t1:{'A' * 43}="}
os.environ.update(KEYS, DEMO="1", PUBLIC_URL="http://testserver", LOG_LEVEL="WARNING")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{FOLDER}/mfa"
os.environ["REDIS_URL"] = "redis+socket:///nowhere/broker.sock"  # the fixture `broker` points at a real one

from mfasite.settings import *  # noqa: E402, F403  (the environment must be set first)
from mfasite.settings import DATABASES, PASSWORD_HASHERS  # noqa: E402  (the same)

DATABASES["default"]["OPTIONS"].pop("pool", None)  # a test's threads close their own connections
DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}_test_{os.getpid()}"}
PASSWORD_HASHERS = ["tests.infrastructure.hashers.CheapHasher", *PASSWORD_HASHERS[1:]]
SENDS_PER_PERSON_HOUR = SENDS_PER_NUMBER_HOUR = 10  # as in a real installation
VERIFICATION_CACHE_SECONDS = 0  # so that a test's changes count at once
APP_PASSWORD_USE_SECONDS = timedelta(0)  # no timer outlives a test
SCIM_LOG_SECONDS = timedelta(0)  # the same
DELIVERY_PUBLISHER_THREADS = 0  # no thread of ours outlives a test
WHITENOISE_AUTOREFRESH = True  # finds files on request; else each test client scans all of them
