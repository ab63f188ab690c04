"""OpenID Connect: the clients, what people agreed to, the sign-ins that tokens come from, sign-outs to deliver.

The client is django-oauth-toolkit's model, swapped for ours. Its access and refresh tokens are its own tables.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from accounts.models.applications import MAX_ACR_LENGTH, Application, ApplicationSession
from accounts.models.current_and_former_secret import SecretHolder
from verification.models import SigningKey


class OidcClient(SecretHolder, AbstractApplication):  # type: ignore[misc]  # the toolkit ships no types
    """How an application signs people in with OpenID Connect: by authorization code with PKCE, and nothing else.

    Shape: the three lists of addresses are separated by spaces; `logout_uri` is told when a session ends.
    `is_resource_server` may ask what any access token means, and not only its own.
    """

    class Consent(models.TextChoices):
        """Who agrees that an application gets a person's data."""

        ORGANISATION = "organisation", _("The organisation, for everyone")
        PERSON = "person", _("Each person, at the first sign-in")

    application = models.OneToOneField(Application, on_delete=models.CASCADE, related_name="oidc")
    algorithm = models.CharField(
        _("signature"), max_length=5, choices=SigningKey.Algorithm.choices, default=SigningKey.Algorithm.RS256
    )
    consent = models.CharField(_("who agrees"), max_length=12, choices=Consent.choices, default=Consent.ORGANISATION)
    logout_uri = models.URLField(_("back-channel logout address"), max_length=500, blank=True)
    is_resource_server = models.BooleanField(_("may check other applications’ tokens"), default=False)

    # What the toolkit has for flows and formats that don't exist here. Secrets are digests: see `SecretHolder`.
    user = None
    name = None
    client_secret = None
    hash_client_secret = None
    authorization_grant_type = None
    skip_authorization = None
    registration_source = None
    cimd_expires_at = None

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(client_type__in=["confidential", "public"]), name="oidc_client_type_is_known"
            ),
            models.CheckConstraint(
                condition=Q(algorithm__in=["RS256", "ES256"]), name="oidc_client_algorithm_is_known"
            ),
        )

    def __str__(self) -> str:
        return self.application.name

    @property
    def is_public(self) -> bool:
        """Whether it can keep no secret, because it runs on people's devices."""
        return bool(self.client_type == self.CLIENT_PUBLIC)

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Only the authorization code, and the refresh tokens that it leads to. Called by the toolkit."""
        return self.GRANT_AUTHORIZATION_CODE in grant_types

    def is_usable(self, request: object) -> bool:
        """Return whether the application is switched on. Called by the toolkit before every use."""
        return self.application.is_active


class OidcConsent(models.Model):
    """A person agreed that an application gets these scopes."""

    client = models.ForeignKey(OidcClient, on_delete=models.CASCADE, related_name="consents")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oidc_consents")
    scopes = models.JSONField(default=list)
    given_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["client", "user"], name="one_consent_each"),)

    def __str__(self) -> str:
        return f"{self.user_id} to {self.client_id}"


class OidcSignIn(models.Model):
    """One sign-in of a person to a client: its code, and the facts that every token which comes from it repeats.

    Shape: the key is also the toolkit's `token_family` of all its refresh tokens; the code is stored as a digest and
    may be redeemed once, until `code_ends_at`. Source: RFC 6749, 4.1.2; RFC 7636, 4.4 (only S256).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(OidcClient, on_delete=models.CASCADE, related_name="sign_ins")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="oidc_sign_ins")
    session = models.ForeignKey(ApplicationSession, on_delete=models.CASCADE, related_name="oidc_sign_ins")
    epoch = models.PositiveIntegerField()
    scope = models.CharField(max_length=200)
    acr = models.CharField(max_length=MAX_ACR_LENGTH)
    amr = models.JSONField(default=list)
    auth_time = models.DateTimeField()
    code_digest = models.CharField(max_length=64, unique=True, editable=False)
    code_ends_at = models.DateTimeField()
    redirect_uri = models.TextField()
    code_challenge = models.CharField(max_length=43)
    nonce = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["made_at"], name="oidc_sign_ins_by_time"),)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.client_id}"


class LogoutDelivery(models.Model):
    """One client to be told that a session ended, until it answers or three tries failed.

    Shape: `end_ref` names what ended the session, together with the deliveries to other clients. The address is
    copied, so that what was tried is known even if it changes. `last_status` is the HTTP status, 0 without an answer.
    """

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("waiting")
        DONE = "done", _("notified")
        FAILED = "failed", _("not reached")

    client = models.ForeignKey(OidcClient, on_delete=models.CASCADE, related_name="logouts")
    session = models.ForeignKey(ApplicationSession, on_delete=models.CASCADE, related_name="logouts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="logouts")
    end_ref = models.CharField(max_length=32, blank=True, db_index=True, editable=False)
    uri = models.CharField(max_length=500)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    n_tries = models.PositiveSmallIntegerField(default=0)
    last_status = models.PositiveSmallIntegerField(default=0)
    last_problem = models.CharField(max_length=30, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="logouts_waiting"),
            models.Index(fields=["client", "-made_at"], name="logouts_of_client"),
        )

    def __str__(self) -> str:
        return f"{self.client_id}: {self.state}"
