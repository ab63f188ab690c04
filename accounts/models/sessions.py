"""The session model. It records the user, so that all sessions of a user can be found and ended."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.module_loading import import_string


class Session(AbstractBaseSession):
    """One session. `user` is set once they are signed in; a half signed-in session has none.

    Shape: `ref` is its public name, 32 hex digits, with which the key begins. It stays when the key changes and does
    not reveal the rest of the key.
    """

    # Found by its name, so that a change of the key or of the end changes no index: each sign-in changes both.
    ref = models.CharField(max_length=32, primary_key=True, editable=False)
    session_key = models.CharField(max_length=40)
    expire_date = models.DateTimeField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="sessions",
        db_index=False,  # the one below is without half signed-in sessions
    )
    made_at = models.DateTimeField(auto_now_add=True)
    agent = models.CharField(max_length=300, blank=True)
    network = models.CharField(max_length=45, blank=True)
    # A shortcut to read the verification in progress together with its session. If it is empty, the challenge is found
    # by its handle.
    challenge = models.ForeignKey(
        "verification.Challenge",
        on_delete=models.DO_NOTHING,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        """Return the session store that wrote this row, for `get_decoded`."""
        store: type[SessionBase] = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        verbose_name = "session"
        verbose_name_plural = "sessions"
        constraints = (models.CheckConstraint(condition=~models.Q(ref=""), name="session_has_a_name"),)
        indexes = (models.Index(fields=["user"], condition=models.Q(user__isnull=False), name="sessions_of_a_person"),)
