"""What support may do, as a table: label, right, risk, form, and the function of `actions` that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.support.actions import erasure, forms, perform
from accounts.support.actions.action_preview import Holdings
from accounts.support.actions.perform import Deed, Done
from accounts.support.actions.rights import Effect, Wish

Run = Callable[[User, Deed, Mapping[str, Any]], Done]
Preview = Callable[[Holdings], list[str]]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One deed on the menu. `is_risky` ones may want a verified caller; `for_many` ones can be done from the list.

    `effect` decides who may do it alone to one of the staff; with `tells` the person hears of it by mail.
    What takes codes that are good for seconds `can_wait` for no second person.
    """

    name: str
    label: Any
    explain: Any
    icon: str
    permission: str
    run: Run
    preview: Preview
    form_class: type[forms.DeedForm] = forms.DeedForm
    effect: Effect = Effect.OPENS
    is_risky: bool = False
    for_many: bool = True
    is_grave: bool = False
    tells: bool = True
    can_wait: bool = True

    @property
    def wish(self) -> Wish:
        return Wish(name=self.name, permission=self.permission, is_risky=self.is_risky, effect=self.effect)


def _forgets(n_browsers: int) -> list[str]:
    words = ngettext("Forgets %(n)d remembered browser.", "Forgets %(n)d remembered browsers.", n_browsers)
    return _count(n_browsers, words)


def _count(n: int, words: str) -> list[str]:
    """Give the words of a number of things, in the form that `ngettext` chose; nothing for none."""
    return [words % {"n": n}] if n else []


def _methods(held: Holdings) -> list[str]:
    return [str(_("Removes %(label)s.") % {"label": label}) for label in held.labels]


def _sessions(held: Holdings) -> list[str]:
    return _count(held.n_sessions, ngettext("Ends %(n)d sign-in.", "Ends %(n)d sign-ins.", held.n_sessions))


def _browsers(held: Holdings) -> list[str]:
    return _count(
        held.n_browsers,
        ngettext("Forgets %(n)d remembered browser.", "Forgets %(n)d remembered browsers.", held.n_browsers),
    )


def _closing(held: Holdings) -> list[str]:
    return [*_sessions(held), *_browsers(held)]


def _or_none(lines: list[str]) -> list[str]:
    return lines or [str(_("There is none."))]


def _app_passwords(held: Holdings) -> list[str]:
    return _deletes(held.n_app_passwords)


def _deletes(n_app_passwords: int) -> list[str]:
    words = ngettext("Deletes %(n)d app password.", "Deletes %(n)d app passwords.", n_app_passwords)
    return _count(n_app_passwords, words)


def _clear(held: Holdings) -> list[str]:
    return [
        *(_methods(held) or [str(_("No method is set up."))]),
        *_closing(held),
        str(_("The next sign-in asks to register again.")),
    ]


def _lost(held: Holdings) -> list[str]:
    return [*_methods(held), *_app_passwords(held), *_closing(held), str(_("The next sign-in asks to register again."))]


def _erases(held: Holdings) -> list[str]:
    lines = [
        _("Removes the account: user name, name, mail address, password, groups and roles."),
        *_methods(held),
        *_app_passwords(held),
        *_closing(held),
        _("Removes the texts, calls and mails that were sent, requests about them, and caller checks."),
        _("Removes the reasons, notes and names of methods from the record of what happened to them."),
        _("Takes them out of files that were brought in. A file that would bring them back must be sent again."),
        _("Stays by law: the record of what happened, under a number: when, what, from which network and program."),
        _("Stays: a masked number that said STOP, and what staff wrote about other people."),
        _("Stays elsewhere until it runs out: backups, log files, and what the carrier keeps."),
        _("The person is not told by mail, because no address is left: tell them yourself."),
    ]
    return [str(line) for line in lines]


def _words(*lines: Any) -> Preview:
    return lambda _held: [str(line) for line in lines]


def _begins(value: str) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


