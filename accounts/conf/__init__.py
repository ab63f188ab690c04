"""Settings of accounts. Each is declared once, in the module of its subject, and read when it is used."""

# ruff: noqa: F403, I001  (a new setting changes one file; in the order of deploy/environment.md)
from accounts.conf.sections import *
from accounts.conf.session_lifetime import *
from accounts.conf.passwords import *
from accounts.conf.password_resets import *
from accounts.conf.app_password_last_use import *
from accounts.conf.directory_requests_at_once import *
from accounts.conf.invitations import *
from accounts.conf.request_rate_limits import *
from accounts.conf.scim_request_log_delay import *
