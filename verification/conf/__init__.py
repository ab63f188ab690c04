"""Settings of verification. Each is declared once, in the module of its subject, and read when it is used."""

# ruff: noqa: F403, I001  (a new setting changes one file; in the order of the handbook's page)
from verification.conf.organisation import *
from verification.conf.codes import *
from verification.conf.retention import *
from verification.conf.message_limits import *
from verification.conf.password_limits import *
from verification.conf.delivery import *
from verification.conf.site import *
