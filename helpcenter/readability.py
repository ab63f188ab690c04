"""How easy a text is to read, and how easy an article must be. Source: Flesch, A New Readability Yardstick, 1948."""

import re

MIN_READING_EASE = 60.0  # Flesch reading ease
_MARKS = re.compile(r"[#*`>|]|\]\([^)]*\)|\[|\{|\}")
_SENTENCE = re.compile(r"[.!?:]+(?:\s|$)|\n+")
_WORD = re.compile(r"[A-Za-z']+")
_VOWELS = re.compile(r"[aeiouy]+")


def flesch(text: str) -> float:
    """Return the reading ease of an English text in Markdown: 100 is very easy, 60 plain, below 30 hard."""
    plain = _MARKS.sub(" ", text)
    sentences = [part for part in _SENTENCE.split(plain) if _WORD.search(part)]
    words = _WORD.findall(plain)
    if not words:
        return 100.0
    syllables = sum(_syllables(word.lower()) for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def _syllables(word: str) -> int:
    groups = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith("le") and groups > 1:
        groups -= 1
    if word.endswith("ed") and not word.endswith(("ted", "ded")) and groups > 1:
        groups -= 1
    return max(groups, 1)
