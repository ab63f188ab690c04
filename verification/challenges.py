"""Starts, answers, resends and shows challenges: the only way in. Guarded updates decide, never read-then-write."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from verification import audit, browsers, conf, enrolments, guard, limits, misread, notices, phone_numbers, registry
from verification.context import Context
from verification.db.compiled_queries import Insert, Select, Slot, Update
from verification.delivery import outbox, rendering
from verification.delivery.provider import Speech
from verification.keys import codes, crypto
from verification.method import Ask, Check, Draft, Found, Issue, Method, Mode
from verification.models import Challenge, Enrolment, Kind, Message, MessageState, Purpose, State, Voucher
from verification.models.challenges import ALIVE
from verification.models.handles import new_handle
from verification.outcomes import Outcome, Verdict, Words
from verification.policies import Rules

_HARMLESS = {Purpose.ENROL, Purpose.REHEARSAL}
_APART = _HARMLESS | {Purpose.CALLER}  # counted apart, so that nobody's guesses there close a person's own way in
_IN_DOUBT = {MessageState.SENDING, MessageState.UNKNOWN, MessageState.LOST}
_CAME_TO_NOTHING = {MessageState.UNDELIVERED, MessageState.FAILED, MessageState.EXPIRED}
_RECENT = timedelta(minutes=10)  # in which an older code is told from a wrong one
_MOST_RECENT = 20  # requests of one person that are looked at for it
_LONGEST_CODE_LIFE = timedelta(minutes=10)  # however often it is sent. Source: NIST SP 800-63B-4, 3.1.3.2
_WORTH_SENDING = timedelta(minutes=1)  # what must be left of a code's life
# Letters and digits that cannot be taken for one another, read aloud or on a small screen.
_TAG_LETTERS, _TAG_DIGITS = "ACEFHKMPRTWX", "34679"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a page shows of a challenge; reading it sends nothing and counts nothing."""

    handle: str
    account: str
    method: str
    label: str
    ref: str
    hint: str
    tag: str
    state: State
    mode: str
    is_approval: bool
    is_enrolment: bool
    needs_delivery: bool
    is_numeric: bool
    explain: str
    icon: str
    match: str
    issued_at: datetime
    expires_at: datetime
    resend_at: datetime
    tries_left: int
    retry_at: datetime | None
    is_alive: bool
    is_expired: bool
    modes: tuple[Mode, ...] = ()
    page: str = ""
    is_own_form: bool = False
    may_be_remembered: bool = False
    code_label: str = ""
    if_refused: str = ""
    show: Mapping[str, Any] = field(default_factory=dict)
    enrol: Mapping[str, Any] = field(default_factory=dict)
    message: Message | None = None


# Starting ------------------------------------------------------------------------------------------------------


_ADD = Insert(Challenge)


def start(  # noqa: PLR0913  (one deed, its circumstances named)
    enrolment: Enrolment,
    *,
    user: Any,
    purpose: Purpose,
    binding: str,
    context: Context,
    rules: Rules,
    mode: str = "",
    replaces: str = "",
    nonce: str = "",
) -> Outcome:
    """Ask a person to prove one enrolment: spend a limit, replace the session's older challenge, put the message out.

    `binding` is a secret of the session; only it can answer. `replaces` names the session's challenge so far.
    `nonce` is that of an invitation which this challenge takes up.
    """
    if enrolments.away(enrolment, context.now):
        return Outcome(verdict=Verdict.UNREACHABLE, method=enrolment.method)
    is_tried = purpose in {Purpose.REHEARSAL, Purpose.CALLER}
    if not _may_call(enrolment, rules) or (is_tried and registry.method(enrolment.method).is_temporary):
        return Outcome(verdict=Verdict.UNREACHABLE, method=enrolment.method)
    chosen = _mode(enrolment, mode, rules)
    if replaces and (running := _running(enrolment, binding=binding, purpose=purpose, mode=chosen, now=context.now)):
        return _go_back(running, replaces, now=context.now)
    if refusal := _refusal(enrolment, user=user, context=context, purpose=purpose):
        return refusal
    challenge = Challenge(
        user=user,
        enrolment=enrolment,
        purpose=purpose,
        mode=chosen,
        binding=_bind(binding),
        key_id=crypto.digest_key(),
        tag=_new_tag(),
        nonce=nonce or new_handle(),
        code_life=rules.code_life,
        issued_at=context.now,
        resend_at=context.now + conf.resend_after(),
        expires_at=context.now + rules.code_life,
        tries_left=conf.attempts_per_challenge(),
        language=context.language,
        network=context.network,
    )
    try:
        with transaction.atomic():
            if replaces:
                _supersede(replaces, binding=challenge.binding, purpose=purpose, now=context.now)
            _ADD.run(challenge)
            _send(challenge, context)
            audit.record("challenge.issued", user_id=user.pk, context=context, **_about(challenge))
    except IntegrityError:
        # Another request of this session was quicker: its challenge stands, and no second message went out.
        _no_message(enrolment, user=user, purpose=purpose, context=context)
        return _standing(challenge.binding, purpose)
    return Outcome(verdict=Verdict.ISSUED, handle=challenge.handle, method=enrolment.method, user=user)


