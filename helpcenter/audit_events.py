"""Audit events of the help centre."""

from django.utils.translation import gettext_lazy as _

from verification.audit import Event, declare

ARTICLE_ADDED = declare(Event("article.added", _("Article added"), _("%(actor)s added an article: %(article)s.")))
ARTICLE_CHANGED = declare(
    Event("article.changed", _("Article changed"), _("%(actor)s changed an article: %(article)s."))
)
ARTICLE_DELETED = declare(
    Event("article.deleted", _("Article deleted"), _("%(actor)s deleted an article: %(article)s."))
)
ARTICLE_RESTORED = declare(
    Event(
        "article.restored",
        _("Article restored"),
        _("%(actor)s restored an earlier version of an article: %(article)s."),
    )
)
FEEDBACK_DELETED = declare(
    Event("feedback.deleted", _("Feedback deleted"), _("%(actor)s deleted feedback on an article: %(feedback)s."))
)
MISS_DELETED = declare(
    Event("miss.deleted", _("Failed search deleted"), _("%(actor)s deleted a failed search: %(miss)s."))
)
CONTACT_ADDED = declare(
    Event("contact.added", _("Support contact added"), _("%(actor)s added a support contact: %(contact)s."))
)
CONTACT_CHANGED = declare(
    Event("contact.changed", _("Support contact changed"), _("%(actor)s changed a support contact: %(contact)s."))
)
CONTACT_DELETED = declare(
    Event("contact.deleted", _("Support contact deleted"), _("%(actor)s deleted a support contact: %(contact)s."))
)
