"""Capabilities of methods: what only some of them have. Each is a small class that a method inherits from.

The engine asks `isinstance(method, Delivered)`, or finds all by `registry.having(Delivered)`. It never asks for a name.
"""

from typing import Any, ClassVar

from verification.method import Ask, Check, Draft, Issue, Method
from verification.models.messages import Kind


class Delivered(Method):
    """Sends a message for each challenge: `issue` names its template, the engine puts it into the outbox."""

    kind: ClassVar[Kind]  # of the messages


class KeyedOnPhone(Delivered):
    """Calls the person, who answers with the keys of the phone; the page waits, or takes the code that was read out."""

    def check_keys(self, ask: Ask, keys: str) -> Check:
        """Judge what was keyed, and name the template that the person hears next. Shape: digits and #."""
        raise NotImplementedError

    def without_number_matching(self, mode: str) -> str:
        """Give the mode that stands in for another one where the policy asks for no digits of the page."""
        raise NotImplementedError


class SharesAddress(Method):
    """Uses an address that other methods may use too: one proof of it sets up all that accept it."""

    address_kind: ClassVar[str]  # such as phone; methods of one kind share addresses

    def accepts(self, draft: Draft) -> bool:
        """Tell whether an address that another method of the kind proved serves this one."""
        raise NotImplementedError


class AppGenerated(Method):
    """An app computes its codes from a secret that the page shows while it is set up.

    It usually lives on the very phone that takes texts and calls, and is lost with it.
    """


class SingleUse(Method):
    """Secrets that are made and shown at once, each good for one use, and kept as hashes.

    `enrol` gives them as `Draft.single_use_codes`; setting it up takes no proof. `check` finds them by `Ask.find`.
    """


class Backup(SingleUse):
    """Kept for when nothing else works, such as recovery codes. Asked last, and no browser is remembered by it."""

    may_be_remembered = False


class HandedOut(Method):
    """Handed out by the organisation: nobody sets it up without having been given one."""

    not_assigned: Any = ""  # what a person reads who names one that is not theirs


class Stocked(HandedOut):
    """Comes out of the stock of hardware tokens, is kept, and waits until the person activates it with a code.

    The address is the serial number. One installed method at most has this capability, since the stock is one.
    """


class Temporary(HandedOut, SingleUse):
    """Handed out by support for a time, whatever methods the policy allows. It verifies no caller, and is never tested.

    One installed method at most has this capability, since support hands out one kind of pass.
    """

    may_be_remembered = False
    is_counted = False  # what support hands out is bound by its span


class PublicKey(Method):
    """Answered by a private key that a device of the person holds, such as a passkey.

    Any of a person's keys may answer a challenge for one of them. Nobody types the answer, and a wrong one is no
    guess: it takes the holder's key.
    """

    code_lengths = frozenset()
    is_counted = False

    def names(self, answer: str) -> str:
        """Give the address of the enrolment that an answer names; empty if it names none. It proves nothing yet."""
        raise NotImplementedError

    def announce(self, person: bytes, addresses: tuple[str, ...]) -> Issue:
        """Say what a page of the person's methods tells their browser; nothing unless it has a `page`."""
        return Issue()


class Passwordless(PublicKey):
    """May replace the username and the password as well, where the policy says so.

    One installed method at most has this capability, since the first page of a sign-in makes one offer.
    """


class Resynchronised(Method):
    """Runs out of step, as a token does whose button was pressed in a pocket. Two codes in a row set it right."""

    if_refused: Any  # what a person types where a right code is refused

    def resynchronise(self, ask: Ask, first: str, second: str) -> Check:
        """Judge two codes in a row that support was told; what is learned is kept."""
        raise NotImplementedError


# What the engine has one place for. A system check refuses a second method that has one of them.
SLOTS: tuple[type[Method], ...] = (Stocked, Temporary, Passwordless)
