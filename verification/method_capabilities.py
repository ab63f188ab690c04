"""Capabilities: what only some methods have. Each is a small class that a method inherits from.

The engine asks `isinstance(method, Delivered)` or calls `method_registry.having(Delivered)`. It never checks a method's
name.
"""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from verification.lazy_text import LazyText
from verification.method_base import ChallengeData, Check, Draft, Issue, Method
from verification.models.messages import Channel


class Delivered(Method):
    """Sends a message for each challenge. `issue` names its template, and the engine puts it into the outbox."""

    kind: ClassVar[Channel]  # of the messages
    sent_page: ClassVar[str] = ""  # the template that says where the message goes; without one: a code was sent
    resend_label: ClassVar[LazyText] = _("Send a new code")  # the button that asks for another message
    # Title and text of the page after that. Default: a new code was sent.
    resent: ClassVar[tuple[LazyText, LazyText] | None] = None


class KeyedOnPhone(Delivered):
    """Calls the person, who presses keys on the phone. The page waits, or accepts the code that was read out."""

    continue_label: ClassVar[LazyText]  # the button for a page that doesn't continue automatically
    not_approved: ClassVar[tuple[LazyText, LazyText] | None] = None  # title and text if someone presses it too early

    def check_keys(self, challenge: ChallengeData, keys: str) -> Check:
        """Judge what was keyed, and name the template that the person hears next. Shape: digits and #."""
        raise NotImplementedError

    def without_number_matching(self, mode: str) -> str:
        """Return the mode that stands in for another one where the policy asks for no digits of the page."""
        raise NotImplementedError


class SharesAddress(Method):
    """Uses an address that other methods can use too. Verifying it once sets up all methods that accept it."""

    address_kind: ClassVar[str]  # such as phone; methods of one kind share addresses

    def accepts(self, draft: Draft) -> bool:
        """Return whether an address that another method of the kind proved serves this one."""
        raise NotImplementedError


class AppGenerated(Method):
    """An app computes its codes from a secret that the page shows during setup.

    The app is usually on the same phone that receives texts and calls, and is lost with it.
    """


class SingleUse(Method):
    """A set of codes that are shown once, work once each, and are stored as hashes.

    `enrol` returns them as `Draft.single_use_codes`; setup needs no verification. `check` finds them by
    `ChallengeData.find`.
    """


class Backup(SingleUse):
    """Kept for emergencies, such as recovery codes. It is offered last, and doesn't let a browser be remembered."""

    n_codes: ClassVar[int]  # in a new set
    may_be_remembered = False


class HandedOut(Method):
    """Handed out by the organisation. Nobody can set it up without having been given one."""

    not_assigned: LazyText = ""  # what a person reads if they enter the name of one that isn't theirs


class Stocked(HandedOut):
    """Comes from the stock of hardware tokens. It is assigned to a person, who activates it with a code.

    The address is the serial number. Only one installed method can have this capability, because there is one stock.
    """


class Temporary(HandedOut, SingleUse):
    """Issued by support for a limited time, whatever the policy allows. It can't verify callers or be self-tested.

    Only one installed method can have this capability, because support issues one kind of pass.
    """

    may_be_remembered = False
    is_counted = False  # a pass is limited by its lifetime
    min_length: ClassVar[int]  # characters of a pass; support chooses, and is offered the shortest
    max_length: ClassVar[int]


class PublicKey(Method):
    """Answered with a private key on the person's device, such as a passkey.

    Any of a person's keys can answer a challenge for one of them. An incorrect answer doesn't count as a guess, because
    keys can't be guessed.
    """

    code_lengths = frozenset()
    is_counted = False

    def names(self, answer: str) -> str:
        """Return the address of the enrolment that an answer names, or "". The answer isn't verified yet."""
        raise NotImplementedError

    def announce(self, person: bytes, addresses: tuple[str, ...]) -> Issue:
        """Return what the page of a person's methods tells their browser. Without `page` it is nothing."""
        return Issue()


class Passwordless(PublicKey):
    """Can replace the username and the password too, if the policy allows it.

    Only one installed method can have this capability, because the sign-in page has one offer.
    """


class Resynchronised(Method):
    """Can get out of step, such as a token whose button was pressed by accident. Two codes in a row correct it."""

    if_refused: LazyText  # what a person does if a correct code is refused

    def resynchronise(self, challenge: ChallengeData, first: str, second: str) -> Check:
        """Check two codes in a row that the person told support. What is learned is saved."""
        raise NotImplementedError


# Only one method can have each of these. A system check refuses a second one.
SLOTS: tuple[type[Method], ...] = (Stocked, Temporary, Passwordless)
