"""Looks at a person's live state and says what is wrong, what to do now, and what to do if that fails.

It reads only. Of somebody who is half signed in it tells what concerns the sign-in under way, and nothing else.
"""

from helpcenter.diagnosis.references import read, reference
from helpcenter.diagnosis.situations import SITUATIONS, find, trials, view

__all__ = ["SITUATIONS", "find", "read", "reference", "trials", "view"]
