"""The registry of everything that depends on a key: what is encrypted, digested or derived, and which key it needs.

Each app declares its own columns; a test walks every table, and fails on a column that nobody declared.
"""

import itertools
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Count, F, Model, Q, QuerySet, Value
from django.db.models.functions import Greatest, StrIndex, Substr
from django.db.models.lookups import Exact
from django.utils import timezone

from verification.keys import crypto

_MAX_OPENED = 20  # values that are decrypted to find out whether a key is theirs
_ROWS_AT_END = 500  # rows at each end of a table whose key is checked
_PREFIX = len("v1.")


@dataclass(frozen=True, kw_only=True)
class SealedColumn:
    """A column whose values a key of the ring sealed. Losing that key loses them; sealing them again frees it.

    Shape: `bound` names the place of a row as it was named when the value was sealed; `what` is what would be lost.
    """

    model: str
    column: str
    purpose: str
    bound: Callable[[Any], str]
    what: str

    def rows(self) -> QuerySet[Any]:
        """Return the rows that hold an encrypted value."""
        return _rows(self.model).exclude(**{self.column: ""})

    def sealed_by(self, *key_ids: str) -> Q:
        """Filter rows to those whose value names one of these keys."""
        # Not `startswith`: on SQLite it would take the key K1 for k1.
        named = (Exact(StrIndex(self.column, Value(f"v1.{key_id}.")), 1) for key_id in key_ids)
        return reduce(operator.or_, map(Q, named), Q())

    def opens(self, row: Model) -> bool:
        """Return whether the value of a row opens in its place."""
        try:
            crypto.unseal(getattr(row, self.column), purpose=self.purpose, bound=self.bound(row))
        except crypto.Unsealable:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class Digested:
    """A column that holds keyed digests. Their key is a row of `DigestKey`; `key_column` names it, if the row does."""

    model: str
    column: str
    purpose: str
    what: str
    key_column: str = ""

    def rows(self) -> QuerySet[Any]:
        """Return all rows."""
        return _rows(self.model)


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Something that is computed from a key of digests whenever it is needed, and kept nowhere."""

    purpose: str
    what: str


def _rows(model: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model(model).objects.all()
    return rows


def _bound_to(column: str) -> Callable[[Any], str]:
    return lambda row: str(row.bound(column))


_OWN: tuple[SealedColumn | Digested | Derived, ...] = (
    SealedColumn(
        model="verification.DigestKey",
        column="sealed",
        purpose=crypto.DIGEST_KEY,
        bound=lambda row: str(row.bound()),
        what="keys of digests (every app password, service key, recovery code, pass, remembered browser, emailed link, "
        "opt-out and digest of the audit log)",
    ),
    SealedColumn(
        model="verification.SigningKey",
        column="sealed",
        purpose="signing_key",
        bound=lambda row: str(row.bound()),
        what="keys that sign tokens for applications",
    ),
    SealedColumn(
        model="verification.Enrolment",
        column="sealed_address",
        purpose="address",
        bound=_bound_to("address"),
        what="phone numbers, email addresses, passkeys and serial numbers that people set up",
    ),
    SealedColumn(
        model="verification.Enrolment",
        column="sealed_secret",
        purpose="secret",
        bound=_bound_to("secret"),
        what="secrets of authenticator apps, hardware tokens and passkeys",
    ),
    SealedColumn(
        model="verification.HardwareToken",
        column="sealed_secret",
        purpose="secret",
        bound=lambda row: str(row.bound()),
        what="secrets of hardware tokens",
    ),
    SealedColumn(
        model="verification.Message",
        column="sealed_address",
        purpose="address",
        bound=lambda row: str(row.bound()),
        what="addresses of texts, calls and emails",
    ),
    Digested(model="verification.Enrolment", column="address_digest", purpose="address", what="numbers set up"),
    Digested(model="verification.OptOut", column="address_digest", purpose="address", what="opted-out numbers"),
    Digested(
        model="verification.SingleUseCode",
        column="prefix_digest",
        purpose="single_use_code",
        what="recovery codes and passes",
    ),
    Digested(model="verification.Browser", column="digest", purpose="browser", what="remembered browsers"),
    Digested(model="verification.Browser", column="previous_digest", purpose="browser", what="remembered browsers"),
    Digested(model="verification.Counter", column="key", purpose="limit.", what="limits and incorrect passwords"),
    Digested(
        model="verification.Challenge",
        column="binding",
        purpose="challenge.binding",
        key_column="key_id",
        what="sign-ins in progress",
    ),
    Digested(
        model="verification.AuditEvent",
        column="digest",
        purpose="audit.event",
        key_column="key_id",
        what="the audit log",
    ),
    Digested(
        model="verification.AuditSeal",
        column="digest",
        purpose="audit.seal",
        key_column="key_id",
        what="seals of the audit log",
    ),
    Digested(model="verification.AuditSeal", column="previous", purpose="audit.seal", what="seals of the audit log"),
    Digested(
        model="verification.AuditRemoval",
        column="digest",
        purpose="audit.removal",
        key_column="key_id",
        what="statements of what was removed from the audit log",
    ),
    Digested(
        model="verification.AuditRemoval",
        column="previous",
        purpose="audit.removal",
        what="statements of what was removed from the audit log",
    ),
    Digested(
        model="verification.AuditRemoval", column="last_digest", purpose="audit.seal", what="seals of the audit log"
    ),
    Derived(purpose="code", what="codes of texts, calls and emails"),
    Derived(purpose="match", what="the two digits of a call"),
    Derived(purpose="challenge.random", what="what a passkey signs"),
    Derived(purpose="device", what="cookies of browsers in which someone signed in before"),
    Derived(purpose="link.", what="emailed links and references of the help centre"),
)
_declared: list[SealedColumn | Digested | Derived] = [*_OWN]


def declare(*uses: SealedColumn | Digested | Derived) -> None:
    """Add the uses of another app. Call it when the app is ready."""
    _declared.extend(use for use in uses if use not in _declared)


def sealed() -> list[SealedColumn]:
    """Return the columns with sealed values, the keys of digests first."""
    return [use for use in _declared if isinstance(use, SealedColumn)]


def digested() -> list[Digested]:
    """Return the columns with keyed digests."""
    return [use for use in _declared if isinstance(use, Digested)]


def purposes() -> frozenset[str]:
    """Name all purposes. One that ends with a dot stands for all that begin so."""
    return frozenset(use.purpose for use in _declared)


# Who needs which key -------------------------------------------------------------------------------------------


def n_sealed_by_key(use: SealedColumn) -> dict[str, int]:
    """Count the values of a column by the key that encrypted them. Values in another form are left out."""
    rest = Substr(F(use.column), _PREFIX + 1)
    name = Substr(rest, 1, Greatest(StrIndex(rest, Value(".")) - 1, 0))
    rows = use.rows().filter(**{f"{use.column}__startswith": "v1."})
    return dict(rows.annotate(ring_key=name).values_list("ring_key").annotate(n=Count("pk")).order_by("ring_key"))


@dataclass(frozen=True)
class LostValues:
    """Values that the current keys can't decrypt or check. Shape: `why` is a sentence, `what` names the values."""

    key_id: str
    n: int
    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.why}: {self.n} {self.what}"


