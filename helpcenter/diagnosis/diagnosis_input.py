"""What a diagnosis looks at: the user's decision, methods and newest message, and how old an event may be."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from helpcenter import contacts
from verification import challenges, enrolments, method_registry, policies
from verification.context import Context
from verification.enrolments import Option
from verification.models import ChallengeState, Channel, FailureReason, Message, MessageState
from verification.policies import Decision, SignInStep

MAX_EVENT_AGE = timedelta(hours=1)


# If a message fails for one of these reasons, a call to the same number does not arrive either.
_NUMBER_IS_DEAD = {FailureReason.UNREACHABLE, FailureReason.INVALID_NUMBER, FailureReason.COUNTRY_NOT_ALLOWED}


@dataclass(frozen=True, kw_only=True)
class DiagnosisInput:
    """The input of a diagnosis. `is_half`: before the second step; then `message` is the challenge's.

    `options` are the user's methods, also where the decision needs none of them.
    """

    user: User
    context: Context
    decision: Decision
    options: tuple[Option, ...]
    message: Message | None
    is_half: bool

    @property
    def is_refused(self) -> bool:
        """Return whether the user can't sign in now with any method. The finding of `refused` then comes first."""
        return self.decision.step is SignInStep.DENY

    @property
    def others(self) -> list[Option]:
        """The methods that work now, apart from the one that the newest message was sent by.

        A call to the same number counts as another method, unless the number itself cannot be reached.
        """
        if self.is_refused:
            return []
        return [option for option in self.options if works(option) and not self._is_of_message(option)]

    def _is_of_message(self, option: Option) -> bool:
        if self.message is None or option.enrolment.hint != self.message.hint:
            return False
        return kind(option) == self.message.kind or self.message.reason in _NUMBER_IS_DEAD

    @cached_property
    def support(self) -> str:
        """The name of the support desk that helps this user."""
        return contacts.desk_of(self.user).name or _("your support desk")

    def or_support(self, does: str, without: str) -> str:
        """Return what to do if there is another method, or else how support helps. `without` takes `support`."""
        return does if self.others else without % {"support": self.support}


def works(option: Option) -> bool:
    """Return whether a method can be used right away."""
    return not option.is_locked and not option.unavailable_reason and option.retry_at is None


def kind(option: Option) -> str:
    """Return the kind of message that a method sends; empty if it sends none."""
    return method_registry.method(option.method).kind


def is_phone(option: Option) -> bool:
    """Return whether a method sends texts or calls."""
    return kind(option) in {Channel.TEXT, Channel.CALL}


def collect(user: User, context: Context, *, is_half: bool, binding: str = "") -> DiagnosisInput:
    """Collect what a diagnosis looks at. If half signed in, only messages of the sign-in `binding` count."""
    sent = Message.objects.select_related("challenge").filter(user=user, kind__in=[Channel.TEXT, Channel.CALL])
    if is_half:
        is_open = Q(challenge__state=ChallengeState.OPEN, challenge__expires_at__gt=context.now)
        never_sent = Q(state__in=[MessageState.QUEUED, MessageState.EXPIRED]) & ~is_open
        sent = sent.filter(challenge__in=challenges.of_binding(user, binding)).exclude(never_sent)
    decision = policies.decide(user, Context(now=context.now))
    return DiagnosisInput(
        user=user,
        context=context,
        decision=decision,
        options=decision.options or _options(user, decision, context),
        message=sent.order_by("-created_at").first(),
        is_half=is_half,
    )


def _options(user: User, decision: policies.Decision, context: Context) -> tuple[Option, ...]:
    """Return the user's methods that the policy allows; if it allows none of them, all that they set up."""
    mine, rules = enrolments.confirmed(user.pk), decision.rules
    read = partial(enrolments.options, mine, now=context.now, voice_countries=rules.voice_countries)
    return enrolments.choices(read(rules.methods) or read(tuple(method_registry.methods())))
