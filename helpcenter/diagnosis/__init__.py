"""Diagnosis: reads a user's current state and says what is wrong, what to do, and what to do if that fails.

It changes nothing. To a half signed-in user it reveals only what concerns the current sign-in.
"""

from helpcenter.diagnosis.diagnosis_input import collect
from helpcenter.diagnosis.diagnosis_references import read, reference, tidy
from helpcenter.diagnosis.situations import SITUATIONS, find, test_messages

__all__ = ["SITUATIONS", "collect", "find", "read", "reference", "test_messages", "tidy"]
