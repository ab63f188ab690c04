"""The registry of support actions: label, permission, risk, form, preview, and the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.support.actions import (
    access,
    action_preview,
    app_passwords,
    browsers,
    credentials,
    erasure,
    forms,
    hardware_tokens,
    roles,
)
from accounts.support.actions.base import Actor, Result
from accounts.support.actions.rights import Effect

Run = Callable[[User, Actor, Mapping[str, Any]], Result]


@dataclass(frozen=True, kw_only=True)
class Action:
    """One support action, as declared in the registry.

    `effect` decides whether one person may do it alone to staff. If policy says so, `requires_caller_check` needs a
    verified caller. `supports_bulk` allows it from the list of people; `notifies_person` mails the user.
    `can_wait` is False for actions that take codes valid for seconds: they cannot wait for approval.
    """

    name: str
    label: Any
    explain: Any
    icon: str
    permission: str
    run: Run
    preview: action_preview.Preview
    form_class: type[forms.ActionForm] = forms.ActionForm
    effect: Effect = Effect.OPENS
    requires_caller_check: bool = False
    supports_bulk: bool = True
    is_destructive: bool = False
    notifies_person: bool = True
    can_wait: bool = True


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
        run=lambda person, actor, o: credentials.clear_settings(
            person, actor, app_passwords_too=o["app_passwords_too"]
        ),
        preview=action_preview.clear_settings,
        requires_caller_check=True,
        is_destructive=True,
    ),
    Action(
        name="phone_lost",
        label=_("Phone lost"),
        explain=_("All that a lost phone calls for, in one: methods, app passwords, remembered browsers, sign-ins."),
        icon="phone",
        permission="clear_settings",
        run=lambda person, actor, _o: credentials.phone_lost(person, actor),
        preview=action_preview.phone_lost,
        requires_caller_check=True,
        is_destructive=True,
    ),
    Action(
        name="reset_device",
        label=_("Reset one method"),
        explain=_("Remove one phone, app, key or token; the others stay."),
        icon="totp",
        permission="reset_device",
        form_class=forms.MethodForm,
        run=lambda person, actor, o: credentials.reset_device(person, actor, ref=o["ref"]),
        preview=lambda impact: [
            *action_preview.lines(_("Removes the method that you choose, and what shares its number."))(impact),
            *action_preview.closing(impact),
        ],
        requires_caller_check=True,
        supports_bulk=False,
        is_destructive=True,
    ),
    Action(
        name="assign_token",
        label=_("Assign a hardware token"),
        explain=_("Give them a token of the stock. They activate it with its code."),
        icon="token",
        permission="assign_token",
        form_class=forms.SerialForm,
        effect=Effect.TRIES,
        run=lambda person, actor, o: hardware_tokens.assign_token(person, actor, serial=o["serial"]),
        preview=action_preview.lines(_("It opens nothing until they have signed in and typed its code.")),
        supports_bulk=False,
    ),
    Action(
        name="resync_token",
        label=_("Set a token right"),
        explain=_("By two codes in a row, where a hardware token is out of step."),
        icon="clock",
        permission="resync_token",
        form_class=forms.ResyncForm,
        effect=Effect.TRIES,
        run=lambda person, actor, o: hardware_tokens.resync_token(
            person, actor, token_ref=o["token_ref"], first=o["first"], second=o["second"]
        ),
        preview=action_preview.lines(_("The two codes are used up. Nobody is signed in by them.")),
        supports_bulk=False,
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
        run=lambda person, actor, o: hardware_tokens.take_token_back(
            person, actor, token_ref=o["token_ref"], is_worn=o["is_worn"]
        ),
        preview=lambda impact: [str(_("Its codes open nothing any more.")), *action_preview.closing(impact)],
        requires_caller_check=True,
        supports_bulk=False,
        is_destructive=True,
    ),
    Action(
        name="issue_pass",
        label=_("Temporary Access Pass"),
        explain=_("A code for a person who has no other method available. With it they can sign in and register."),
        icon="pass",
        permission="issue_pass",
        form_class=forms.PassForm,
        run=lambda person, actor, o: credentials.issue_pass(
            person,
            actor,
            length=o["length"],
            life=timedelta(minutes=o["life"]),
            once=o["once"],
            starts_at=_begins(o["starts_at"]),
        ),
        preview=lambda impact: [
            *([str(_("The pass they have now stops working."))] if impact.has_pass else []),
            str(_("The pass is shown to you once. Read it to them; do not mail it.")),
        ],
        requires_caller_check=True,
        supports_bulk=False,
    ),
    Action(
        name="bypass_once",
        label=_("Let in once"),
        explain=_("One sign-in by the password alone, if it begins within minutes."),
        icon="clock",
        permission="bypass_once",
        form_class=forms.BypassForm,
        run=lambda person, actor, o: access.bypass_once(person, actor, life=timedelta(seconds=o["seconds"])),
        preview=action_preview.lines(_("One sign-in asks for the password only. They can change no method in it.")),
        requires_caller_check=True,
        supports_bulk=False,
    ),
    Action(
        name="unlock",
        label=_("Unlock"),
        explain=_("End waits and locks after wrong codes or a fraud report. Methods stay."),
        icon="key",
        permission="unlock_person",
        run=lambda person, actor, _o: access.unlock(person, actor),
        preview=lambda impact: [*impact.locks, str(_("What they set up works again at once."))],
        requires_caller_check=True,
    ),
    Action(
        name="reset_wrong_codes",
        label=_("Reset the count of wrong codes"),
        explain=_("Reset the count of thirty days, after their methods were set up again."),
        icon="key",
        permission="unlock_person",
        run=lambda person, actor, _o: access.reset_wrong_codes(person, actor),
        preview=action_preview.lines(_("The wrong codes so far count no more.")),
        requires_caller_check=True,
        supports_bulk=False,
    ),
    Action(
        name="delete_app_passwords",
        label=_("Delete app passwords"),
        explain=_("Their old programs are refused until they make new ones."),
        icon="key",
        permission="delete_app_passwords",
        effect=Effect.CLOSES,
        run=lambda person, actor, _o: app_passwords.delete_app_passwords(person, actor),
        preview=lambda impact: action_preview.or_none(action_preview.deleted_app_passwords(impact.n_app_passwords)),
    ),
    Action(
        name="forget_browsers",
        label=_("Forget remembered browsers"),
        explain=_("The second step is asked in every browser again."),
        icon="browser",
        permission="forget_browsers",
        effect=Effect.CLOSES,
        run=lambda person, actor, _o: browsers.forget_browsers(person, actor),
        preview=lambda impact: action_preview.or_none(action_preview.forgotten_browsers(impact)),
    ),
    Action(
        name="end_sessions",
        label=_("End sign-ins"),
        explain=_("They are signed out everywhere."),
        icon="leave",
        permission="end_sessions",
        effect=Effect.CLOSES,
        run=lambda person, actor, _o: browsers.end_sessions(person, actor),
        preview=lambda impact: action_preview.or_none(action_preview.ended_sessions(impact)),
    ),
    Action(
        name="block",
        label=_("Block"),
        explain=_("Refuse every sign-in, for 90 days or until unblocked."),
        icon="lock",
        permission="block_person",
        form_class=forms.BlockForm,
        effect=Effect.CLOSES,
        run=lambda person, actor, o: access.block(person, actor, days=o["days"] or None),
        preview=lambda impact: [str(_("Refuses every sign-in and app password.")), *action_preview.closing(impact)],
        is_destructive=True,
    ),
    Action(
        name="unblock",
        label=_("Unblock"),
        explain=_("Let a blocked person sign in again."),
        icon="check",
        permission="block_person",
        run=lambda person, actor, _o: access.unblock(person, actor),
        preview=action_preview.lines(_("They can sign in again at once.")),
        requires_caller_check=True,
    ),
    Action(
        name="set_state",
        label=_("Set the second step"),
        explain=_("Disabled, enabled or enforced for this person."),
        icon="shield",
        permission="set_state",
        form_class=forms.StateForm,
        run=lambda person, actor, o: access.set_state(person, actor, state=o["state"]),
        preview=lambda impact: [*action_preview.closing(impact), str(_("It counts from the next sign-in."))],
        requires_caller_check=True,
    ),
    Action(
        name="give_roles",
        label=_("Give roles"),
        explain=_("Make them one of the staff, with one role or more, or end that."),
        icon="person",
        permission="give_role",
        form_class=forms.RolesForm,
        effect=Effect.CLOSES,
        run=lambda person, actor, o: roles.give_roles(person, actor, roles=o["roles"]),
        preview=lambda impact: [
            str(_("With a role they may enter the admin, and the second step is always asked of them.")),
            *action_preview.closing(impact),
        ],
        supports_bulk=False,
        is_destructive=True,
    ),
    Action(
        name="require_password",
        label=_("Require a new password"),
        explain=_("They choose a new password after the next sign-in, before anything else."),
        icon="edit",
        permission="require_password",
        effect=Effect.CLOSES,
        run=lambda person, actor, _o: access.require_password(person, actor),
        preview=lambda impact: [
            *action_preview.deleted_app_passwords(impact.n_app_passwords_ending),
            *action_preview.closing(impact),
            str(_("It counts from the next sign-in.")),
        ],
    ),
    Action(
        name="try_message",
        label=_("Try a text or call"),
        explain=_("Send a test message to one of their numbers. This page shows whether it arrives."),
        icon="send",
        permission="resend_message",
        form_class=forms.NumberForm,
        effect=Effect.TRIES,
        run=lambda person, actor, o: credentials.try_message(person, actor, ref=o["ref"]),
        preview=action_preview.lines(_("The code in it opens nothing.")),
        supports_bulk=False,
    ),
    Action(
        name="erase",
        label=_("Erase this person"),
        explain=_("Remove the account and all personal data, because the law or the person asks for it."),
        icon="remove",
        effect=Effect.ERASES,
        permission="erase_person",
        form_class=forms.EraseForm,
        run=lambda person, actor, _o: erasure.erase(person, actor),
        preview=action_preview.erase,
        supports_bulk=False,
        is_destructive=True,
        notifies_person=False,
    ),
)

ACTIONS: Mapping[str, Action] = {action.name: action for action in _ALL}
