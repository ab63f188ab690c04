"""A month of history for a new demo: 60 more people, their sign-ins, messages and troubles, and the work of support.

The same day always gives the same history, from a random generator with a fixed seed. It ends when the demo starts.
"""

import random
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from mfasite.demo.history import costs_and_toll_fraud, incidents, people, sign_ins, support_desk
from mfasite.demo.history.timeline import DAYS, Timeline
from verification import audit

_SEED = 2026


@transaction.atomic
def fill(now: datetime) -> int:
    """Fill an empty database, and return the number of events. A database that has users stays as it is."""
    if get_user_model().objects.exists():
        return 0
    chance = random.Random(_SEED)  # noqa: S311  (it makes a story, no secrets)
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    timeline = Timeline(now)
    everyone = people.make(chance, before=days[0])
    staff = people.make_staff(before=days[0])
    outage = incidents.outage(timeline, days, staff)
    sign_ins.add(timeline, chance, days, everyone, outage)
    incidents.add(timeline, days, everyone, staff, outage)
    support_desk.add(timeline, chance, days, everyone, staff)
    costs_and_toll_fraud.add(timeline, days, everyone, staff)
    n_events = timeline.write()
    while audit.seal(now):
        pass
    return n_events
