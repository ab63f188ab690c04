"""Rules of policies: whether security notices are also sent by text."""

from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext_lazy as _

from verification.models.policies import TEXT_NOTICES
from verification.policies.form_fields import YesNo
from verification.policies.rule_declaration import PolicySection, either, one_of, rule

_SECTION = PolicySection("notices", _("Notices"))
_SEND = ((True, _("Send")), (False, _("Don’t send")))


@dataclass(frozen=True, kw_only=True)
class NoticeRules:
    """How people get security notices."""

    text_notices: bool = rule(
        default=TEXT_NOTICES,
        section=_SECTION,
        label=_("Security notices by text"),
        help_text=_("Notices are always sent by email. This sends them as texts to the person’s verified phones too."),
        field=partial(YesNo, choices=_SEND),
        words=one_of(_SEND),
        summary=either(_("Notices sent by text too"), _("Notices not sent by text")),
    )
