"""The stock of hardware tokens: imported, assigned, taken back, retired. One row per token.

Each change is one guarded update: of two that race, one finds nothing left to do.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from verification import audit, enrolments
from verification.audit import Event, verification_audit_events
from verification.context import Context
from verification.enrolments import InUse as InUse  # noqa: PLC0414  (part of this module's interface)
from verification.inputs import digits
from verification.models import Enrolment, HardwareToken
from verification.models.user_protocol import Person
from verification.otp.hardware_token_codes import Scheme
from verification.otp.time_steps_and_clock_drift import LEAD


class Retired(ValueError):
    """The token is retired. It must be restored to the stock first."""


class Ended(ValueError):
    """The maker's file says that the token isn't valid any more, so nobody could activate it."""


class NotInStock(ValueError):
    """Someone has the token, or it is retired."""


class Damaged(ValueError):
    """The token's secret can't be decrypted. Importing the maker's file again repairs it."""


@dataclass(frozen=True, kw_only=True)
class Seed:
    """What a maker's file says about one token.

    Shape: `serial` in capitals; `counter` is the next one that it will use; `lead` is how far its clock is ahead, in
    seconds.
    """

    serial: str
    secret: bytes
    scheme: Scheme = field(default_factory=Scheme)
    counter: int = 0
    lead: int = 0
    manufacturer: str = ""
    model: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def data(self) -> dict[str, Any]:
        """Return what is stored about how it computes its codes."""
        return self.scheme.data() | ({LEAD: self.lead} if self.lead else {})


def bring_in(
    seed: Seed, user: Person | None, context: Context, *, actor_id: int | None, is_dry_run: bool = False
) -> tuple[str, HardwareToken | None]:
    """Add a token to the stock, or assign it to a person if one is named.

    Return whether it is new, changed or unchanged. A token that someone uses keeps its state. Only its validity
    changes, if the file has its secret: anyone can read its serial number.

    Errors: `InUse` if someone else uses it; `Retired`; `Ended` if a person is named for one that is over;
    `enrolments.NotInstalled` if there is no method for tokens.
    """
    seed = replace(seed, serial=digits.plain(seed.serial))
    with transaction.atomic():
        token = HardwareToken.objects.select_for_update(of=("self",)).filter(serial=seed.serial).first()
        if token is not None and token.retired_at:
            raise Retired
        owned = token.enrolment if token is not None else enrolments.find_token(seed.serial)
        has_secret = _has_secret(token or owned, seed.secret)
        if owned is not None and owned.confirmed:
            if user is not None and owned.user_id != user.pk:
                raise InUse
            trusted = seed if has_secret else replace(seed, starts_at=None, ends_at=None)
            return _kept(token, owned, trusted, is_dry_run=is_dry_run)
        is_same = has_secret and (token is None or Scheme.read(token.data) == seed.scheme)
        if is_same and (user is None or (owned is not None and owned.user_id == user.pk)):
            return _kept(token, owned, seed, is_dry_run=is_dry_run)
        _check_use(seed.ends_at or (token.ends_at if token is not None and is_same else None), user, context.now)
        verdict = "new" if token is None and owned is None else "changed"
        if is_dry_run:
            return verdict, token
        owner = user or (owned.user if owned is not None else None)
        if owned is not None:
            enrolments.take_back(owned)  # also saves its counter in the stock
        if token is None:
            token = _made(seed if owned is None else _counted_on(seed, owned))
        else:
            token.refresh_from_db()
            if is_same:
                _set_validity(token, _new_validity(token, seed))
            else:
                _fill(token, seed)
        if owner is not None:
            _hand_out(token, owner, context, actor_id=actor_id)
        return verdict, token


