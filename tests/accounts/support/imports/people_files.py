"""Files of people as tests bring them in."""

from accounts.models import Import, User
from accounts.support.imports import jobs
from verification.context import Context

HEAD = "user name,name,mail,groups,state"

ROW = "m.one,M One,m1@example.org,,"

IMPORT = "/admin/accounts/user/import/"


def import_people(text: str, staff: User, context: Context, *, is_dry_run: bool = False) -> Import:
    job = jobs.begin("people", text, staff, context, name="file.csv", is_dry_run=is_dry_run)
    jobs.work(context.now)
    job.refresh_from_db()
    return job


def counts(job: Import) -> tuple[int, int, int, int]:
    return job.n_new, job.n_changed, job.n_same, len(job.faults)
