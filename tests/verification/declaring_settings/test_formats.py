"""What the text of a variable must look like, and the value that it becomes."""

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from verification.declaring_settings import formats
from verification.declaring_settings.formats import Format, Wrong

KEY = base64.b64encode(b"k" * 32).decode()


@pytest.mark.parametrize(("value", "truth"), [("1", True), ("Yes", True), ("0", False), ("off", False)])
def test_reads_yes_and_no(value: str, truth: bool) -> None:
    assert formats.flag.parse(value) is truth


@pytest.mark.parametrize(
    ("format_", "value", "read"),
    [
        (formats.whole_number(1, 10), "10", 10),
        (formats.decimal(Decimal(0), Decimal(1)), "0.08", Decimal("0.08")),
        (formats.seconds_with_fraction(0, 60), "0.5", 0.5),
        (formats.minutes(1, 60), "15", timedelta(minutes=15)),
        (formats.hours(1, 60), "15", timedelta(hours=15)),
        (formats.words(), "one, two,,", ("one", "two")),
        (formats.pairs(example="a=b"), "CH=+41445550100,*=Example", {"CH": "+41445550100", "*": "Example"}),
        (formats.networks, "10.0.0.0/8, 2001:db8::1", ("10.0.0.0/8", "2001:db8::1/128")),
        (formats.site, "https://mfa.example.org/", "https://mfa.example.org"),
        (formats.one_of("DEBUG", "INFO"), "Info", "INFO"),
        (formats.packages("our.parts", example="a"), "one,their.own", ("our.parts.one", "their.own")),
        (
            formats.host_names(example="a.example.org"),
            "a.example.org,.b.example.org",
            ("a.example.org", ".b.example.org"),
        ),
        (formats.region, "ch", "CH"),
        (formats.time_zone, "Europe/Zurich", "Europe/Zurich"),
        (formats.keys, f"new:{KEY}, old:{KEY}", (("new", b"k" * 32), ("old", b"k" * 32))),
    ],
)
def test_format_reads_a_value(format_: Format[Any], value: str, read: object) -> None:
    assert format_.parse(value) == read


@pytest.mark.parametrize(
    ("format_", "value"),
    [
        (formats.flag, "maybe"),
        (formats.whole_number(1, 10), "12h"),
        (formats.whole_number(1, 10), "0"),
        (formats.whole_number(1, 10), "11"),
        (formats.whole_number(1, 1000), "1_0"),
        (formats.whole_number(1, 1000), "١٠"),
        (formats.whole_number(1, 1000), "9" * 5000),
        (formats.decimal(Decimal(0), Decimal(1)), "NaN"),
        (formats.decimal(Decimal(0), Decimal(1)), "1,5"),
        (formats.seconds_with_fraction(0, 60), "inf"),
        (formats.minutes(1, 60), "0"),
        (formats.pairs(example="a=b"), "CH"),
        (formats.pairs(example="a=b"), "CH="),
        (formats.pairs(example="a=b", values=("sent",)), "DELIVRD=arrived"),
        (formats.networks, "10.1.2.3/8"),
        (formats.site, "mfa.example.org"),
        (formats.site, "ftp://mfa.example.org"),
        (formats.site, "https://mfa.example.org/path"),
        (formats.site, "https://"),
        (formats.site, "https://[x"),
        (formats.url(example="https://x"), "carrier.example.org/send"),
        (formats.url(example="https://x"), "https://carrier.example.org:port/"),
        (formats.one_of("DEBUG", "INFO"), "loud"),
        (formats.packages("our.parts", example="a"), "twilio;vonage"),
        (formats.packages("our.parts", example="a"), "twilio,smtp,twilio"),
        (formats.host_names(example="a.example.org"), "https://a.example.org"),
        (formats.host_names(example="a.example.org"), "a.example.org,b.example.org:443"),
        (formats.region, "Switzerland"),
        (formats.time_zone, "Europe/Zurick"),
        (formats.time_zone, "Europe"),
        (formats.time_zone, "../../etc/passwd"),
        (formats.text(example="x", pattern="[a-z]+"), "no\ndigits 1"),
    ],
)
def test_format_refuses_a_value(format_: Format[Any], value: str) -> None:
    with pytest.raises(Wrong):
        format_.parse(value)


@pytest.mark.parametrize("entry", ["k1", "k1:", "k1:c2hvcnQ=", f":{KEY}", "k1:!!!", f"k-1:{KEY}"])
def test_names_the_place_of_a_bad_key_and_never_the_key(entry: str) -> None:
    with pytest.raises(Wrong) as refusal:
        formats.keys.parse(f"good:{KEY},{entry}")

    assert "entry 2" in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_refuses_a_key_id_that_stands_there_twice() -> None:
    with pytest.raises(Wrong, match="twice"):
        formats.keys.parse(f"k1:{KEY},k1:{KEY}")
