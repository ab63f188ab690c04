"""The chain names every event that was changed, removed, put in or reordered."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from tests.verification.audit.conftest import events, faults, write
from tests.verification.conftest import EngineUser
from verification import audit
from verification.audit import Problem, sealing, verifying
from verification.audit.verification_audit_events import PERSON_ERASED
from verification.models import AuditSeal


def test_untouched_record_holds(sealed_log: EngineUser) -> None:
    assert faults() == []


def test_holds_before_it_is_sealed(engine_user: EngineUser) -> None:
    write(engine_user, "a.done")

    assert faults() == []


def test_seals_each_event_once(sealed_log: EngineUser) -> None:
    assert audit.seal(sealed_log.context.now) == 0
    assert [len(seal.events) for seal in AuditSeal.objects.order_by("number")] == [3, 3]


def test_reads_no_more_of_a_long_backlog_than_a_seal_can_cover(
    sealed_log: EngineUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing: after an hour without a worker, each seal of 2,000 events read the ids of all that waited."""
    monkeypatch.setattr(sealing, "_BATCH", 2)
    write(sealed_log, "g.done", "h.done", "i.done")

    with CaptureQueriesContext(connection) as asked:
        assert audit.seal(sealed_log.context.now) == 2

    reads = [each["sql"] for each in asked if 'FROM "verification_auditevent"' in each["sql"]]
    assert all("LIMIT" in sql or " IN (" in sql for sql in reads)
    assert audit.seal(sealed_log.context.now) == 1
    assert faults() == []


def test_takes_up_an_event_that_was_committed_late(sealed_log: EngineUser, without_triggers: None) -> None:
    """A slow transaction shows its row, with a lower id, after a faster one was sealed."""
    write(sealed_log, "fast.done")
    events(kind="fast.done").update(id=F("id") + 100)
    audit.seal(sealed_log.context.now)
    write(sealed_log, "slow.done")
    audit.seal(sealed_log.context.now)

    assert events(kind="slow.done").get().pk in AuditSeal.objects.get(number=4).events
    assert faults() == []


def test_sealing_goes_on_while_it_verifies(sealed_log: EngineUser, without_triggers: None) -> None:
    """An event that was committed late counted as put in, if five minutes of seals followed. Seen failing."""
    write(sealed_log, "fast.done")
    events(kind="fast.done").update(id=F("id") + 100)
    audit.seal(sealed_log.context.now)
    write(sealed_log, "slow.done")
    events(kind="slow.done").update(id=events(kind="fast.done").get().pk - 1)
    events(kind="a.done").update(agent="another")  # so that the walk stops in between
    walk = audit.verify()
    assert next(walk).problem == Problem.EVENT_CHANGED

    for n in range(70):
        write(sealed_log, f"later{n}.done")
        audit.seal(sealed_log.context.now)

    assert [fault.problem for fault in walk] == []


def test_second_sealer_yields(engine_user: EngineUser, monkeypatch: pytest.MonkeyPatch) -> None:
    write(engine_user, "a.done")
    number = 1
    AuditSeal.objects.create(
        number=number, sealed_at=engine_user.context.now, packed=b"", upto=0, key_id="t1", digest="theirs"
    )
    monkeypatch.setattr(AuditSeal.objects, "order_by", lambda *_: AuditSeal.objects.none())

    assert audit.seal(engine_user.context.now) == 0


def change_event(**fields: Any) -> Callable[[], None]:
    return lambda: events(kind="b.done").update(**fields) and None


def remove() -> None:
    events(kind="b.done").delete()


def put_in() -> None:
    forged = events(kind="b.done").get()
    forged.pk, forged.ref, forged.kind = None, "f" * 32, "x.done"
    forged.save(force_insert=True)


def copy_in() -> None:
    copied = events(kind="b.done").get()
    copied.pk, copied.ref = None, "f" * 32
    copied.save(force_insert=True)


def copy_whole() -> None:
    copied = events(kind="b.done").get()
    copied.pk = None
    copied.save(force_insert=True)


