"""What a person has set up: options as offered, drafts that become enrolments, single-use codes. No proving here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from verification import audit, decryption_failures, guard, limits, notices, phone_numbers, registry
from verification.context import Context
from verification.db import row_locks
from verification.db.compiled_queries import Select, Slot, Update
from verification.delivery.routing import availability, routes
from verification.keys import crypto
from verification.method import Draft, Method, Mode
from verification.models import Enrolment, Failure, HardwareToken, Kind, OptOut, Voucher


@dataclass(frozen=True, kw_only=True)
class Option:
    """An enrolment as the sign-in page offers it.

    Shape: `retry_at` is set while wrong answers make it wait; `out` says why what it needs is switched off.
    """

    ref: str
    enrolment: Enrolment
    method: str
    label: str
    explain: str
    icon: str
    is_default: bool
    is_reserve: bool
    is_off: bool
    needs_delivery: bool
    strength: int
    is_temporary: bool = False
    is_on_phone: bool = False
    out: str = ""
    retry_at: datetime | None = None
    modes: tuple[Mode, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A method as it is offered for setting up."""

    name: str
    label: str
    explain: str
    icon: str
    form_class: type[forms.Form] | None
    is_recommended: bool
    is_reserve: bool


def _confirmed() -> Any:
    failures = Failure.objects.filter(user=OuterRef("user"), method=OuterRef("method"))
    rows = Enrolment.objects.filter(user=Slot("user"), confirmed=True)
    limited = {name: Subquery(failures.values(name)) for name in ("off_at", "next_at")}
    stopped = limits.stopped(OuterRef("user"))
    opted_out = Exists(OptOut.objects.filter(address_digest=OuterRef("address_digest")))
    return rows.annotate(**limited, stopped_at=Subquery(stopped), is_opted_out=opted_out).order_by("created_at", "id")


_CONFIRMED: Select[Enrolment] = Select(_confirmed)


def confirmed(user_id: int) -> list[Enrolment]:
    """Read a person's proven enrolments with the state of their limits. One statement."""
    return _CONFIRMED.all(user=user_id)


def label(enrolment: Enrolment) -> str:
    """Say which enrolment this is: "Text +41 XX XXX XX 89", and the person's own name for it."""
    kind = registry.method(enrolment.method).label if registry.is_installed(enrolment.method) else enrolment.method
    words = f"{kind} {enrolment.hint}".strip()
    return f"{words} ({enrolment.name})" if enrolment.name else words


def options(enrolments: Iterable[Enrolment], allowed: Sequence[str], *, now: datetime) -> tuple[Option, ...]:
    """Turn enrolments into options, in the order of the methods.

    Those that the policy forbids, and those whose span has not begun or is over, are left out.
    """
    order = {name: place for place, name in enumerate(registry.methods())}
    usable = [e for e in enrolments if e.method in order and _is_usable(e, allowed, now)]
    return tuple(_option(e, now) for e in sorted(usable, key=lambda e: order[e.method]))


def _is_usable(enrolment: Enrolment, allowed: Sequence[str], now: datetime) -> bool:
    """What support hands out for a while is good whatever the policy says of methods."""
    return enrolment.is_good(now) and (enrolment.method in allowed or registry.method(enrolment.method).is_temporary)


def _option(enrolment: Enrolment, now: datetime) -> Option:
    method = registry.method(enrolment.method)
    next_at = getattr(enrolment, "next_at", None)
    return Option(
        ref=enrolment.ref,
        enrolment=enrolment,
        method=method.name,
        label=label(enrolment),
        explain=str(method.explain),
        icon=method.icon,
        is_default=enrolment.is_default,
        is_reserve=method.is_reserve,
        is_off=is_off(enrolment),
        needs_delivery=method.needs_delivery,
        strength=method.strength,
        is_temporary=method.is_temporary,
        is_on_phone=method.is_on_phone,
        out=away(enrolment, now) or _refused(enrolment, method.kind, now),
        retry_at=next_at if next_at and next_at > now else None,
        modes=method.modes,
    )


