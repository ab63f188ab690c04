"""Says in a person's words what the record holds about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from verification import registry
from verification.browsers import user_agents
from verification.capabilities import Passwordless
from verification.models import AuditEvent, Purpose


@dataclass(frozen=True)
class Entry:
    """One line of the activity page. `is_mine_to_deny`: it is something somebody else may have done."""

    id: int
    ref: str
    at: datetime
    icon: str
    title: str
    text: str
    browser: str
    network: str
    kind: str
    is_mine_to_deny: bool


def _method(detail: dict[str, Any]) -> str:
    name = detail.get("method", "")
    return str(registry.method(name).label) if registry.is_installed(name) else _("a former method")


def _why(detail: dict[str, Any]) -> str:
    reasons = {
        "remembered": _("Nothing more was asked: this browser is remembered."),
        "trusted_network": _("Nothing more was asked: this is a trusted network."),
        "put_off": _("Nothing more was asked: you put the registration off."),
        "bypassed": _("Nothing more was asked this once: company support let you in."),
        "not_required": _("Nothing more was asked: two-step verification is off for this account."),
    }
    asked = _("Verified by %(method)s.") % {"method": _method(detail)} if detail.get("method") else ""
    return reasons.get(detail.get("why", ""), asked)


def _staff(detail: dict[str, Any]) -> str:
    ticket = detail.get("ticket")
    return _("Ticket %(ticket)s.") % {"ticket": ticket} if ticket else ""


def _occasion(detail: dict[str, Any]) -> tuple[str, str]:
    """Say when a wrong code was typed, and how bad that is: at a sign-in somebody had the password."""
    method, name = {"method": _method(detail)}, detail.get("method", "")
    purpose = detail.get("purpose", Purpose.SIGN_IN)
    table = {
        Purpose.SELF_TEST: _("By %(method)s, when it was tried out.") % method,
        Purpose.ENROL: _("By %(method)s, when it was set up.") % method,
        Purpose.FRESH: _("By %(method)s, for a change to the account.") % method,
    }
    if purpose in table:
        return table[purpose], "info"
    if registry.has(name, Passwordless):
        return _("By %(method)s, at a sign-in.") % method, "bad"
    return _("By %(method)s. The password was right.") % method, "bad"


def _words(detail: dict[str, Any]) -> dict[str, tuple[str, str, str, str]]:
    """Give icon, title, text and kind (good, info, warn, bad) of each event that says something to its person."""
    return {
        "sign_in.completed": ("check", _("You signed in"), _why(detail), "good"),
        "sign_in.denied": ("lock", _("A sign-in was refused"), _("The account was blocked or locked."), "bad"),
        "password.refused": ("bad", _("A wrong password was typed"), _("Nobody got in."), "warn"),
        "password.changed": ("key", _("Your password was changed"), "", "info"),
        "password.reset": ("key", _("Your password was reset by a mailed link"), "", "info"),
        "password_reset.asked": ("mail", _("A link to set a new password was asked for"), "", "info"),
        "challenge.failed": ("warn", _("A wrong code was typed"), *_occasion(detail)),
        "challenge.reported": ("bad", _("A sign-in was reported as fraud on the phone"), "", "bad"),
        "challenge.repeated": ("warn", _("A used code was typed again"), _("Nobody got in by it."), "warn"),
        "message.refused": ("clock", _("No text or call could go to this number"), "", "warn"),
        "message.limited": ("clock", _("Too many texts or calls were asked for"), "", "warn"),
        "message.unanswered": (
            "clock",
            _("No more messages went out: nobody answered the last ones"),
            _method(detail),
            "warn",
        ),
        "second_step.switched_off": ("lock", _("All options were switched off after too many wrong codes"), "", "bad"),
        "enrolment.rebound": (
            "plus",
            _("A method took the place of those that were switched off"),
            _method(detail),
            "info",
        ),
        "support.wrong_codes_reset": ("key", _("Support reset the count of wrong codes"), _staff(detail), "info"),
        "message.sent_again": ("send", _("A notice was sent to you once more"), "", "info"),
        "method.switched_off": (
            "lock",
            _("A method was switched off after too many wrong codes"),
            _method(detail),
            "bad",
        ),
        "enrolment.assigned": ("plus", _("Something was handed out to you, to be activated"), _method(detail), "info"),
        "enrolment.handed_out": ("pass", _("Company support gave you a pass"), _method(detail), "warn"),
        "enrolment.confirmed": ("plus", _("A method was added"), _method(detail), "info"),
        "enrolment.removed": ("remove", _("A method was removed"), _method(detail), "info"),
        "enrolment.renamed": ("edit", _("A method was renamed"), _method(detail), "info"),
        "enrolment.made_default": ("edit", _("Another method is asked first"), _method(detail), "info"),
        "sealed_value.damaged": (
            "warn",
            _("One of your options could not be read"),
            _("It is closed until you set it up again. Your company support was told."),
            "warn",
        ),
        "registration.put_off": ("clock", _("You put the registration off"), "", "info"),
        "browser.copied": ("bad", _("A copy of a remembered browser’s cookie was used"), _("It was forgotten."), "bad"),
        "browser.forgotten": ("remove", _("Remembered browsers were forgotten"), "", "info"),
        "session.ended": ("leave", _("You signed out"), "", "info"),
        "sessions.ended": ("leave", _("Other sign-ins were ended"), "", "info"),
        "app_password.made": ("plus", _("An app password was made"), str(detail.get("name", "")), "info"),
        "app_password.deleted": ("remove", _("An app password was deleted"), str(detail.get("name", "")), "info"),
        "app_password.new_place": ("key", _("An app password was used from a new place"), "", "warn"),
        "support.settings_cleared": ("remove", _("Support cleared your settings"), _staff(detail), "warn"),
        "support.phone_lost": ("phone", _("Support closed everything after a lost phone"), _staff(detail), "warn"),
        "support.device_reset": ("remove", _("Support removed a method"), str(detail.get("label", "")), "warn"),
        "support.token_assigned": ("token", _("Support assigned a token"), str(detail.get("label", "")), "info"),
        "support.token_taken_back": ("token", _("Support took a token back"), str(detail.get("label", "")), "warn"),
        "support.token_resynchronised": (
            "token",
            _("Support set a token right by two of its codes"),
            str(detail.get("label", "")),
            "info",
        ),
        "support.app_passwords_deleted": ("remove", _("Support deleted your app passwords"), _staff(detail), "warn"),
        "support.browsers_forgotten": ("remove", _("Support forgot your remembered browsers"), _staff(detail), "info"),
        "support.sessions_ended": ("leave", _("Support ended your sign-ins"), _staff(detail), "info"),
        "support.pass_issued": ("pass", _("Support issued a Temporary Access Pass"), _staff(detail), "warn"),
        "support.bypass_given": ("clock", _("Support let you in once without the second step"), _staff(detail), "warn"),
        "support.person_blocked": ("lock", _("Support blocked your account"), _staff(detail), "bad"),
        "support.person_unblocked": ("check", _("Support unblocked your account"), _staff(detail), "good"),
        "support.person_unlocked": ("key", _("Support lifted waits and locks"), _staff(detail), "info"),
        "support.state_set": ("shield", _("Support changed your second step"), str(detail.get("state", "")), "warn"),
        "support.roles_given": ("person", _("Your roles were changed"), ", ".join(detail.get("roles", [])), "warn"),
        "support.password_required": ("edit", _("Support asks for a new password"), _staff(detail), "info"),
        "support.message_tried": ("send", _("Support sent a trial"), str(detail.get("label", "")), "info"),
        "support.caller_asked": (
            "call",
            _("Support asked whether you were calling"),
            str(detail.get("way", "")),
            "warn",
        ),
        "support.caller_verified": (
            "check",
            _("You proved to support that it was you"),
            str(detail.get("way", "")),
            "info",
        ),
        "support.caller_failed": ("warn", _("A wrong code was read to support"), str(detail.get("way", "")), "bad"),
        "support.caller_vouched": ("call", _("Support called back and knew the caller"), "", "warn"),
        "support.refused": ("lock", _("Something that support tried was refused"), "", "info"),
        "support.requested": ("clock", _("Support asked a second person"), _staff(detail), "info"),
        "support.request_agreed": ("check", _("A second person of support agreed"), _staff(detail), "info"),
        "support.request_refused": ("bad", _("A second person of support refused"), _staff(detail), "info"),
        "account.securing_begun": ("shield", _("You said that something was not you"), "", "warn"),
        "account.securing_ended": ("shield", _("You made your account safe again"), "", "good"),
    }


def _about_another() -> dict[str, str]:
    """Give what the support desk reads about somebody in place of what the person themselves reads."""
    return {
        _("You signed in"): _("They signed in"),
        _("Nothing more was asked: you put the registration off."): _(
            "Nothing more was asked: they put the registration off."
        ),
        _("Nothing more was asked this once: company support let you in."): _(
            "Nothing more was asked this once: company support let them in."
        ),
        _("Your password was changed"): _("Their password was changed"),
        _("Your password was reset by a mailed link"): _("Their password was reset by a mailed link"),
        _("Something was handed out to you, to be activated"): _("Something was handed out to them, to be activated"),
        _("Company support gave you a pass"): _("Company support gave them a pass"),
        _("A notice was sent to you once more"): _("A notice was sent to them once more"),
        _("One of your options could not be read"): _("One of their options could not be read"),
        _("It is closed until you set it up again. Your company support was told."): _(
            "It is closed until they set it up again. Company support was told."
        ),
        _("You put the registration off"): _("They put the registration off"),
        _("You signed out"): _("They signed out"),
        _("Support cleared your settings"): _("Support cleared their settings"),
        _("Support deleted your app passwords"): _("Support deleted their app passwords"),
        _("Support forgot your remembered browsers"): _("Support forgot their remembered browsers"),
        _("Support ended your sign-ins"): _("Support ended their sign-ins"),
        _("Support let you in once without the second step"): _("Support let them in once without the second step"),
        _("Support blocked your account"): _("Support blocked their account"),
        _("Support unblocked your account"): _("Support unblocked their account"),
        _("Support changed your second step"): _("Support changed their second step"),
        _("Your roles were changed"): _("Their roles were changed"),
        _("Support asked whether you were calling"): _("Support asked whether they were calling"),
        _("You proved to support that it was you"): _("They proved to support that it was them"),
        _("You said that something was not you"): _("They said that something was not them"),
        _("You made your account safe again"): _("They made their account safe again"),
    }


def kinds() -> list[str]:
    """Name the events that say something to their person."""
    return list(_words({}))


def entries(events: list[AuditEvent], *, is_own: bool = True) -> list[Entry]:
    """Turn events into lines, for their person or for somebody else; what means nothing to a person is left out."""
    found, other = [], {} if is_own else _about_another()
    for event in events:
        words = _words(event.said).get(event.kind)
        if words is None:
            continue
        icon, title, text, kind = words
        found.append(
            Entry(
                id=event.pk,
                ref=event.ref,
                at=event.at,
                icon=icon,
                title=other.get(title, title),
                text=other.get(text, text),
                browser=user_agents.name(event.agent) if event.agent else "",
                network=event.network,
                kind=kind,
                is_mine_to_deny=not event.kind.startswith(("account.", "session.")),
            )
        )
    return found
