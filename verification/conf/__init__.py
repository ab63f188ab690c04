"""Settings of verification. Each is declared once, in the module of its subject, and read when it is used."""

# ruff: noqa: F403, I001  (a new setting changes one file; in the order of deploy/environment.md)
from verification.conf.sections import *
from verification.conf.public_url_and_keys import *
from verification.conf.organisation_and_support_contact import *
from verification.conf.phone_numbers import *
from verification.conf.attempts_per_challenge_and_wait_before_resending import *
from verification.conf.incorrect_codes_and_lockouts import *
from verification.conf.unanswered_messages import *
from verification.conf.cache import *
from verification.conf.retention import *
from verification.conf.message_limits import *
from verification.conf.networks_with_higher_limits import *
from verification.conf.prices_and_hours_of_blocked_ranges import *
from verification.conf.password_guessing_limits import *
from verification.conf.password_reset_limits import *
from verification.conf.incorrect_program_secrets import *
from verification.conf.delivery_providers import *
