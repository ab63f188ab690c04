"""A session has one live challenge, whatever its requests do at the same time: the database decides by the number."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from pytest_django import Settings

from tests.infrastructure.concurrency import together
from tests.infrastructure.rounds import race_rounds, rounds
from tests.verification.conftest import EngineUser, equip
from verification import challenges
from verification.challenges import loading_and_session_binding
from verification.context import Context
from verification.models import Challenge, ChallengeState, Message
from verification.models.challenges import ALIVE
from verification.outcomes import Outcome, Verdict

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def racer(transactional_db: None, settings: Settings) -> EngineUser:
    settings.SENDS_PER_PERSON_HOUR = settings.SENDS_PER_NUMBER_HOUR = settings.SENDS_PER_NUMBER_DAY = 10_000
    settings.SENDS_PER_NETWORK_HOUR = 10_000
    user = get_user_model().objects.create_user(username="ana", email="ana@example.org", password="not used here")
    return equip(EngineUser(user, Context(now=timezone.now(), network="192.0.2.7")))


def _chosen_again(engine_user: EngineUser, binding: str) -> tuple[EngineUser, list[Callable[[], Outcome]]]:
    """Go back to the option of before, and choose a third one."""
    first = engine_user.start("text", binding=binding)
    second = engine_user.start("totp", binding=binding, replaces=first.handle)
    return engine_user, [
        lambda: engine_user.start("text", binding=binding, replaces=second.handle),
        lambda: engine_user.start("call", binding=binding, replaces=second.handle),
    ]


def _chosen_again_after_an_end(engine_user: EngineUser, binding: str) -> tuple[EngineUser, list[Callable[[], Outcome]]]:
    """Do the same after too many incorrect answers, so that there is no live one whose row they wait for."""
    _, steps = _chosen_again(engine_user, binding)
    Challenge.objects.filter(binding=loading_and_session_binding.bind(binding), enrolment__method="totp").update(
        state=ChallengeState.ENDED
    )
    return engine_user, steps


def _woken(engine_user: EngineUser, binding: str) -> tuple[EngineUser, list[Callable[[], Outcome]]]:
    """Send the code of a challenge that is over again, and choose another option."""
    first = engine_user.start("text", binding=binding)
    late = engine_user.later(minutes=6)
    return late, [
        lambda: late.resend(first, binding=binding),
        lambda: late.start("totp", binding=binding, replaces=first.handle),
    ]


def _approve(engine_user: EngineUser, call: Outcome, binding: str) -> Outcome:
    """Press the digits that the page shows, and continue."""
    shown = challenges.show(call.handle, binding=binding, now=engine_user.context.now)
    message = Message.objects.filter(challenge__handle=call.handle).earliest("pk")
    assert shown is not None
    challenges.keyed(message.handle, f"{shown.match_code}#", now=engine_user.context.now)
    return engine_user.collect(call, binding=binding)


def _approved(engine_user: EngineUser, binding: str) -> tuple[EngineUser, list[Callable[[], Outcome]]]:
    """Approve a call, and choose another option."""
    call = engine_user.start("call", binding=binding)
    return engine_user, [
        lambda: _approve(engine_user, call, binding),
        lambda: engine_user.start("totp", binding=binding, replaces=call.handle),
    ]


def _begun_twice(engine_user: EngineUser, binding: str) -> tuple[EngineUser, list[Callable[[], Outcome]]]:
    return engine_user, [
        lambda: engine_user.start("totp", binding=binding),
        lambda: engine_user.start("text", binding=binding),
    ]


SHOWN = race_rounds(10, shown=25, of=25)
BEHIND_OTHERS = rounds(10, 60)


@pytest.mark.parametrize(
    ("prepare", "n_rounds"),
    [
        (_chosen_again, SHOWN),
        (_chosen_again_after_an_end, SHOWN),
        (_woken, BEHIND_OTHERS),
        (_begun_twice, SHOWN),
        (_approved, BEHIND_OTHERS),
    ],
)
def test_one_is_live_after_two_requests(
    racer: EngineUser,
    prepare: Callable[[EngineUser, str], tuple[EngineUser, list[Callable[[], Outcome]]]],
    n_rounds: int,
) -> None:
    """Seen failing on PostgreSQL with numbers that pay no attention to a live one."""
    for turn in range(n_rounds):
        engine_user, steps = prepare(racer.later(hours=turn), f"session {turn}")

        outcomes = together(*steps)

        mine = Challenge.objects.filter(binding=loading_and_session_binding.bind(f"session {turn}"))
        live = mine.filter(state__in=ALIVE, expires_at__gt=engine_user.context.now)
        handles = set(live.values_list("handle", flat=True))
        assert len(handles) == 1
        for outcome in outcomes:
            assert isinstance(outcome, Outcome)
            if outcome.issued:
                assert mine.filter(handle=outcome.handle).exists()
            else:
                assert outcome.verdict in {Verdict.REPLACED, Verdict.TOO_SOON, Verdict.GONE, Verdict.PROVEN}


def test_call_is_approved_or_made_again(racer: EngineUser) -> None:
    """Seen failing on PostgreSQL without the generation of the code in the guards of an answer."""
    found = set()
    for turn in range(race_rounds(10, shown=8, of=40)):
        engine_user, binding = racer.later(hours=turn), f"session {turn}"
        call = engine_user.start("call", binding=binding)
        late = engine_user.later(seconds=31)

        outcomes = together(partial(_approve, late, call, binding), partial(late.resend, call, binding=binding))

        approved, again = (outcome for outcome in outcomes if isinstance(outcome, Outcome))
        found.add((approved.verdict, again.verdict))
        assert Message.objects.filter(challenge__handle=call.handle).count() == 1 + again.issued
    assert found <= {(Verdict.PROVEN, Verdict.USED), (Verdict.PENDING, Verdict.ISSUED)}
