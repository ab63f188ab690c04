"""Tests of imports of people and tokens: dry runs, changes, and the result of each row."""

import contextlib
import resource
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Import, User
from accounts.support.imports import jobs, reading_files_into_rows
from accounts.support.imports import people_rows as rows
from tests.accounts.support.imports.import_jobs import SECRET, TOKENS, counts, import_file
from tests.infrastructure.rounds import rounds
from tests.simulated.people import Clock, Person, join
from verification.context import Context
from verification.db import resumable_jobs
from verification.delivery import rendering
from verification.models import AuditEvent, Message, Policy

HEAD = "user name,name,mail,groups,state\n"


@pytest.mark.usefixtures("no_check")
def test_people_are_made_changed_and_left_alone(root: Person, context: Context) -> None:
    Group.objects.create(name="Finance")
    join("ana")
    text = f"{HEAD}ana,Ana Keller,ana@example.org,Finance,enforced\nNEW,New One,new@example.org,,\n"

    job = import_file("people", text, root.user, context)

    assert counts(job) == (1, 1, 0, 0)
    new = User.objects.get(username="new")
    assert (new.second_step, new.has_usable_password()) == ("enabled", False)
    assert User.objects.get(username="ana").groups.get().name == "Finance"
    assert counts(import_file("people", text, root.user, context)) == (0, 0, 2, 0)


def notices_of(event: str = "support.state_set") -> list[Message]:
    return list(Message.objects.filter(context__event=event).order_by("pk"))


@pytest.mark.usefixtures("no_check")
def test_each_person_has_an_event_of_what_a_file_changed(root: Person, context: Context) -> None:
    """Seen failing: only the import as a whole had one, so the history of a person didn't show it."""
    Group.objects.create(name="Finance")
    ana, ben = join("ana"), join("ben")
    same = f"ben,{ben.user.name},{ben.user.email},,{ben.user.second_step}\n"

    job = import_file(
        "people", f"{HEAD}ana,Ana,keller@example.org,Finance,enforced\nnew,,,,\n{same}", root.user, context
    )

    added, changed = AuditEvent.objects.filter(kind__startswith="import.").order_by("pk")
    assert (added.kind, added.user_id) == ("import.person_added", User.objects.get(username="new").pk)
    assert (changed.kind, changed.user_id, changed.actor_id) == ("import.person_changed", ana.user.pk, root.user.pk)
    assert changed.detail == {
        "changed": "email, groups, state",
        "changes": {"state": ["enabled", "enforced"], "groups": ["", "Finance"]},
    }
    assert (changed.agent, changed.network) == (f"import {job.ref}", context.network)


@pytest.mark.usefixtures("no_check")
def test_only_who_has_another_second_step_is_told(root: Person, context: Context) -> None:
    """Seen failing: the same change on their page sends an email."""
    ana = join("ana")
    join("ben")

    import_file(
        "people", f"{HEAD}ana,Ana,ana@example.org,,disabled\nben,Benjamin,ben@example.org,,\n", root.user, context
    )

    (notice,) = notices_of()
    assert (notice.user_id, notice.address) == (ana.user.pk, "ana@example.org")
    assert notice.context["staff"] == root.user.get_full_name()
    assert "“disabled”" in rendering.compose(notice).words


def test_who_is_told_is_texted_where_policy_says_so(root: Person, context: Context) -> None:
    Policy.objects.create(text_notices=True, caller_check=False)
    Policy.objects.create(text_notices=False, group=Group.objects.create(name="Quiet"))
    for name, number in (("ana", "+41795550111"), ("ben", "+41795550112")):
        join(name, number=number).set_up("text")

    import_file(
        "people",
        f"{HEAD}ana,Ana,ana@example.org,,enforced\nben,Ben,ben@example.org,Quiet,enforced\n",
        root.user,
        context,
    )

    assert [(notice.user.username, notice.kind) for notice in notices_of() if notice.user] == [
        ("ana", "mail"),
        ("ana", "text"),
        ("ben", "mail"),
    ]


