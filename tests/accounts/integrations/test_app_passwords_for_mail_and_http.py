"""Tests of the HTTP Basic and nginx mail integrations: each service needs its key, and both give equal access."""

import re
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import app_passwords
from accounts.models import AppPassword, SecondStep, Service, Session, User
from tests.simulated import app_password_services
from tests.simulated.app_password_services import AppPasswordService
from tests.simulated.people import PASSWORD, Clock, Person

CHECK, CHECK_MAIL = "/integrations/basic/", "/integrations/basic/mail/"


def _basic(name: str, password: str) -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def _http(door: AppPasswordService, name: str, password: str, **headers: str) -> Any:
    given = {
        "X-Service-Key": door.key,
        "Authorization": _basic(name, password),
        "X-Real-IP": app_password_services.HOME,
    }
    return Client(enforce_csrf_checks=True).get(CHECK, headers=given | headers)


def _mail(door: AppPasswordService, name: str, password: str, **headers: str) -> Any:
    given = {
        "X-Service-Key": door.key,
        "Auth-Method": "plain",
        "Auth-Protocol": "imap",
        "Auth-User": quote(name),
        "Auth-Pass": quote(password),
        "Client-IP": app_password_services.HOME,
    }
    return Client(enforce_csrf_checks=True).get(CHECK_MAIL, headers=given | headers)


def _opens(answer: Any) -> bool:
    return bool(answer.status_code == 204 or answer.headers.get("Auth-Status") == "OK")


either = pytest.mark.parametrize("ask", [_http, _mail], ids=["http", "mail"])


# HTTP Basic ---------------------------------------------------------------------------------------------------------


def test_answers_204_and_whose_name_it_was(ana: Person, mail: AppPasswordService) -> None:
    answer = _http(mail, "ANA", app_password_services.make(ana.user))

    assert (answer.status_code, answer.headers["X-Auth-User"], answer.content) == (204, "ana", b"")


@pytest.mark.parametrize("name", ["Пошта", "ﬃ" * 30, 'a"b\\', "Zürich"])
def test_a_service_of_any_name_asks_for_a_password(ana: Person, name: str) -> None:
    """Django writes a header with other letters as one encoded word, in which no program finds the challenge."""
    mail = app_password_services.build("mail", program="mail")
    Service.objects.filter(pk=mail.service.pk).update(name=name)

    answer = _http(mail, "ana", PASSWORD)

    assert re.fullmatch(r'Basic realm="[^"\\]+", charset="UTF-8"', answer.headers["WWW-Authenticate"])


def test_answers_401_and_what_to_ask_for(ana: Person, mail: AppPasswordService) -> None:
    answer = _http(mail, "ana", PASSWORD)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Mail", charset="UTF-8"'


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !", "Basic YQ", "Basic /w==", "Basic é", "Bearer YTpi", _basic("", "a"), _basic("a\0na", "b")],
)
def test_asks_again_after_what_it_cannot_read(mail: AppPasswordService, header: str) -> None:
    assert _http(mail, "", "", Authorization=header).status_code == 401


def test_writes_a_name_in_ascii(ana: Person, mail: AppPasswordService) -> None:
    User.objects.filter(pk=ana.user.pk).update(username="łukasz 100%")

    answer = _http(mail, "łukasz 100%", app_password_services.make(ana.user))

    assert answer.headers["X-Auth-User"] == "%C5%82ukasz 100%25"


@pytest.mark.parametrize("name", ["łukasz 100%", "zoë (x)", "ana"])
def test_mail_takes_and_gives_the_bytes_of_a_name(ana: Person, mail: AppPasswordService, name: str) -> None:
    """As nginx 1.22 sends and uses them. Seen failing: the name was wrong, and the mail server got `zo%C3%AB`."""
    User.objects.filter(pk=ana.user.pk).update(username=name)
    sent = name.replace("%", "%25").replace(" ", "%20").encode().decode("latin-1")

    answer = _mail(mail, "", app_password_services.make(ana.user), **{"Auth-User": sent})

    assert answer.headers["Auth-Status"] == "OK"
    assert answer.headers["Auth-User"].encode("latin-1").decode() == name