def lost() -> Iterator[LostValues]:
    """Name what would be lost if the service ran with these keys. Looks at a few values of each key and column."""
    ring = crypto.key_ids()
    for use in sealed():
        wrong = {key_id for key_id in ring if not _fits(use, key_id)}
        if not (wrong or _needs_others(use, ring)):
            continue  # counting by key takes six times as long, and each process would wait for it when it starts
        # A value without the name of a key is damaged, and no key can repair it. Everyone else can still be served.
        for key_id, n in n_sealed_by_key(use).items():
            if key_id not in ring:
                yield LostValues(key_id, n, use.what, f"MFA_KEYS has no key {key_id}")
            elif key_id in wrong:
                yield LostValues(key_id, n, use.what, f"the key {key_id} of MFA_KEYS is not the one that sealed these")
    yield from _unchecked()


def _fits(use: SealedColumn, key_id: str) -> bool:
    rows = list(use.rows().filter(use.sealed_by(key_id)).order_by("-pk")[:_MAX_OPENED])
    return not rows or any(use.opens(row) for row in rows)


def _needs_others(use: SealedColumn, ring: Iterable[str]) -> bool:
    return use.rows().filter(**{f"{use.column}__startswith": "v1."}).exclude(use.sealed_by(*ring)).exists()


def _unchecked() -> Iterator[LostValues]:
    known = set(_rows("verification.DigestKey").values_list("name", flat=True))
    for use in digested():
        if not use.key_column:
            continue
        # This table is never emptied and may be long, so only its ends are checked. `check_restore` reads all of it.
        ends = (
            use.rows().order_by(order).values_list(use.key_column, flat=True)[:_ROWS_AT_END] for order in ("pk", "-pk")
        )
        for key_id, n in Counter(itertools.chain.from_iterable(ends)).items():
            if key_id in known:
                continue
            yield LostValues(key_id, n, f"rows and more of {use.what}", f"the database has no key {key_id} for digests")


def needed() -> dict[str, dict[str, int]]:
    """Count the sealed values by the key that opens them, and by what they are; damaged ones by an empty name."""
    found: dict[str, dict[str, int]] = {key_id: {} for key_id in crypto.key_ids()}
    for use in sealed():
        counts = n_sealed_by_key(use)
        for key_id, n in counts.items():
            found.setdefault(key_id, {})[use.what] = n
        if n := use.rows().count() - sum(counts.values()):
            found.setdefault("", {})[use.what] = n
    return found


def damaged() -> Iterator[tuple[SealedColumn, Model]]:
    """Decrypt every value in its place, and yield those that can't be decrypted."""
    for use in sealed():
        last = 0
        while rows := list(itertools.islice(use.rows().filter(pk__gt=last).order_by("pk"), 500)):
            last = rows[-1].pk
            yield from ((use, row) for row in rows if not use.opens(row))


# The keys of digests -------------------------------------------------------------------------------------------


def add_digest_key(name: str, value: bytes, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Keep a key for digests, sealed by the current key of the ring."""
    row = apps.get_model("verification.DigestKey")(name=name, made_at=timezone.now())
    row.sealed = crypto.seal(value, purpose=crypto.DIGEST_KEY, bound=f"digest_key:{name}")
    row.save(force_insert=True, using=using)
