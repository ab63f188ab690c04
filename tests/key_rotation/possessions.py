"""One of each thing that depends on a key, as tests of the rotation of keys hold it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.access import AccessDecision, AccessReason, AccessStep
from accounts.applications import secret_rotation
from accounts.integrations.forward_auth import proxy_authentication
from accounts.integrations.oidc import authorization_codes, authorization_request, client_registration
from accounts.integrations.oidc.oauthlib_validator import SECRET
from accounts.integrations.scim import token_authentication as scim_callers
from accounts.models import (
    Application,
    Directory,
    DirectorySync,
    DirectorySyncBatch,
    Import,
    Proxy,
    ScimAccess,
    ScimPerson,
)
from accounts.provisioning import suggested_numbers
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import Person
from verification import challenges, policies
from verification.context import Context
from verification.keys import strings_encrypted_for_one_row
from verification.models import (
    Purpose,
)

OLD, NEW = ("t1", bytes(32)), ("t2", bytes(range(7, 39)))

STOPPED = "+41795550199"

PEOPLE = "user name,name,mail,groups,state\nnew,New,new@example.org,,\n"

Restart = Callable[..., None]


@dataclass
class Possessions:
    """What a person and the organisation have that depends on a key."""

    person: Person
    door: AppPasswordService
    app_password: str
    access_pass: str
    browser: str
    link: tuple[str, str]
    job: Import

    def context(self) -> Context:
        return Context(now=timezone.now(), network="192.0.2.7", browser=self.browser)

    def prove(self, method: str, text: str) -> bool:
        """Answer a challenge of one method."""
        user, context = self.person.user, self.context()
        rules, binding = policies.rules_for(user.pk), f"session for {method} {text}"
        asked = challenges.start(
            self.person.enrolment(method),
            user=user,
            purpose=Purpose.SIGN_IN,
            binding=binding,
            context=context,
            rules=rules,
        )
        return challenges.answer(asked.handle, text, binding=binding, context=context).proven


def sign_in_to_an_application(ana: Person, context: Context) -> None:
    application = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.OIDC)
    client = client_registration.make(application, redirect_uris="https://wiki.example.org/", now=context.now).client
    secret_rotation.renew(client, SECRET, context.now)
    query = {
        "client_id": [client.client_id],
        "redirect_uri": ["https://wiki.example.org/"],
        "response_type": ["code"],
        "scope": ["openid"],
        "code_challenge": ["a" * 43],
        "code_challenge_method": ["S256"],
    }
    asked = authorization_request.read(query, authorization_request.answerable(query))
    answer = AccessDecision(step=AccessStep.CONTINUE, reason=AccessReason.MET, acr="phr", auth_time=context.now)
    authorization_codes.start(
        asked, authorization_codes.CodeOwner(user=ana.user, session_ref="0" * 32), answer, context
    )


def protect_an_application(now: datetime) -> None:
    proxy = Proxy.objects.create(slug="front", name="Front", program="caddy", networks=["192.0.2.9/32"])
    for _ in range(2):  # so that the former secret is there too
        secret_rotation.renew(proxy, proxy_authentication.PURPOSE, now, overlap=timedelta(days=1))


def come_from_directories(ana: Person, directory: Directory, now: datetime) -> None:
    suggested_numbers.replace({ana.user.pk: {"mobile": STOPPED}})
    sync = DirectorySync.objects.create(directory=directory, state=DirectorySync.State.DONE, made_at=now)
    batch = DirectorySyncBatch(sync=sync, kind="people", n_rows=1)
    batch.sealed = strings_encrypted_for_one_row.seal("{}", bound=batch.ref)
    batch.save()
    entra = Directory.objects.create(name="Entra", kind="scim")
    sealed = strings_encrypted_for_one_row.seal("{}", bound=str(ana.user.pk))
    ScimPerson.objects.create(user=ana.user, directory=entra, sealed=sealed, changed_at=now)
    access = ScimAccess.objects.create(directory=entra)
    for _ in range(2):  # so that the former token is there too
        secret_rotation.renew(access, scim_callers.PURPOSE, now, overlap=timedelta(days=1))
