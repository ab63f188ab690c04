"""What editors learn from readers: feedback on articles, searches that found nothing, and how long both are kept."""

from datetime import datetime, timedelta

from django.db.models import Count, F, Q

from helpcenter.models import Feedback, Miss
from verification import limits, retention
from verification.context import Context
from verification.task_steps import run_each

_RETENTION = timedelta(days=180)  # deploy/operation.md names it too


def counted() -> dict[int, tuple[int, int]]:
    """Return, for each article, how many readers it helped and how many gave feedback."""
    rows = Feedback.objects.order_by().values_list("article")
    found = rows.annotate(n_helped=Count("pk", filter=Q(has_helped=True)), n=Count("pk"))
    return {article: (n_helped, n) for article, n_helped, n in found}


def count_miss(wanted: str, context: Context) -> None:
    """Count a search without results, for the editors. Text that may be a phone number or email address is not kept."""
    if sum(sign.isdigit() for sign in wanted) > 3 or "@" in wanted:
        return
    if not limits.spend_request("help.miss", name=wanted.casefold(), context=context).is_open:
        return
    row, is_new = Miss.objects.get_or_create(text=wanted.casefold(), defaults={"last_at": context.now})
    if not is_new:
        Miss.objects.filter(pk=row.pk).update(n_times=F("n_times") + 1, last_at=context.now)


def remove_old(now: datetime) -> None:
    """Delete feedback from more than half a year ago, and searches that nobody has made since."""
    since = now - _RETENTION
    run_each(
        lambda: retention.remove(Feedback.objects.filter(at__lt=since)),
        lambda: retention.remove(Miss.objects.filter(last_at__lt=since)),
    )
