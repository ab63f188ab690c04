"""The first step of a sign-in: a username and password are checked, counted and audited. It grants no access."""

from dataclasses import dataclass

from accounts import local_or_directory_password_check as password_check
from accounts import provisioning
from accounts import sign_in_and_password_audit_events as audit_events
from accounts.ldap_directories import PasswordResult
from accounts.ldap_directories import audit_events as directory_audit_events
from accounts.models import User
from accounts.models.people import fold
from accounts.signin.breached_password_at_sign_in import note_breached_password
from verification import audit, limits
from verification.context import Context
from verification.db.compiled_queries import BindParam, Select
from verification.limits import Gate

_NAMED = Select(lambda: User.objects.filter(username=BindParam("name")))


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    """The result of a username and password. Without a user, `gate` or `answer` says why.

    `name` is the username under which the attempt was counted.
    """

    gate: Gate
    name: str = ""
    answer: PasswordResult = PasswordResult.WRONG
    user: User | None = None


def check(name: str, password: str, context: Context) -> FirstStep:
    """Check a username and password. Timing and queries are the same whether or not the name exists.

    The attempt is counted before the check, so that parallel guesses are limited as well. After a correct password,
    `after_correct_password.begin` undoes that.
    """
    folded = fold(name)
    named = _NAMED.beside(name=folded)
    gate = limits.password_gate(folded, context, run=named.run)
    if not gate.is_open:
        return FirstStep(gate=gate)
    known = named.row
    checked = password_check.check(known, name, password, context)
    user = checked.user
    if user is None:
        if not checked.is_incorrect:
            limits.refund_password(folded, context)
        _record_refusal(known, checked.answer, context)
        return FirstStep(gate=gate, answer=checked.answer)
    note_breached_password(user, password, context)
    if user.directory_id is not None:
        provisioning.trust(user, context)
    return FirstStep(gate=gate, answer=PasswordResult.RIGHT, user=user, name=folded)


def _record_refusal(user: User | None, answer: PasswordResult, context: Context) -> None:
    pk = user.pk if user else None
    if answer is PasswordResult.WRONG:
        audit.record(audit_events.PASSWORD_REFUSED, user_id=pk, context=context)
    else:
        audit.record(directory_audit_events.DIRECTORY_REFUSED, user_id=pk, context=context, why=answer)
