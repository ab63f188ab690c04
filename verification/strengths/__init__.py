"""Strengths: named sets of methods that are strong enough for something, such as phishing-resistant ones."""

from verification.strengths.all_strengths import everything, forget, named, of_row
from verification.strengths.built_in import BUILT_IN, NO_PHONE, PASSWORD, PHISHING_RESISTANT, SECOND_STEP
from verification.strengths.strength import AuthenticationStrength, Need, both

__all__ = [
    "BUILT_IN",
    "NO_PHONE",
    "PASSWORD",
    "PHISHING_RESISTANT",
    "SECOND_STEP",
    "AuthenticationStrength",
    "Need",
    "both",
    "everything",
    "forget",
    "named",
    "of_row",
]
