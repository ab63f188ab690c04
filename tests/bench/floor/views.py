"""The four requests of a sign-in, by app or by text."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model, login
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django_otp.oath import TOTP

from tests.bench.floor import texts
from tests.bench.floor.models import FloorDevice, FloorEntry, FloorText
from tests.bench.people import PASSWORD, TEXTED

_HASH = make_password(PASSWORD)


def hash_only(request: HttpRequest) -> HttpResponse:
    """Check a password and do nothing else: with `nothing` beside it, this is what the hash costs a web process."""
    return HttpResponse(status=200 if check_password(PASSWORD, _HASH) else 500)


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse()


@never_cache
def password(request: HttpRequest) -> HttpResponse:
    """CheckRequest for username and password."""
    if request.method != "POST":
        return render(request, "floor/password.html")
    user = get_user_model().objects.filter(username=request.POST.get("username", "")[:150]).first()
    if user is None or not user.check_password(request.POST.get("password", "")[:4096]):
        return render(request, "floor/password.html", {"error": "Incorrect username or password."})
    request.session.cycle_key()
    request.session["pending"] = user.pk
    if user.username.startswith(TEXTED):  # found out without a statement, which the app would pay for too
        _text(user)
    return redirect("code")


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """CheckRequest for the code; a step is good once."""
    if request.method != "POST":
        return render(request, "floor/code.html")
    device = FloorDevice.objects.select_related("user").get(user=request.session["pending"])
    typed = request.POST.get("code", "")[:16]
    if not (_spend_text(request, device, typed) if device.number else _spend_step(request, device, typed)):
        return render(request, "floor/code.html", {"error": "Incorrect code."})
    del request.session["pending"]
    login(request, device.user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("/home/")


def _text(user: Any) -> None:
    """Text a code: one row, and one push."""
    number = FloorDevice.objects.get(user=user).number
    code = f"{secrets.randbelow(1_000_000):06d}"
    text = FloorText.objects.create(user=user, number=number, code=code, at=timezone.now())
    texts.push(text.pk)


def _spend_text(request: HttpRequest, device: FloorDevice, typed: str) -> bool:
    text = FloorText.objects.filter(user=device.user).order_by("-id").first()
    if text is None or not constant_time_compare(text.code, typed):
        return False
    if not FloorText.objects.filter(pk=text.pk, is_used=False).update(is_used=True):
        return False
    _note(request, device)
    return True


def _spend_step(request: HttpRequest, device: FloorDevice, typed: str) -> bool:
    step = _step(bytes(device.secret), typed)
    return step is not None and _spend(request, device, step)


def _step(secret: bytes, typed: str) -> int | None:
    now = int(timezone.now().timestamp()) // 30
    found = None
    for step in (now - 1, now, now + 1):
        arithmetic = TOTP(secret, 30)
        arithmetic.time = step * 30
        if constant_time_compare(f"{arithmetic.token():06d}", typed):
            found = step
    return found


def _spend(request: HttpRequest, device: FloorDevice, step: int) -> bool:
    if not FloorDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step):
        return False
    _note(request, device)
    return True


def _note(request: HttpRequest, device: FloorDevice) -> None:
    FloorEntry.objects.create(
        at=timezone.now(),
        kind="sign_in.completed",
        user=device.user,
        network=request.META["REMOTE_ADDR"],
        agent=request.headers.get("User-Agent", "")[:300],
    )
