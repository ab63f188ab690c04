"""The view for providers' callbacks: receipts and key presses. A callback that isn't signed changes nothing."""

import logging
import re

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from verification import challenges, conf, inputs
from verification.delivery.inbound import applying_delivery_receipts, opt_out_keywords
from verification.delivery.provider_interface import Callback, Forged, Speech
from verification.delivery.routing import routes

_log = logging.getLogger(__name__)
# The queries that the callback addresses given to providers may have, by event.
_NO_QUERY = re.compile("")
_QUERIES = {"keys": re.compile(r"(language=[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?")}
_MAX_BODY_BYTES = 64 * 1024  # carriers send a few hundred


@csrf_exempt
@login_not_required
@require_POST
def receive(request: HttpRequest, provider_name: str, event: str, message_id: str) -> HttpResponse:
    """Handle one callback of a provider, and answer in its format."""
    provider = routes.providers().get(provider_name)
    if provider is None:
        raise Http404
    if (inputs.number(request.headers.get("Content-Length") or "0") or 0) > _MAX_BODY_BYTES:
        return HttpResponse(status=413)
    if not _QUERIES.get(event, _NO_QUERY).fullmatch(request.META.get("QUERY_STRING", "")):
        return HttpResponse(status=403)  # some sign address and fields as one text, so a query could pass for a field
    callback = Callback(
        url=conf.public_url() + request.get_full_path(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        event=event,
        message_id=message_id,
    )
    try:
        parsed = provider.parse(callback)
        applying_delivery_receipts.bind(parsed, message_id, provider=provider_name)
    except Forged as error:
        _log.warning("Callback refused, because it isn't from %s: %s", provider_name, error)
        return HttpResponse(status=403)
    now = timezone.now()
    for receipt in parsed.receipts:
        applying_delivery_receipts.apply(receipt, provider=provider_name, now=now)
    for reply in parsed.replies:
        opt_out_keywords.record(reply, provider=provider_name, now=now)
    speech: Speech | None = None
    for press in parsed.presses:
        speech = challenges.keyed(press.message_id, press.keys, now=now)
    content_type, body = parsed.reply(speech)
    return HttpResponse(body, content_type=content_type, status=200 if body else 204)