def enrol(
    user: Any,
    method_name: str,
    fields: Mapping[str, Any],
    *,
    binding: str,
    context: Context,
    rules: Rules,
    replaces: str = "",
) -> Outcome:
    """Begin to set up a method: check the fields, save a draft, and ask to prove it like any other challenge.

    Errors: an `Outcome` REFUSED carries the problems by field; the policy's refusal is UNREACHABLE.
    """
    if method_name not in rules.methods or not registry.is_installed(method_name):
        return Outcome(verdict=Verdict.UNREACHABLE, method=method_name)
    method = registry.method(method_name)
    if enrolments.count(user.pk, method_name) >= method.most:
        return Outcome(verdict=Verdict.FULL, method=method_name)
    cleaned: dict[str, Any] = {}
    if method.form_class is not None:
        form = method.form_class(data=dict(fields))
        if not form.is_valid():
            problems = {name: tuple(str(e) for e in errors) for name, errors in form.errors.items()}
            return Outcome(verdict=Verdict.REFUSED, method=method_name, problems=problems)
        cleaned = form.cleaned_data
        if closed := guard.refusal(method.kind, str(cleaned.get("number", "")), now=context.now):
            problems = {"number": (guard.words(closed),)}
            return Outcome(verdict=Verdict.REFUSED, method=method_name, problems=problems)
    if replaces and (again := _same_address(method, cleaned, user=user, replaces=replaces, binding=binding)):
        outcome = resend(again.handle, binding=binding, context=context)
        is_running = outcome.verdict is Verdict.TOO_SOON
        return replace(outcome, verdict=Verdict.ISSUED) if is_running else outcome
    try:
        with transaction.atomic():
            enrolments.hold(user)
            if replaces:
                _supersede(replaces, binding=_bind(binding), purpose=Purpose.ENROL, now=context.now)
            draft = enrolments.draft(user, method, cleaned, may_claim=rules.stock_tokens, now=context.now)
    except enrolments.NotAssigned:
        words = _("No token of this number waits for you. Check the number, or ask your company support.")
        return Outcome(verdict=Verdict.REFUSED, method=method_name, problems={next(iter(cleaned)): (words,)})
    mode = str(cleaned.get("mode", ""))
    return start(draft, user=user, purpose=Purpose.ENROL, binding=binding, context=context, rules=rules, mode=mode)


def _same_address(
    method: Method, cleaned: dict[str, Any], *, user: Any, replaces: str, binding: str
) -> Challenge | None:
    """Find the session's open request to set up the very same number or address: it is sent again, not begun anew."""
    found = _load(replaces, binding) if method.needs_delivery else None
    if found is None or found.state != State.OPEN or not found.tries_left or found.enrolment.method != method.name:
        return None
    plan, draft = method.enrol(cleaned, account=str(user.get_username())), found.enrolment
    is_same = (plan.address, dict(plan.data)) == (draft.address, draft.data) and not draft.confirmed
    return found if is_same and found.mode == str(cleaned.get("mode", found.mode)) else None


def _refusal(enrolment: Enrolment, *, user: Any, context: Context, purpose: Purpose) -> Outcome | None:
    """Tell whether a challenge must not start: the method is off or waits, or no more messages may go out.

    Setting up waits for nothing. What is off is not tried out either: it must be set up again.
    """
    method = registry.method(enrolment.method)
    if purpose != Purpose.ENROL:
        if hasattr(enrolment, "off_at"):
            is_off, retry_at = enrolments.is_off(enrolment), getattr(enrolment, "next_at", None)
        else:
            gate = limits.gate(user.pk, method.name, now=context.now, is_counted=method.is_counted)
            is_off, retry_at = gate.is_off, gate.retry_at
        if is_off:
            return Outcome(verdict=Verdict.OFF, method=method.name)
        if retry_at and retry_at > context.now and purpose not in _HARMLESS:
            return Outcome(verdict=Verdict.WAIT, method=method.name, retry_at=retry_at)
    return _refused_sending(enrolment, user=user, context=context, purpose=purpose) if method.needs_delivery else None


def _refused_sending(enrolment: Enrolment, *, user: Any, context: Context, purpose: Purpose) -> Outcome | None:
    """Spend one message, and tell why it must not go out if so."""
    method, kind, address = enrolment.method, registry.method(enrolment.method).kind, enrolment.address
    about: dict[str, Any] = {"user_id": user.pk, "context": context, "method": method, "enrolment": enrolment.ref}
    is_opted_out = getattr(enrolment, "is_opted_out", None)
    if is_opted_out is None and kind == Kind.TEXT:
        is_opted_out = guard.has_stopped(address)
    if verdict := guard.refusal(kind, address, now=context.now, is_opted_out=bool(is_opted_out)):
        audit.record("message.refused", why=str(verdict), **about)
        return Outcome(verdict=verdict, method=method)
    if purpose != Purpose.REHEARSAL and (retry_at := _unanswered(enrolment, kind, user=user, context=context)):
        audit.record("message.unanswered", **about)
        return Outcome(verdict=Verdict.UNANSWERED, method=method, retry_at=retry_at)
    gate = limits.spend_send(
        user.pk,
        address,
        context,
        area=guard.area_abroad(kind, address),
        is_trial=guard.is_on_trial(kind, address, now=context.now),
        cost=guard.cost(kind, address),
        caps=guard.caps() if guard.costs(kind) else (),
    )
    if gate.alarms or not gate.is_open:
        notices.tell_of_cost(gate, context=context)
    if gate.is_open:
        return None
    _no_message(enrolment, user=user, purpose=purpose, context=context)
    audit.record("message.limited", scope=gate.scope, **about)
    verdict = Verdict.PAUSED if gate.scope.startswith((limits.SPENT, limits.TRIAL)) else Verdict.LIMITED
    return Outcome(verdict=verdict, method=method, retry_at=gate.retry_at)


