"""The columns in which people are searched, and the characters that don't count."""

from typing import Any

from django.db.models import Func, TextField, Value
from django.db.models.functions import Concat, Replace, Upper

COLUMNS = ("username", "name", "email")  # another column needs a migration that writes the text of everyone again
IGNORED_CHARS = ".-_'@"  # a trigram index ignores them, and so do people who search


def expression() -> Func:
    """Return the expression of the column `User.found_by`: everything that search looks at, in capitals."""
    first, *others = COLUMNS
    parts: list[Any] = [first]
    for column in others:
        parts += [Value(" "), column]
    text: Func = Concat(*parts, output_field=TextField())
    for sign in IGNORED_CHARS:
        text = Replace(text, Value(sign), Value(""), output_field=TextField())
    return Upper(text, output_field=TextField())


def forms_of(word: str) -> set[str]:
    """Fold a search word like the column. There may be two results, because SQLite changes the case of A to Z only."""
    kept = "".join(sign for sign in word if sign not in IGNORED_CHARS)
    return {kept.upper(), "".join(sign.upper() if sign.isascii() else sign for sign in kept)}