def is_off(enrolment: Enrolment) -> bool:
    """Tell whether wrong codes switched off what was enrolled, alone or with all the rest. As `confirmed` read it."""
    if getattr(enrolment, "off_at", None):
        return True
    is_stopped = getattr(enrolment, "stopped_at", None) is not None
    return is_stopped and registry.is_installed(enrolment.method) and registry.method(enrolment.method).is_counted


def away(enrolment: Enrolment, now: datetime) -> str:
    """Say why what was enrolled cannot be used now; empty if it can.

    Nobody carries a message to it, or what is sealed there does not open.
    """
    if not enrolment.opens:
        decryption_failures.report("enrolment", enrolment.ref, now=now, user_id=enrolment.user_id)
        return _("This option cannot be used now. Choose another way, or ask your company support.")
    kind = registry.method(enrolment.method).kind
    return availability.why(kind, now, enrolment.address) if kind else ""


def _refused(enrolment: Enrolment, kind: str, now: datetime) -> str:
    """Say why the guard lets no message through to what was enrolled; empty if it does."""
    if not guard.costs(kind):
        return ""
    is_opted_out = bool(getattr(enrolment, "is_opted_out", False))
    verdict = guard.refusal(kind, enrolment.address, now=now, is_opted_out=is_opted_out)
    return guard.words(verdict) if verdict else ""


def choices(options: Sequence[Option]) -> tuple[Option, ...]:
    """Fold enrolments that answer for one another, such as several passkeys, into one option."""
    seen: set[str] = set()
    kept = []
    for option in sorted(options, key=lambda o: (bool(o.out), not o.is_default)):
        if registry.method(option.method).is_one_option and option.method in seen:
            continue
        seen.add(option.method)
        kept.append(option)
    return tuple(option for option in options if option in kept)


def default(options: Sequence[Option], *, now: datetime) -> Option | None:
    """Choose the option that is asked first: what support handed out for now, else the person's own default."""
    usable = [option for option in options if not option.is_off]
    ranked = sorted(usable, key=_rank)
    return ranked[0] if ranked else None


def _rank(option: Option) -> tuple[bool, ...]:
    return (
        bool(option.out),
        option.retry_at is not None,
        not option.is_temporary,
        option.is_reserve,
        not option.is_default,
    )


def offers(
    allowed: Sequence[str], *, user_id: int, now: datetime | None = None, may_claim: bool = False
) -> tuple[Offer, ...]:
    """List the methods that a person may set up, in the order of offer; the strongest is recommended.

    What the organisation hands out is offered to those alone who have one waiting, or who may take one from the stock.
    """
    waiting = set(Enrolment.objects.filter(user_id=user_id, confirmed=False).values_list("method", flat=True))
    if may_claim:
        waiting |= {method.name for method in registry.methods().values() if method.is_assigned}
    known = (method for method in registry.methods().values() if method.name in allowed)
    usable = [method for method in known if not method.is_assigned or method.name in waiting]
    now = now or timezone.now()
    usable = [method for method in usable if not availability.why(method.kind, now)]
    best = max((method.strength for method in usable if not method.is_reserve), default=0)
    return tuple(
        Offer(
            name=method.name,
            label=str(method.label),
            explain=str(method.explain),
            icon=method.icon,
            form_class=method.form_class,
            is_recommended=not method.is_reserve and method.strength == best,
            is_reserve=method.is_reserve,
        )
        for method in usable
    )


class NotAssigned(ValueError):
    """Nothing of this serial number waits for the person."""


class InUse(ValueError):
    """Somebody else proved this serial number; it must be removed there first."""


_CLAIM = "claim"  # marks, in an enrolment's data, a token that nobody handed out to the person