@pytest.mark.usefixtures("no_check")
def test_dry_run_leaves_no_event_of_a_person_and_tells_nobody(root: Person, context: Context) -> None:
    join("ana")

    job = import_file(
        "people", f"{HEAD}ana,Ana,ana@example.org,,enforced\nnew,,,,\n", root.user, context, is_dry_run=True
    )

    assert (job.n_new, job.n_changed) == (1, 1)
    assert not AuditEvent.objects.filter(kind__startswith="import.").exists()
    assert notices_of() == []


@pytest.mark.usefixtures("no_check")
def test_many_changes_take_no_more_reads_than_few(root: Person, context: Context) -> None:
    def n_reads(people: range, state: str) -> int:
        text = HEAD + "".join(f"p{n},,p{n}@example.org,,{state}\n" for n in people)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            import_file("people", text, root.user, context)
        return sum(query["sql"].startswith(("SELECT", "UPDATE")) for query in seen)

    n_reads(range(60), "enabled")
    few = n_reads(range(5), "enforced")

    assert n_reads(range(5, 60), "enforced") == few
    assert len(notices_of()) == 60


def test_no_import_gives_a_role(root: Person, context: Context) -> None:
    """Seen: a row put its person among the administrators, without the right to give roles."""
    job = import_file("people", f"{HEAD}new,,,Administrators,\n", root.user, context)

    assert [(line, "Administrators" in words) for line, words in job.faults] == [(2, True)]
    assert not User.objects.filter(username="new").exists()


def test_dry_run_changes_nothing_and_is_applied_as_it_was(root: Person, context: Context) -> None:
    job = import_file("people", f"{HEAD}new,,,,\n", root.user, context, is_dry_run=True)

    assert counts(job) == (1, 0, 0, 0)
    assert not User.objects.filter(username="new").exists()
    applied = jobs.apply(job, root.user, context)
    jobs.work(context.now)
    assert User.objects.filter(username="new").exists()
    assert applied is not None
    job.refresh_from_db()
    assert jobs.apply(job, root.user, context) is None


def test_dry_run_is_not_applied_before_its_end(root: Person, context: Context) -> None:
    """Seen failing: its rows were taken away, and it ended as a file that no key opens, which operators were told."""
    job = jobs.begin("people", f"{HEAD}new,,,,\n", root.user, context, name="file.csv", is_dry_run=True)

    assert jobs.apply(job, root.user, context) is None
    jobs.work(context.now)

    job.refresh_from_db()
    assert (job.state, counts(job)) == (Import.State.DONE, (1, 0, 0, 0))
    assert jobs.apply(job, root.user, context) is not None


def test_dry_run_that_was_just_deleted_is_not_applied(root: Person, context: Context) -> None:
    """Seen failing: it raised."""
    job = import_file("people", f"{HEAD}new,,,,\n", root.user, context, is_dry_run=True)
    Import.objects.filter(pk=job.pk).delete()

    assert jobs.apply(job, root.user, context) is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("two words,,,,", "without spaces"),
        (",Nobody,,,", "1 to 150 characters"),
        ("a,,not mail,,", "isn’t an email address"),
        ("a,,,Unknown,", "no group Unknown"),
        ("a,,,,sometimes", "Enter one of these as the state"),
        ("root,,,,", "is staff"),
        ("b,,,,", "appears twice in the file"),
    ],
)
def test_bad_row_is_named_with_its_reason(row: str, words: str, root: Person, context: Context) -> None:
    job = import_file("people", f"{HEAD}b,,,,\n{row}\nc,,,,\n", root.user, context)

    assert job.n_new == 2
    ((line, reason),) = job.faults
    assert line == 3
    assert words in reason


@pytest.mark.parametrize("head", ["", "username,name\n", "user name;name;mail;groups\n"])
def test_file_with_another_head_is_not_taken(head: str, root: Person, context: Context) -> None:
    with pytest.raises(reading_files_into_rows.UnreadableFile, match="username,name,email,groups,state"):
        jobs.begin("people", f"{head}a,b\n", root.user, context, name="x", is_dry_run=True)


