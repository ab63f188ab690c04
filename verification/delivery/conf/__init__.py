"""Settings of delivery. Each is declared once, in the module of its subject, and read when it is used."""

# ruff: noqa: F403  (a new setting changes one file; in the order of deploy/environment.md)
from verification.delivery.conf.circuit_breaker import *
from verification.delivery.conf.sending_attempts import *
from verification.delivery.conf.worker_wake_ups import *