def draft(
    user: Any, method: Method, fields: dict[str, Any], *, may_claim: bool = False, now: datetime | None = None
) -> Enrolment:
    """Save what a person wants to set up, worth nothing until proven. Drops their older drafts of the method.

    Errors: `NotAssigned` when the method is handed out and this one is not theirs, nor to be taken from the stock.
    """
    plan = method.enrol(fields, account=str(user.get_username()))
    drafts = Enrolment.objects.filter(user=user, method=method.name, confirmed=False)
    if method.is_assigned:
        waiting: Enrolment | None = drafts.filter(address_digest__in=crypto.digests("address", plan.address)).first()
        if waiting is not None:
            return waiting
        if not may_claim:
            raise NotAssigned
        return _claim(user, method, plan.address, now or timezone.now())
    hold(user)
    _drop(drafts)
    enrolment = Enrolment(user=user, method=method.name, confirmed=False, name=plan.name)
    _fill(enrolment, plan)
    enrolment.save(force_insert=True)
    return enrolment


def _fill(enrolment: Enrolment, plan: Draft) -> None:
    enrolment.hint = plan.hint
    enrolment.data = dict(plan.data)
    enrolment.address = plan.address
    enrolment.secret = plan.secret


def assign(
    user: Any,
    method_name: str,
    plan: Draft,
    context: Context,
    *,
    actor_id: int | None = None,
    counter: int = -1,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **detail: Any,
) -> Enrolment:
    """Hand something out to a person: it waits until they activate it with its code.

    A serial number that waited for somebody else moves: it is in one hand only. `counter` is the last one that was
    used; `detail` goes into the record.

    Errors: `InUse` when somebody uses it already.
    """
    with transaction.atomic():
        if named(plan.address, method=method_name) is not None:
            raise InUse
        drafts = Enrolment.objects.filter(
            method=method_name, address_digest__in=crypto.digests("address", plan.address), confirmed=False
        )
        row_locks.take(drafts)
        drafts.delete()
        enrolment = Enrolment(
            user=user,
            method=method_name,
            confirmed=False,
            name=plan.name,
            counter=counter,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        _fill(enrolment, plan)
        enrolment.save(force_insert=True)
        audit.record(
            "enrolment.assigned",
            user_id=user.pk,
            context=context,
            actor_id=actor_id,
            method=method_name,
            enrolment=enrolment.ref,
            **detail,
        )
    return enrolment


def handed_out(address: str) -> Enrolment | None:
    """Find what was handed out under a serial number, be it activated or waiting."""
    digests = crypto.digests("address", address)
    found: Enrolment | None = (
        Enrolment.objects.filter(method=token_method().name, address_digest__in=digests)
        .exclude(data__has_key=_CLAIM)
        .select_related("user")
        .order_by("-confirmed", "pk")
        .first()
    )
    return found


def token_method() -> Method:
    """Give the method of what the organisation hands out to keep. Errors: `LookupError` when none is installed."""
    return next(m for m in registry.methods().values() if m.is_assigned and not m.is_temporary)


def token_plan(token: HardwareToken, **more: Any) -> Draft:
    """Propose the enrolment of a hardware token."""
    data = {**token.data, **more}
    return Draft(address=token.serial, secret=token.secret, hint=token.hint, name=token.name, data=data)


def _claim(user: Any, method: Method, serial: str, now: datetime) -> Enrolment:
    """Draft what a person says to have taken from the stock. It is theirs once they have proven it.

    Errors: `NotAssigned` when there is no such token in the stock.
    """
    token = HardwareToken.objects.in_stock().filter(serial=serial).first()
    if token is None or not token.is_good(now):
        raise NotAssigned
    if not token.opens:
        decryption_failures.report("hardware token", token.ref, now=now)
        raise NotAssigned
    hold(user)
    _drop(Enrolment.objects.filter(user=user, method=method.name, confirmed=False, data__has_key=_CLAIM))
    plan = token_plan(token, **{_CLAIM: True})
    enrolment = Enrolment(user=user, method=method.name, confirmed=False, name=plan.name, counter=token.counter)
    enrolment.starts_at, enrolment.ends_at = token.starts_at, token.ends_at
    _fill(enrolment, plan)
    enrolment.save(force_insert=True)
    return enrolment


def take_claimed(enrolment: Enrolment) -> bool:
    """Take out of the stock what a person claims and has proven; False if somebody else has it by now.

    Inside the proof's transaction.
    """
    if _CLAIM not in enrolment.data:
        return True
    rows = HardwareToken.objects.in_stock().filter(serial=enrolment.address)
    if not rows.update(enrolment=enrolment):
        return False
    enrolment.data = {name: value for name, value in enrolment.data.items() if name != _CLAIM}
    return bool(Enrolment.objects.filter(pk=enrolment.pk).update(data=enrolment.data))


def _keep_counters(enrolments: Iterable[Enrolment]) -> None:
    """Keep, for the next person who gets a token, how far it has counted and how its clock goes."""
    lasting = {m.name for m in registry.methods().values() if m.is_assigned and not m.is_temporary}
    for enrolment in enrolments:
        if enrolment.method in lasting:
            rows = HardwareToken.objects.filter(enrolment=enrolment.pk)
            rows.update(counter=enrolment.counter, data=enrolment.data)


def end_handing_out(enrolment: Enrolment) -> None:
    """Remove what waits for a person: it was taken back. Inside the action's transaction, which records."""
    _drop(Enrolment.objects.filter(pk=enrolment.pk, confirmed=False))


def confirm(enrolment: Enrolment, *, now: datetime, draft: Draft | None = None) -> bool:
    """Make a proven draft count, and with it the methods that its address serves as well.

    Inside the proof's transaction. Answers False if it counted already.
    """
    hold(enrolment.user)
    if draft is not None:
        _complete(enrolment, draft)
    _drop_what_is_off(enrolment, now)
    if enrolment.address_digest:
        _drop(_same_address(enrolment, enrolment.method).exclude(pk=enrolment.pk))
    first = not Enrolment.objects.filter(user=enrolment.user, confirmed=True, is_default=True).exists()
    made = Enrolment.objects.filter(pk=enrolment.pk, confirmed=False).update(
        confirmed=True, confirmed_at=now, last_used_at=now, is_default=first
    )
    if made:
        _add_companions(enrolment, now)
        _settle(enrolment.user)
    return bool(made)


def _drop_what_is_off(enrolment: Enrolment, now: datetime) -> None:
    """Let what is set up now take the place of what wrong codes switched off: that is bound no more.

    What the organisation handed out waits to be activated again. Source: NIST SP 800-63B-4, 3.2.2.
    """
    off = [e for e in confirmed(enrolment.user.pk) if is_off(e) and e.pk != enrolment.pk]
    is_stopped = any(getattr(e, "stopped_at", None) for e in off)
    gone = [e for e in off if is_stopped or e.method == enrolment.method]
    if gone:
        rows = Enrolment.objects.filter(pk__in=[e.pk for e in gone])
        assigned = [method.name for method in registry.methods().values() if method.is_assigned]
        _drop(rows.exclude(method__in=assigned))
        rows.filter(method__in=assigned).update(confirmed=False, confirmed_at=None, is_default=False)
        labels = [label(e) for e in gone]
        context = Context(now=now)
        audit.record(
            "enrolment.rebound", user_id=enrolment.user.pk, context=context, method=enrolment.method, gone=labels
        )
        for each in labels:
            notices.tell(enrolment.user, "method_removed", now=now, label=each)
    limits.switch_on(enrolment.user.pk, enrolment.method, *(e.method for e in gone))
    if is_stopped:
        limits.forget_wrong_codes(enrolment.user.pk)


def companions_words(enrolment: Enrolment | None) -> str:
    """Say that the proof of one method set up others of the same phone; empty if it did not."""
    if enrolment is None or not enrolment.address_digest:
        return ""
    digests = crypto.digests("address", enrolment.address)
    rows = Enrolment.objects.filter(user=enrolment.user, address_digest__in=digests, confirmed=True)
    others = ", ".join(label(each) for each in rows.exclude(method=enrolment.method).order_by("pk"))
    words = _("One proof is enough for a phone, so it is set up for this too: %(others)s.")
    return words % {"others": others} if others else ""


def _complete(enrolment: Enrolment, draft: Draft) -> None:
    """Fill in what only the proof made known, such as a key that was made for it."""
    enrolment.address, enrolment.secret = draft.address, draft.secret
    enrolment.data = {**enrolment.data, **draft.data}
    enrolment.hint = draft.hint or enrolment.hint
    enrolment.save(update_fields=["sealed_address", "address_digest", "sealed_secret", "data", "hint"])


def _same_address(enrolment: Enrolment, method: str) -> QuerySet[Enrolment]:
    """Find what the person has set up for this address, under whichever key of the ring it was written."""
    digests = _digests(enrolment)
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user=enrolment.user, method=method, confirmed=True)
    return rows.filter(address_digest__in=digests)


