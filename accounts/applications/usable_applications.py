"""Who may use an application: everyone, or people in one of its allowed groups."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Application, User


def named(slug: str) -> Application | None:
    """Return an application by its short name, switched on or not."""
    return Application.objects.filter(slug=slug).first()


def usable_by(user_id: int) -> QuerySet[Application]:
    """Return the applications that a person may use: switched on, and for everyone or for one of their groups."""
    links = Application.groups.through.objects.filter(application_id=OuterRef("pk"))
    theirs = User.groups.through.objects.filter(user_id=user_id).values("group_id")
    return Application.objects.filter(
        ~Exists(links) | Exists(links.filter(group_id__in=theirs)),
        Q(is_active=True),
    )


def may_use(user: User, application: Application) -> bool:
    """Return whether a person may use an application. One query."""
    return usable_by(user.pk).filter(pk=application.pk).exists()
