"""`Method`, the contract of a verification method: three verbs over plain values.

A method is a folder in `verification/methods/` with a module `method.py`, whose `method` is one instance of a subclass
of `Method`, and one line in the setting VERIFICATION_METHODS. Nothing else names it:

- `enrol` proposes what is set up, from the fields of the method's form;
- `issue` returns what the page of a challenge shows, and which message is sent;
- `check` checks an answer.

The engine does the rest for every method: it saves, encrypts, counts attempts, locks, audits and sends.
What only some methods have, such as a message or single-use codes, is a class in `verification.method_capabilities`.
A method brings the words that people read. `tests/contracts/test_methods.py` tests every installed method.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from verification.inputs import typed_codes
from verification.lazy_text import LazyText
from verification.outcomes import Verdict


@dataclass(frozen=True)
class FoundCode:
    """A single-use code that the engine looked up for a method by its first part."""

    id: int
    hash: str
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class ChallengeData:
    """What a method gets to see of one challenge.

    - `code` is sent in a message; `match_code` is shown on the page, to be keyed during a call
    - `random` is unique to this challenge; `person` is an opaque user handle
    - `address`, `secret`, `counter` and `data` are the enrolment's; `account` is the person's username
    - `is_enrolment`: the enrolment is being set up, so this is its first verification
    - `find` looks up a single-use code by its first part
    - `others` returns the addresses of the person's confirmed enrolments of this method

    Shape: `code` six digits; `match_code` two digits; `random` and `person` 32 bytes; `address` E.164, email address,
    credential id or serial number.
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
    find: Callable[[str], FoundCode | None] = lambda _: None
    others: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A proposed enrolment. The engine encrypts `address` and `secret` and saves it.

    Shape: `hint` is the masked address; `single_use_codes` are pairs of the first part and the whole code.
    """

    address: str = ""
    secret: bytes = b""
    hint: str = ""
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    single_use_codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What the page of a challenge shows, and the kind and template of its message if it has one.

    `fields` are further columns of the message, such as the extension of a number. With `is_approval` the person
    answers on the phone instead of the page: the template `page` says how, and shows `match_code` to be keyed. With
    `is_own_form` the template `page` contains the form.
    """

    kind: str = ""
    template: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    is_approval: bool = False
    match_code: str = ""
    page: str = ""
    is_own_form: bool = False
    show: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Check:
    """The result of checking an answer.

    - `counter` and `single_use_code` are the step and the row that a correct answer uses up
    - `draft` is what only the answer revealed, such as a public key
    - `learned` is saved in the enrolment's data, whether the answer is correct or not; a value of None deletes its key
    - `cause` is why an answer is incorrect, if the method knows: a key of its `causes`
    - `say` is the template of what a called person hears next; `goes_on` if more keys are expected
    """

    verdict: Verdict
    counter: int | None = None
    single_use_code: int | None = None
    draft: Draft | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)
    cause: str = ""
    say: str = ""
    goes_on: bool = False


@dataclass(frozen=True)
class Mode:
    """One of several variants of a method, such as approving a call, or hearing a code in it."""

    key: str
    label: LazyText
    gives_code: bool = True  # the person enters it or reads it to support. Return False if they approve on the phone


class Method:
    """A verification method: its name, its properties and its three verbs.

    It never saves, counts, locks, audits, sends, or sees a request.
    """

    name: ClassVar[str]  # the name of its folder
    icon: ClassVar[str]  # an icon of mfasite/static/mfasite/icons.svg
    label: LazyText
    explain: LazyText  # one sentence: what the person does
    explain_setup: LazyText = ""  # the same while it is set up, if it differs
    caution: LazyText = ""  # one sentence where it is set up: why it is weaker than others
    code_label: LazyText = ""  # label of the field for its code; empty: the label of the enrolment
    causes: Mapping[str, tuple[LazyText, LazyText]] = MappingProxyType({})  # title and text per `cause`
    rank: ClassVar[int] = (
        1  # 1 to 3: the highest is recommended; which methods are enough is a set, an `AuthenticationStrength`
    )
    is_phishing_resistant: ClassVar[bool] = False  # it refuses to work on a false sign-in page
    amr: ClassVar[str] = "otp"  # reported to other systems. Source: RFC 8176, 2
    amr_label: ClassVar[LazyText] = _("code")  # how the portal names it for the person
    kind: ClassVar[str] = ""  # kind of its messages, if it is `Delivered`
    code_lengths: ClassVar[frozenset[int]] = frozenset({6})  # digits of an answer, or an empty text if it isn't numeric
    max_enrolments: ClassVar[int] = 5  # per person
    is_allowed_by_default: ClassVar[bool] = True  # unless a policy says otherwise
    may_be_remembered: ClassVar[bool] = True  # verifying with it can let a browser be remembered
    is_counted: ClassVar[bool] = True  # incorrect answers count towards the 30-day limit over all methods
    form_class: type[forms.Form] | None = None  # the fields for setting it up
    form_lead: LazyText = ""  # above these fields, if they ask for something else than `explain` does
    address_field: ClassVar[str] = ""  # the field of that form that shows why an address is refused
    modes: tuple[Mode, ...] = ()

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Propose an enrolment from the cleaned fields of `form_class`. `account` is the person's name in an app."""
        raise NotImplementedError

    def issue(self, challenge: ChallengeData) -> Issue:
        """Return what a challenge shows and sends."""
        raise NotImplementedError

    def check(self, challenge: ChallengeData, answer: str) -> Check:
        """Check what was entered, or what a page's script sent. An answer can be any text, and is never an error."""
        raise NotImplementedError

    @property
    def is_numeric(self) -> bool:
        """Return whether an answer consists of digits."""
        return bool(self.code_lengths)

    def read(self, text: str) -> str:
        """Normalise what was typed or pasted, before it is checked."""
        return typed_codes.pick(text) if self.is_numeric else typed_codes.tidy(text)

    def fits(self, answer: str) -> bool:
        """Return whether a normalised answer has the shape of a code. Others aren't checked."""
        return not self.is_numeric or (answer.isdecimal() and len(answer) in self.code_lengths)
