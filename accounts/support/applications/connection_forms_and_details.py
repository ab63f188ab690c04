"""How applications are connected: the part of the form that each kind has, and what its page says about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.integrations.forward_auth import forwarded_url
from accounts.integrations.oidc import client_registration, redirect_uris
from accounts.integrations.oidc.back_channel import logout_addresses
from accounts.models import Application, LogoutDelivery, OidcClient, ProtectedHost, Proxy
from accounts.support.applications.forms import LinesField

Changes = dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What storing a connection changed, and its secret if it got one. The secret is shown once."""

    changes: Changes = field(default_factory=dict)
    secret: str = ""


class ConnectionForm(forms.Form):
    """The part of an application's form that its kind decides."""

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        self.application = application
        super().__init__(*args, **kwargs)

    @property
    def former(self) -> dict[str, str]:
        """Return the stored values."""
        return {}

    def store(self, now: datetime) -> Stored:
        """Store the connection of the stored application. Call it in its transaction."""
        raise NotImplementedError


class OidcForm(ConnectionForm):
    """The addresses of a client of OpenID Connect. Whether it can keep a secret is decided once."""

    redirect_uris = LinesField(
        label=gettext_lazy("Redirect addresses"),
        help_text=gettext_lazy("Where people return after signing in, one per line. See the application’s manual."),
        error_messages={"required": gettext_lazy("Enter the address to which people return.")},
    )
    client_type = forms.ChoiceField(
        label=gettext_lazy("Kind of client"),
        choices=(
            (OidcClient.CLIENT_CONFIDENTIAL, gettext_lazy("It runs on a server, and can keep a secret")),
            (OidcClient.CLIENT_PUBLIC, gettext_lazy("It runs on people’s devices or in their browsers")),
        ),
        initial=OidcClient.CLIENT_CONFIDENTIAL,
        widget=forms.RadioSelect,
    )
    logout_uri = forms.CharField(
        label=gettext_lazy("Back-channel logout address"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("We notify it within a second when a session ends. Leave it empty if it has none."),
    )
    post_logout_redirect_uris = LinesField(
        label=gettext_lazy("Addresses after signing out"),
        required=False,
        help_text=gettext_lazy("Where the application can send people after they sign out, one per line."),
    )
    allowed_origins = LinesField(
        label=gettext_lazy("Origins of its pages"),
        required=False,
        help_text=gettext_lazy(
            "Only if it runs in browsers: whose scripts may ask for tokens, one per line, such as "
            "https://app.example.org."
        ),
    )
    consent = forms.ChoiceField(
        label=gettext_lazy("Who allows it to get people’s data"),
        choices=OidcClient.Consent.choices,
        initial=OidcClient.Consent.ORGANISATION,
    )
    algorithm = forms.ChoiceField(
        label=gettext_lazy("Signature of its tokens"),
        choices=(("RS256", gettext_lazy("RS256, which every application supports")), ("ES256", "ES256")),
        initial="RS256",
    )

    def __init__(self, *args: Any, application: Application, **kwargs: Any) -> None:
        super().__init__(*args, application=application, **kwargs)
        self.client = client_of(application)
        if self.client is not None:
            del self.fields["client_type"]
            if not self.client.is_public:
                del self.fields["allowed_origins"]
            self.initial = {name: getattr(self.client, name) for name in self.fields}

    @property
    def former(self) -> dict[str, str]:
        if self.client is None:
            return {}
        return {name: str(getattr(self.client, name)) for name in self.fields if name != "client_type"}

    @property
    def _is_public(self) -> bool:
        if self.client is not None:
            return self.client.is_public
        return bool(self.cleaned_data.get("client_type") == OidcClient.CLIENT_PUBLIC)

    def clean_logout_uri(self) -> str:
        uri: str = self.cleaned_data["logout_uri"]
        if flaw := logout_addresses.flaw_in_words(uri):
            raise forms.ValidationError(flaw)
        return uri

    def clean(self) -> dict[str, Any]:
        for name in ("redirect_uris", "post_logout_redirect_uris"):
            for uri in str(self.cleaned_data.get(name, "")).split():
                if flaw := redirect_uris.flaw(uri, is_public=self._is_public, is_demo=settings.DEMO):
                    self.add_error(name, f"{uri[:200]}: {flaw}")
        self._check_origins(str(self.cleaned_data.get("allowed_origins", "")).split())
        return self.cleaned_data

    def _check_origins(self, origins: list[str]) -> None:
        if origins and not self._is_public:
            words = _("A program on a server needs none. Leave it empty, or choose the other kind of client.")
            self.add_error("allowed_origins", words)
        for origin in origins:
            if flaw := redirect_uris.origin_flaw(origin, is_demo=settings.DEMO):
                self.add_error("allowed_origins", f"{origin[:200]}: {flaw}")

    def store(self, now: datetime) -> Stored:
        values = {name: self.cleaned_data[name] for name in self.fields if name != "client_type"}
        if self.client is None:
            made = client_registration.make(self.application, now=now, is_public=self._is_public, **values)
            return Stored(changes=_changes({}, values), secret=made.secret)
        OidcClient.objects.filter(pk=self.client.pk).update(**values)
        return Stored(changes=_changes(self.former, values))


class HostForm(ConnectionForm):
    """The hosts of a new application behind a proxy. Later, each is changed among the protected addresses."""

    hosts = LinesField(
        label=gettext_lazy("Hosts"),
        help_text=gettext_lazy("As in the browser’s address bar, one per line, such as wiki.example.org."),
        error_messages={"required": gettext_lazy("Enter the host, such as wiki.example.org.")},
    )

    def clean_hosts(self) -> list[str]:
        given = [str(text) for text in self.cleaned_data["hosts"].split()]
        return [self._host(text) for text in given]

    @staticmethod
    def _host(text: str) -> str:
        name = forwarded_url.host_name(text)
        if name is None:
            raise forms.ValidationError(
                _("%(text)s isn’t a host. Leave out https:// and the path.") % {"text": text[:200]}
            )
        if ProtectedHost.objects.filter(host=name, path_prefix="/").exists():
            raise forms.ValidationError(_("Another application has the host %(name)s.") % {"name": name})
        return name

    def store(self, now: datetime) -> Stored:
        names = list(dict.fromkeys(self.cleaned_data["hosts"]))
        ProtectedHost.objects.bulk_create(ProtectedHost(application=self.application, host=name) for name in names)
        return Stored(changes={"hosts": ["", ", ".join(names)]})


def _changes(former: dict[str, str], wanted: dict[str, str]) -> Changes:
    return {
        name: [former.get(name, ""), value] for name, value in wanted.items() if value and former.get(name) != value
    } | {name: [value, ""] for name, value in former.items() if value and not wanted[name]}


def form_for(application: Application, data: Mapping[str, Any] | None) -> ConnectionForm | None:
    """Return the form of an application's connection; None if it has nothing to change here."""
    if application.kind == Application.Kind.OIDC:
        return OidcForm(data, application=application)
    return HostForm(data, application=application) if not application.pk else None


def client_of(application: Application) -> OidcClient | None:
    """Return the client of an application, if it signs people in with OpenID Connect."""
    return OidcClient.objects.filter(application_id=application.pk).first() if application.pk else None


def hosts_of(application: Application) -> list[ProtectedHost]:
    """Return the protected addresses of an application."""
    return list(ProtectedHost.objects.filter(application=application).order_by("host", "path_prefix"))


def details(application: Application) -> list[tuple[str, str]]:
    """Return what the page of an application says about its connection. Shape: a label and lines of text."""
    client = client_of(application)
    if client is None:
        return [
            (_("Protected addresses"), "\n".join(str(each) for each in hosts_of(application)) or _("none yet")),
            (_("Proxies"), ", ".join(str(each) for each in proxies_of(application)) or _("none yet")),
        ]
    return [
        (_("Client ID"), client.client_id),
        (_("Redirect addresses"), client.redirect_uris.replace(" ", "\n")),
        (_("Back-channel logout address"), client.logout_uri or _("none: it isn’t notified of a sign-out")),
        (_("Who allows it to get people’s data"), client.get_consent_display()),
    ]


def proxies_of(application: Application) -> list[Proxy]:
    """Return the active proxies that may ask about an application."""
    proxies = Proxy.objects.filter(is_active=True).order_by("name").prefetch_related("applications")
    own = [(each, {one.pk for one in each.applications.all()}) for each in proxies]
    return [each for each, named in own if not named or application.pk in named]


@dataclass(frozen=True, kw_only=True)
class SignOutProgress:
    """How far the sign-outs are that a client was last notified of: "12 of 13 notified"."""

    n_all: int
    n_done: int
    n_failed: int
    at: datetime


def deliveries(client: OidcClient) -> SignOutProgress | None:
    """Return how far the newest sign-outs are: those that ended together."""
    rows = LogoutDelivery.objects.filter(client=client)
    newest = rows.order_by("-made_at", "-pk").first()
    if newest is None:
        return None
    together = rows.filter(end_ref=newest.end_ref) if newest.end_ref else rows.filter(pk=newest.pk)
    n = dict(together.values_list("state").annotate(n=Count("pk")).order_by())
    return SignOutProgress(
        n_all=sum(n.values()),
        n_done=n.get(LogoutDelivery.State.DONE, 0),
        n_failed=rows.filter(state=LogoutDelivery.State.FAILED).count(),
        at=newest.made_at,
    )