def _no_message(enrolment: Enrolment, *, user: Any, purpose: Purpose, context: Context) -> None:
    """Count as unanswered no message that did not go out."""
    method = registry.method(enrolment.method)
    if method.needs_delivery and purpose != Purpose.REHEARSAL:
        limits.give_prompt_back(user.pk, method.kind, now=context.now)


def _unanswered(enrolment: Enrolment, kind: str, *, user: Any, context: Context) -> datetime | None:
    """Count a message that nobody has answered yet; after too many in a row say until when none goes out.

    Somebody who knows the password could otherwise ring a person until they give in. They are told once.
    """
    gate = limits.spend_prompt(user.pk, kind, now=context.now)
    if gate.is_open:
        return None
    with transaction.atomic():
        if limits.tell_of_prompts(user.pk, kind, now=context.now):
            label = enrolments.label(enrolment)
            notices.tell(user, "unanswered", now=context.now, context=context, label=label, n=str(gate.n_failures))
    return gate.retry_at


def _may_call(enrolment: Enrolment, rules: Rules) -> bool:
    """Tell whether policy lets a call go to this number's country; other methods it does not concern."""
    if not rules.voice_countries or registry.method(enrolment.method).means != "tel":
        return True
    return phone_numbers.country(enrolment.address) in rules.voice_countries


def _mode(enrolment: Enrolment, wanted: str, rules: Rules) -> str:
    """Settle how the option is asked: the wanted mode if the method knows it, else its first."""
    modes = [mode.key for mode in registry.method(enrolment.method).modes]
    chosen = wanted if wanted in modes else next(iter(modes), "")
    return chosen if rules.number_matching or chosen != "approve" else "press"


def _scope(challenge: Challenge) -> str:
    """Name what wrong answers are counted under. Trying a method out, or setting it up, is no attempt to get in."""
    method = challenge.enrolment.method
    return f"{challenge.purpose}.{method}" if challenge.purpose in _APART else method


def _is_counted(challenge: Challenge) -> bool:
    """Tell whether a wrong answer is an attempt to get in, which counts for the person over all methods."""
    return challenge.purpose not in _APART and registry.method(challenge.enrolment.method).is_counted


def _new_tag(*, former: str = "") -> str:
    """Draw the short name by which page and message agree on which sending is meant. Shape: `K4`."""
    names = [letter + digit for letter in _TAG_LETTERS for digit in _TAG_DIGITS]
    return secrets.choice([name for name in names if name != former])


def of_binding(user: Any, binding: str) -> QuerySet[Challenge]:
    """Give what a person was asked in one sign-in, or in one session."""
    return Challenge.objects.filter(user=user, binding=_bind(binding))


def _bind(binding: str) -> str:
    return crypto.digest("challenge.binding", binding)


def _running(enrolment: Enrolment, *, binding: str, purpose: Purpose, mode: str, now: datetime) -> Challenge | None:
    """Find the session's request for the same option, sent just now: choosing it again sends nothing new.

    Also one that another option replaced meanwhile. One whose message failed is of no use.
    """
    rows = Challenge.objects.filter(
        binding=_bind(binding),
        purpose=purpose,
        enrolment=enrolment,
        mode=mode,
        state__in=[State.OPEN, State.SUPERSEDED],
        resend_at__gt=now,
        expires_at__gt=now,
        tries_left__gt=0,
    )
    found = rows.order_by("-pk").first()
    if found is None or not registry.method(enrolment.method).needs_delivery:
        return found
    newest = _NEWEST.first(challenge=found.pk)
    return None if newest is None or newest.state in _CAME_TO_NOTHING else found


def _go_back(running: Challenge, replaces: str, *, now: datetime) -> Outcome:
    """Show a request again that is running already; `retry_at` says when another message may be asked for."""
    outcome = Outcome(
        verdict=Verdict.ISSUED, handle=running.handle, method=running.enrolment.method, retry_at=running.resend_at
    )
    if running.state == State.OPEN:
        return outcome
    try:
        with transaction.atomic():
            _supersede(replaces, binding=running.binding, purpose=Purpose(running.purpose), now=now)
            Challenge.objects.filter(pk=running.pk, state=State.SUPERSEDED).update(state=State.OPEN, ended_at=None)
    except IntegrityError:
        return _standing(running.binding, Purpose(running.purpose))
    return outcome


def abandon(handle: str, *, binding: str, now: datetime) -> None:
    """End a request that its session gives up: its code is worth nothing any more, and a late text is not sent."""
    rows = Challenge.objects.filter(handle=handle, binding=_bind(binding), state__in=ALIVE)
    if handle:
        rows.update(state=State.SUPERSEDED, ended_at=now)


def _supersede(handle: str, *, binding: str, purpose: Purpose, now: datetime) -> None:
    Challenge.objects.filter(handle=handle, binding=binding, state__in=ALIVE).update(
        state=State.SUPERSEDED, ended_at=now
    )


def _standing(binding: str, purpose: Purpose) -> Outcome:
    live = (
        Challenge.objects.select_related("enrolment").filter(binding=binding, purpose=purpose, state__in=ALIVE).first()
    )
    if live is None:
        return Outcome(verdict=Verdict.GONE)
    return Outcome(verdict=Verdict.ISSUED, handle=live.handle, method=live.enrolment.method)