def swap_words() -> None:
    one, other = events(kind="b.done").get(), events(kind="c.done").get()
    events(pk=one.pk).update(kind=other.kind, digest=other.digest)
    events(pk=other.pk).update(kind=one.kind, digest=one.digest)


def swap_ids(first: str, second: str) -> Callable[[], None]:
    def swap() -> None:
        one, other = events(kind=first).get(), events(kind=second).get()
        events(pk=one.pk).update(id=-1)
        events(pk=other.pk).update(id=one.pk)
        events(pk=-1).update(id=other.pk)

    return swap


def reorder_seal() -> None:
    seal = AuditSeal.objects.get(number=1)
    AuditSeal.objects.filter(number=1).update(packed=seal.pack(seal.events[::-1]))


def drop_from_seal() -> None:
    seal = AuditSeal.objects.get(number=1)
    first, second, third = seal.events
    events(pk=second).delete()
    AuditSeal.objects.filter(number=1).update(packed=seal.pack([first, third]))


def remove_first_seal() -> None:
    AuditSeal.objects.filter(number=1).delete()


def renumber_seals() -> None:
    remove_first_seal()
    AuditSeal.objects.update(number=F("number") - 1, previous="")


TAMPERINGS: dict[str, tuple[Callable[[], None], Problem]] = {
    "another kind": (change_event(kind="y.done"), Problem.EVENT_CHANGED),
    "another person": (change_event(user_id=999_999), Problem.EVENT_CHANGED),
    "another actor": (change_event(actor_id=999_999), Problem.EVENT_CHANGED),
    "another detail": (change_event(detail={"method": "call", "n_failures": 2}), Problem.EVENT_CHANGED),
    "another place": (change_event(network="198.51.100.1"), Problem.EVENT_CHANGED),
    "another program": (change_event(agent="another"), Problem.EVENT_CHANGED),
    "another digest": (change_event(digest="0" * 64), Problem.EVENT_CHANGED),
    "a removed event": (remove, Problem.EVENT_REMOVED),
    "a forged event": (put_in, Problem.EVENT_FORGED),
    "a copied event": (copy_in, Problem.EVENT_FORGED),
    "an event copied with its reference": (copy_whole, Problem.EVENT_COPIED),
    "words of two events swapped": (swap_words, Problem.EVENT_CHANGED),
    "two events of one seal in another order": (swap_ids("a.done", "b.done"), Problem.SEAL_CHANGED),
    "two events of different seals in another order": (swap_ids("a.done", "e.done"), Problem.SEAL_CHANGED),
    "a seal in another order": (reorder_seal, Problem.SEAL_CHANGED),
    "an event removed together with its place in the seal": (drop_from_seal, Problem.SEAL_CHANGED),
    "a removed seal": (remove_first_seal, Problem.SEAL_MISSING),
    "seals renumbered": (renumber_seals, Problem.SEAL_CHANGED),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_names_what_was_tampered_with(sealed_log: EngineUser, without_triggers: None, tampering: str) -> None:
    action, problem = TAMPERINGS[tampering]

    action()

    assert faults()[0] == problem


def test_names_an_event_put_in_before_any_seal(engine_user: EngineUser) -> None:
    write(engine_user, "b.done")
    put_in()

    assert faults() == [Problem.EVENT_FORGED]


def test_removed_event_makes_no_other_one_look_bad(sealed_log: EngineUser, without_triggers: None) -> None:
    """Looking for what a seal has not covered began again at the first event (seen)."""
    for kind in ("g.done", "h.done", "i.done", "j.done"):
        write(sealed_log, kind)
        audit.seal(sealed_log.context.now)
    oldest = AuditSeal.objects.order_by("-number")[2]
    events(pk=oldest.events[0]).delete()
    write(sealed_log, "k.done")
    audit.seal(sealed_log.context.now)

    assert faults() == [Problem.EVENT_REMOVED]


def test_record_outlives_a_change_of_keys(sealed_log: EngineUser, settings: Any) -> None:
    settings.MFA_KEYS = (("t2", b"2" * 32), *settings.MFA_KEYS)
    write(sealed_log, "g.done")
    audit.seal(sealed_log.context.now)

    assert faults() == []


def test_command_says_that_the_record_holds(sealed_log: EngineUser, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_audit")

    assert "intact: 6 events, 2 seals" in capsys.readouterr().out


def test_command_names_the_first_bad_event(
    sealed_log: EngineUser, without_triggers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    ref = events(kind="b.done").get().ref
    change_event(kind="y.done")()

    with pytest.raises(CommandError):
        call_command("verify_audit")

    assert f"seal 1, event {ref}: {Problem.EVENT_CHANGED}" in capsys.readouterr().err


def erase(engine_user: EngineUser) -> int:
    n_words = audit.erase_words(engine_user.user.pk)
    audit.record(PERSON_ERASED, user_id=engine_user.user.pk, context=engine_user.context, actor_id=7, reason="asked to")
    return n_words


def test_erased_words_are_gone_and_the_chain_holds(log_with_reason: EngineUser) -> None:
    erase(log_with_reason)
    audit.seal(log_with_reason.context.now)

    assert events(kind="support.tried").get().said == {"ticket": "INC-1"}
    assert events(kind=PERSON_ERASED.kind).get().said == {"reason": "asked to"}
    assert faults() == []


def test_erasing_goes_on_while_it_verifies(
    log_with_reason: EngineUser, without_triggers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of someone who was erased after the walk began counted as tampered with. Seen failing."""
    monkeypatch.setattr(verifying, "_EVENTS_AT_ONCE", 1)  # so that the walk reads the next events later
    events(kind="a.done").update(agent="another")
    walk = audit.verify()
    assert next(walk).problem == Problem.EVENT_CHANGED

    erase(log_with_reason)

    assert [fault.problem for fault in walk] == []


WORDS_TAMPERINGS: dict[str, Callable[[EngineUser], object]] = {
    "removed without an erasure": lambda engine_user: audit.erase_words(engine_user.user.pk),
    "changed": lambda engine_user: events(kind="support.tried").update(words={"reason": "found it"}),
    "put in": lambda engine_user: events(kind="b.done").update(words={"reason": "found it"}),
    "removed of the erasure itself": lambda engine_user: [
        erase(engine_user),
        events(kind=PERSON_ERASED.kind).update(words={}),
    ],
    "removed behind a forged erasure": lambda engine_user: [
        audit.erase_words(engine_user.user.pk),
        events(kind="b.done").update(kind=PERSON_ERASED.kind),
    ],
}


@pytest.mark.parametrize("how", WORDS_TAMPERINGS)
def test_names_words_that_were_tampered_with(how: str, log_with_reason: EngineUser, without_triggers: None) -> None:
    """Seen failing with the words left out of the check."""
    WORDS_TAMPERINGS[how](log_with_reason)

    assert Problem.WORDS_CHANGED in faults()


def newest(n: int) -> list[Problem]:
    return [fault.problem for fault in audit.verify_newest(n)]


def test_end_of_the_chain_is_checked_alone(sealed_log: EngineUser, without_triggers: None) -> None:
    """What is older than the newest events is taken as it is."""
    events(kind="b.done").update(kind="x.done")

    assert newest(3) == []
    assert newest(4) == [Problem.EVENT_CHANGED]


@pytest.mark.parametrize("kind", ["d.done", "f.done"])
def test_fault_at_the_end_is_named(sealed_log: EngineUser, without_triggers: None, kind: str) -> None:
    events(kind=kind).update(user_id=999_999)

    assert newest(1) == newest(3) == [Problem.EVENT_CHANGED]


def test_event_committed_late_is_no_fault_of_the_end(sealed_log: EngineUser, without_triggers: None) -> None:
    write(sealed_log, "fast.done")
    events(kind="fast.done").update(id=F("id") + 100)
    audit.seal(sealed_log.context.now)
    write(sealed_log, "slow.done")
    audit.seal(sealed_log.context.now)

    assert newest(1) == []
    events(kind="slow.done").delete()
    assert newest(1) == [Problem.EVENT_REMOVED]


def test_end_of_a_short_chain_is_all_of_it(sealed_log: EngineUser, without_triggers: None) -> None:
    events(kind="a.done").delete()

    assert newest(100) == faults() == [Problem.EVENT_REMOVED]
