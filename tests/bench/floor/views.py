"""The three requests, by app or by text, and the page of the code that a browser loads between the last two."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model, login
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django_otp.oath import TOTP

from tests.bench.floor.forms import CodeForm, PasswordForm
from tests.bench.floor.models import Device, Entry, Text
from tests.bench.floor.texts import QUEUE, texts
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
    """Ask for name and password."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = get_user_model().objects.filter(username=form.cleaned_data["username"]).first()
        if user is not None and user.check_password(form.cleaned_data["password"]):
            request.session.cycle_key()
            request.session["pending"] = user.pk
            if user.username.startswith(
                TEXTED
            ):  # no statement to find that out: whoever is asked by app is not charged
                _text(user)
            return redirect("code")
        form.add_error(None, "Wrong.")
    return render(request, "floor/form.html", {"form": form})


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; a step is good once."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = Device.objects.select_related("user").get(user=request.session["pending"])
        typed = form.cleaned_data["code"]
        if _spend_text(request, device, typed) if device.number else _spend_step(request, device, typed):
            del request.session["pending"]
            login(request, device.user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("/home/")
        form.add_error(None, "Wrong.")
    return render(request, "floor/form.html", {"form": form})


def _text(user: Any) -> None:
    """Text a code: one row, and one task, as `delay()` puts it out in the request."""
    number = Device.objects.get(user=user).number
    code = f"{secrets.randbelow(1_000_000):06d}"
    text = Text.objects.create(user=user, number=number, code=code, at=timezone.now())
    texts.send_task("floor.text", kwargs={"pk": text.pk}, queue=QUEUE, retry=False)


def _spend_text(request: HttpRequest, device: Device, typed: str) -> bool:
    text = Text.objects.filter(user=device.user).order_by("-id").first()
    if text is None or not constant_time_compare(text.code, typed):
        return False
    with transaction.atomic():
        if not Text.objects.filter(pk=text.pk, is_used=False).update(is_used=True):
            return False
        _note(request, device)
    return True


def _spend_step(request: HttpRequest, device: Device, typed: str) -> bool:
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


def _spend(request: HttpRequest, device: Device, step: int) -> bool:
    with transaction.atomic():
        if not Device.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step):
            return False
        _note(request, device)
    return True


def _note(request: HttpRequest, device: Device) -> None:
    Entry.objects.create(
        at=timezone.now(),
        kind="sign_in.completed",
        user=device.user,
        network=request.META["REMOTE_ADDR"],
        agent=request.headers.get("User-Agent", "")[:300],
    )