def _send(challenge: Challenge, context: Context) -> None:
    issue = registry.method(challenge.enrolment.method).issue(_ask(challenge, now=context.now))
    if issue.kind:
        outbox.add(challenge, kind=issue.kind, template=issue.template, now=context.now)


def _about(challenge: Challenge) -> dict[str, Any]:
    return {
        "challenge": challenge.handle,
        "purpose": str(challenge.purpose),
        "method": challenge.enrolment.method,
        "enrolment": challenge.enrolment.ref,
        "tag": challenge.tag,
    }


def _ask(challenge: Challenge, *, now: datetime, generation: int = 0, by_keys: bool = False) -> Ask:
    enrolment = challenge.enrolment
    key = {"handle": challenge.handle, "nonce": challenge.nonce, "key_id": challenge.key_id}
    return Ask(
        random=crypto.mac("challenge.random", challenge.nonce, key_id=challenge.key_id),
        person=person_handle(challenge.user.pk),
        others=lambda: enrolments.addresses(challenge.user.pk, enrolment.method),
        tag=challenge.tag,
        mode=challenge.mode,
        now=now,
        code=codes.derive(generation=generation or challenge.generation, **key),
        match=codes.match(**key),
        address=enrolment.address,
        secret=enrolment.secret,
        counter=enrolment.counter,
        data=enrolment.data,
        account=str(challenge.user.get_username()),
        is_enrolment=not enrolment.confirmed,
        by_keys=by_keys,
        find=lambda first: _find(enrolment.pk, first),
    )


def person_handle(user_id: int) -> bytes:
    """Give bytes that stand for a person and say nothing about them. Shape: 32 bytes. Source: WebAuthn L3, 14.6.1."""
    return hashlib.sha256(f"person:{user_id}".encode()).digest()


def _find(enrolment_id: int, first: str) -> Found | None:
    lookups = crypto.digests("voucher", first)
    row = Voucher.objects.filter(enrolment_id=enrolment_id, lookup__in=lookups).first()
    return Found(id=row.pk, hash=row.hash, is_used=row.used_at is not None) if row else None


# Answering -----------------------------------------------------------------------------------------------------


def answer(handle: str, text: str, *, binding: str, context: Context) -> Outcome:
    """Judge what a person typed.

    A try and a failure are taken first and committed, so that no later fault and no parallel request gets them back;
    then the method compares, outside any transaction; then one guarded update spends the challenge.
    """
    challenge = _load(handle, binding)
    if challenge is None or not challenge.enrolment.is_good(context.now):
        return Outcome(verdict=Verdict.GONE)
    method = registry.method(challenge.enrolment.method)
    read = method.read(text)
    if not method.fits(read) and challenge.state == State.OPEN and challenge.expires_at > context.now:
        note = misread.words(challenge.user, method, text)
        return _outcome(challenge, Verdict.MISREAD, tries_left=challenge.tries_left, note=note)
    if refusal := _take_try(challenge, context):
        return refusal
    _follow(challenge, method.names(read))
    check = method.check(_ask(challenge, now=context.now), read)
    return _settle(challenge, check, text=read, context=context)


def _follow(challenge: Challenge, address: str) -> None:
    """Turn to the enrolment that an answer names, if it is the person's and of the method that was asked."""
    if not address or not challenge.enrolment.confirmed:
        return
    named = enrolments.named(address, method=challenge.enrolment.method, user_id=challenge.user.pk)
    if named is not None and named.pk != challenge.enrolment.pk and named.opens:
        challenge.enrolment = named
        Challenge.objects.filter(pk=challenge.pk).update(enrolment=named)


_ROW, _NOW = Slot("pk"), Slot("now")
_GENERATION, _STATE = Slot("generation"), Slot("state")
_HANDLE, _BINDING = Slot("handle"), Slot("binding")
_LOAD = Select(lambda: Challenge.objects.select_related("enrolment", "user").filter(handle=_HANDLE, binding=_BINDING))
_NEWEST = Select(lambda: Message.objects.filter(challenge=Slot("challenge")).order_by("-generation", "-id")[:1])
_TAKE_TRY = Update(
    lambda: (
        Challenge.objects.filter(
            pk=_ROW, state=State.OPEN, expires_at__gt=_NOW, tries_left__gt=0, generation=_GENERATION
        ),
        {"tries_left": F("tries_left") - 1},
    )
)
_SPEND = Update(
    lambda: (
        Challenge.objects.filter(pk=_ROW, state=State.OPEN, generation=_GENERATION),
        {"state": _STATE, "ended_at": Slot("ended_at")},
    )
)


def _load(handle: str, binding: str) -> Challenge | None:
    """Find a challenge of this session; none as well when its option does not open any more."""
    found = _LOAD.first(handle=handle, binding=_bind(binding)) if handle else None
    return found if found is not None and found.enrolment.opens else None


def _outcome(challenge: Challenge, verdict: Verdict, **more: Any) -> Outcome:
    return Outcome(
        verdict=verdict,
        handle=challenge.handle,
        method=challenge.enrolment.method,
        enrolment=challenge.enrolment,
        user=challenge.user,
        **more,
    )


