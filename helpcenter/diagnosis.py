"""Looks at a person's live state and says what is wrong, what to do now, and what to do if that fails.

It reads only. Of somebody who is half signed in it tells what concerns the sign-in under way, and nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import app_passwords
from accounts.models import User
from verification import audit, browsers, challenges, guard, policies, registry, time_format
from verification.context import Context
from verification.delivery import message_status
from verification.enrolments import Option
from verification.keys import tokens
from verification.models import Kind, Message, MessageState, State
from verification.outcomes import Verdict
from verification.policies import Decision, Why

_RECENT = timedelta(hours=1)
_PURPOSE = "diagnosis"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found. Shape: `to` names the button that solves it, `slug` its article."""

    kind: str
    sees: str
    does: str
    to: str = ""
    slug: str = ""

    @property
    def url(self) -> str:
        return _PLACES[self.to][0] if self.to else ""

    @property
    def label(self) -> str:
        return str(_PLACES[self.to][1]) if self.to else ""


# Where the buttons of findings lead.
_PLACES = {
    "options": ("/sign-in/options/", gettext_lazy("Use a different verification option")),
    "methods": ("/methods/", gettext_lazy("See your methods")),
    "new_phone": ("/methods/new-phone/", gettext_lazy("Move to a new phone")),
    "add": ("/methods/add/", gettext_lazy("Add a method")),
    "browsers": ("/browsers/", gettext_lazy("See your browsers and sign-ins")),
    "secure": ("/activity/secure/", gettext_lazy("Make your account safe")),
    "app_passwords": ("/app-passwords/", gettext_lazy("See your app passwords")),
    "make": ("/app-passwords/make/", gettext_lazy("Make an app password")),
    "not_me": ("/activity/not-me/", gettext_lazy("Something wasn’t me")),
}


@dataclass(frozen=True, kw_only=True)
class View:
    """What a diagnosis looks at. `is_half`: the second step is still to come, `message` that of its challenge."""

    user: User
    context: Context
    decision: Decision
    message: Message | None
    is_half: bool

    @property
    def others(self) -> list[Option]:
        """The options beside the one that the newest message went to."""
        used = self.message.hint if self.message else ""
        return [
            o for o in self.decision.options if not o.is_off and not o.out and (not used or o.enrolment.hint != used)
        ]


@dataclass(frozen=True)
class Situation:
    """What a person says is wrong."""

    key: str
    label: Any
    look: Callable[[View], Iterator[Finding]]


def view(user: User, context: Context, *, is_half: bool, binding: str = "") -> View:
    """Gather what the rules look at. `binding`: the sign-in under way, of whose messages alone it tells."""
    sent = Message.objects.select_related("challenge").filter(user=user, kind__in=[Kind.TEXT, Kind.CALL])
    if is_half:
        never_sent = Q(state__in=[MessageState.QUEUED, MessageState.EXPIRED]) & ~Q(challenge__state=State.OPEN)
        sent = sent.filter(challenge__in=challenges.of_binding(user, binding)).exclude(never_sent)
    decision = policies.decide(user, Context(now=context.now))
    return View(
        user=user, context=context, decision=decision, message=sent.order_by("-created_at").first(), is_half=is_half
    )


def find(situation: Situation, seen: View) -> list[Finding]:
    """Say what is found, the most pressing first. There is always an answer."""
    found = [*_closed(seen), *situation.look(seen)]
    return found or [_nothing()]


@dataclass(frozen=True)
class Trial:
    """A text or call that a person can send themselves from here, to see whether it arrives."""

    ref: str
    label: str


def trials(situation: Situation, seen: View) -> list[Trial]:
    """Offer whoever is signed in a trial of each option that needs a message, where the question is about those."""
    if situation.key not in {"no-message", "new-number"} or seen.is_half:
        return []
    return [
        Trial(option.ref, option.label)
        for option in seen.decision.options
        if option.needs_delivery and not option.out and not option.is_off
    ]


def _nothing() -> Finding:
    sees = _("Nothing is wrong on our side: no lock, no limit, no failed message.")
    return Finding(
        kind="good", sees=sees, does=_("Try it once more. If it fails, ask company support."), slug="still-stuck"
    )


# What closes everything ----------------------------------------------------------------------------------------


def _closed(seen: View) -> Iterator[Finding]:
    why = seen.decision.reason
    if why is Why.BLOCKED:
        sees = _("Your account is blocked.")
        yield Finding(kind="bad", sees=sees, does=_("Only company support can open it."), slug="blocked-account")
    if why is Why.LOCKED:
        sees = _("Your second step is locked, for a sign-in was reported as fraud on the phone.")
        yield Finding(
            kind="bad",
            sees=sees,
            does=_("Company support unlocks it, once they know it is you."),
            slug="blocked-account",
        )
    if why is Why.ALL_OFF:
        sees = _("All your options are switched off after too many wrong codes.")
        yield Finding(kind="bad", sees=sees, does=_("Company support can switch them on."), slug="too-many-codes")