def _kept(
    token: HardwareToken | None, owned: Enrolment | None, seed: Seed, *, is_dry_run: bool
) -> tuple[str, HardwareToken | None]:
    """Keep a token as it is, and adopt the validity that the file gives."""
    known = token or owned
    validity = _new_validity(known, seed) if known is not None else {}
    if token is None and owned is not None:
        token = _adopt(owned, seed, is_dry_run=is_dry_run)
    if token is not None and not is_dry_run:
        _set_validity(token, validity)
    return "changed" if validity else "same", token


def _new_validity(known: HardwareToken | Enrolment, seed: Seed) -> dict[str, datetime]:
    """Return the instants of a file that aren't those of a token. A file without any says nothing about them."""
    given = {"starts_at": seed.starts_at, "ends_at": seed.ends_at}
    return {name: value for name, value in given.items() if value is not None and value != getattr(known, name)}


def _set_validity(token: HardwareToken, validity: dict[str, datetime]) -> None:
    """Change when a token is valid, also for the person who has it."""
    if not validity:
        return
    for name, value in validity.items():
        setattr(token, name, value)
    token.save(update_fields=[*validity])
    Enrolment.objects.filter(token=token.pk).update(**validity)


def _check_use(ends_at: datetime | None, user: Person | None, now: datetime) -> None:
    """Check that a person could activate a token. Errors: `Ended`; `enrolments.NotInstalled`."""
    if user is None:
        return
    enrolments.token_method()
    if ends_at is not None and ends_at <= now:
        raise Ended


def _has_secret(row: HardwareToken | Enrolment | None, secret: bytes) -> bool:
    return row is not None and row.opens and row.secret == secret


def _made(seed: Seed) -> HardwareToken:
    token = HardwareToken(serial=seed.serial)
    _fill(token, seed, is_new=True)
    return token


def _fill(token: HardwareToken, seed: Seed, *, is_new: bool = False) -> None:
    """Set what a maker's file says about a token. Its counter never goes back, or old codes would work again."""
    counted = -1 if is_new or _counts_otherwise(token, seed) else token.counter
    token.secret, token.data, token.counter = seed.secret, seed.data(), max(counted, seed.counter - 1)
    token.manufacturer, token.model = seed.manufacturer[:64], seed.model[:64]
    token.starts_at, token.ends_at = seed.starts_at, seed.ends_at
    token.save(force_insert=is_new)


def _counted_on(seed: Seed, owned: Enrolment) -> Seed:
    """Return a token with the counter of what was assigned before there was a stock."""
    return seed if _counts_otherwise(owned, seed) else replace(seed, counter=max(seed.counter, owned.counter + 1))


def _counts_otherwise(token: HardwareToken | Enrolment, seed: Seed) -> bool:
    """Return whether a token's counter doesn't say which codes come next."""
    was, now = (
        (s.is_counted, 0, 0) if s.is_counted else (False, s.step, s.start)
        for s in (Scheme.read(token.data), seed.scheme)
    )
    return was != now or (token.opens and token.secret != seed.secret)


def _adopt(owned: Enrolment, seed: Seed, *, is_dry_run: bool) -> HardwareToken | None:
    """Add a token to the stock that was assigned before there was a stock."""
    if is_dry_run or not owned.opens:
        return None
    token = HardwareToken(serial=seed.serial, manufacturer=seed.manufacturer[:64], model=seed.model[:64])
    token.secret, token.data, token.counter, token.enrolment = owned.secret, owned.data, owned.counter, owned
    token.starts_at, token.ends_at = owned.starts_at, owned.ends_at
    token.save(force_insert=True)
    return token


def assign(token: HardwareToken, user: Person, context: Context, *, actor_id: int | None) -> Enrolment:
    """Assign a token from the stock to a person, who activates it with a code.

    Errors: `NotInStock`, for example if two assign it at the same time.
    """
    with transaction.atomic():
        found = HardwareToken.objects.in_stock().select_for_update().filter(pk=token.pk).first()
        if found is None:
            raise NotInStock
        if not found.opens:
            raise Damaged
        return _hand_out(found, user, context, actor_id=actor_id)