def _take_try(challenge: Challenge, context: Context) -> Outcome | None:
    """Take a try of the challenge and count a failure of the person, both before the answer is looked at."""
    with transaction.atomic():
        if not _TAKE_TRY.run(pk=challenge.pk, generation=challenge.generation, now=context.now):
            return _why_closed(challenge, context.now)
        gate = _reserve(challenge, context)
        if not gate.is_open:
            Challenge.objects.filter(pk=challenge.pk).update(tries_left=F("tries_left") + 1)
            if gate.scope:  # the month is full: the one who filled it may have ended before it said so
                _switch_off(challenge, context)
            verdict = Verdict.OFF if gate.is_off else Verdict.WAIT
            return _outcome(challenge, verdict, retry_at=gate.retry_at, tries_left=challenge.tries_left)
    challenge.tries_left -= 1
    challenge.gate = gate  # type: ignore[attr-defined]  # carried to `_wrong` within this answer
    return None


def _reserve(challenge: Challenge, context: Context) -> limits.Gate:
    """Count a failure before the look. What takes the holder's key is no guess: strangers could only close it."""
    if not registry.method(challenge.enrolment.method).is_guessable:
        return limits.OPEN
    return limits.reserve(
        challenge.user.pk,
        _scope(challenge),
        now=context.now,
        is_counted=_is_counted(challenge),
        switches_off=challenge.purpose not in _HARMLESS,
    )


def _why_closed(challenge: Challenge, now: datetime) -> Outcome:
    try:
        challenge.refresh_from_db(fields=["state", "tries_left", "expires_at", "generation"])
    except Challenge.DoesNotExist:
        return Outcome(verdict=Verdict.GONE)  # its enrolment was removed, or set up anew in another tab
    ends = {
        State.PROVEN: Verdict.USED,
        State.SUPERSEDED: Verdict.REPLACED,
        State.ENDED: Verdict.ENDED,
        State.DENIED: Verdict.DENIED,
        State.EXPIRED: Verdict.EXPIRED,
        State.APPROVED: Verdict.USED,
    }
    if challenge.state in ends:
        return _outcome(challenge, ends[State(challenge.state)])
    if challenge.expires_at <= now:
        return _outcome(challenge, Verdict.EXPIRED)
    return _outcome(challenge, Verdict.ENDED if challenge.tries_left == 0 else Verdict.REPLACED)


def _settle(challenge: Challenge, check: Check, *, text: str, context: Context) -> Outcome:
    """Turn a method's judgement into rows, in one transaction, and into an outcome."""
    if check.verdict is Verdict.PROVEN:
        is_taken = _is_taken(challenge, check.draft)
        return _wrong(challenge, context, cause="taken") if is_taken else _prove(challenge, check, context)
    if check.verdict is Verdict.USED:
        return _costs_nothing(challenge, Verdict.USED, context)
    if check.verdict is Verdict.DRIFTED:
        enrolments.note(challenge.enrolment, check.learned)
        return _wrong(challenge, context, verdict=Verdict.DRIFTED, cause=check.cause)
    if _was_replaced(challenge, text, context.now):
        return _costs_nothing(challenge, Verdict.REPLACED, context)
    return _wrong(challenge, context, cause=check.cause)


def _is_taken(challenge: Challenge, draft: Draft | None) -> bool:
    """Tell whether what a proof made known is set up already: a proof that names its holder must name one person.

    Source: WebAuthn L3, 7.1, step 26.
    """
    if draft is None or not draft.address:
        return False
    return enrolments.named(draft.address, method=challenge.enrolment.method) is not None


def _prove(challenge: Challenge, check: Check, context: Context, *, by_phone: bool = False) -> Outcome:
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.hold(challenge.user)  # before their failures, in the order of everyone who changes both
        if challenge.purpose == Purpose.ENROL and not enrolments.take_claimed(challenge.enrolment):
            _give_back(challenge, context)
            return _outcome(challenge, Verdict.GONE)
        if not _spend(challenge, check, context.now):
            _give_back(challenge, context)
            audit.record("challenge.repeated", user_id=challenge.user.pk, context=context, **_about(challenge))
            return _outcome(challenge, Verdict.USED, tries_left=challenge.tries_left + 1)
        state = State.APPROVED if by_phone else State.PROVEN
        ended_at = None if by_phone else context.now
        if not _SPEND.run(pk=challenge.pk, generation=challenge.generation, state=state, ended_at=ended_at):
            _give_back(challenge, context)
            return _why_closed(challenge, context.now)
        _forget_failures(challenge, context)
        if check.voucher is not None:
            _after_voucher(challenge, context)
        if challenge.purpose == Purpose.ENROL and not by_phone:
            _confirm(challenge, context, draft=check.draft)
        kind = "challenge.approved" if by_phone else "challenge.proven"
        audit.record(kind, user_id=challenge.user.pk, context=context, **_about(challenge))
    return _outcome(challenge, Verdict.PENDING if by_phone else Verdict.PROVEN)


def _spend(challenge: Challenge, check: Check, now: datetime) -> bool:
    if check.voucher is not None and not enrolments.spend_voucher(check.voucher, now=now):
        return False
    return enrolments.use(challenge.enrolment, counter=check.counter, now=now, learned=check.learned)


def _after_voucher(challenge: Challenge, context: Context) -> None:
    """A pass that is good once ends with its use; of a recovery code the person is told how many are left."""
    if registry.method(challenge.enrolment.method).is_temporary:
        enrolments.end(challenge.enrolment.pk, now=context.now)
    elif challenge.purpose in {Purpose.SIGN_IN, Purpose.FRESH}:
        left = enrolments.vouchers_left(challenge.user.pk)
        notices.tell(challenge.user, "codes_used", now=context.now, context=context, left=str(left))


