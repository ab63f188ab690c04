"""The contract of a method: three verbs over plain values. The engine saves, counts, locks, records and sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms

from verification.keys import codes
from verification.outcomes import Verdict


@dataclass(frozen=True)
class Found:
    """A single-use secret that the engine looked up for a method."""

    id: int
    hash: str
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One challenge as its method sees it.

    Shape: `address` E.164, credential id or serial; `code` six digits; `match` two digits; `random` 32 bytes that only
    this challenge has; `person` 32 bytes that stand for the person. `others` gives the addresses of the person's
    proven enrolments of this method.
    """

    reference: str
    mode: str
    now: datetime
    code: str
    match_code: str
    random: bytes = b""
    person: bytes = b""
    address: str = ""
    secret: bytes = b""
    counter: int = -1
    data: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""
    is_enrolment: bool = False
    by_keys: bool = False
    find: Callable[[str], Found | None] = lambda _: None
    others: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An enrolment that a method proposes: the engine seals and saves it.

    Shape: `hint` is the masked form; `vouchers` pairs of first part and whole of single-use secrets.
    """

    address: str = ""
    secret: bytes = b""
    hint: str = ""
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    vouchers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What a challenge needs: what the page shows, and the kind and template of a message if one goes out.

    `is_approval` marks challenges that are answered on the phone, not on the page; `is_own_form` those whose `page`
    brings the form along.
    """

    kind: str = ""
    template: str = ""
    is_approval: bool = False
    page: str = ""
    is_own_form: bool = False
    show: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """What a method makes of an answer.

    `counter` is the step that a right answer uses up, `voucher` the single-use secret; the engine spends them by
    guarded updates. `draft` is what only the proof made known of an enrolment. `learned` is what the engine keeps in
    the enrolment's data, be the answer right or not; what is none there is forgotten. `say` is the template that a
    called person hears next. `cause` tells why an answer is wrong, as far as the method knows: a key of its `causes`.
    """

    verdict: Verdict
    counter: int | None = None
    voucher: int | None = None
    draft: Draft | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""
    say: str = ""
    goes_on: bool = False


@dataclass(frozen=True)
class Mode:
    """A way in which one option can be asked: approve by key, or read a code out."""

    key: str
    label: Any


class Method:
    """A kind of proof. One module-level instance named `method` in `verification/methods/<name>/method.py`.

    Never saves, counts, locks, records, sends, or sees a request.
    """

    name: ClassVar[str]
    icon: ClassVar[str]
    label: Any
    explain: Any
    code_label: Any = ""  # of the field for its code; empty where the enrolment's own label says it
    causes: Mapping[str, tuple[Any, Any]] = MappingProxyType({})  # title and text by the `cause` of a wrong answer
    if_refused: Any = ""  # what to type where a right code is refused
    strength: ClassVar[int] = 1
    needs_delivery: ClassVar[bool] = False
    kind: ClassVar[str] = ""  # of the message that it needs
    needs_proof: ClassVar[bool] = True
    is_reserve: ClassVar[bool] = False
    is_numeric: ClassVar[bool] = True
    code_lengths: ClassVar[frozenset[int]] = frozenset({6})  # digits, where an answer is numeric
    is_typed: ClassVar[bool] = True  # by the person; a program's answer has no shape that they could mistake
    is_one_option: ClassVar[bool] = False  # any of a person's enrolments answers a challenge for one of them
    stands_alone: ClassVar[bool] = False  # may replace the password as well, where the policy says so
    is_guessable: ClassVar[bool] = True  # a wrong answer may be a guess; not where it takes the holder's key
    is_allowed_by_default: ClassVar[bool] = True
    most: ClassVar[int] = 5  # a person
    is_assigned: ClassVar[bool] = False  # handed out by the organisation; the person only activates it
    is_temporary: ClassVar[bool] = False  # handed out for a span, whatever the policy; no lasting way in
    is_on_phone: ClassVar[bool] = False  # usually lives on the very phone that takes texts and calls
    amr: ClassVar[str] = "otp"  # Source: RFC 8176, 2
    address_kind: ClassVar[str] = ""
    form_class: type[forms.Form] | None = None
    modes: tuple[Mode, ...] = ()

    @property
    def may_be_remembered(self) -> bool:
        """Tell whether a proof may spare the next ones for some days; those for a bad day, or for a span, never do."""
        return not self.is_reserve and not self.is_temporary

    @property
    def is_counted(self) -> bool:
        """Tell whether wrong answers count for the person over all methods. What support hands out is bound later."""
        return self.is_guessable and not self.is_temporary

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Propose an enrolment from the cleaned fields of `form_class`. `account` is the person's name in an app."""
        raise NotImplementedError

    def issue(self, ask: Ask) -> Issue:
        """Say what a challenge shows and sends."""
        raise NotImplementedError

    def check(self, ask: Ask, answer: str) -> Check:
        """Judge an answer: what was typed, or with `by_keys` what was keyed on the phone."""
        raise NotImplementedError

    def read(self, text: str) -> str:
        """Fold what was typed or pasted before it is judged."""
        return codes.pick(text) if self.is_numeric else codes.tidy(text)

    def fits(self, answer: str) -> bool:
        """Tell whether a folded answer has the shape of a right one. Of any other shape it is not judged."""
        return not self.is_numeric or (answer.isdecimal() and len(answer) in self.code_lengths)

    def names(self, answer: str) -> str:
        """Give the address of the enrolment that an answer itself names; empty if answers name none."""
        return ""

    def announce(self, person: bytes, addresses: tuple[str, ...]) -> Issue:
        """Say what a page of the person's methods tells their browser; nothing unless it has a `page`."""
        return Issue()

    def accepts(self, draft: Draft) -> bool:
        """Tell whether an address of this method's kind, proven by another method, also serves this one."""
        return False
