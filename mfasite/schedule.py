"""The timetable of background work: which tasks `manage.py beat` queues, and when. Times of day are in TIME_ZONE."""

from typing import Any

from celery.schedules import crontab

TIMETABLE: dict[str, dict[str, Any]] = {
    # These tasks expire, so that they don't pile up in the queue while no worker runs.
    "housekeeping": {"task": "verification.tasks.housekeeping", "schedule": 5.0, "options": {"expires": 10}},
    "evaluate": {"task": "verification.tasks.evaluate_deliveries", "schedule": 60.0, "options": {"expires": 60}},
    "imports": {"task": "accounts.tasks.imports", "schedule": 5.0, "options": {"expires": 10}},
    "directories": {"task": "accounts.tasks.sync_directories", "schedule": 10.0, "options": {"expires": 20}},
    "logouts": {"task": "accounts.tasks.logouts", "schedule": 5.0, "options": {"expires": 10}},
    "invitations": {"task": "accounts.tasks.remind_of_invitations", "schedule": crontab(minute="*/15")},
    "signing keys": {"task": "accounts.tasks.rotate_signing_keys", "schedule": crontab(hour=2, minute=50)},
    "sessions": {"task": "accounts.tasks.clear_sessions", "schedule": crontab(minute=10)},
    "purge": {"task": "verification.tasks.purge", "schedule": crontab(hour=3, minute=20)},
    "purge people": {"task": "accounts.tasks.purge", "schedule": crontab(hour=3, minute=40)},
    "purge help": {"task": "helpcenter.tasks.purge", "schedule": crontab(hour=3, minute=50)},
}
