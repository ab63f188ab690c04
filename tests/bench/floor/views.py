"""The three requests, and the page of the code that a browser loads between the second and the third."""

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
from tests.bench.floor.models import Device, Entry
from tests.bench.people import PASSWORD

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
            return redirect("code")
        form.add_error(None, "Wrong.")
    return render(request, "floor/form.html", {"form": form})


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; a step is good once."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        device = Device.objects.select_related("user").get(user=request.session["pending"])
        step = _step(bytes(device.secret), form.cleaned_data["code"])
        if step is not None and _spend(request, device, step):
            del request.session["pending"]
            login(request, device.user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("/home/")
        form.add_error(None, "Wrong.")
    return render(request, "floor/form.html", {"form": form})


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
        Entry.objects.create(
            at=timezone.now(),
            kind="sign_in.completed",
            user=device.user,
            network=request.META["REMOTE_ADDR"],
            agent=request.headers.get("User-Agent", "")[:300],
        )
    return True
