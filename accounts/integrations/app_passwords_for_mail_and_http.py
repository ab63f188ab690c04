"""Answers services that check a username and password: HTTP Basic, and nginx's mail protocol."""

import base64
import re
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote, unquote_to_bytes

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts import app_passwords, request_context
from accounts.app_passwords import CheckRequest, CheckResult
from accounts.integrations import endpoints_without_page_middleware
from accounts.integrations.endpoints_without_page_middleware import for_programs, refuses_unreadable
from accounts.models import Service
from verification import inputs

_WAIT = "3"  # seconds that nginx delays a refused mail program
_MAX_TEXT_LENGTH = 4096  # characters of a name or password, as on the sign-in page
_PLAIN = "!#$&'*+,/:;=?@ ~"  # not percent-encoded in the header with the username


View = Callable[[HttpRequest, Service], HttpResponse]


def _for_services(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Open a view to services that send their key, and to nobody else. No session is created."""

    @for_programs
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        service = app_passwords.service_of(request.headers.get("X-Service-Key", ""), request_context.read(request))
        if service is None:
            return HttpResponse("This service's key is not known.\n", status=403, content_type="text/plain")
        return view(request, service)

    return guarded


def _unreadable(_request: HttpRequest) -> HttpResponse:
    # For nginx's auth_request any other refusal is a fault of the server.
    return HttpResponse(f"{endpoints_without_page_middleware.UNREADABLE}\n", status=403, content_type="text/plain")


def _unreadable_mail(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Auth-Status": "Request can't be read", "Auth-Wait": _WAIT})


# Only the URL decides the protocol. A proxy forwards its caller's headers: with a header, a stranger could have
# `auth_request` answered in the mail protocol, where a refusal is also a 200, and a 200 opens the page.
@refuses_unreadable(_unreadable)
@_for_services
def check(request: HttpRequest, service: Service) -> HttpResponse:
    """HTTP Basic: 204 or 401, as nginx's auth_request, Apache and Dovecot's script expect. Source: RFC 7617.

    Shape: the name is returned in UTF-8, percent-encoded where it is not ASCII.
    """
    name, password = _basic(request.headers.get("Authorization", ""))
    if not _can_be(name, password):
        return _challenge(service)
    protocol = request.headers.get("X-Protocol", "http")
    network = request.headers.get("X-Real-IP", "")
    checked = app_passwords.check(_ask(service, name, password, network, protocol))
    if checked.is_right:
        return HttpResponse(status=204, headers={"X-Auth-User": quote(checked.username, safe=_PLAIN)})
    return _challenge(service)


def _challenge(service: Service) -> HttpResponse:
    name = inputs.line(service.name) or ""
    # A header has only ASCII: Django would encode all of it, and no program would understand the challenge.
    realm = re.sub(r'["\\]', "", name) if name.isascii() else service.slug
    return HttpResponse(status=401, headers={"WWW-Authenticate": f'Basic realm="{realm}", charset="UTF-8"'})


def _basic(header: str) -> tuple[str, str]:
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        return "", ""
    return name, password


def _can_be(name: str, password: str) -> bool:
    """Return whether a name and password are possible. Impossible ones are wrong, and do not count as an attempt."""
    return bool(name) and inputs.text(name, max_length=_MAX_TEXT_LENGTH) is not None and inputs.flaw(password) is None


@refuses_unreadable(_unreadable_mail)
@_for_services
def check_mail(request: HttpRequest, service: Service) -> HttpResponse:
    """Answer nginx's mail proxy: always 200, with the result in headers. Source: ngx_mail_auth_http_module."""
    header = request.headers
    name, password = _from_nginx(header.get("Auth-User", "")), _from_nginx(header.get("Auth-Pass", ""))
    if header.get("Auth-Method") != "plain" or not _can_be(name, password):
        return _mail_refusal(CheckResult.WRONG)
    if not (service.upstream_host and service.upstream_port):
        return HttpResponse(headers={"Auth-Status": "This service names no mail server"})
    protocol, network = header.get("Auth-Protocol", "mail"), header.get("Client-IP", "")
    checked = app_passwords.check(_ask(service, name, password, network, protocol))
    if not checked.is_right:
        return _mail_refusal(checked.answer)
    upstream = {"Auth-Server": service.upstream_host, "Auth-Port": str(service.upstream_port)}
    username = checked.username.encode().decode("latin-1")  # nginx passes on these bytes as they are
    return HttpResponse(headers={"Auth-Status": "OK", "Auth-User": username, **upstream})


def _from_nginx(value: str) -> str:
    """Read a header of nginx, which escapes spaces, control and percent signs, and nothing beyond ASCII.

    Source: ngx_escape_uri with NGX_ESCAPE_MAIL_AUTH. Headers have bytes, which WSGI decodes as Latin-1.
    """
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeError:
        return ""


def _mail_refusal(answer: CheckResult) -> HttpResponse:
    words = "Too many attempts, try later" if answer is CheckResult.LATER else "Invalid login or password"
    return HttpResponse(headers={"Auth-Status": words, "Auth-Wait": _WAIT})


def _ask(service: Service, name: str, password: str, network: str, protocol: str) -> CheckRequest:
    return CheckRequest(
        service=service,
        username=name,
        password=password[:_MAX_TEXT_LENGTH],
        network=str(inputs.address(network) or ""),  # an empty address is in no network
        protocol=inputs.shortened(protocol, max_length=20),
        now=timezone.now(),
    )
