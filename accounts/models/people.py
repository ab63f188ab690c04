"""The user model. The verification engine decides how users must verify."""

import unicodedata
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import Permission, PermissionsMixin
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts import hashers, people_search_columns
from accounts.models.permissions_of_shipped_roles import SUPPORT_PERMISSIONS
from verification.db.compiled_queries import BindParam, Values
from verification.models.second_step_states import SecondStep


def fold(name: str) -> str:
    """Fold a username, so that different spellings are the same user. Source: PRECIS, RFC 8265, 3.3."""
    return unicodedata.normalize("NFKC", name or "").casefold().strip()


class UserManager(BaseUserManager["User"]):
    """Creates users, and finds them by any spelling of their name."""

    def create_user(self, username: str, email: str = "", password: str | None = None, **more: Any) -> "User":
        user = self.model(username=fold(username), email=self.normalize_email(email), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, email: str = "", password: str | None = None, **more: Any) -> "User":
        return self.create_user(username, email, password, is_staff=True, is_superuser=True, **more)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=fold(username or ""))


_SESSION_HASH = 32  # hex digits
MAX_NAME_LENGTH = 150  # characters, of a username and a full name


def _rights() -> QuerySet[Permission, tuple[Any, ...]]:
    own = Permission.objects.filter(user=BindParam("user")).order_by().values("pk")
    by_group = Permission.objects.filter(group__user=BindParam("user")).order_by().values("pk")
    mine = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=by_group))  # a join would read all memberships
    return mine.order_by().values_list("content_type__app_label", "codename")


_RIGHTS = Values(_rights)


def permissions_given_to(user: "User") -> set[str]:
    """Return the permissions that a user was given, even if the account is switched off."""
    return {f"{app}.{code}" for app, code in _RIGHTS.all(user=user.pk)}


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # django-otp ships no types
    """A user.

    Shape: `epoch` is raised by every event that ends all sessions and remembered browsers; `n_methods` counts the
    user's permanent methods and is updated by the engine; `found_by` is the text that search looks at; `subject` names
    the user to other systems, at random: it is never given to anyone else, and stays when the username changes.
    Of a person of a directory: `directory_since` is when it supplied them first, `directory_seen_at` when they were
    last updated from it, and `directory_off_at` when it switched them off.
    """

    username = models.CharField(
        _("username"), max_length=MAX_NAME_LENGTH, unique=True, error_messages={"unique": _("This username is taken.")}
    )
    subject = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=MAX_NAME_LENGTH, blank=True)
    email = models.EmailField(_("email address"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    is_staff = models.BooleanField(_("is staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    second_step = models.CharField(
        _("second step"), max_length=10, choices=SecondStep.choices, default=SecondStep.ENABLED
    )
    epoch = models.PositiveIntegerField(default=1, editable=False)
    grants_epoch = models.PositiveIntegerField(default=1, editable=False)
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)
    blocked_reason = models.CharField(_("reason for the block"), max_length=200, blank=True)
    second_step_locked_at = models.DateTimeField(_("second step locked since"), null=True, blank=True)
    bypass_until = models.DateTimeField(_("one-time bypass until"), null=True, blank=True)
    n_deferrals = models.PositiveSmallIntegerField(default=0, editable=False)
    grace_ends_at = models.DateTimeField(null=True, editable=False)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    breached_password_at = models.DateTimeField(null=True, editable=False)
    directory = models.ForeignKey(
        "accounts.Directory", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="people"
    )
    directory_key = models.CharField(max_length=64, blank=True, editable=False)
    directory_since = models.DateTimeField(null=True, editable=False)
    directory_seen_at = models.DateTimeField(null=True, editable=False)
    directory_off_at = models.DateTimeField(null=True, editable=False)
    securing_since = models.DateTimeField(_("securing the account since"), null=True, blank=True, editable=False)
    n_methods = models.PositiveSmallIntegerField(default=0, editable=False)
    found_by = models.GeneratedField(
        expression=people_search_columns.expression(), output_field=models.TextField(), db_persist=True
    )
    date_joined = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    @cached_property
    def given_permissions(self) -> set[str]:
        """The user's own and group permissions, read once for this instance."""
        return permissions_given_to(self)

    def get_session_auth_hash(self) -> str:
        """Return what a session must contain as long as the password stays.

        Shape: 32 hex digits (128 bits), because each sign-in writes it. Source: RFC 2104, section 5.
        """
        return super().get_session_auth_hash()[:_SESSION_HASH]

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Return what sessions contain that began with an older secret key."""
        for whole in super().get_session_auth_fallback_hash():
            yield whole[:_SESSION_HASH]

    def set_password(self, raw_password: str | None) -> None:
        """Set the password in its normal form."""
        super().set_password(raw_password if raw_password is None else hashers.composed(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Check a password in every form in which it may have been stored. One in an older form is stored again."""
        for spelling in hashers.spellings(raw_password or ""):
            if check_password(spelling, self.password, self._keep_again):
                if spelling != hashers.composed(spelling):
                    self._keep_again(spelling)
                return True
        return False

    def has_password(self, raw_password: str) -> bool:
        """Check a password without changing anything, for an action that sets another one next."""
        return any(check_password(spelling, self.password) for spelling in hashers.spellings(raw_password))

    def _keep_again(self, password: str) -> None:
        """Store the same password in its current form, unless it has been changed since."""
        kept = self.password
        self.set_password(password)
        self._password = None  # a later save would take it for a password change
        User.objects.filter(pk=self.pk, password=kept).update(password=self.password)

    @property
    def has_password_here(self) -> bool:
        """Return whether their password is stored here, and not checked by their directory."""
        return self.directory is None or not self.directory.checks_passwords

    @property
    def needs_new_password(self) -> bool:
        """Return whether they must set a new password before anything else. One of a directory changes only there."""
        return bool(self.must_change_password or self.breached_password_at) and self.has_password_here

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        indexes = (
            models.Index(fields=["n_methods", "username"], name="people_by_n_methods"),
            models.Index(Upper("email"), name="people_by_mail"),
            models.Index(
                fields=["username"],
                condition=models.Q(blocked_until__isnull=False) | models.Q(second_step_locked_at__isnull=False),
                name="people_kept_out",
            ),
            models.Index(
                fields=["directory", "directory_off_at"],
                condition=models.Q(directory_off_at__isnull=False),
                name="people_who_left",
            ),
            models.Index(fields=["id"], condition=models.Q(is_superuser=True), name="people_with_all_rights"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["directory", "directory_key"], condition=Q(directory__isnull=False), name="one_person_an_entry"
            ),
        )
        permissions = tuple((each.codename, each.label) for each in SUPPORT_PERMISSIONS)

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        super().clean()
        self.username = fold(self.username)

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.username
