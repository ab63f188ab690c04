"""Tests of the search of the help centre: people find the answer by their own words."""

import sys

import pytest

from helpcenter import article_search
from tests.simulated.people import Clock

pytestmark = pytest.mark.django_db

# What people type, and the article that answers it. Typos are theirs.
QUERIES = (
    ("can I turn this off", "why-two-steps"),
    ("do I have to use two step verification", "why-two-steps"),
    ("opt out of mfa", "why-two-steps"),
    ("first sign in register", "set-up"),
    ("how do I enroll", "set-up"),
    ("new employee setup", "set-up"),
    ("add a second phone number", "second-way"),
    ("backup method", "second-way"),
    ("only one method left", "second-way"),
    ("phone is at home", "no-phone-today"),
    ("forgot my phone at home today", "no-phone-today"),
    ("battery dead", "no-phone-today"),
    ("I lost my phone", "lost-phone"),
    ("my mobile was stolen", "lost-phone"),
    ("phone stolen on train", "lost-phone"),
    ("clear my settings", "lost-phone"),
    ("got a new number", "new-number"),
    ("changed phone number", "new-number"),
    ("new sim", "new-number"),
    ("moving to a new iphone", "new-phone"),
    ("transfer the authenticator app", "new-phone"),
    ("restored app from backup codes wrong", "new-phone"),
    ("no sms arrives", "no-text"),
    ("not receiving text", "no-text"),
    ("text message never came", "no-text"),
    ("sms delayed", "no-text"),
    ("didnt get a verification text", "no-text"),
    ("phone does not ring", "no-call"),
    ("not receiving the call", "no-call"),
    ("goes to voicemail", "no-call"),
    ("pressed hash and nothing happens", "no-call"),
    ("phone off or no signal", "phone-unreachable"),
    ("landline cannot receive texts", "number-takes-no-texts"),
    ("replied STOP", "messages-blocked"),
    ("it says my country is not allowed", "country-closed"),
    ("texts are paused what now", "messages-paused"),
    ("texts blocked by spam filter", "messages-blocked"),
    ("wrong country code", "wrong-number"),
    ("number not in use", "wrong-number"),
    ("outage texts down", "carrier-trouble"),
    ("two codes arrived which one", "newest-code"),
    ("replaced by a newer code", "newest-code"),
    ("received several codes", "newest-code"),
    ("code not accepted", "code-refused"),
    ("invalid code", "code-refused"),
    ("incorect code", "code-refused"),
    ("authenticator code always wrong", "code-refused"),
    ("code expired", "code-refused"),
    ("too many wrong codes", "too-many-codes"),
    ("how long am I locked out", "too-many-codes"),
    ("option switched off", "too-many-codes"),
    ("too many messages", "too-many-messages"),
    ("limit of texts reached", "too-many-messages"),
    ("session timed out begin again", "took-too-long"),
    ("cookies", "took-too-long"),
    ("account blocked", "blocked-account"),
    ("pressed 0# by mistake", "blocked-account"),
    ("fraud alert submitted", "blocked-account"),
    ("code I did not request", "strange-sign-in"),
    ("someone tries to sign in as me", "strange-sign-in"),
    ("I was hacked", "strange-sign-in"),
    ("is this call really from support", "is-this-support"),
    ("fake helpdesk wants a code", "is-this-support"),
    ("asked every time", "asked-again"),
    ("don't ask again does not work", "asked-again"),
    ("why was I not asked for a code", "asked-again"),
    ("asked to register again", "asked-to-register-again"),
    ("method greyed out", "option-missing"),
    ("temporary access pass expired", "temporary-access-pass"),
    ("code from helpdesk", "temporary-access-pass"),
    ("travelling abroad", "abroad"),
    ("roaming costs", "abroad"),
    ("screen reader", "accessibility"),
    ("I have no mobile phone", "accessibility"),
    ("who sees my number", "privacy"),
    ("can support see my password", "what-support-sees"),
    ("set up sms", "use-text"),
    ("desk phone extension", "use-call"),
    ("press pound key", "use-call"),
    ("scan qr code", "use-app"),
    ("google authenticator", "use-app"),
    ("windows hello", "use-passkey"),
    ("usb security key", "use-passkey"),
    ("fingerprnt", "use-passkey"),
    ("hardware token serial number", "use-token"),
    ("code by email", "use-email"),
    ("print backup codes", "recovery-codes"),
    ("used all recovery codes", "recovery-codes"),
    ("remember this computer", "remembered-browsers"),
    ("shared computer", "remembered-browsers"),
    ("recent activity", "activity"),
    ("app password for outlook", "app-password-mail"),
    ("what is an app password", "app-passwords"),
    ("app password not working", "app-password-refused"),
    ("outlook keeps asking for password", "app-password-refused"),
    ("network drive", "app-password-files"),
    ("caldav", "app-password-calendar"),
    ("scanner", "app-password-other"),
    ("old mail program stopped working", "old-program"),
    ("forgot password", "forgot-password"),
    ("reset my pasword", "forgot-password"),
    ("phone number of support", "still-stuck"),
    ("use another option", "different-option"),
    ("choose a different method", "different-option"),
)
MIN_FOUND_SHARE = 0.95


def find_slugs(text: str, clock: Clock) -> list[str]:
    hits = article_search.find(text, audiences=["everyone"], now=clock.now, most=3)
    return [hit.article.slug for hit in hits]


def test_own_words_lead_to_the_answer(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    missed = [(text, slug, first) for text, slug in QUERIES if slug not in (first := find_slugs(text, clock))]

    rate = 1 - len(missed) / len(QUERIES)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(QUERIES)} searches, {rate:.1%} answered within the first three\n")
    assert len(QUERIES) >= 80
    assert rate >= MIN_FOUND_SHARE, missed


@pytest.mark.parametrize(
    ("typed", "slug"), [("recov", "recovery-codes"), ("passk", "use-passkey"), ("authentcator", "use-app")]
)
def test_beginnings_and_typos_are_understood(typed: str, slug: str, clock: Clock) -> None:
    assert slug in find_slugs(typed, clock)


def test_nonsense_finds_nothing(clock: Clock) -> None:
    assert find_slugs("zzqx wvut", clock) == []


def test_staff_articles_are_for_staff(clock: Clock) -> None:
    assert "support-handbook" not in find_slugs("verify caller handbook", clock)
    hits = article_search.find("verify caller handbook", audiences=["everyone", "support"], now=clock.now)
    assert hits[0].article.slug == "support-handbook"