def _forget_failures(challenge: Challenge, context: Context) -> None:
    """A right answer ends the run of failures, and a passed trial the method's wait. It switches nothing on again."""
    tried = challenge.enrolment.method if challenge.purpose in _HARMLESS else ""
    limits.clear(challenge.user.pk, _scope(challenge), now=context.now, is_counted=_is_counted(challenge), tried=tried)


def _confirm(challenge: Challenge, context: Context, *, draft: Draft | None = None) -> None:
    if enrolments.confirm(challenge.enrolment, now=context.now, draft=draft):
        browsers.forget(challenge.user)
        audit.record("enrolment.confirmed", user_id=challenge.user.pk, context=context, **_about(challenge))
        _tell_owner(challenge, "method_added", context)


def _give_back(challenge: Challenge, context: Context) -> None:
    Challenge.objects.filter(pk=challenge.pk).update(tries_left=F("tries_left") + 1)
    limits.refund(challenge.user.pk, _scope(challenge), now=context.now, is_counted=_is_counted(challenge))


def _costs_nothing(challenge: Challenge, verdict: Verdict, context: Context) -> Outcome:
    with transaction.atomic():
        _give_back(challenge, context)
        audit.record(f"challenge.{verdict}", user_id=challenge.user.pk, context=context, **_about(challenge))
    return _outcome(challenge, verdict, tries_left=challenge.tries_left + 1)


def _was_replaced(challenge: Challenge, text: str, now: datetime) -> bool:
    """Tell whether an answer is an older code of this person: of a former sending, or of an older request.

    An older request ends by it, and nobody goes back to it. Otherwise somebody with many requests open at once would
    learn by one free guess whether it opens any of them.
    """
    sent = [name for name, method in registry.methods().items() if method.needs_delivery]
    recent = Challenge.objects.filter(
        user=challenge.user,
        purpose=challenge.purpose,
        pk__lte=challenge.pk,
        issued_at__gt=now - 2 * _RECENT,  # the index stops there
        resend_at__gt=now - _RECENT,
        enrolment__method__in=sent,
    )
    for old in recent.order_by("-issued_at", "-pk")[:_MOST_RECENT]:
        newest = old.generation if old.pk != challenge.pk else challenge.generation - 1
        key = {"handle": old.handle, "nonce": old.nonce, "key_id": old.key_id}
        if any(codes.same(codes.derive(generation=n, **key), text) for n in range(1, newest + 1)):
            older = Challenge.objects.filter(pk=old.pk, state__in=[State.OPEN, State.SUPERSEDED])
            older.exclude(pk=challenge.pk).update(state=State.SUPERSEDED, ended_at=now, resend_at=now)
            return True
    return False


def _wrong(challenge: Challenge, context: Context, *, verdict: Verdict = Verdict.WRONG, cause: str = "") -> Outcome:
    gate: limits.Gate = getattr(challenge, "gate", limits.OPEN)
    n_failures = gate.n_failures
    with transaction.atomic():
        ended = Challenge.objects.filter(pk=challenge.pk, state=State.OPEN, tries_left=0).update(
            state=State.ENDED, ended_at=context.now
        )
        audit.record(
            "challenge.failed",
            user_id=challenge.user.pk,
            context=context,
            n_failures=n_failures,
            **_about(challenge) | ({"cause": cause} if cause else {}),
        )
        if n_failures >= conf.lockout_threshold() and challenge.purpose not in _APART:
            audit.record("method.switched_off", user_id=challenge.user.pk, context=context, **_about(challenge))
            _tell_owner(challenge, "method_off", context)
            notices.alert(challenge.user, "method_off_alert", now=context.now)
        if gate.n_today:
            _weigh_wrong_codes(challenge, gate.n_today, context)
    said = registry.method(challenge.enrolment.method).causes.get(cause)
    return _outcome(
        challenge,
        Verdict.ENDED if ended else verdict,
        tries_left=max(challenge.tries_left, 0),
        said=Words(str(said[0]), str(said[1])) if said else None,
    )


_BURST = 3  # wrong codes in a day that are odd, whatever comes after them
_TOLD_AT = (10, 25, 50, 75)  # of a month: one who tries twice a day shows too


def _weigh_wrong_codes(challenge: Challenge, n_today: int, context: Context) -> None:
    """Tell the owner of odd bursts, even if they sign in between; at the bound switch everything off.

    Only somebody who knows the password gets here.
    """
    found = limits.wrong_codes(challenge.user.pk, now=context.now)
    if found.n >= conf.wrong_codes_per_month():
        _switch_off(challenge, context)
    elif n_today == _BURST or found.n in _TOLD_AT:
        _tell_owner(challenge, "wrong_codes", context, n=str(found.n))


def _switch_off(challenge: Challenge, context: Context) -> None:
    if limits.stop(challenge.user.pk, now=context.now):
        audit.record("second_step.switched_off", user_id=challenge.user.pk, context=context)
        most = str(conf.wrong_codes_per_month())
        _tell_owner(challenge, "second_step_off", context, n=most)
        notices.alert(challenge.user, "second_step_off_alert", now=context.now, n=most)


def _tell_owner(challenge: Challenge, kind: str, context: Context, *, n: str = "") -> None:
    label = enrolments.label(challenge.enrolment)
    notices.tell(challenge.user, kind, now=context.now, context=context, label=label, n=n)


