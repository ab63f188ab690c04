"""Tests that a logo keeps what draws and nothing else."""

import zlib

import pytest

from accounts.applications import logos
from accounts.models import Application, ApplicationLogo
from tests.simulated.people import Clock, Person


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)


def png(*more: bytes, width: int = 1, height: int = 1) -> bytes:
    head = chunk(b"IHDR", width.to_bytes(4) + height.to_bytes(4) + bytes([8, 2, 0, 0, 0]))
    drawn = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + drawn + chunk(b"IEND", b"")


def svg(inner: str, head: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"{head}>{inner}</svg>'.encode()


def test_keeps_a_png_as_it_is() -> None:
    assert logos.read(png()) == logos.Logo("image/png", png())


def test_drops_texts_of_a_png_and_what_follows_it() -> None:
    hidden = png(chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")) + b"PK\x03\x04 an archive"

    assert logos.read(hidden).content == png()


@pytest.mark.parametrize(
    "content",
    [
        png()[:-1],
        png()[:20],
        png().replace(b"IDAT", b"IDAX"),
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n" + chunk(b"IDAT", b"") + chunk(b"IEND", b""),
        png(width=1025),
        png(height=0),
        b"GIF89a",
        b"",
        b"\xff\xfe",
        b"<html></html>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        svg("<g>" * 40 + "</g>" * 40),
        svg("<g/>" * 2_001),
        b"x" * 65_537,
    ],
)
def test_refuses_what_is_no_small_picture(content: bytes) -> None:
    with pytest.raises(logos.Unusable):
        logos.read(content)


def test_keeps_what_draws_in_an_svg() -> None:
    drawn = svg('<defs><linearGradient id="a"/></defs><path d="M0 0h8v8z" fill="url(#a)"/>')

    kept = logos.read(drawn).content.decode()
    assert 'd="M0 0h8v8z"' in kept
    assert 'fill="url(#a)"' in kept
    assert 'viewBox="0 0 8 8"' in kept


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        '<use href="https://example.net/x.svg#a"/>',
        '<image href="https://example.net/x.png"/>',
        "<style>@import url(https://example.net/x.css)</style>",
        '<path d="M0 0" style="fill:url(https://example.net/x)"/>',
        '<path d="M0 0" fill="url(https://example.net/x)"/>',
        '<path d="M0 0" fill="url(//example.net/x)"/>',
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></body></foreignObject>',
        '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        "<!-- alert(1) --><?xml-stylesheet href='https://example.net/x'?>",
    ],
)
def test_drops_everything_else_of_an_svg(inner: str) -> None:
    kept = logos.read(svg(inner)).content

    for word in (b"script", b"alert", b"example.net", b"href", b"onload", b"style", b"<!--", b"<?"):
        assert word not in kept


def test_another_picture_has_another_name(db: None, ana: Person, clock: Clock) -> None:
    wiki = Application.objects.create(slug="wiki", name="Wiki", kind=Application.Kind.PROXY)
    logos.store(wiki, logos.read(png()))
    first = Application.objects.get().logo_version
    logos.store(wiki, logos.read(svg("")))

    assert first
    assert Application.objects.get().logo_version not in {"", first}
    assert ApplicationLogo.objects.get().content_type == "image/svg+xml"

    logos.store(wiki, None)
    assert Application.objects.get().logo_version == ""
    assert not ApplicationLogo.objects.exists()