_ALL = (
    Action(
        name="clear_settings",
        label=_("Clear settings"),
        explain=_("Remove every method, so that the next sign-in asks to register again."),
        icon="remove",
        permission="clear_settings",
        form_class=forms.ClearForm,
        run=lambda person, deed, o: perform.clear_settings(person, deed, app_passwords_too=o["app_passwords_too"]),
        preview=_clear,
        is_risky=True,
        is_grave=True,
    ),
    Action(
        name="phone_lost",
        label=_("Phone lost"),
        explain=_("All that a lost phone calls for, in one: methods, app passwords, remembered browsers, sign-ins."),
        icon="phone",
        permission="clear_settings",
        run=lambda person, deed, _o: perform.phone_lost(person, deed),
        preview=_lost,
        is_risky=True,
        is_grave=True,
    ),
    Action(
        name="reset_device",
        label=_("Reset one method"),
        explain=_("Remove one phone, app, key or token; the others stay."),
        icon="totp",
        permission="reset_device",
        form_class=forms.MethodForm,
        run=lambda person, deed, o: perform.reset_device(person, deed, ref=o["ref"]),
        preview=lambda held: [
            *_words(_("Removes the method that you choose, and what shares its number."))(held),
            *_closing(held),
        ],
        is_risky=True,
        for_many=False,
        is_grave=True,
    ),
    Action(
        name="assign_token",
        label=_("Assign a hardware token"),
        explain=_("Give them a token of the stock. They activate it with its code."),
        icon="token",
        permission="assign_token",
        form_class=forms.SerialForm,
        effect=Effect.TRIES,
        run=lambda person, deed, o: perform.assign_token(person, deed, serial=o["serial"]),
        preview=_words(_("It opens nothing until they have signed in and typed its code.")),
        for_many=False,
    ),
    Action(
        name="resync_token",
        label=_("Set a token right"),
        explain=_("By two codes in a row, where a hardware token is out of step."),
        icon="clock",
        permission="resync_token",
        form_class=forms.ResyncForm,
        effect=Effect.TRIES,
        run=lambda person, deed, o: perform.resync_token(
            person, deed, token_ref=o["token_ref"], first=o["first"], second=o["second"]
        ),
        preview=_words(_("The two codes are used up. Nobody is signed in by them.")),
        for_many=False,
        can_wait=False,
    ),
    Action(
        name="take_token_back",
        label=_("Take a token back"),
        explain=_("Into the stock, or out of use when it is lost or broken."),
        icon="remove",
        permission="assign_token",
        form_class=forms.TakeBackForm,
        effect=Effect.CLOSES,
        run=lambda person, deed, o: perform.take_token_back(
            person, deed, token_ref=o["token_ref"], is_worn=o["is_worn"]
        ),
        preview=lambda held: [str(_("Its codes open nothing any more.")), *_closing(held)],
        is_risky=True,
        for_many=False,
        is_grave=True,
    ),
    Action(
        name="issue_pass",
        label=_("Temporary Access Pass"),
        explain=_("A code for a person who has nothing else at hand. With it they sign in and register."),
        icon="pass",
        permission="issue_pass",
        form_class=forms.PassForm,
        run=lambda person, deed, o: perform.issue_pass(
            person,
            deed,
            length=o["length"],
            life=timedelta(minutes=o["life"]),
            once=o["once"],
            starts_at=_begins(o["starts_at"]),
        ),
        preview=lambda held: [
            *([str(_("The pass they have now stops working."))] if held.has_pass else []),
            str(_("The pass is shown to you once. Read it to them; do not mail it.")),
        ],
        is_risky=True,
        for_many=False,
    ),
    Action(
        name="bypass_once",
        label=_("Let in once"),
        explain=_("One sign-in by the password alone, if it begins within minutes."),
        icon="clock",
        permission="bypass_once",
        form_class=forms.BypassForm,
        run=lambda person, deed, o: perform.bypass_once(person, deed, life=timedelta(seconds=o["seconds"])),
        preview=_words(_("One sign-in asks for the password only. They can change no method in it.")),
        is_risky=True,
        for_many=False,
    ),
    Action(
        name="unlock",
        label=_("Unlock"),
        explain=_("End waits and locks after wrong codes or a fraud report. Methods stay."),
        icon="key",
        permission="unlock_person",
        run=lambda person, deed, _o: perform.unlock(person, deed),
        preview=lambda held: [*held.locks, str(_("What they set up works again at once."))],
        is_risky=True,
    ),
    Action(
        name="reset_wrong_codes",
        label=_("Reset the count of wrong codes"),
        explain=_("Reset the count of thirty days, after their methods were set up again."),
        icon="key",
        permission="unlock_person",
        run=lambda person, deed, _o: perform.reset_wrong_codes(person, deed),
        preview=_words(_("The wrong codes so far count no more.")),
        is_risky=True,
        for_many=False,
    ),
    Action(
        name="delete_app_passwords",
        label=_("Delete app passwords"),
        explain=_("Their old programs are refused until they make new ones."),
        icon="key",
        permission="delete_app_passwords",
        effect=Effect.CLOSES,
        run=lambda person, deed, _o: perform.delete_app_passwords(person, deed),
        preview=lambda held: _or_none(_app_passwords(held)),
    ),
    Action(
        name="forget_browsers",
        label=_("Forget remembered browsers"),
        explain=_("The second step is asked in every browser again."),
        icon="browser",
        permission="forget_browsers",
        effect=Effect.CLOSES,
        run=lambda person, deed, _o: perform.forget_browsers(person, deed),
        preview=lambda held: (
            _count(
                held.n_browsers,
                ngettext("Forgets %(n)d remembered browser.", "Forgets %(n)d remembered browsers.", held.n_browsers),
            )
            or [str(_("There is none."))]
        ),
    ),
    Action(
        name="end_sessions",
        label=_("End sign-ins"),
        explain=_("They are signed out everywhere."),
        icon="leave",
        permission="end_sessions",
        effect=Effect.CLOSES,
        run=lambda person, deed, _o: perform.end_sessions(person, deed),
        preview=lambda held: _or_none(_sessions(held)),
    ),
    Action(
        name="block",
        label=_("Block"),
        explain=_("Refuse every sign-in, for 90 days or until unblocked."),
        icon="lock",
        permission="block_person",
        form_class=forms.BlockForm,
        effect=Effect.CLOSES,
        run=lambda person, deed, o: perform.block(person, deed, days=o["days"] or None),
        preview=lambda held: [str(_("Refuses every sign-in and app password.")), *_closing(held)],
        is_grave=True,
    ),
    Action(
        name="unblock",
        label=_("Unblock"),
        explain=_("Let a blocked person sign in again."),
        icon="check",
        permission="block_person",
        run=lambda person, deed, _o: perform.unblock(person, deed),
        preview=_words(_("They can sign in again at once.")),
        is_risky=True,
    ),
    Action(
        name="set_state",
        label=_("Set the second step"),
        explain=_("Disabled, enabled or enforced for this person."),
        icon="shield",
        permission="set_state",
        form_class=forms.StateForm,
        run=lambda person, deed, o: perform.set_state(person, deed, state=o["state"]),
        preview=lambda held: [*_closing(held), str(_("It counts from the next sign-in."))],
        is_risky=True,
    ),
    Action(
        name="give_roles",
        label=_("Give roles"),
        explain=_("Make them one of the staff, with one role or more, or end that."),
        icon="person",
        permission="give_role",
        form_class=forms.RolesForm,
        effect=Effect.CLOSES,
        run=lambda person, deed, o: perform.give_roles(person, deed, roles=o["roles"]),
        preview=lambda held: [
            str(_("With a role they may enter the admin, and the second step is always asked of them.")),
            *_closing(held),
        ],
        for_many=False,
        is_grave=True,
    ),
    Action(
        name="require_password",
        label=_("Require a new password"),
        explain=_("They choose a new password after the next sign-in, before anything else."),
        icon="edit",
        permission="require_password",
        effect=Effect.CLOSES,
        run=lambda person, deed, _o: perform.require_password(person, deed),
        preview=lambda held: [
            *_deletes(held.n_app_passwords_ending),
            *_closing(held),
            str(_("It counts from the next sign-in.")),
        ],
    ),
    Action(
        name="try_message",
        label=_("Try a text or call"),
        explain=_("Send a trial to a number of theirs, and see here what becomes of it."),
        icon="send",
        permission="resend_message",
        form_class=forms.NumberForm,
        effect=Effect.TRIES,
        run=lambda person, deed, o: perform.try_message(person, deed, ref=o["ref"]),
        preview=_words(_("The code in it opens nothing.")),
        for_many=False,
    ),
    Action(
        name="erase",
        label=_("Erase this person"),
        explain=_("Remove the account and all personal data, because the law or the person asks for it."),
        icon="remove",
        effect=Effect.ERASES,
        permission="erase_person",
        form_class=forms.EraseForm,
        run=lambda person, deed, _o: erasure.erase(person, deed),
        preview=_erases,
        for_many=False,
        is_grave=True,
        tells=False,
    ),
)

ACTIONS: Mapping[str, Action] = {action.name: action for action in _ALL}
