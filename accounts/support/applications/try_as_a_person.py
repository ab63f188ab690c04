"""“Try it as a person”: what would happen if someone opened an application, and what it would be told about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import access
from accounts.access import AccessDecision, AccessStep, AuthenticationContext, Verification
from accounts.integrations.forward_auth.identity_headers import Identity
from accounts.integrations.oidc import id_and_logout_tokens, scopes_and_claims_about_person
from accounts.models import Application, OidcClient, User
from accounts.sessions.session_assurance import PASSWORD
from accounts.support.applications.check_access_at_proxy import reason_words
from verification import enrolments, policies
from verification.context import Context
from verification.lazy_text import LazyText
from verification.policies import DecisionReason

_WORDS = {
    AccessStep.CONTINUE: gettext_lazy("Opens"),
    AccessStep.ASK: gettext_lazy("Asks for another method"),
    AccessStep.ENROL: gettext_lazy("Asks to set up a stronger method"),
    AccessStep.REFUSE: gettext_lazy("Doesn’t open"),
}


@dataclass(frozen=True, kw_only=True)
class Try:
    """One way to sign in, and what would happen after it."""

    label: str
    result: str
    is_open: bool
    why: LazyText
    answer: AccessDecision


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What would happen to a person. `told`: what the application gets after the first try that opens it."""

    person: User
    tries: tuple[Try, ...]
    told: Mapping[str, str]

    @property
    def is_open(self) -> bool:
        return any(each.is_open for each in self.tries)


def trial(application: Application, person: User, client: OidcClient | None, now: datetime) -> Trial:
    """Try an application as a person, without signing anyone in. Nothing is written."""
    decision = policies.decide(person, Context(now=now), is_remembered=True)
    rules = decision.rules
    own = enrolments.options(
        enrolments.confirmed(person.pk), rules.methods, now=now, voice_countries=rules.voice_countries
    )
    usable = [each for each in own if not each.is_locked and not each.unavailable_reason]
    methods = dict.fromkeys((each.method, str(each.label)) for each in usable)
    ways = [
        (_("Password and %(method)s") % {"method": label}, _authentication(person, now, name))
        for name, label in methods
    ]
    if decision.reason is DecisionReason.REMEMBERED:
        ways.append(
            (_("Password, in a remembered browser"), _authentication(person, now, "", why=DecisionReason.REMEMBERED))
        )
    if decision.reason is DecisionReason.NOT_REQUIRED or not ways:
        ways.insert(0, (_("Password only"), _authentication(person, now, "")))
    groups = access.groups_of(person.pk)
    tries = [
        _try(label, access.of_person(person, application, authentication, now, groups=groups))
        for label, authentication in ways
    ]
    granted = next((each.answer for each in tries if each.is_open), None)
    told = _told(application, person, client, granted, sorted(groups.values())) if granted else {}
    return Trial(person=person, tries=tuple(tries), told=told)


def _authentication(person: User, now: datetime, method: str, *, why: str = "") -> AuthenticationContext:
    verified = [Verification(method=PASSWORD, at=now), *([Verification(method=method, at=now)] if method else [])]
    return AuthenticationContext(ref="", user_id=person.pk, epoch=person.epoch, verified=tuple(verified), why=why)


def _try(label: str, answer: AccessDecision) -> Try:
    return Try(
        label=label,
        result=str(_WORDS[answer.step]),
        is_open=answer.step is AccessStep.CONTINUE,
        why=reason_words(answer.reason),
        answer=answer,
    )


def _told(
    application: Application, person: User, client: OidcClient | None, answer: AccessDecision, groups: list[str]
) -> Mapping[str, str]:
    """Return the claims of the ID token or the headers that the application would get."""
    if client is None:
        identity = Identity(
            user=person,
            groups=tuple(groups),
            acr=answer.acr,
            auth_time=answer.auth_time,
            session_ref=_("(the session)"),
        )
        return identity.headers()
    claims = {
        "iss": id_and_logout_tokens.issuer(),
        "aud": client.client_id,
        **scopes_and_claims_about_person.claims(person, scopes_and_claims_about_person.NAMES),
        "acr": answer.acr,
        "amr": list(answer.amr),
        "auth_time": int(answer.auth_time.timestamp()) if answer.auth_time else None,
        "sid": _("(the session)"),
    }
    return {
        name: ", ".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in claims.items()
    }