def _add_companions(enrolment: Enrolment, now: datetime) -> None:
    """A number that takes a text also takes a call: one proof, two options."""
    kind = registry.method(enrolment.method).address_kind
    plan = Draft(address=enrolment.address, hint=enrolment.hint, data=enrolment.data, name=enrolment.name)
    for method in registry.methods().values():
        if not kind or method.name == enrolment.method or method.address_kind != kind or not method.suits(plan):
            continue
        if method.kind and not routes.able(Kind(method.kind)):
            continue  # it would be an option that nobody carries
        if _same_address(enrolment, method.name).exists():
            continue  # the person has set up this number for the other method before
        twin = Enrolment(user=enrolment.user, method=method.name, confirmed=True, confirmed_at=now, name=plan.name)
        _fill(twin, plan)
        twin.save(force_insert=True)


def set_of_vouchers(user_id: int, method_name: str) -> str:
    """Name the present set of single-use codes; empty when there is none."""
    return Enrolment.objects.filter(user_id=user_id, method=method_name).values_list("ref", flat=True).first() or ""


def issue_vouchers(user: Any, context: Context, *, method_name: str, replaces: str | None = None) -> tuple[str, ...]:
    """Make a new set of single-use codes; the old set dies. Returns the codes, which are never shown again.

    With `replaces` it does so only while that is the present set, and else returns none: a page that is loaded again
    must not end the codes that it showed.
    """
    method = registry.method(method_name)
    plan = method.enrol({}, account=str(user.get_username()))
    # Hashed before the transaction: on SQLite it would hold everybody else up for a quarter of a second.
    vouchers = [(crypto.digest("voucher", first), make_password(whole)) for first, whole in plan.vouchers]
    with transaction.atomic():
        hold(user)  # of two sets made at once one dies
        if replaces is not None and set_of_vouchers(user.pk, method.name) != replaces:
            return ()
        _drop(Enrolment.objects.filter(user=user, method=method.name))
        enrolment = Enrolment(user=user, method=method.name, confirmed=True, confirmed_at=context.now, name=plan.name)
        _fill(enrolment, plan)
        enrolment.save(force_insert=True)
        Voucher.objects.bulk_create(Voucher(enrolment=enrolment, lookup=at, hash=kept) for at, kept in vouchers)
        limits.switch_on(user.pk, method.name)
        _record("enrolment.confirmed", enrolment, context)
        notices.tell(user, "codes_renewed", now=context.now, context=context)
    return tuple(whole for _first, whole in plan.vouchers)


