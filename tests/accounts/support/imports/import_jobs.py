"""Imports as tests run them."""

import base64

from accounts.models import Import, User
from accounts.support.imports import jobs
from verification.context import Context

TOKENS = "upn,serial number,secret key,time interval,manufacturer,model\n"

SECRET = base64.b32encode(b"0123456789abcdefghij").decode()


def import_file(kind: str, text: str, staff: User, context: Context, *, is_dry_run: bool = False) -> Import:
    """Import a file and process all its rows."""
    job = jobs.begin(kind, text, staff, context, name="file.csv", is_dry_run=is_dry_run)
    jobs.work(context.now)
    job.refresh_from_db()
    return job


def counts(job: Import) -> tuple[int, int, int, int]:
    return job.n_new, job.n_changed, job.n_same, len(job.faults)
