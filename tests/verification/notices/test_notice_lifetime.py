"""Notices are worth sending for two days, unless their sender says otherwise."""

from datetime import timedelta

import pytest

from tests.verification.conftest import EngineUser
from verification import notices
from verification.models import Message


@pytest.mark.parametrize(("said", "life"), [(None, timedelta(days=2)), (timedelta(minutes=20), timedelta(minutes=20))])
def test_lasts_two_days_or_as_long_as_its_sender_says(
    engine_user: EngineUser, said: timedelta | None, life: timedelta
) -> None:
    now = engine_user.context.now

    notices.notify(engine_user.user, "method_added", now=now, until=now + said if said else None, label="Passkey")

    assert Message.objects.get().useful_until == now + life