def collect(handle: str, *, binding: str, context: Context) -> Outcome:
    """Take up, once, a challenge that was approved on the phone."""
    challenge = _load(handle, binding)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    approved = Challenge.objects.filter(pk=challenge.pk, state=State.APPROVED, expires_at__gt=context.now)
    with transaction.atomic():
        if challenge.purpose == Purpose.ENROL:
            enrolments.hold(challenge.user)
        if approved.update(state=State.PROVEN, ended_at=context.now):
            if challenge.purpose == Purpose.ENROL:
                _confirm(challenge, context)
            audit.record("challenge.proven", user_id=challenge.user.pk, context=context, **_about(challenge))
            return _outcome(challenge, Verdict.PROVEN)
    if challenge.state == State.OPEN and challenge.expires_at > context.now and challenge.tries_left > 0:
        return _outcome(challenge, Verdict.PENDING, tries_left=challenge.tries_left)
    return _why_closed(challenge, context.now)


def resync(enrolment: Enrolment, first: str, second: str, *, context: Context) -> bool:
    """Set a token right by two of its codes in a row, which are used up. It proves nothing and opens nothing."""
    if not enrolment.opens:
        return False
    method = registry.method(enrolment.method)
    ask = Ask(
        tag="",
        mode="",
        now=context.now,
        code="",
        match="",
        secret=enrolment.secret,
        counter=enrolment.counter,
        data=enrolment.data,
    )
    check = method.check(ask, method.read(f"{first} {second}"))
    if check.verdict is not Verdict.PROVEN:
        return False
    return enrolments.use(enrolment, counter=check.counter, now=context.now, learned=check.learned)


# On the phone --------------------------------------------------------------------------------------------------


def keyed(message_handle: str, keys: str, *, now: datetime) -> Speech | None:
    """Judge what a called person keyed, and give what they hear next; none if the call is not ours."""
    message = (
        Message.objects.select_related("challenge__enrolment", "challenge__user")
        .filter(handle=message_handle, kind=Kind.CALL, challenge__isnull=False)
        .first()
    )
    if message is None or message.challenge is None or not message.challenge.enrolment.opens:
        return None
    challenge = message.challenge
    context = Context(now=now, agent=f"phone call by {message.provider}", language=challenge.language)
    method = registry.method(challenge.enrolment.method)
    check = method.check(_ask(challenge, now=now, by_keys=True), codes.tidy(keys))
    if check.verdict is Verdict.DENIED:
        # Of any call, be its request replaced, over or approved: whoever made it could otherwise outrun the report.
        _deny(challenge, context)
        return rendering.speech(message, check.say, Verdict.DENIED)
    if message.generation != challenge.generation or challenge.state != State.OPEN or challenge.expires_at <= now:
        return rendering.speech(message, method.check(_ask(challenge, now=now, by_keys=True), "").say, Verdict.GONE)
    if check.verdict in {Verdict.PENDING, Verdict.ISSUED}:
        return rendering.speech(message, check.say, check.verdict, goes_on=check.goes_on)
    if refusal := _take_try(challenge, context):
        return rendering.speech(message, check.say, refusal.verdict)
    if check.verdict is Verdict.PROVEN:
        outcome = _prove(challenge, check, context, by_phone=True)
    else:
        outcome = _wrong(challenge, context)
    verdict = Verdict.PROVEN if outcome.verdict is Verdict.PENDING else outcome.verdict
    return rendering.speech(message, check.say, verdict, goes_on=verdict is Verdict.WRONG)


def _deny(challenge: Challenge, context: Context) -> None:
    """The called person says that it was not them: stop the sign-in, lock the second step, tell everybody concerned.

    One report of a challenge counts, however often it is repeated.
    """
    with transaction.atomic():
        enrolments.hold(challenge.user)
        rows = Challenge.objects.filter(pk=challenge.pk).exclude(state=State.DENIED)
        if not rows.update(state=State.DENIED, ended_at=context.now):
            return
        get_user_model().objects.filter(pk=challenge.user.pk).update(second_step_locked_at=context.now)
        enrolments.raise_epoch(challenge.user)  # no browser remembered until now opens when support unlocks
        audit.record("challenge.reported", user_id=challenge.user.pk, context=context, **_about(challenge))
        _tell_owner(challenge, "fraud", Context(now=context.now, network=challenge.network))  # where it was asked from
        notices.alert(challenge.user, "fraud_alert", now=context.now)


# Sending again, and showing ------------------------------------------------------------------------------------


def resend(handle: str, *, binding: str, context: Context) -> Outcome:
    """Send a new code for a challenge. The older codes die; the tries that were taken stay taken.

    While nobody knows whether the last code went out, it is the same code that goes out again: both may arrive.
    """
    challenge = _load(handle, binding)
    if challenge is None:
        return Outcome(verdict=Verdict.GONE)
    if not registry.method(challenge.enrolment.method).needs_delivery:
        return _outcome(challenge, Verdict.UNREACHABLE)
    if enrolments.away(challenge.enrolment, context.now):
        return _outcome(challenge, Verdict.UNREACHABLE)
    if challenge.state == State.OPEN and challenge.tries_left and challenge.resend_at > context.now:
        return _outcome(challenge, Verdict.TOO_SOON, retry_at=challenge.resend_at)
    if challenge.state not in {State.OPEN, State.EXPIRED} or not challenge.tries_left:
        return _why_closed(challenge, context.now)
    if refusal := _refusal(
        challenge.enrolment, user=challenge.user, context=context, purpose=Purpose(challenge.purpose)
    ):
        return refusal
    rows = Challenge.objects.filter(
        pk=challenge.pk,
        generation=challenge.generation,
        resend_at=challenge.resend_at,
        tries_left__gt=0,
        state__in=[State.OPEN, State.EXPIRED],
    )
    if (end := _end_of_doubt(challenge, context.now)) is not None:
        challenge.expires_at = end
    else:
        challenge.tag = _new_tag(former=challenge.tag)
        challenge.generation += 1
        challenge.expires_at = context.now + challenge.code_life
    with transaction.atomic():
        changed = rows.update(
            state=State.OPEN,
            generation=challenge.generation,
            resend_at=context.now + conf.resend_after(),
            expires_at=challenge.expires_at,
            tag=challenge.tag,
        )
        if not changed:
            _no_message(challenge.enrolment, user=challenge.user, purpose=Purpose(challenge.purpose), context=context)
            return _outcome(challenge, Verdict.TOO_SOON, retry_at=context.now + conf.resend_after())
        _send(challenge, context)
        audit.record("challenge.resent", user_id=challenge.user.pk, context=context, **_about(challenge))
    return _outcome(challenge, Verdict.ISSUED)


