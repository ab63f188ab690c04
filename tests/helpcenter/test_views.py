"""The pages of the help centre, as strangers and as people who are signed in see them."""

import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from helpcenter import diagnosis
from helpcenter.models import Article, Contact, Feedback, Miss
from tests.simulated.http_browser import Browser, Page
from tests.simulated.people import Person, hire, work
from verification import notices
from verification.delivery import rendering
from verification.delivery.providers.virtual.models import Delivery
from verification.models import Message

pytestmark = pytest.mark.django_db


def test_stranger_reads_an_article_that_caches_may_keep(stranger: Browser) -> None:
    page = stranger.go("/help/no-text/")

    assert "public" in page.response["Cache-Control"]
    assert not page.response.cookies
    assert '<link rel="canonical"' in page.html
    article = Article.objects.get(slug="no-text")
    assert html.escape(article.title) in page.html
    assert f'<meta name="description" content="{html.escape(article.summary)}' in page.html


def test_what_a_signed_in_reader_sees_is_kept_by_nobody(ana: Person) -> None:
    ana.sign_in()

    assert ana.browser.go("/help/no-text/").response["Cache-Control"] == "no-store"


def test_page_with_a_message_for_a_stranger_is_kept_by_nobody(stranger: Browser) -> None:
    """Seen failing: caches could keep the page that thanks one visitor, with a cookie for them."""
    stranger.go("/help/no-text/word/")

    page = stranger.press("Send feedback", has_helped="yes")

    assert (page.path, page.notices) == ("/help/no-text/", ["good"])
    assert page.response["Cache-Control"] == "no-store"
    assert "public" in stranger.go("/help/no-text/").response["Cache-Control"]


def addresses(page: Page) -> list[str]:
    """Return where the links of a page lead."""
    return [address for _, address in page.links]


def test_search_finds_and_says_when_nothing_fits(stranger: Browser) -> None:
    assert "/help/lost-phone/" in addresses(stranger.go("/help/?q=lost my phone"))

    page = stranger.go("/help/?q=zzqx")
    assert "No results" in page
    assert "support@example.org" in page
    assert page.html.split("<main")[1].count("No results") == 1
    assert "/help/diagnose/" in addresses(page)
    assert "/help/lost-phone/" not in addresses(page)
    assert page.html.count("mailto:support@example.org") == 1
    stranger.go("/help/?q=zzqx")
    assert Miss.objects.get().n_times == 2


@pytest.mark.parametrize("wanted", ["ß" * 100, "İ" * 100, "ﬃ" * 100, "\u0958" * 100])
def test_search_takes_letters_that_grow(stranger: Browser, wanted: str) -> None:
    """PostgreSQL held the folded text against 100 letters and gave up."""
    page = stranger.go(f"/help/?q={wanted}")

    assert "No results" in page
    assert len(Miss.objects.get().text) <= 100


def test_what_looks_like_a_number_is_not_kept(stranger: Browser) -> None:
    stranger.go("/help/?q=0795550123")
    stranger.go("/help/?q=ana@nowhere.example")

    assert not Miss.objects.exists()


def test_staff_article_is_not_there_for_others(ana: Person, stranger: Browser) -> None:
    assert stranger.go("/help/support-handbook/").status == 404
    ana.sign_in()
    assert ana.browser.go("/help/support-handbook/").status == 404


def test_reader_s_word_is_taken_without_a_name(ana: Person) -> None:
    ana.sign_in()
    ana.browser.go("/help/no-text/")

    page = ana.browser.send("/help/no-text/word/", has_helped="no", text="The picture was missing.")

    assert page.path == "/help/no-text/"
    assert 'class="notice good"' in page.html
    assert Feedback.objects.get().text == "The picture was missing."


def test_stranger_s_word_is_taken_by_a_page_of_its_own(stranger: Browser) -> None:
    """The article's page may lie in a cache, and holds no token of anybody."""
    page = stranger.go("/help/no-text/")
    assert "csrfmiddlewaretoken" not in page.html
    assert page.link("Yes") == "/help/no-text/word/?helped=yes"
    stranger.go("/help/no-text/word/?helped=no")

    stranger.press("Send feedback", has_helped="no", text="Which folder?")

    word = Feedback.objects.get()
    assert (word.has_helped, word.text) == (False, "Which folder?")


def test_word_without_an_answer_is_asked_for_one(stranger: Browser) -> None:
    stranger.go("/help/no-text/word/")

    page = stranger.press("Send feedback", text="Which folder?")

    assert page.refused_fields == {"has_helped"}
    assert "Which folder?" in page.html
    assert not Feedback.objects.exists()


def test_support_is_written_to_where_the_organisation_wants_it(ana: Person) -> None:
    ana.sign_in()
    assert ana.browser.go("/help/tell/").status == 404
    Contact.objects.create(name="Desk North", email="north@example.org", phone="+41 44 555 01 09", takes_mail=True)

    page = ana.browser.go("/help/no-text/")
    assert "Desk North" in page
    ana.browser.follow("Write to Desk North")
    ana.browser.press("Send message", text="Nothing arrives since Monday.")

    assert Message.objects.latest("pk").context["words"] == "Nothing arrives since Monday."


