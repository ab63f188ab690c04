"""Settings of the project: processes, web server, database and broker. Each is declared here once."""

# ruff: noqa: F403, I001  (a new setting changes one file; in the order of deploy/environment.md)
from mfasite.conf.base_dir import *
from mfasite.conf.django_secret_key import *
from mfasite.conf.database_connection import *
from mfasite.conf.logo_and_accent_colour import *
from mfasite.conf.organisation_time_zone import *
from mfasite.conf.web_server_address_and_processes import *
from mfasite.conf.metrics import *
from mfasite.conf.redis_broker import *
from mfasite.conf.logs import *
from mfasite.conf.flower import *
from mfasite.conf.demo_mode import *