def hand_out(
    user: Any,
    method_name: str,
    fields: Mapping[str, Any],
    context: Context,
    *,
    starts_at: datetime,
    ends_at: datetime,
    actor_id: int,
) -> str:
    """Hand out a secret that opens for a span; an older one of the method dies. Returns it, for the one time it shows.

    Inside the deed's transaction, which records and tells.
    """
    method = registry.method(method_name)
    plan = method.enrol(fields, account=str(user.get_username()))
    ((first, whole),) = plan.vouchers
    kept = make_password(whole)
    hold(user)
    _drop(Enrolment.objects.filter(user=user, method=method.name))
    enrolment = Enrolment(
        user=user, method=method.name, confirmed=True, confirmed_at=context.now, starts_at=starts_at, ends_at=ends_at
    )
    _fill(enrolment, plan)
    enrolment.save(force_insert=True)
    Voucher.objects.create(enrolment=enrolment, lookup=crypto.digest("voucher", first), hash=kept)
    limits.switch_on(user.pk, method.name)
    audit.record(
        "enrolment.handed_out",
        user_id=user.pk,
        context=context,
        actor_id=actor_id,
        method=method.name,
        enrolment=enrolment.ref,
    )
    return whole


def drop_temporary(user: Any) -> None:
    """Remove what was handed out to a person for a while. Inside the action's transaction."""
    temporary = [method.name for method in registry.methods().values() if method.is_temporary]
    _drop(Enrolment.objects.filter(user=user, method__in=temporary))