def _hand_out(token: HardwareToken, user: Person, context: Context, *, actor_id: int | None) -> Enrolment:
    """Draft the enrolment, and take the token out of the stock with one guarded update."""
    former = token.enrolment_id
    try:
        enrolment = enrolments.assign(
            user,
            enrolments.token_method().name,
            enrolments.token_draft(token),
            context,
            actor_id=actor_id,
            counter=token.counter,
            starts_at=token.starts_at,
            ends_at=token.ends_at,
            token=token.ref,
        )
    except InUse:
        raise NotInStock from None
    rows = HardwareToken.objects.filter(pk=token.pk, retired_at=None)
    if not rows.filter(Q(enrolment=None) | Q(enrolment=former)).update(enrolment=enrolment):
        raise NotInStock
    token.enrolment = enrolment
    return enrolment


def take_back(token: HardwareToken, context: Context, *, actor_id: int | None) -> bool:
    """Take a token back into the stock. Return False if nobody has it.

    Its counter is kept, so that earlier codes don't work for the next person.
    """
    with transaction.atomic():
        owned = Enrolment.objects.filter(token=token.pk).select_related("user").first()
        if owned is None:
            return False
        if owned.confirmed:
            enrolments.clear(owned.user, only=owned)
        enrolments.take_back(owned)
        audit.record(
            verification_audit_events.TOKEN_TAKEN_BACK,
            user_id=owned.user_id,
            context=context,
            actor_id=actor_id,
            token=token.ref,
            hint=token.hint,
        )
    return True


def retire(token: HardwareToken, context: Context, *, actor_id: int | None, **why: str) -> bool:
    """Retire a token that is lost, broken or worn. Return False if someone has it, or it is retired already."""
    with transaction.atomic():
        if not HardwareToken.objects.in_stock().filter(pk=token.pk).update(retired_at=context.now):
            return False
        _record(verification_audit_events.TOKEN_RETIRED, token, context, actor_id, **why)
    return True


def restore(token: HardwareToken, context: Context, *, actor_id: int | None, **why: str) -> bool:
    """Return a retired token to the stock. Return False if it isn't retired."""
    with transaction.atomic():
        if not HardwareToken.objects.retired().filter(pk=token.pk).update(retired_at=None):
            return False
        _record(verification_audit_events.TOKEN_RESTORED, token, context, actor_id, **why)
    return True


def _record(event: Event, token: HardwareToken, context: Context, actor_id: int | None, **more: str) -> None:
    audit.record(event, user_id=None, context=context, actor_id=actor_id, token=token.ref, hint=token.hint, **more)


def named(serial: str) -> HardwareToken | None:
    """Return the token with a serial number."""
    found: HardwareToken | None = (
        HardwareToken.objects.select_related("enrolment__user")
        .filter(serial=digits.plain(serial).strip().upper())
        .first()
    )
    return found


def of_ref(ref: str) -> HardwareToken | None:
    """Return the token with a public reference."""
    found: HardwareToken | None = HardwareToken.objects.select_related("enrolment__user").filter(ref=ref).first()
    return found


def of_person(user_id: int) -> list[HardwareToken]:
    """Return the tokens of a person, activated or not."""
    rows = HardwareToken.objects.filter(enrolment__user=user_id).select_related("enrolment").order_by("serial")
    return list(rows)


STATES = ("stock", "people", "retired")


def search(text: str, state: str) -> "QuerySet[HardwareToken]":
    """Search tokens by a part of the serial number, maker or model, and by where they are. Sorted by serial number."""
    rows = HardwareToken.objects.select_related("enrolment__user").order_by("serial")
    by_state = {"stock": rows.in_stock, "people": rows.with_people, "retired": rows.retired}
    if state in by_state:
        rows = by_state[state]()
    for word in text.split():
        rows = rows.filter(Q(serial__icontains=word) | Q(manufacturer__icontains=word) | Q(model__icontains=word))
    return rows
