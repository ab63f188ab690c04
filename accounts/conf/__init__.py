"""Settings of accounts. Each is declared once, in the module of its subject, and read when it is used."""

# ruff: noqa: F403, I001  (a new setting changes one file; in the order of the handbook's page)
from accounts.conf.sections import *
from accounts.conf.sessions import *
from accounts.conf.passwords import *
from accounts.conf.app_passwords import *
from accounts.conf.directories import *
from accounts.conf.invitations import *
from accounts.conf.forward_auth import *
from accounts.conf.openid_connect import *
from accounts.conf.scim import *