def end(enrolment_id: int, *, now: datetime) -> None:
    """End the span of what was handed out: it was good once, and is used."""
    Enrolment.objects.filter(pk=enrolment_id).update(ends_at=now)


def clear(user: Any, context: Context, *, only: Enrolment | None = None) -> list[str]:
    """Remove all that a person has set up, or what one number or token serves. Returns the labels of what went.

    What the organisation handed out to keep, such as a token, waits to be activated again. Sessions and remembered
    browsers end. Inside the deed's transaction, which records and tells.
    """
    hold(user)
    rows = Enrolment.objects.filter(user=user) if only is None else _of_one_thing(only)
    gone = list(rows.filter(confirmed=True).order_by("created_at", "pk"))
    lasting = [m.name for m in registry.methods().values() if m.is_assigned and not m.is_temporary]
    _drop(rows.filter(~Q(method__in=lasting) | Q(data__has_key=_CLAIM)))
    rows.filter(method__in=lasting).update(confirmed=False, confirmed_at=None, is_default=False)
    _settle(user)
    if gone:
        limits.switch_on(user.pk, *{enrolment.method for enrolment in gone})
    if only is None:
        limits.forget_wrong_codes(user.pk)
    raise_epoch(user)
    return [label(enrolment) for enrolment in gone]


def _of_one_thing(enrolment: Enrolment) -> QuerySet[Enrolment]:
    """Find an enrolment and, when it is of a number, what else is set up with that number."""
    mine: QuerySet[Enrolment] = Enrolment.objects.filter(user=enrolment.user)
    if not enrolment.address_digest:
        return mine.filter(pk=enrolment.pk)
    return mine.filter(address_digest__in=_digests(enrolment))


def _digests(enrolment: Enrolment) -> tuple[str, ...]:
    """Give the digests of an address under every key; of one that does not open, the one that is written beside it."""
    return crypto.digests("address", enrolment.address) if enrolment.opens else (enrolment.address_digest,)


def _settle(user: Any) -> None:
    """Ask the oldest lasting way first where the one that was asked first is gone, and count the ways that are left.

    The person is held: of two changes at once the second counts what the first left.
    """
    left = [e for e in confirmed(user.pk) if _is_way(e)]
    if left and not any(e.is_default for e in left):
        Enrolment.objects.filter(pk=left[0].pk).update(is_default=True)
    things = {e.address_digest or e.ref for e in left}  # a number that takes texts and calls is one
    get_user_model().objects.filter(pk=user.pk).update(n_ways=len(things))


def reserve_method(allowed: Sequence[str]) -> str:
    """Name the allowed method that hands out single-use codes for bad days; empty if there is none."""
    usable = (m.name for m in registry.methods().values() if m.is_reserve and not m.needs_proof and m.name in allowed)
    return next(usable, "")


def vouchers_left(user_id: int) -> int:
    """Count the recovery codes that still work. A pass is of single use as well, but is none of them."""
    reserves = [method.name for method in registry.methods().values() if method.is_reserve]
    rows = Voucher.objects.filter(enrolment__user_id=user_id, enrolment__method__in=reserves, enrolment__confirmed=True)
    return rows.filter(used_at=None).count()


_ROW, _NOW, _COUNTER = Slot("pk"), Slot("now"), Slot("counter")
_USE = Update(lambda: (Enrolment.objects.filter(pk=_ROW), {"last_used_at": _NOW}))
_USE_STEP = Update(
    lambda: (Enrolment.objects.filter(pk=_ROW, counter__lt=_COUNTER), {"counter": _COUNTER, "last_used_at": _NOW})
)