def test_believes_the_service_about_the_address(ana: Person, mail: AppPasswordService) -> None:
    secret = app_password_services.make(ana.user, network="198.51.100.0/24")

    assert not _opens(_http(mail, "ana", secret))
    assert not _opens(_http(mail, "ana", secret, **{"X-Real-IP": "nonsense"}))
    assert _opens(_http(mail, "ana", secret, **{"X-Real-IP": "::ffff:198.51.100.4"}))
    assert AppPassword.objects.get().last_network == "198.51.100.4"


@either
@pytest.mark.parametrize("zone", ["eth0", "z" * 200])
def test_keeps_addresses_without_their_zone(ana: Person, mail: AppPasswordService, ask: Any, zone: str) -> None:
    secret, place = app_password_services.make(ana.user), f"fe80::1%{zone}"

    assert _opens(ask(mail, "ana", secret, **{"X-Real-IP": place, "Client-IP": place}))
    assert AppPassword.objects.get().last_network == "fe80::1"


@either
@pytest.mark.parametrize("name", ["ana\0", "a" * 5000, "ß" * 3000, "a" + "\u0301" * 31])
def test_names_that_cannot_be_are_wrong(mail: AppPasswordService, ask: Any, name: str) -> None:
    assert not _opens(ask(mail, name, PASSWORD))
    assert not _opens(ask(mail, "ana", f"{PASSWORD}\0"))


@pytest.mark.parametrize("name", ["Mail\r\nX-Evil: 1", "Пошта", 'Mail "home"'])
def test_names_the_service_in_one_line(mail: AppPasswordService, name: str) -> None:
    mail.service.name = name
    mail.service.save()

    answer = _http(mail, "", "")

    assert answer.status_code == 401
    assert "X-Evil" not in answer.headers


def test_keeps_the_protocol_that_the_service_names(ana: Person, mail: AppPasswordService) -> None:
    _http(mail, "ana", app_password_services.make(ana.user), **{"X-Protocol": "imap"})

    assert AppPassword.objects.get().last_protocol == "imap"


# nginx's mail proxy -------------------------------------------------------------------------------------------------


def test_sends_nginx_on_to_the_mail_server(ana: Person, mail: AppPasswordService) -> None:
    answer = _mail(mail, "ana", app_password_services.make(ana.user))

    told = {name: answer.headers[name] for name in ("Auth-Status", "Auth-User", "Auth-Server", "Auth-Port")}
    assert told == {"Auth-Status": "OK", "Auth-User": "ana", "Auth-Server": "127.0.0.1", "Auth-Port": "143"}


def test_refuses_in_words_and_makes_nginx_wait(ana: Person, mail: AppPasswordService) -> None:
    answer = _mail(mail, "ana", PASSWORD)

    assert answer.status_code == 200
    assert (answer.headers["Auth-Status"], answer.headers["Auth-Wait"]) == ("Invalid login or password", "3")
    assert "Auth-Server" not in answer.headers


def test_says_that_it_is_too_often(mail: AppPasswordService, clock: Clock) -> None:
    answers = [_mail(mail, f"name {n}", PASSWORD) for n in range(61)]

    assert answers[-1].headers["Auth-Status"] == "Too many attempts, try later"


def test_reads_names_and_passwords_as_nginx_writes_them(ana: Person, mail: AppPasswordService) -> None:
    User.objects.filter(pk=ana.user.pk).update(second_step=SecondStep.DISABLED)
    ana.user.set_password("blue % lamp\non +monday ü")
    ana.user.save(update_fields=["password"])

    assert _opens(_mail(mail, "ana", "blue % lamp\non +monday ü"))


