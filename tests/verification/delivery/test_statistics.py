"""What operators see, asked of the real broker."""

from celery import current_app

from verification.delivery import statistics


def test_depth_of_each_queue_is_told(broker: str) -> None:
    before = {queue.name: queue.depth for queue in statistics.queues()}

    for _ in range(3):
        current_app.send_task("verification.tasks.housekeeping", queue="housekeeping")

    after = {queue.name: queue.depth for queue in statistics.queues()}
    assert before == {"texts": 0, "calls": 0, "housekeeping": 0}
    assert after == {"texts": 0, "calls": 0, "housekeeping": 3}
    assert statistics.workers(seconds=0.1) == 0


def test_broker_that_is_away_is_unknown_and_no_error() -> None:
    assert {queue.depth for queue in statistics.queues()} == {None}
    assert statistics.workers(seconds=0.1) is None
