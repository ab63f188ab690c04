"""Odd values that attackers, broken programs and pasted text send, and a row of every model for them to meet."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.core.validators import validate_ipv46_address
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import Application, Import, User
from accounts.support.imports import reading_files_into_rows
from verification import jwt_signing_keys
from verification.keys import strings_encrypted_for_one_row

REF = "ab" * 16  # the public name of every row made here
KEY = 990_001  # and its primary key

VALUES: dict[str, str] = {
    "nothing": "",
    "a space": " \u00a0\u3000",
    "NUL": "a\0b",
    "half a pair": "a\ud800b",
    "other half": "\udfff",
    "grows by case": "ß" * 100,
    "grows by case, Turkish": "İ" * 100,
    "grows by case, ligature": "ﬃ" * 150,
    "grows by compatibility": "\ufdfa" * 100,
    "grows by composition": "\u0958" * 150,
    "marks": "e" + "\u0301" * 500,
    "marks out of order": "e" + "\u0315\u0300" * 4000,
    "loose accent": "Zoe\u0308",
    "right to left": "\u202eabc\u200f\u2066",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028",
    "line breaks": "a\r\nX-Evil: 1\r\n\r\nb",
    "noncharacter": "\ufffe\U0010ffff",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 40,
    "long": "x" * 60_000,
    "many words": "a " * 3_000,
    "far ahead": "9999-12-31",
    "far ahead, an instant": "9999-12-31T23:59",
    "long ago": "0001-01-01",
    "long ago, an instant": "0001-01-01T00:00",
    "no such day": "2026-02-30",
    "a year of five digits": "10000-01-01",
    "64 bits": "9223372036854775808",
    "32 bits": "2147483648",
    "huge": "9" * 30,
    "huger": "9" * 5_000,
    "negative": "-1",
    "nil": "0",
    "other digits": "١٢٣٤٥٦",
    "digits that are none": "²½①",
    "exponent": "1e400",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "a long list": ",".join(map(str, range(5_000))),
    "zone": "fe80::1%" + "z" * 250,
    "deep JSON": "[" * 20_000,
    "JSON of half a pair": r'{"id": "\ud800", "rawId": "\u0000", "type": "public-key", "response": {}}',
    "JSON of other kinds": '{"id": 1, "rawId": [], "type": {}, "response": null}',
    "a list in JSON": "[1]",
    "a word in JSON": '"a"',
    "climbs": "../../../etc/passwd",
    "elsewhere": "//evil.example/",
    "no address": "http://[",
    "percent": "%",
    "percent NUL": "%00",
    "twice percent": "%2500%252e",
    "formats": "%s%n{0}{x.y}{{ 7 }}${7}",
    "SQL": "' OR 1=1 -- \\",
    "LIKE": "%_\\" * 300,
    "a name": "nowhere",
    "markup": "<script>alert(1)</script>",
}
RAW = (
    "%FF%FE",
    "%C0%80",
    "%ED%A0%80",
    "%F4%90%80%80",
    "%",
    "%zz",
    "a%0",
    "%u0000",
    "+%2B",
    "\xff",
    "&&==&",
    "[]",
    "a[b]=c",
)


def escaped(text: str) -> str:
    """Encode a text for a URL or form. Half a surrogate pair becomes three bytes that are not UTF-8."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def header(text: str) -> str:
    """Encode a text as servers pass headers on: its bytes as Latin-1."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


# A row of every model -----------------------------------------------------------------------------------------

_OTHERWISE = {
    *("user", "session", "enrolment", "message", "challenge"),
    *("auditevent", "auditseal", "permission", "signingkey"),
}


def furnish(user: User) -> None:
    """Create one row of every table that pages show, so that odd input meets real data."""
    wanted = [
        m for app in ("auth", "accounts", "verification", "helpcenter") for m in apps.get_app_config(app).get_models()
    ]
    made: dict[type[models.Model], models.Model] = {User: user}
    todo = [model for model in wanted if model._meta.model_name not in _OTHERWISE]
    for _ in range(3):  # one row may need another
        for model in [each for each in todo if each not in made]:
            if (row := _row(model, made)) is not None:
                made[model] = row
    jwt_signing_keys.prepare(timezone.now())
    Application.objects.update(slug="no-text", logo_version="a" * 16)  # as the addresses of the tests name them
    Import.objects.update(
        sealed=strings_encrypted_for_one_row.seal(
            ",".join(reading_files_into_rows.COLUMNS[Import.Kind.PEOPLE]), bound=REF
        )
    )


def _row(model: type[models.Model], made: dict[type[models.Model], models.Model]) -> models.Model | None:
    values = dict(_values(model, made))
    try:
        with transaction.atomic():
            row = model(**values)
            row.save(force_insert=True)
    except (IntegrityError, KeyError, ValueError):
        return None
    return row


def _values(model: type[models.Model], made: dict[type[models.Model], models.Model]) -> Iterator[tuple[str, Any]]:
    for field in model._meta.concrete_fields:
        if field.primary_key:
            yield field.name, KEY
        elif field.name in {"ref", "handle"}:
            yield field.name, REF
        elif isinstance(field, models.ForeignKey):
            if not field.null or field.related_model in made:
                yield field.name, made.get(field.related_model)
        elif not field.has_default() and not field.null and not field.generated:
            yield field.name, _value(field)


def _value(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.DateTimeField):
        return timezone.now()
    if isinstance(field, models.JSONField):
        return {} if field.name == "public" else []  # a key is an object
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.IntegerField | models.DecimalField):
        return 1
    if validate_ipv46_address in field.validators:
        return ""
    if isinstance(field, models.BinaryField):
        return b"odd"
    return {"code": "CH", "slug": "no-text"}.get(field.name, "odd")
