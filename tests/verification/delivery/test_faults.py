"""Real workers between two carriers of which one fails in every way: nothing is lost, nobody gets two codes."""

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone

from mfasite.demo import child_processes
from mfasite.demo.child_processes import Crew
from tests.simulated.fake_carrier import ACCOUNT, KEY, TOKEN, CarrierResponse, FakeCarrier, opened
from tests.verification.conftest import EngineUser, equip, for_workers
from tests.verification.delivery.conftest import fill
from verification.context import Context
from verification.delivery import conf, unsent_message_sweeper, worker_wake_ups
from verification.models import Attempt, AttemptResult, Channel, Circuit, Message, MessageState

MESSAGES, THREADS = 300, 8
FAULTS = (
    CarrierResponse(status=500),
    CarrierResponse(status=503),
    CarrierResponse(status=429, code=20429),
    CarrierResponse(hangs_up=True),
    CarrierResponse(body=b"garbage"),
    CarrierResponse(seconds=0.5),
)

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def carriers() -> Iterator[tuple[FakeCarrier, FakeCarrier]]:
    """Return Twilio, which fails three times in ten, and a gateway that is well."""
    chance = random.Random(20260302)  # noqa: S311  (spreads the faults, protects nothing)
    with opened() as twilio, opened() as gateway:
        twilio.mood = lambda _: chance.choice(FAULTS) if chance.random() < 0.3 else CarrierResponse()
        yield twilio, gateway


@pytest.fixture
def crew(
    transactional_db: None, broker: str, broker_url: str, tmp_path: Path, carriers: tuple[FakeCarrier, FakeCarrier]
) -> Iterator[Crew]:
    """Return a crew whose workers share this test's database and queues, and know both carriers."""
    environment = for_workers(
        tmp_path,
        broker=broker,
        url=broker_url,
        DELIVERY_PROVIDERS="twilio,gateway",
        DELIVERY_CIRCUIT_SECONDS="1",
        TWILIO_ACCOUNT_SID=ACCOUNT,
        TWILIO_AUTH_TOKENS=TOKEN,
        TWILIO_SENDERS="*=+15005550006",
        TWILIO_BASE_URL=carriers[0].url,
        GATEWAY_URL=f"{carriers[1].url}/send",
        GATEWAY_RECEIPT_KEYS=KEY,
    )
    with child_processes.crew(tmp_path, environment) as crew:
        yield crew


def _handed(carriers: tuple[FakeCarrier, FakeCarrier]) -> dict[str, list[tuple[str, CarrierResponse, str]]]:
    """Return what each carrier was handed of each message: its name, its answer, the words."""
    found = defaultdict(list)
    for request in carriers[0].requests:
        handle = request["fields"]["StatusCallback"][0].rstrip("/").rsplit("/", 1)[1]
        found[handle].append(("twilio", request["answer"], request["fields"]["Body"][0]))
    for request in carriers[1].requests:
        found[request["fields"]["id"]].append(("gateway", request["answer"], request["fields"]["text"]))
    return found


def test_faults_of_one_carrier_lose_and_double_nothing(crew: Crew, carriers: tuple[FakeCarrier, FakeCarrier]) -> None:
    """Seen failing (a message went on though it might have gone out) with a lost answer treated as a refusal."""
    user = get_user_model().objects.create_user(username="ana", password="not used here")
    engine_user = equip(EngineUser(user, Context(now=timezone.now(), network="192.0.2.7")))
    for pk in fill(engine_user, MESSAGES, dead=0):
        worker_wake_ups.publish(pk, Channel.TEXT)

    crew.start("worker", child_processes.worker(threads=THREADS))
    crew.wait("The worker", lambda: not Message.objects.filter(state__in=_MOVING).exists(), seconds=90)
    crew.stop("worker")
    connection.close()

    handed = _handed(carriers)
    states = dict(Message.objects.values_list("handle", "state"))
    assert len(states) == MESSAGES
    assert set(states) == set(handed)
    for handle, tries in handed.items():
        assert len({words for _, _, words in tries}) == 1
        assert all(answer.status == 429 for _, answer, _ in tries[:-1]), "it went on though it might have gone out"
        assert states[handle] == (MessageState.UNKNOWN if _is_doubtful(tries[-1][1]) else MessageState.ACCEPTED)
    assert (
        Attempt.objects.filter(result=AttemptResult.LOST).count()
        == list(states.values()).count(MessageState.UNKNOWN)
        > 0
    )
    assert Circuit.objects.filter(provider="twilio").exists()
    unsent_message_sweeper.settle_leases(timezone.now() + conf.lost_after())
    assert set(Message.objects.values_list("state", flat=True)) == {MessageState.ACCEPTED, MessageState.LOST}


_MOVING = (MessageState.QUEUED, MessageState.SENDING)


def _is_doubtful(answer: CarrierResponse) -> bool:
    return answer.status >= 500 or answer.hangs_up or bool(answer.body)
