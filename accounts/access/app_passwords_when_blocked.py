"""Whether an app that showed its app password is let in: a block stops it, a locked second step doesn't."""

from datetime import datetime

from accounts.access.access_decision import AccessDecision, Requirement, decide
from accounts.models import User
from accounts.sessions.session_assurance import PASSWORD, AuthenticationContext, Verification
from verification import policies, strengths
from verification.policies import DecisionReason

_OLDER_APP = Requirement(strength=strengths.PASSWORD)


def older_app(user: User, *, is_allowed: bool, now: datetime) -> AccessDecision:
    """Decide whether an app that showed its app password, or a password that is enough, is let in.

    An app can't do a second step, so a locked one doesn't stop it. A block does, and so does making the account safe.
    """
    is_stopped = policies.refusal(user, now) is DecisionReason.BLOCKED or user.securing_since is not None
    authentication = AuthenticationContext(
        ref="", user_id=user.pk, epoch=0, verified=(Verification(method=PASSWORD, at=now),)
    )
    return decide(
        authentication,
        (),
        _OLDER_APP,
        is_allowed=is_allowed,
        refusal=DecisionReason.BLOCKED if is_stopped else "",
        now=now,
    )
