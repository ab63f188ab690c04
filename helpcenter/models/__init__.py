"""Models of the help centre, one file for each subject."""

from helpcenter.models.articles import Article, Audience, Version
from helpcenter.models.contacts import Contact
from helpcenter.models.feedback import Feedback, Miss

__all__ = ["Article", "Audience", "Contact", "Feedback", "Miss", "Version"]
