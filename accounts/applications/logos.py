"""Logos of applications: small PNG and SVG pictures, stored without anything that isn't drawn.

What is kept has no script, no reference to another address, no text for programs and nothing behind its end, so it
cannot be a page or an archive at the same time.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass
from io import BytesIO
from xml.etree.ElementTree import Element, ElementTree, register_namespace

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Application, ApplicationLogo

MAX_BYTES = 65_536  # of a file
MAX_SIDE = 1_024  # pixels
_PNG = b"\x89PNG\r\n\x1a\n"
_KEPT_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"cHRM"}
_SVG = "http://www.w3.org/2000/svg"
_ELEMENTS = {
    *("svg", "g", "defs", "title", "desc", "path", "circle", "ellipse", "line", "polyline", "polygon", "rect"),
    *("linearGradient", "radialGradient", "stop", "clipPath", "mask"),
}
_ATTRIBUTES = {
    *("id", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy"),
    *("d", "points", "transform", "offset", "fill", "fill-rule", "fill-opacity", "clip-rule", "clip-path", "mask"),
    *("opacity", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity"),
    *("stroke-dasharray", "stroke-dashoffset", "stop-color", "stop-opacity", "color", "preserveAspectRatio"),
    *("gradientUnits", "gradientTransform", "clipPathUnits", "maskUnits", "spreadMethod"),
}
_VALUE = re.compile(r"[\w\s#.,()%+\-]*")  # no colon, so no address
_FUNCTION = re.compile(r"url\((?!#[\w-]+\))")  # only a part of the same picture
_MAX_ELEMENTS, _MAX_DEPTH = 2_000, 30  # of an SVG


class Unusable(Exception):
    """A file can't be a logo. The message says why, and what would be right."""


@dataclass(frozen=True)
class Logo:
    """A picture that is safe to show. Shape: `content_type` is image/png or image/svg+xml."""

    content_type: str
    content: bytes

    @property
    def version(self) -> str:
        """Name this picture: another one has another name, so a browser may store it forever."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def read(content: bytes) -> Logo:
    """Read an uploaded picture. Errors: `Unusable`."""
    if len(content) > MAX_BYTES:
        raise Unusable(_("The picture is too large. Choose one of at most %(n)d KB.") % {"n": MAX_BYTES // 1024})
    if content.startswith(_PNG):
        return Logo("image/png", _png(content))
    return Logo("image/svg+xml", _svg(content))


def _png(content: bytes) -> bytes:
    """Copy the parts of a PNG that draw. Source: PNG specification, third edition, 5 and 11."""
    kept, at, names = [_PNG], len(_PNG), []
    while b"IEND" not in names:
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + size
        checked = content[at + 4 : end - 4]
        if len(name) < 4 or end > len(content) or zlib.crc32(checked) != int.from_bytes(content[end - 4 : end]):
            raise Unusable(_("The picture is damaged. Export it again as PNG."))
        if name in _KEPT_CHUNKS:
            kept.append(content[at:end])
        names.append(name)
        at = end
    if names[0] != b"IHDR" or b"IDAT" not in names:
        raise Unusable(_("The picture is damaged. Export it again as PNG."))
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise Unusable(_("The picture is too large. It can have at most %(n)d pixels a side.") % {"n": MAX_SIDE})
    return b"".join(kept)


def _svg(content: bytes) -> bytes:
    """Write an SVG again with the elements and attributes that draw, and nothing else."""
    try:
        root = fromstring(content.decode("utf-8-sig"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Unusable(_("Choose a PNG or SVG picture.")) from error
    if root.tag not in {f"{{{_SVG}}}svg", "svg"}:
        raise Unusable(_("Choose a PNG or SVG picture."))
    if sum(1 for _each in root.iter()) > _MAX_ELEMENTS:
        raise Unusable(_("The picture is too complicated. Export it as PNG."))
    written = BytesIO()
    register_namespace("", _SVG)
    ElementTree(_drawn(root)).write(written, encoding="utf-8", xml_declaration=False)
    return written.getvalue()


def _drawn(element: Element, depth: int = 0) -> Element:
    if depth > _MAX_DEPTH:
        raise Unusable(_("The picture is too complicated. Export it as PNG."))
    name = str(element.tag).rpartition("}")[2]
    attributes = {key: value for key, value in element.attrib.items() if key in _ATTRIBUTES and _is_plain(value)}
    copy = Element(f"{{{_SVG}}}{name}", attributes)
    copy.text = element.text if name in {"title", "desc"} else None
    copy.extend([_drawn(child, depth + 1) for child in element if _is_known(child)])
    return copy


def _is_known(element: Element) -> bool:
    namespace, _brace, name = str(element.tag).rpartition("}")
    return name in _ELEMENTS and namespace in {"", f"{{{_SVG}"}


def _is_plain(value: str) -> bool:
    return bool(_VALUE.fullmatch(value)) and not _FUNCTION.search(value)


def store(application: Application, logo: Logo | None) -> None:
    """Give an application a logo, or take it away. Call it in the transaction of its audit event."""
    with transaction.atomic():
        Application.objects.filter(pk=application.pk).update(logo_version=logo.version if logo else "")
        if logo is None:
            ApplicationLogo.objects.filter(application=application).delete()
        else:
            values = {"content_type": logo.content_type, "content": logo.content}
            ApplicationLogo.objects.update_or_create(application=application, defaults=values)
    application.logo_version = logo.version if logo else ""
