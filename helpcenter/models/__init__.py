"""The tables of the help centre, one noun a file."""

from helpcenter.models.articles import Article, Audience, Version
from helpcenter.models.contacts import Contact
from helpcenter.models.feedback import Feedback, Miss

__all__ = ["Article", "Audience", "Contact", "Feedback", "Miss", "Version"]