def _end_of_doubt(challenge: Challenge, now: datetime) -> datetime | None:
    """Give how long a code lives on of which nobody knows whether it went out; none if a new one is due.

    A person whose provider did not answer might else get two codes: the old one late, and the new one.
    """
    if challenge.state != State.OPEN or challenge.expires_at <= now:
        return None
    sendings = challenge.messages.filter(generation=challenge.generation).order_by("pk")
    sent = list(sendings.values_list("state", "created_at"))
    if not any(state in _IN_DOUBT for state, _ in sent):
        return None
    end = min(now + challenge.code_life, sent[0][1] + _LONGEST_CODE_LIFE)
    return end if end - now >= _WORTH_SENDING else None


def show(handle: str, *, binding: str, now: datetime) -> Shown | None:
    """Read what a page shows of a challenge of this session; none if there is no such challenge."""
    challenge = _load(handle, binding)
    if challenge is None:
        return None
    method = registry.method(challenge.enrolment.method)
    ask = _ask(challenge, now=now)
    issue = method.issue(ask)
    newest = _NEWEST.first(challenge=challenge.pk) if method.needs_delivery else None
    is_expired = challenge.state == State.EXPIRED or challenge.expires_at <= now
    return Shown(
        handle=challenge.handle,
        account=str(challenge.user.get_username()),
        method=method.name,
        label=enrolments.label(challenge.enrolment),
        ref=challenge.enrolment.ref,
        hint=challenge.enrolment.hint,
        tag=challenge.tag,
        state=State(challenge.state),
        mode=challenge.mode,
        is_approval=issue.is_approval,
        is_enrolment=challenge.purpose == Purpose.ENROL,
        needs_delivery=method.needs_delivery,
        is_numeric=method.is_numeric,
        explain=str(method.explain),
        icon=method.icon,
        match=ask.match if issue.is_approval and challenge.mode == "approve" else "",
        issued_at=challenge.issued_at,
        expires_at=challenge.expires_at,
        resend_at=challenge.resend_at,
        tries_left=challenge.tries_left,
        retry_at=_retry_at(challenge, now) if challenge.tries_left == 0 else None,
        is_alive=challenge.state in ALIVE and not is_expired and challenge.tries_left > 0,
        is_expired=is_expired,
        modes=tuple(m for m in method.modes if m.key != challenge.mode),
        page=issue.page,
        is_own_form=issue.is_own_form,
        may_be_remembered=method.may_be_remembered and not ask.is_enrolment,
        code_label=str(method.code_label),
        if_refused=str(method.if_refused),
        show=issue.show,
        enrol=issue.show if ask.is_enrolment else {},
        message=newest,
    )


def _retry_at(challenge: Challenge, now: datetime) -> datetime | None:
    """Give when the option of a challenge may be asked again; none if it may be now."""
    return limits.gate(challenge.user.pk, _scope(challenge), now=now).retry_at


def expire(now: datetime) -> int:
    """Close the challenges whose time is over."""
    over = Challenge.objects.filter(state__in=ALIVE, expires_at__lte=now)
    with transaction.atomic():
        free = over.order_by("pk").select_for_update(skip_locked=True)  # the next run gets what somebody holds now
        rows = Challenge.objects.filter(pk__in=free.values("pk"))
        return rows.update(state=State.EXPIRED, ended_at=now)


def announce(user_id: int) -> tuple[Issue, ...]:
    """Say what the page of a person's methods tells their browser, such as which passkeys still count."""
    told = (
        method.announce(person_handle(user_id), enrolments.addresses(user_id, method.name))
        for method in registry.methods().values()
    )
    return tuple(issue for issue in told if issue.page)


# Without a name ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What the first page of a sign-in shows for a method that needs neither name nor password."""

    method: str
    page: str
    show: Mapping[str, Any]
    nonce: str


def invite(now: datetime) -> Invitation | None:
    """Invite whoever holds a proof that stands alone. The session keeps the nonce, once, until an answer comes."""
    alone = next((method for method in registry.methods().values() if method.stands_alone), None)
    if alone is None:
        return None
    nonce = new_handle()
    random = crypto.mac("challenge.random", nonce)
    issue = alone.issue(Ask(tag="", mode="", now=now, code="", match="", random=random))
    return Invitation(method=alone.name, page=issue.page, show=issue.show, nonce=nonce)


def holder(text: str) -> Enrolment | None:
    """Find whose proof an answer to an invitation names. It proves nothing yet."""
    for method in registry.methods().values():
        if method.stands_alone and (address := method.names(method.read(text))):
            return enrolments.named(address, method=method.name)
    return None
