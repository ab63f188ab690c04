"""Limits of app passwords: how many a person can have, how long they can be valid, and when one counts as unused."""

from datetime import timedelta

MAX_PER_PERSON = 40  # app passwords. Source: the limit of the service that this one replaces
MAX_DAYS = 3650  # until one expires
UNUSED_AFTER = timedelta(days=90)