@pytest.mark.parametrize(
    "headers",
    [{"Auth-Method": "cram-md5"}, {"Auth-Method": "none"}, {"Auth-User": ""}, {"Auth-User": "a%00na"}],
    ids=str,
)
def test_refuses_another_way_of_asking(ana: Person, mail: AppPasswordService, headers: dict[str, str]) -> None:
    assert not _opens(_mail(mail, "ana", app_password_services.make(ana.user), **headers))


def test_opens_nothing_without_a_server_to_go_to(ana: Person, strict: AppPasswordService) -> None:
    assert not _opens(_mail(strict, "ana", app_password_services.make(ana.user)))


# Either -------------------------------------------------------------------------------------------------------------


@either
def test_refuses_a_service_without_a_key_of_ours(ana: Person, mail: AppPasswordService, ask: Any) -> None:
    secret = app_password_services.make(ana.user)

    assert ask(mail, "ana", secret, **{"X-Service-Key": "another"}).status_code == 403
    assert ask(mail, "ana", secret, **{"X-Service-Key": ""}).status_code == 403


def test_is_not_talked_into_the_other_dialect_by_a_header(ana: Person, mail: AppPasswordService) -> None:
    """A refusal in mail words is a 200, which opens a page guarded by auth_request (seen with one address for both)."""
    headers = {"Auth-Method": "plain", "Auth-User": "ana", "Auth-Pass": "wrong", "Auth-Protocol": "imap"}

    assert _http(mail, "ana", "wrong", **headers).status_code == 401
    assert _http(mail, "", "", Authorization="", **headers).status_code == 401


@either
def test_opens_the_same_by_either_dialect(ana: Person, mail: AppPasswordService, ask: Any) -> None:
    mine, foreign = app_password_services.make(ana.user), app_password_services.make(ana.user, program="files")
    elsewhere = app_password_services.make(ana.user, network="198.51.100.0/24")

    assert [_opens(ask(mail, "ana", secret)) for secret in (mine, foreign, elsewhere, PASSWORD)] == [
        True,
        False,
        False,
        False,
    ]


@either
def test_refuses_every_username_and_password_in_the_same_way(
    ana: Person, cleo: Person, mail: AppPasswordService, ask: Any
) -> None:
    User.objects.filter(pk=cleo.user.pk).update(is_active=False)
    right, wrong, blocked, unknown = (
        ask(mail, name, password)
        for name, password in [("ana", PASSWORD), ("ana", "wrong"), ("cleo", PASSWORD), ("nobody", "wrong")]
    )

    assert right.status_code == wrong.status_code == blocked.status_code == unknown.status_code
    assert right.content == wrong.content == blocked.content == unknown.content
    told = [dict(answer.headers) | {"X-Request-ID": ""} for answer in (right, wrong, blocked, unknown)]
    assert told == [told[0]] * 4


@either
def test_keeps_no_session_and_lets_nobody_keep_the_answer(ana: Person, mail: AppPasswordService, ask: Any) -> None:
    answer = ask(mail, "ana", app_password_services.make(ana.user))

    assert not answer.cookies
    assert not Session.objects.exists()
    assert "no-store" in answer.headers["Cache-Control"]


@either
def test_takes_three_statements_in_all(
    ana: Person,
    mail: AppPasswordService,
    ask: Any,
    clock: Clock,
    no_hash: None,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    secret = app_password_services.make(ana.user)
    ask(mail, "ana", secret)
    clock.forward(minutes=5)
    app_passwords.service_keys._services.forget()  # as in a process that was not asked for a while

    with django_assert_max_num_queries(3):
        assert _opens(ask(mail, "ana", secret))


def test_opens_no_page_of_ours(ana: Person, dev: Person) -> None:
    """Neither the portal nor the admin site reads the header."""
    for person in (ana, dev):
        header = {
            "Authorization": _basic(person.user.username, app_password_services.make(person.user, program="other"))
        }

        assert Client().get("/", headers=header).status_code == 302
        assert Client().get("/admin/", headers=header).status_code == 302
