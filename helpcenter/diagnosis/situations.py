"""The situations that users choose from, and the diagnosis of each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpcenter.diagnosis.account_blocked_or_locked import refused
from helpcenter.diagnosis.app_passwords import app_password
from helpcenter.diagnosis.applications import asks_again, cannot_open
from helpcenter.diagnosis.asked_again_or_never import asked_again
from helpcenter.diagnosis.codes_not_requested import strange
from helpcenter.diagnosis.diagnosis_input import DiagnosisInput, is_phone, works
from helpcenter.diagnosis.findings_and_buttons import Finding
from helpcenter.diagnosis.incorrect_codes_and_locked_methods import code_incorrect
from helpcenter.diagnosis.lost_phone import lost_phone
from helpcenter.diagnosis.new_phone_number import new_number
from helpcenter.diagnosis.personal_details import details
from helpcenter.diagnosis.texts_and_calls_not_arriving import no_message
from verification.lazy_text import LazyText


@dataclass(frozen=True)
class Situation:
    """A problem that a user can choose. Shape: `slug` is the article for those whose account we cannot check."""

    key: str
    slug: str
    label: LazyText
    look: Callable[[DiagnosisInput], Iterator[Finding]]


def find(situation: Situation, seen: DiagnosisInput) -> list[Finding]:
    """Return the findings, most urgent first. There is always at least one."""
    found = [*refused(seen), *situation.look(seen)]
    return found or [_nothing(seen)]


@dataclass(frozen=True)
class TestMessage:
    """A test text or call that a user can send themselves, to see whether it arrives."""

    ref: str
    label: str


def test_messages(situation: Situation, seen: DiagnosisInput) -> list[TestMessage]:
    """Return a test for each method that sends texts or calls, to signed-in users whose question is about those."""
    if situation.key not in {"no-message", "new-number"} or seen.is_half or seen.is_refused:
        return []
    return [TestMessage(option.ref, option.label) for option in seen.options if is_phone(option) and works(option)]


def _nothing(seen: DiagnosisInput) -> Finding:
    does = _("Try again. If it still doesn’t work, contact %(support)s.") % {"support": seen.support}
    sees = _("We found no problem: no locks, no limits and no failed messages.")
    return Finding(name="nothing-wrong", kind="good", sees=sees, does=does, slug="still-stuck")


# A reference contains the place of its situation in this list: add new ones at the end.
SITUATIONS = {
    each.key: each
    for each in (
        Situation("no-message", "no-text", gettext_lazy("I’m not receiving a text or call"), no_message),
        Situation("code-refused", "code-refused", gettext_lazy("My code is incorrect"), code_incorrect),
        Situation("lost-phone", "lost-phone", gettext_lazy("I lost my phone"), lost_phone),
        Situation("new-number", "new-number", gettext_lazy("I have a new phone number"), new_number),
        Situation("app-password", "app-password-refused", gettext_lazy("My app password doesn’t work"), app_password),
        Situation("asked-again", "asked-again", gettext_lazy("I’m asked every time, or never asked"), asked_again),
        Situation("strange", "strange-sign-in", gettext_lazy("I got a code or call I didn’t request"), strange),
        Situation("application", "application-refused", gettext_lazy("I can’t open an application"), cannot_open),
        Situation(
            "application-asks",
            "application-asks-again",
            gettext_lazy("An application asks me to verify again"),
            asks_again,
        ),
        Situation("details", "my-details", gettext_lazy("I can’t change my name, email or phone number"), details),
    )
}