def use(enrolment: Enrolment, *, counter: int | None, now: datetime, learned: Mapping[str, Any] | None = None) -> bool:
    """Spend the step of a right answer by one guarded update; False means that this step was spent before.

    What was learned is kept in the same update, so that of two answers the one that counts is believed.
    """
    if counter is None:
        return bool(_USE.run(pk=enrolment.pk, now=now))
    data = _with(enrolment, learned or {})
    if data == enrolment.data:
        return bool(_USE_STEP.run(pk=enrolment.pk, counter=counter, now=now))
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter__lt=counter)
    return bool(rows.update(counter=counter, last_used_at=now, data=data))


def note(enrolment: Enrolment, learned: Mapping[str, Any]) -> None:
    """Keep what an answer told of an enrolment though it did not open, unless a right one came in between."""
    rows = Enrolment.objects.filter(pk=enrolment.pk, counter=enrolment.counter)
    rows.update(data=_with(enrolment, learned))


def _with(enrolment: Enrolment, learned: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**enrolment.data, **learned}.items() if value is not None}


def spend_voucher(voucher_id: int, *, now: datetime) -> bool:
    """Spend a single-use secret by one guarded update; False means that it was spent before."""
    return bool(Voucher.objects.filter(pk=voucher_id, used_at=None).update(used_at=now))


def addresses(user_id: int, method: str) -> tuple[str, ...]:
    """Give the addresses of a person's proven enrolments of one method."""
    rows = Enrolment.objects.filter(user_id=user_id, method=method, confirmed=True)
    return tuple(enrolment.address for enrolment in rows if enrolment.opens)


def named(address: str, *, method: str, user_id: int | None = None) -> Enrolment | None:
    """Find the proven enrolment of an address, of one person or of anybody."""
    rows = Enrolment.objects.select_related("user").filter(
        method=method, address_digest__in=crypto.digests("address", address), confirmed=True
    )
    found: Enrolment | None = (rows if user_id is None else rows.filter(user_id=user_id)).first()
    return found


def count(user_id: int, method: str) -> int:
    """Count a person's proven enrolments of one method."""
    return int(Enrolment.objects.filter(user_id=user_id, method=method, confirmed=True).count())


def is_rebound(user_id: int, *, since: datetime | None) -> bool:
    """Tell whether a person set everything up after an instant that can be guessed, so that it was bound again."""
    mine = [e for e in confirmed(user_id) if registry.is_installed(e.method) and registry.method(e.method).is_counted]
    return bool(mine) and all(since is None or (e.confirmed_at and e.confirmed_at > since) for e in mine)


def of_many(people: QuerySet[Any]) -> QuerySet[Enrolment]:
    """Give the proven enrolments of many people."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user__in=people, confirmed=True)
    return rows


def everything_of(people: Collection[int]) -> QuerySet[Enrolment]:
    """Give all that people have, proven or not, without what is sealed."""
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(user__in=people)
    return rows.only("user_id", "method", "confirmed", "starts_at", "ends_at")


def of_person(user_id: int, ref: str) -> Enrolment | None:
    """Give one proven enrolment of a person by its public name; a stranger's is none."""
    found: Enrolment | None = Enrolment.objects.filter(user_id=user_id, ref=ref, confirmed=True).first()
    return found


def holders(text: str) -> QuerySet[Enrolment]:
    """Find whose number or serial a text is, whole. Shape: the keys of people, to be put into another statement."""
    spellings = {text.strip(), text.strip().upper()}
    with suppress(phone_numbers.Impossible):
        number = phone_numbers.parse(text).e164
        spellings |= {number, phone_numbers.for_texts(number)}
    digests = [digest for spelling in spellings for digest in crypto.digests("address", spelling)]
    rows: QuerySet[Enrolment] = Enrolment.objects.filter(address_digest__in=digests)
    return rows.values("user")  # type: ignore[return-value]  # one column of them


