"""What a proxy would be answered about a person and an address, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.applications import AccessReason
from accounts.integrations.forward_auth import access_check, forwarded_url, protected_hosts
from accounts.integrations.forward_auth.access_check import AccessCheckResult, AccessVerdict
from accounts.integrations.forward_auth.forwarded_url import Doubt
from accounts.integrations.forward_auth.protected_hosts import PathRule, UnknownAddress
from accounts.models import Proxy, Session, User
from accounts.sessions import running_sessions
from verification import method_registry
from verification.lazy_text import LazyText

VERDICTS: Mapping[AccessVerdict, LazyText] = {
    AccessVerdict.PUBLIC: _("Opens for everyone"),
    AccessVerdict.ALLOWED: _("Opens"),
    AccessVerdict.SIGN_IN: _("They have to sign in first"),
    AccessVerdict.VERIFY: _("They have to verify again first"),
    AccessVerdict.REFUSED: _("Doesn’t open for them"),
    AccessVerdict.UNKNOWN: _("Doesn’t open for anyone"),
    AccessVerdict.DOUBT: _("Doesn’t open for anyone"),
}
_REASONS: Mapping[str, LazyText] = {
    AccessReason.SIGNED_OUT: _("They aren’t signed in now."),
    access_check.MUST_REPLACE: _("They must set a new password first."),
    "no-rule": _("No application has this host and path, or the application is switched off."),
    "other-proxy": _("This proxy isn’t set up for this application."),
    Doubt.PATH: _("The path could be read in two ways, so nobody can open it."),
    Doubt.HOST: _("This isn’t a host name."),
    Doubt.SCHEME: _("The address must start like the address of this service: with https:// or http://."),
}


def reason_words(reason: str) -> str:
    """Say in one sentence why an address opens or doesn’t; empty for a reason that needs no words."""
    if reason in _REASONS:
        return str(_REASONS[reason])
    return f"{capfirst(AccessReason(reason).label)}." if reason in set(AccessReason) else ""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The answer that a proxy would get. `methods` would be enough; `session` is the one that was checked."""

    title: LazyText
    text: LazyText
    is_open: bool
    rule: PathRule | None = None
    session: Session | None = None
    methods: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def explain(url: str, user: User | None, proxy: Proxy | None, now: datetime) -> Explanation:
    """Say what would be answered about a person's newest session. Without a person: about a stranger."""
    address = forwarded_url.of_url(url)
    rule = address if isinstance(address, Doubt) else protected_hosts.rule_for(address)
    if isinstance(rule, Doubt):
        return _told(AccessCheckResult(verdict=AccessVerdict.DOUBT, reason=rule))
    if isinstance(rule, UnknownAddress):
        return _told(AccessCheckResult(verdict=AccessVerdict.UNKNOWN, reason="no-rule"))
    if proxy is not None and not _may_ask(proxy, rule):
        return _told(AccessCheckResult(verdict=AccessVerdict.UNKNOWN, reason="other-proxy"))
    if rule.is_public:
        return _told(AccessCheckResult(verdict=AccessVerdict.PUBLIC, rule=rule))
    session = _newest(user, now) if user else None
    visitor = access_check.visitor_of_session(session.user_id or 0, session.ref, now) if session else None
    if user is None or visitor is None:
        return _told(_stranger(rule, user, now), session)
    return _told(access_check.judge(rule, visitor, now), session, _enough(rule, user, visitor.authentication, now))


def _may_ask(proxy: Proxy, rule: PathRule) -> bool:
    own = proxy.applications.all()
    return not own or rule.application.pk in {each.pk for each in own}


def _newest(user: User, now: datetime) -> Session | None:
    return next(iter(running_sessions.running(user, now)), None)


def _stranger(rule: PathRule, user: User | None, now: datetime) -> AccessCheckResult:
    answer = access.of_person(user, rule.application, None, now, wanted=rule.wanted)
    verdict = AccessVerdict.REFUSED if answer.step is access.AccessStep.REFUSE else AccessVerdict.SIGN_IN
    return AccessCheckResult(verdict=verdict, reason=answer.reason, rule=rule, answer=answer)


def _enough(
    rule: PathRule, user: User, authentication: access.AuthenticationContext | None, now: datetime
) -> tuple[str, ...]:
    answer = access.of_person(user, rule.application, authentication, now, wanted=rule.wanted)
    return tuple(
        str(method_registry.method(name).label) for name in answer.methods if method_registry.is_installed(name)
    )


def _told(outcome: AccessCheckResult, session: Session | None = None, methods: tuple[str, ...] = ()) -> Explanation:
    return Explanation(
        title=VERDICTS[outcome.verdict],
        text=reason_words(outcome.reason),
        is_open=outcome.verdict.opens,
        rule=outcome.rule,
        session=session,
        methods=methods if not outcome.verdict.opens else (),
        headers=outcome.identity.headers() if outcome.identity else {},
    )
