"""Outcomes: what verification answers to a request, and what a person reads about it."""

from verification.outcomes.outcome import Outcome, Verdict, VerdictText
from verification.outcomes.verdict_words import unavailable_words, words
from verification.outcomes.waiting_time_words import end_words, wait_words, when_words

__all__ = ["Outcome", "Verdict", "VerdictText", "end_words", "unavailable_words", "wait_words", "when_words", "words"]
