"""The answer to one request: may this visitor open this address now? Two statements, no write, any doubt means no."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.db.models import OuterRef, Subquery

from accounts import access
from accounts.access import AccessDecision, AccessReason, AccessStep, AuthenticationContext, Groups
from accounts.integrations.forward_auth import cookies, protected_hosts
from accounts.integrations.forward_auth.forwarded_url import Doubt, ForwardedUrl
from accounts.integrations.forward_auth.identity_headers import Identity
from accounts.integrations.forward_auth.protected_hosts import PathRule, UnknownAddress
from accounts.models import ApplicationSession, Session, User
from verification.db.compiled_queries import BindParam, Select

MUST_REPLACE = "new-password"  # a reason: the person must replace their password first


class AccessVerdict(StrEnum):
    """What an outcome says. The values are labels of the metric."""

    PUBLIC = "public"
    ALLOWED = "allowed"
    SIGN_IN = "sign-in"  # nobody is signed in here
    VERIFY = "verify"  # somebody is, but too weakly, or too long ago
    REFUSED = "refused"  # somebody is, and must not enter
    UNKNOWN = "unknown"  # no application has this address, or this proxy may not ask about it
    DOUBT = "doubt"

    @property
    def opens(self) -> bool:
        return self in {AccessVerdict.PUBLIC, AccessVerdict.ALLOWED}


@dataclass(frozen=True, kw_only=True)
class AccessCheckResult:
    """What is answered, and why. `reason` is that of the decision, or the doubt."""

    verdict: AccessVerdict
    reason: str = ""
    rule: PathRule | None = None
    answer: AccessDecision | None = None
    identity: Identity | None = None
    opened: ApplicationSession | None = None


@dataclass(frozen=True, kw_only=True)
class SignedInVisitor:
    """Somebody who is signed in. `authentication` is None if their session no longer counts."""

    user: User
    session_ref: str
    authentication: AuthenticationContext | None
    groups: Groups


def _live(session: str, user: str) -> Subquery:
    """Return the data of the session with this reference, if it has not ended."""
    rows = Session.objects.filter(ref=OuterRef(session), user_id=OuterRef(user), expire_date__gt=BindParam("now"))
    return Subquery(rows.values("session_data")[:1])


_OPENED: Select[ApplicationSession] = Select(
    lambda: (
        ApplicationSession.objects.select_related("user")
        .filter(pk=BindParam("pk"), application_id=BindParam("application_id"), ended_at__isnull=True)
        .annotate(data=_live("session_ref", "user_id"))
    )
)


def of(address: ForwardedUrl | Doubt, cookie_header: str, now: datetime) -> AccessCheckResult:
    """Return the outcome for an address, and for the browser that sent these cookies."""
    if isinstance(address, Doubt):
        return AccessCheckResult(verdict=AccessVerdict.DOUBT, reason=address)
    rule = protected_hosts.rule_for(address)
    if isinstance(rule, Doubt):
        return AccessCheckResult(verdict=AccessVerdict.DOUBT, reason=rule)
    if isinstance(rule, UnknownAddress):
        return AccessCheckResult(verdict=AccessVerdict.UNKNOWN)
    if rule.is_public:
        return AccessCheckResult(verdict=AccessVerdict.PUBLIC, rule=rule)
    value = cookies.value_of(cookie_header, cookies.session_name(rule.application.pk))
    if value is None:
        return AccessCheckResult(verdict=AccessVerdict.DOUBT, reason=Doubt.COOKIE, rule=rule)
    opened, visitor = _who(cookies.session_id(value, address.host), rule, now)
    if visitor is None:
        return AccessCheckResult(verdict=AccessVerdict.SIGN_IN, rule=rule)
    return replace(judge(rule, visitor, now), opened=opened)


def judge(rule: PathRule, visitor: SignedInVisitor, now: datetime) -> AccessCheckResult:
    """Return the outcome for somebody who is signed in."""
    answer = access.of_authentication(
        visitor.user, rule.application, visitor.authentication, visitor.groups, now, wanted=rule.wanted
    )
    if answer.step is not AccessStep.CONTINUE:
        return AccessCheckResult(verdict=_verdict(answer), reason=answer.reason, rule=rule, answer=answer)
    if visitor.user.needs_new_password:  # the portal asks for it first
        return AccessCheckResult(verdict=AccessVerdict.VERIFY, reason=MUST_REPLACE, rule=rule, answer=answer)
    identity = Identity(
        user=visitor.user,
        groups=tuple(visitor.groups.values()),
        acr=answer.acr,
        auth_time=answer.auth_time,
        session_ref=visitor.session_ref,
    )
    return AccessCheckResult(
        verdict=AccessVerdict.ALLOWED, reason=answer.reason, rule=rule, answer=answer, identity=identity
    )


def _verdict(answer: AccessDecision) -> AccessVerdict:
    if answer.step is AccessStep.REFUSE:
        return AccessVerdict.REFUSED
    return AccessVerdict.SIGN_IN if answer.reason is AccessReason.SIGNED_OUT else AccessVerdict.VERIFY


def _who(
    session_id: int | None, rule: PathRule, now: datetime
) -> tuple[ApplicationSession | None, SignedInVisitor | None]:
    if session_id is None:
        return None, None
    found = _OPENED.annotated(pk=session_id, application_id=rule.application.pk, now=now)
    if not found:
        return None, None
    opened, more = found[0]
    return opened, _visitor(opened.user, opened.session_ref, more["data"] or "", now)


def visitor_of_session(user_id: int, session_ref: str, now: datetime) -> SignedInVisitor | None:
    """Return who has a session here, by its reference."""
    rows = Session.objects.select_related("user").filter(user_id=user_id, ref=session_ref, expire_date__gt=now)
    session = rows.first()
    if session is None or session.user is None:
        return None
    return _visitor(session.user, session.ref, session.session_data, now)


def _visitor(user: User, session_ref: str, data: str, now: datetime) -> SignedInVisitor | None:
    authentication = access.of_data(data, user, ref=session_ref, now=now)
    if authentication is None:
        return None
    return SignedInVisitor(
        user=user, session_ref=session_ref, authentication=authentication, groups=access.groups_of(user.pk)
    )
