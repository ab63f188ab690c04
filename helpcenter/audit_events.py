"""Audit events of the help centre."""

from verification.audit.declarations import Event, declare

ARTICLE_ADDED = declare(Event("article.added"))
ARTICLE_CHANGED = declare(Event("article.changed"))
ARTICLE_DELETED = declare(Event("article.deleted"))
ARTICLE_RESTORED = declare(Event("article.restored"))
FEEDBACK_DELETED = declare(Event("feedback.deleted"))
MISS_DELETED = declare(Event("miss.deleted"))
CONTACT_ADDED = declare(Event("contact.added"))
CONTACT_CHANGED = declare(Event("contact.changed"))
CONTACT_DELETED = declare(Event("contact.deleted"))
