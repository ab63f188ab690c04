"""Sessions as rows that know whose they are, so that one person's can be found and ended."""

import hashlib

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """One session. The person is set once they are signed in; a half signed-in one belongs to nobody."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sessions")
    made_at = models.DateTimeField(auto_now_add=True)
    agent = models.CharField(max_length=300, blank=True)
    network = models.CharField(max_length=45, blank=True)

    @property
    def ref(self) -> str:
        """A name that tells sessions apart and gives no key away. Shape: 32 hex digits."""
        return hashlib.sha256(f"session:{self.session_key}".encode()).hexdigest()[:32]

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        verbose_name = "session"
        verbose_name_plural = "sessions"