def test_stopped_import_goes_on_where_it_was(root: Person, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "".join(f"p{n},,,,\n" for n in range(1_200))
    job = jobs.begin("people", text, root.user, context, name="x", is_dry_run=False)
    whole, calls = rows.apply, list[int]()

    def stop(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(*args, **kwargs)

    monkeypatch.setattr(rows, "apply", stop)
    with pytest.raises(KeyboardInterrupt):
        jobs.work(context.now)
    monkeypatch.undo()
    assert User.objects.filter(username__startswith="p").count() == 500

    jobs.work(timezone.now() + timedelta(minutes=3))

    job.refresh_from_db()
    assert counts(job) == (1_200, 0, 0, 0)
    assert User.objects.filter(username__startswith="p").count() == 1_200


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_file_bring_it_in_once(clock: Clock) -> None:
    """Each takes a step only if nobody else took it. Seen failing with the guard on `n_done` taken out."""
    with transaction.atomic():
        staff = join("root", is_staff=True, is_superuser=True).user
    context = Context(now=timezone.now())
    text = HEAD + "".join(f"p{n},,,,\n" for n in range(1_800))
    job = jobs.begin("people", text, staff, context, name="x", is_dry_run=False)
    wrong = list[BaseException]()

    def work() -> None:
        try:
            with contextlib.suppress(resumable_jobs.Taken):
                jobs._run(Import.objects.get(pk=job.pk))
        except DatabaseError as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    job.refresh_from_db()
    assert wrong == []
    assert counts(job) == (1_800, 0, 0, 0)
    assert AuditEvent.objects.filter(kind="people.imported").count() == 4


@pytest.mark.django_db(transaction=True)
def test_dry_run_applied_many_times_at_once_is_applied_once(clock: Clock) -> None:
    """Two clicks, or two members of staff. Seen failing when rows were removed without checking that they exist."""
    with transaction.atomic():
        staff = join("root", is_staff=True, is_superuser=True).user
    context = Context(now=clock.now)
    tried = import_file("people", f"{HEAD}new,,,,\n", staff, context, is_dry_run=True)
    start, applied = threading.Barrier(8), list[object]()

    def apply() -> None:
        try:
            mine = Import.objects.get(pk=tried.pk)
            start.wait()
            applied.append(jobs.apply(mine, staff, context, reason="once"))
        except DatabaseError as error:
            applied.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=apply) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [type(each) for each in applied if each is not None] == [Import]
    assert Import.objects.filter(is_dry_run=False).count() == 1
    assert AuditEvent.objects.filter(kind="people.import_begun").count() == 1
    jobs.work(context.now)
    assert AuditEvent.objects.filter(kind="people.imported").count() == 1
    assert User.objects.filter(username="new").count() == 1


@pytest.mark.slow
def test_long_files_come_in_whole_with_every_bad_row_named(root: Person, context: Context) -> None:
    n_people, n_tokens = rounds(600, 20_000), rounds(200, 1_500)
    lines = [f"p{n},Person {n},p{n}@example.org,," if n % 100 else f"bad name {n},,,," for n in range(n_people)]
    text = HEAD + "\n".join(lines)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    job = import_file("people", text, root.user, context)

    n_bad = n_people // 100
    assert counts(job) == (n_people - n_bad, 0, 0, n_bad)
    assert [line for line, _reason in job.faults] == [n + 2 for n in range(n_people) if n % 100 == 0]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kilobytes
    assert counts(import_file("people", text, root.user, context)) == (0, 0, n_people - n_bad, n_bad)
    tokens_text = TOKENS + "\n".join(
        f"p{n + 1},S{n},{SECRET if n % 100 else 'bad'},30,Acme,One" for n in range(n_tokens) if (n + 1) % 100
    )
    job = import_file("tokens", tokens_text, root.user, context)
    n_bad = n_tokens // 100
    assert (job.n_new, len(job.faults)) == (n_tokens - 2 * n_bad, n_bad)
    assert counts(import_file("tokens", tokens_text, root.user, context)) == (0, 0, n_tokens - 2 * n_bad, n_bad)