def hold(user: Any) -> None:
    """Let the changes of one person's methods happen one after another. Inside a transaction, and first in it.

    An update that changes nothing holds the person's row on PostgreSQL; SQLite lets one writer in at a time anyway.
    """
    get_user_model().objects.filter(pk=user.pk).update(epoch=F("epoch"))


def hold_all(user: Any) -> None:
    """Lock what `clear` changes, where something else is locked before it, such as the count of texts to a number."""
    hold(user)
    row_locks.take(Enrolment.objects.filter(user=user))
    limits.hold(user.pk)


def _drop(rows: QuerySet[Enrolment]) -> None:
    """Remove enrolments with all that hangs on them. They are locked first: a challenge may begin for one just now."""
    chosen = [enrolment.pk for enrolment in rows]
    row_locks.take(Enrolment.objects.filter(pk__in=chosen))
    held = list(rows.filter(pk__in=chosen))
    _keep_counters(held)
    Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in held]).delete()


def raise_epoch(user: Any) -> None:
    """End all sessions, remembered browsers and passes of a person, from the next request on."""
    get_user_model().objects.filter(pk=user.pk).update(epoch=F("epoch") + 1)
    user.refresh_from_db(fields=["epoch"])


def close(people: Collection[int]) -> None:
    """End all sessions and remembered browsers of many people, as `raise_epoch` does of one."""
    get_user_model().objects.filter(pk__in=people).update(epoch=F("epoch") + 1)


def rename(enrolment: Enrolment, name: str, context: Context) -> None:
    """Give an enrolment the person's own name for it."""
    with transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(name=name)
        _record("enrolment.renamed", enrolment, context)


def make_default(enrolment: Enrolment, context: Context) -> None:
    """Make an enrolment the one that is asked first."""
    with transaction.atomic():
        hold(enrolment.user)
        if not (_is_way(enrolment) and Enrolment.objects.filter(pk=enrolment.pk, confirmed=True).exists()):
            return  # it was removed meanwhile, or is none for every day
        Enrolment.objects.filter(user=enrolment.user, is_default=True).update(is_default=False)
        Enrolment.objects.filter(pk=enrolment.pk).update(is_default=True)
        _record("enrolment.made_default", enrolment, context)


def remove(enrolment: Enrolment, context: Context, *, allowed: Sequence[str], must_keep_one: bool) -> bool:
    """Remove an enrolment; False if it is the last way in and one must stay. Ends all other sessions and browsers.

    The default moves to what is left. A phone's text and call go one by one: each is an option of its own.
    """
    with transaction.atomic():
        hold(enrolment.user)
        ways = [e for e in confirmed(enrolment.user.pk) if e.pk != enrolment.pk and e.method in allowed]
        left = [e for e in ways if _is_way(e)]
        if must_keep_one and _is_way(enrolment) and not left:
            return False
        # Locked and looked at again: it may have become the default since, or be asked in a sign-in just now.
        row_locks.take(Enrolment.objects.filter(pk=enrolment.pk))
        found = Enrolment.objects.filter(pk=enrolment.pk).first()
        if found is None:
            return True
        _keep_counters([found])
        found.delete()
        _settle(enrolment.user)
        raise_epoch(enrolment.user)
        _record("enrolment.removed", enrolment, context)
        notices.tell(enrolment.user, "method_removed", now=context.now, context=context, label=label(enrolment))
    return True


def _is_way(enrolment: Enrolment) -> bool:
    """Tell whether an enrolment is a lasting way in, and not one for bad days or of a method that is gone."""
    if not registry.is_installed(enrolment.method):
        return False
    method = registry.method(enrolment.method)
    return not method.is_reserve and not method.is_temporary


def _record(kind: str, enrolment: Enrolment, context: Context) -> None:
    audit.record(kind, user_id=enrolment.user.pk, context=context, method=enrolment.method, enrolment=enrolment.ref)


def proven(user_id: int, enrolment_id: int) -> Enrolment | None:
    """Give one proven enrolment of a person."""
    found: Enrolment | None = Enrolment.objects.filter(user_id=user_id, pk=enrolment_id, confirmed=True).first()
    return found