def _way_on(seen: View) -> str:
    """Name the button that leads to another way in, if there is one."""
    if not seen.others:
        return ""
    return "options" if seen.is_half else "methods"


# Situations ----------------------------------------------------------------------------------------------------


def _no_message(seen: View) -> Iterator[Finding]:
    now, message = seen.context.now, seen.message
    limited = audit.of_person(seen.user.pk, kinds=("message.limited",), most=1)
    if limited and now - limited[0].at < _RECENT:
        sees = _("Too many texts and calls were asked for within the hour, so no more go out for now.")
        yield Finding(
            kind="warn",
            sees=sees,
            does=_("An app, a passkey or a recovery code works at once."),
            slug="too-many-messages",
            to=_way_on(seen),
        )
    yield from _closed_options(seen)
    if message is None or now - message.created_at > _RECENT:
        sees = _("We sent you no text and no call within the last hour.")
        if seen.is_half:
            yield Finding(
                kind="info",
                sees=_("We sent you no text and no call in this sign-in."),
                does=_("Choose a text or call, or another way."),
                to="options",
                slug="different-option",
            )
            return
        yield Finding(
            kind="info",
            sees=sees,
            does=_("Try your number out now: it opens nothing and costs nothing."),
            to="methods",
            slug="no-text",
        )
        return
    yield _of_message(message, seen)
    if message.challenge is not None and message.generation > 1:
        sees = ngettext(
            "You asked for a new code %(n)d time.", "You asked for a new code %(n)d times.", message.generation - 1
        )
        yield Finding(
            kind="info",
            sees=sees % {"n": message.generation - 1},
            does=_("Only the newest counts."),
            slug="newest-code",
        )


def _closed_options(seen: View) -> Iterator[Finding]:
    """Tell which of the person's texts and calls are closed, be it by an outage or by the guard, and why."""
    told = set()
    for option in seen.decision.options:
        if option.out and option.out not in told:
            told.add(option.out)
            slug = next((slug for verdict, slug in _GUARDED.items() if guard.words(verdict) == option.out), "")
            does = _("Choose another way.") if seen.others else _("You have no other way: company support lets you in.")
            slug = slug or ("carrier-trouble" if option.enrolment.opens else "option-missing")
            yield Finding(kind="bad", sees=option.out, does=does, slug=slug, to=_way_on(seen))


_GUARDED = {
    Verdict.CLOSED: "country-closed",
    Verdict.PAUSED: "messages-paused",
    Verdict.STOPPED: "messages-blocked",
}


def _of_message(message: Message, seen: View) -> Finding:
    report = message_status.explain(message)
    at = _("%(kind)s to %(hint)s at %(at)s: %(words)s") % {
        "kind": _("Call") if message.kind == Kind.CALL else _("Text"),
        "hint": message.hint,
        "at": time_format.clock(message.created_at),
        "words": report.words,
    }
    if report.is_bad and message.code:
        at += " " + _("(The provider’s own code: %(code)s)") % {"code": message.code}
    slug = _slug(report.about) if report.is_bad else ("no-call" if message.kind == Kind.CALL else "no-text")
    if report.is_bad:
        does = _("Take another way.") if seen.others else _("You have no other way: company support lets you in.")
        return Finding(kind="bad", sees=at, does=does, slug=slug, to=_way_on(seen))
    if message.state == MessageState.DELIVERED:
        does = _("The phone has it. Look into the folder for blocked texts, and check that it is the right phone.")
        return Finding(kind="info", sees=at, does=does, slug=slug, to=_way_on(seen))
    return Finding(
        kind="info", sees=at, does=_("Give it a minute. A different way is quicker."), slug=slug, to=_way_on(seen)
    )


_SLUGS = {
    "unreachable": "phone-unreachable",
    "landline": "number-takes-no-texts",
    "blocked": "messages-blocked",
    "opted_out": "messages-blocked",
    "filtered": "messages-blocked",
    "invalid_number": "wrong-number",
    "provider_down": "carrier-trouble",
    "rate_limited": "carrier-trouble",
    "country_closed": "carrier-trouble",
    "busy": "no-call",
    "no_answer": "no-call",
    "voicemail": "no-call",
    "hung_up": "no-call",
}


def _slug(about: str) -> str:
    return _SLUGS.get(about, "no-text")