@pytest.mark.parametrize("end", ["\r\n", "\x0b", "\x0c", "\u2028"])
def test_a_strangers_name_and_address_stay_on_their_line(stranger: Browser, end: str) -> None:
    """Else they write headers of a mail to support, a mail that cannot go out, or words of ours above the warning."""
    Contact.objects.create(name="Desk North", email="north@example.org", takes_mail=True)
    stranger.go("/help/tell/")

    stranger.press("Send message", name=f"Ana{end}Reply-To : x@evil.test", contact=f"a{end * 90}b", text="Help me.")

    mail = rendering.compose(Message.objects.latest("pk"))
    assert mail.subject.splitlines() == [mail.subject]
    assert "Ana Reply-To : x@evil.test" in mail.subject
    first = mail.words.splitlines()[0]
    assert "Ana Reply-To : x@evil.test" in first
    assert " a b" in first


def test_a_word_may_be_as_long_as_the_page_lets_it_be(stranger: Browser) -> None:
    """Seen refused: a browser sends each line break as two characters and counts it as one."""
    stranger.go("/help/no-text/word/")

    page = stranger.press("Send feedback", has_helped="no", text="a\r\n" * 249 + "a")

    assert "Ensure" not in page
    assert Feedback.objects.get().text == "a\n" * 249 + "a"


def test_mail_from_a_diagnosis_carries_its_reference(ana: Person) -> None:
    ana.sign_in()
    Contact.objects.create(name="Desk North", email="north@example.org", takes_mail=True)
    ana.browser.go("/help/diagnose/?about=no-message")

    ana.browser.follow("Send a message with this reference")
    ana.browser.press("Send message", text="Nothing arrives.")

    told = Message.objects.latest("pk").context["words"]
    reference = told.split(": ")[-1]
    assert told == f"Nothing arrives.\n\n{diagnosis.SITUATIONS['no-message'].label}: {reference}"
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")
    page = dora.browser.go(f"/help/diagnose/{reference}/")
    assert (page.status, page.path) == (200, f"/help/diagnose/{reference}/")
    assert f"/admin/accounts/user/{ana.user.pk}/change/" in addresses(page)


@pytest.mark.parametrize("path", ["/help/", "/help/no-text/", "/help/?q=lost phone"])
def test_page_takes_few_statements_at_five_hundred_articles(path: str, ana: Person) -> None:
    Article.objects.bulk_create(
        Article(slug=f"more-{n}", title=f"More {n}", summary="s", body="Some words.", topic="account")
        for n in range(450)
    )
    ana.sign_in()
    ana.browser.go(path)

    with CaptureQueriesContext(connection) as captured:
        assert ana.browser.go(path).status == 200

    assert len(captured) <= 8, [query["sql"][:90] for query in captured]


def test_wrong_code_leads_to_its_article(ana: Person) -> None:
    ana.give_password()

    page = ana.verify("000000")

    assert page.link("Help: ") == "/help/code-refused/"


def test_waiting_for_wrong_passwords_leads_to_its_article(stranger: Browser, ana: Person) -> None:
    """It led to the one about codes, which says nothing of passwords."""
    for _ in range(11):
        stranger.go("/sign-in/")
        stranger.press("Sign in", username="ana", password="not this one")

    assert "/help/forgot-password/" in addresses(stranger.shown)


def test_blocked_person_is_led_to_theirs(ana: Person) -> None:
    ana.user.is_active = True
    ana.user.blocked_until = ana.user.date_joined.replace(year=2090)
    ana.user.save()

    assert ana.give_password().link("Help: ") == "/help/blocked-account/"


# Writing to the support desk without being signed in -------------------------------------------------------------


def desk() -> None:
    Contact.objects.create(name="Desk North", email="north@example.org", takes_mail=True)


def mail() -> Message:
    return Message.objects.filter(kind="mail").latest("pk")


def test_stranger_writes_to_support_and_the_mail_says_so(stranger: Browser) -> None:
    desk()
    stranger.go("/help/no-text/")
    stranger.follow("Write to Desk North")

    page = stranger.press("Send message", name="ana", contact="079 555 01 23", text="My phone is at home.")

    assert page.path == "/help/"
    assert 'class="notice good"' in page.html
    message = mail()
    assert (message.user, message.address) == (None, "north@example.org")
    work()
    words = Delivery.objects.latest("pk").words
    assert "the name ana and the contact 079 555 01 23" in words
    assert "Anyone may have written this" in words
    assert "My phone is at home." in words


def test_half_signed_in_person_writes_to_support(ana: Person) -> None:
    desk()
    ana.give_password()
    ana.browser.go("/help/tell/?about=no-message")

    ana.browser.press("Send message", text="Nothing arrives.")

    assert mail().user == ana.user
    work()
    words = Delivery.objects.filter(kind="mail").latest("pk").words
    assert "Nothing arrives." in words
    assert "complete the second step" in words
    assert ana.browser.go("/sign-in/verify/").path == "/sign-in/verify/"


