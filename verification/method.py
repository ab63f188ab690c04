"""The contract of a method, for anyone who writes a new one: three verbs over plain values.

A method is a folder in `verification/methods/` with a module `method.py`, whose `method` is one instance of a subclass
of `Method`, and one line in the setting VERIFICATION_METHODS. Nothing else names it:

- `enrol` proposes what is set up, from the fields of the method's form;
- `issue` says what the page of a challenge shows, and which message goes out;
- `check` judges an answer.

The engine does the rest for every method: it saves and seals, counts attempts, locks, writes the audit log and sends.
What only some methods have, such as a message or single-use codes, are classes in `verification.capabilities`.
Words that a person reads are the method's own. `tests/contracts/test_methods.py` tests it as soon as it is installed.
"""

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
    """A single-use secret that the engine looked up for a method, by its first part."""

    id: int
    hash: str
    is_used: bool


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One challenge, as its method sees it.

    - `code` is what a message carries; `match_code` what a page shows to be keyed during a call
    - `random` is of this challenge alone, `person` an opaque user handle
    - `address`, `secret`, `counter` and `data` are the enrolment's; `account` is the person's username
    - `is_enrolment`: the enrolment is being set up, so this is its first proof
    - `find` looks a single-use secret up by its first part
    - `others` lists the addresses of the person's proven enrolments of this method

    Shape: `code` six digits; `match_code` two digits; `random` and `person` 32 bytes; `address` E.164, mail address,
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
    find: Callable[[str], Found | None] = lambda _: None
    others: Callable[[], tuple[str, ...]] = tuple


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A proposed enrolment. The engine encrypts `address` and `secret` and saves it.

    Shape: `hint` is the masked address; `single_use_codes` pairs of first part and whole of single-use secrets.
    """

    address: str = ""
    secret: bytes = b""
    hint: str = ""
    name: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    single_use_codes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What a challenge needs: what the page shows, and the kind and template of a message if one goes out.

    `fields` are further columns of that message, such as the extension of a number. `is_approval` marks challenges
    that are answered on the phone, not on the page; `match_code` is what the page then shows to be keyed.
    `is_own_form` marks those whose `page` brings the form along.
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

    - `counter` is the step that a right answer uses up, `single_use_code` the row; the engine spends both once
    - `draft` is what only the proof revealed, such as a public key
    - `learned` is saved in the enrolment's data, whether the answer is right or wrong; a value of None deletes its key
    - `cause` says why an answer is wrong, if the method knows: a key of its `causes`
    - `say` is the template of what a called person hears next; `goes_on` if more keys are awaited
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
    """One of several ways to ask the same option, such as approving a call, or hearing a code in it."""

    key: str
    label: Any
    gives_code: bool = True  # which the person types, or reads to support; not where they approve on the phone


class Method:
    """A method of verification: what it is called, how strong it is, and its three verbs.

    It never saves, counts, locks, records, sends, or sees a request.
    """

    name: ClassVar[str]  # that of its folder
    icon: ClassVar[str]  # of mfasite/static/mfasite/icons.svg
    label: Any
    explain: Any  # one sentence: what the person does
    caution: Any = ""  # one sentence where it is set up: why it is weaker than others
    code_label: Any = ""  # of the field for its code; empty where the enrolment's own label says it
    causes: Mapping[str, tuple[Any, Any]] = MappingProxyType({})  # title and text by the `cause` of a wrong answer
    strength: ClassVar[int] = 1  # 1 to 3: the strongest is recommended, and policies ask staff for one
    amr: ClassVar[str] = "otp"  # what other systems are told of a proof. Source: RFC 8176, 2
    kind: ClassVar[str] = ""  # of its messages; set where it is `Delivered`
    code_lengths: ClassVar[frozenset[int]] = frozenset({6})  # digits of an answer; none where it is not numeric
    max_enrolments: ClassVar[int] = 5  # of one person
    is_allowed_by_default: ClassVar[bool] = True  # where no policy says otherwise
    may_be_remembered: ClassVar[bool] = True  # a proof may let a browser skip the next ones for some days
    is_counted: ClassVar[bool] = True  # wrong answers count for the person over all methods
    form_class: type[forms.Form] | None = None  # what is asked to set it up
    address_field: ClassVar[str] = ""  # of that form: the number, address or serial number, where refusals of it stand
    modes: tuple[Mode, ...] = ()

    def enrol(self, fields: Mapping[str, Any], *, account: str) -> Draft:
        """Propose an enrolment from the cleaned fields of `form_class`. `account` is the person's name in an app."""
        raise NotImplementedError

    def issue(self, ask: Ask) -> Issue:
        """Say what a challenge shows and sends."""
        raise NotImplementedError

    def check(self, ask: Ask, answer: str) -> Check:
        """Judge what was typed, or what a page's script sent. An answer may be anything: it is never an error."""
        raise NotImplementedError

    @property
    def is_numeric(self) -> bool:
        """Tell whether an answer is digits alone."""
        return bool(self.code_lengths)

    def read(self, text: str) -> str:
        """Fold what was typed or pasted before it is judged."""
        return codes.pick(text) if self.is_numeric else codes.tidy(text)

    def fits(self, answer: str) -> bool:
        """Tell whether a folded answer has the shape of a right one. Of any other shape it is not judged."""
        return not self.is_numeric or (answer.isdecimal() and len(answer) in self.code_lengths)