def _code_refused(seen: View) -> Iterator[Finding]:
    for option in seen.decision.options:
        if option.is_off:
            sees = _("%(label)s is switched off after too many wrong codes.") % {"label": option.label}
            does = _("Sign in by another way and set it up again; or company support can help.")
            yield Finding(
                kind="bad",
                sees=sees,
                does=does,
                to="" if seen.is_half else "methods",
                slug="too-many-codes",
            )
        elif option.retry_at:
            minutes = -(-int((option.retry_at - seen.context.now).total_seconds()) // 60)
            words = ngettext(
                "%(label)s waits for %(n)d more minute.", "%(label)s waits for %(n)d more minutes.", minutes
            )
            sees = words % {"label": option.label, "n": minutes}
            yield Finding(
                kind="warn", sees=sees, does=_("Another way works at once."), slug="too-many-codes", to=_way_on(seen)
            )
    failed = audit.of_person(seen.user.pk, kinds=("challenge.failed", "challenge.replaced", "challenge.used"), most=1)
    if failed and seen.context.now - failed[0].at < _RECENT:
        yield _of_attempt(failed[0].kind, str(failed[0].detail.get("method", "")), failed[0].at)


def _of_attempt(kind: str, method: str, at: datetime) -> Finding:
    when = time_format.clock(at)
    if kind == "challenge.replaced":
        sees = _("At %(at)s you typed an older code; a newer one had been sent.") % {"at": when}
        return Finding(kind="info", sees=sees, does=_("Use the newest code. It cost you no try."), slug="newest-code")
    if kind == "challenge.used":
        sees = _("At %(at)s you typed a code that was used before.") % {"at": when}
        return Finding(kind="info", sees=sees, does=_("Wait for the next code."), slug="code-refused")
    label = str(registry.method(method).label) if registry.is_installed(method) else method
    sees = _("At %(at)s a wrong code was typed for: %(label)s.") % {"at": when, "label": label}
    is_app = registry.is_installed(method) and not registry.method(method).needs_delivery
    does = (
        _("Check the clock of the device, and that it is the right entry.")
        if is_app
        else _("Type the newest code again.")
    )
    return Finding(kind="warn", sees=sees, does=does, slug="code-refused")


def _lost_phone(seen: View) -> Iterator[Finding]:
    apart = [o for o in seen.decision.options if not o.is_off and not o.needs_delivery and not o.is_temporary]
    if apart:
        labels = ", ".join(option.label for option in apart)
        sees = _("You have ways that may not hang on that phone: %(labels)s.") % {"labels": labels}
        does = _("Sign in by one of them. Then remove what was on the phone.")
        if seen.is_half:
            yield Finding(
                kind="good",
                sees=sees,
                does=does,
                to="options",
                slug="lost-phone",
            )
        else:
            yield Finding(
                kind="good",
                sees=sees,
                does=does,
                to="new_phone",
                slug="lost-phone",
            )
    else:
        sees = _("All your ways hang on that phone.")
        yield Finding(
            kind="bad",
            sees=sees,
            does=_("Company support clears your settings and gives you a pass."),
            slug="lost-phone",
        )
    if not seen.is_half:
        does = _("End what the phone could open.")
        yield Finding(
            kind="warn",
            sees=_("The phone may be signed in."),
            does=does,
            to="browsers",
            slug="remembered-browsers",
        )


def _new_number(seen: View) -> Iterator[Finding]:
    numbers = sorted({o.enrolment.hint for o in seen.decision.options if o.needs_delivery})
    sees = (
        _("We know these numbers: %(numbers)s.") % {"numbers": ", ".join(numbers)}
        if numbers
        else _("We know no number of yours.")
    )
    if not seen.is_half:
        yield Finding(
            kind="info",
            sees=sees,
            does=_("Add the new number and prove it; then remove the old one."),
            to="add",
            slug="new-number",
        )
        return
    does = (
        _("Sign in by another way, then add the new number.")
        if seen.others
        else _("Company support clears your settings.")
    )
    yield Finding(kind="info", sees=sees, does=does, slug="new-number", to=_way_on(seen))


def _app_password(seen: View) -> Iterator[Finding]:
    user, now = seen.user, seen.context.now
    if seen.is_half:
        yield Finding(
            kind="info",
            sees=_("App passwords are shown once you are signed in."),
            does=_("Sign in first."),
            slug="app-password-refused",
        )
        return
    if not seen.decision.rules.app_passwords:
        yield Finding(
            kind="bad",
            sees=_("Your organisation has switched app passwords off."),
            does=_("Ask company support what to use instead."),
            slug="app-passwords",
        )
        return
    if user.securing_since:
        yield Finding(
            kind="warn",
            sees=_("Your app passwords rest while you make your account safe."),
            does=_("Finish that first."),
            to="secure",
            slug="activity",
        )
    mine = list(app_passwords.of_person(user))
    stale = list(app_passwords.stale_of(user, now=now))
    for client in stale:
        sees = _("A program at %(network)s keeps trying a wrong password for %(service)s: %(n)d times.") % {
            "network": client.network,
            "service": client.service.name,
            "n": client.n_failures,
        }
        yield Finding(
            kind="warn",
            sees=sees,
            does=_("Remove the password that it kept, and type an app password."),
            to="app_passwords",
            slug="app-password-refused",
        )
    if not mine:
        yield Finding(
            kind="bad",
            sees=_("You have no app password."),
            does=_("Make one for the program."),
            to="make",
            slug="app-passwords",
        )
    ended = [each for each in mine if each.ends_at and each.ends_at <= now]
    for each in ended:
        yield Finding(
            kind="bad",
            sees=_("“%(name)s” has ended.") % {"name": each.name},
            does=_("Make a new one."),
            to="make",
            slug="app-password-refused",
        )
    for each in mine:
        if each.last_used_at and each.ref not in {one.ref for one in ended}:
            sees = _("“%(name)s” was taken at %(at)s.") % {
                "name": each.name,
                "at": time_format.moment(each.last_used_at),
            }
            yield Finding(kind="good", sees=sees, does=_("That one works."), slug="app-passwords")
    if mine and not stale and not ended:
        does = _(
            "Make sure that you type it in place of your normal password, and that it is for this kind of program."
        )
        yield Finding(
            kind="info",
            sees=_("We see no failed attempt in the last day."),
            does=does,
            to="make",
            slug="app-password-refused",
        )


def _asked_again(seen: View) -> Iterator[Finding]:
    days, remembered = seen.decision.rules.remember_days, browsers.of_person(seen.user, now=seen.context.now)
    if seen.decision.reason is Why.NOT_REQUIRED:
        yield Finding(
            kind="info",
            sees=_("The second step is not required of you."),
            does=_("Your organisation decides that."),
            slug="asked-again",
        )
        return
    if seen.user.is_staff:
        yield Finding(
            kind="info",
            sees=_("You are one of the staff, who are always asked."),
            does=_("That is meant so."),
            slug="asked-again",
        )
    elif not days:
        yield Finding(
            kind="info",
            sees=_("Your organisation lets no browser be remembered."),
            does=_("You are asked each time."),
            slug="asked-again",
        )
    if seen.is_half:
        return
    n = len(remembered)
    sees = ngettext("%(n)d browser is remembered for you.", "%(n)d browsers are remembered for you.", n) % {"n": n}
    does = _("Is this one in the list? If not, tick “Don’t ask again” at the next sign-in.")
    yield Finding(kind="info", sees=sees, does=does, to="browsers", slug="remembered-browsers")


def _strange(seen: View) -> Iterator[Finding]:
    if seen.is_half:
        yield Finding(
            kind="bad",
            sees=_("Somebody who has your password can make us send you codes."),
            does=_("Tell nobody a code. Sign in and set a new password."),
            slug="strange-sign-in",
        )
        return
    last = audit.of_person(seen.user.pk, kinds=("sign_in.completed",), most=1)
    sees = (
        _("Your last sign-in: %(at)s from %(network)s.")
        % {"at": time_format.moment(last[0].at), "network": last[0].network or "–"}
        if last
        else _("We know no sign-in of yours.")
    )
    yield Finding(
        kind="warn",
        sees=sees,
        does=_("If anything was not you, make your account safe now."),
        to="not_me",
        slug="strange-sign-in",
    )


SITUATIONS = {
    each.key: each
    for each in (
        Situation("no-message", gettext_lazy("I am not receiving a text or call"), _no_message),
        Situation("code-refused", gettext_lazy("My code is refused"), _code_refused),
        Situation("lost-phone", gettext_lazy("I lost my phone"), _lost_phone),
        Situation("new-number", gettext_lazy("I got a new number"), _new_number),
        Situation("app-password", gettext_lazy("My app password does not work"), _app_password),
        Situation("asked-again", gettext_lazy("I am asked again and again, or not asked"), _asked_again),
        Situation("strange", gettext_lazy("I see a prompt that I did not start"), _strange),
    )
}


# For the support desk ------------------------------------------------------------------------------------------


def reference(user: User, situation: Situation) -> str:
    """Write down which view this is, for the person to read out. It holds no secret and opens nothing to others."""
    return f"{user.pk}-{situation.key}-{_seal(user.pk, situation.key)}"


def read(text: str) -> tuple[int, Situation] | None:
    """Read a reference; none if it is not one of ours."""
    number, _dash, rest = text.partition("-")
    key, _dash, seal = rest.rpartition("-")
    if not number.isdecimal() or key not in SITUATIONS or seal != _seal(int(number), key):
        return None
    return int(number), SITUATIONS[key]


def _seal(number: int, key: str) -> str:
    return tokens.derive(_PURPOSE, f"{number}:{key}")[:6].lower().replace("-", "x").replace("_", "y")