def test_signed_in_persons_mail_says_nothing_of_strangers(ana: Person) -> None:
    desk()
    ana.sign_in()
    ana.browser.go("/help/tell/")
    ana.browser.press("Send message", text="Nothing arrives.")
    work()

    words = Delivery.objects.filter(kind="mail").latest("pk").words
    assert "second step" not in words


def test_strangers_of_one_network_write_a_few_an_hour(stranger: Browser) -> None:
    desk()
    pages = []
    for n in range(7):
        stranger.go("/help/tell/")
        pages.append(stranger.press("Send message", name=f"n{n}", contact="x@example.org", text="Help."))

    assert Message.objects.count() == 5
    assert (pages[-1].path, pages[-1].refused_fields) == ("/help/tell/", {"text"})


def test_addresses_of_one_connection_write_as_one(stranger: Browser) -> None:
    """Each address of an IPv6 /64 had five messages of its own."""
    desk()
    for n in range(7):
        stranger.client.defaults["REMOTE_ADDR"] = f"2001:db8::{n + 1}"
        stranger.go("/help/tell/")
        stranger.press("Send message", name=f"n{n}", contact="x@example.org", text="Help.")

    assert Message.objects.count() == 5


def test_page_for_strangers_tells_nothing_of_anybody(stranger: Browser, ana: Person) -> None:
    desk()
    answers = []
    for name in ("ana", "nobody"):
        stranger.go("/help/tell/")
        answers.append(stranger.press("Send message", name=name, contact="ana@example.org", text="Help.").words)

    assert answers[0] == answers[1]


def test_stranger_who_gives_the_name_of_somebody_is_nobody(stranger: Browser, ana: Person) -> None:
    """Nothing is looked up by what a stranger types. Seen failing with the account of that name looked up."""
    desk()
    User.objects.filter(pk=ana.user.pk).update(name="Ana Keller")
    stranger.go("/help/tell/")
    with CaptureQueriesContext(connection) as captured:
        stranger.press("Send message", name="ana", contact="ana@example.org", text="Let me in.")
    work()

    assert [q["sql"] for q in captured if "accounts_user" in q["sql"]] == []
    message = mail()
    assert message.user is None
    assert (message.context["name"], message.context["how"]) == ("ana", notices.Writer.NOBODY)
    words = Delivery.objects.latest("pk").words
    assert "ana@example.org" in words
    assert "Keller" not in words


@pytest.mark.parametrize("missing", ["name", "contact", "text"])
def test_stranger_says_who_they_are_and_how_to_reach_them(stranger: Browser, missing: str) -> None:
    desk()
    stranger.go("/help/tell/")

    stranger.press("Send message", **{"name": "ana", "contact": "x", "text": "Help."} | {missing: ""})

    assert not Message.objects.exists()


def test_stranger_writes_nowhere_where_nobody_wants_it(stranger: Browser) -> None:
    assert stranger.go("/help/tell/").status == 404


# The help home ---------------------------------------------------------------------------------------------------


def test_home_shows_the_commonest_problems_first_and_every_article_once(stranger: Browser) -> None:
    page = stranger.go("/help/")

    common, topics = page.html.split('id="topics"')
    named = list(Article.objects.filter(audience="everyone").values_list("slug", flat=True))
    assert [slug for slug in named if topics.count(f'href="/help/{slug}/"') != 1] == []
    assert len([slug for slug in named if f'href="/help/{slug}/"' in common]) == 6
    assert common.index('type="search"') < common.index('class="common"')


def test_home_lists_an_article_with_a_topic_of_the_editors(stranger: Browser) -> None:
    """Seen left out: only known topics were listed."""
    Article.objects.create(slug="canteen", title="Canteen", summary="s", body="b", topic="house rules")

    assert stranger.go("/help/").link("Canteen") == "/help/canteen/"


def test_home_shows_articles_for_staff_to_staff_only(stranger: Browser, ana: Person) -> None:
    assert "For staff" not in stranger.go("/help/")
    ana.sign_in()
    assert "For staff" not in ana.browser.go("/help/")
    dora = hire("dora", "Support desk")
    dora.sign_in(to="/admin/")

    page = dora.browser.go("/help/")

    assert "/help/support-handbook/" in page.html.split('id="for-staff"')[1]
    assert page.html.split('id="topics"')[0].count("-handbook/") == 0


@pytest.mark.parametrize("path", ["/help/", "/help/no-text/", "/help/?q=zzqx", "/help/diagnose/"])
def test_help_pages_do_not_offer_help_again_below(path: str, stranger: Browser) -> None:
    assert 'href="/help/"' not in stranger.go(path).html.split('class="foot"')[1]


def test_pictures_have_a_twin_for_dark_devices(stranger: Browser) -> None:
    page = stranger.go("/help/different-option/")

    twin = (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="/static/helpcenter/pictures/options-dark.png">'
    )
    assert twin in page.html
