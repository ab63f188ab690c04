"""Configurations to copy into an application's software or its proxy, with its addresses filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.integrations.oidc import discovery_document
from accounts.models import Application, OidcClient, Proxy
from verification import conf

SECRET = "THE-SECRET"  # noqa: S105  (stands for it where it isn't known any more)
_TEMPLATES = "accounts/support/applications/configurations"


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """The software that a configuration is for. `is_tried`: our tests run it with this configuration."""

    key: str
    label: str
    file: str
    is_tried: bool = False


OIDC = (
    Counterpart(
        key="apache", label="Apache (mod_auth_openidc)", file="/etc/apache2/conf-available/two-step.conf", is_tried=True
    ),
    Counterpart(key="jupyterhub", label="JupyterHub", file="jupyterhub_config.py", is_tried=True),
    Counterpart(key="pgadmin", label="pgAdmin", file="config_local.py"),
    Counterpart(key="grafana", label="Grafana", file="grafana.ini"),
    Counterpart(key="gitlab", label="GitLab", file="/etc/gitlab/gitlab.rb"),
    Counterpart(key="nextcloud", label="Nextcloud (user_oidc)", file=""),
    Counterpart(key="keycloak", label="Keycloak", file=""),
    Counterpart(key="other", label="Another program", file=""),
)
PROXY = (
    Counterpart(key="nginx", label="nginx", file="/etc/nginx/conf.d/application.conf", is_tried=True),
    Counterpart(key="caddy", label="Caddy", file="/etc/caddy/Caddyfile", is_tried=True),
    Counterpart(key="traefik", label="Traefik", file="/etc/traefik/traefik-application.yml", is_tried=True),
    Counterpart(key="envoy", label="Envoy", file="/etc/envoy/envoy.yaml", is_tried=True),
)
FILES = {  # below `deploy/`
    Proxy.Program.NGINX: "nginx-application.conf",
    Proxy.Program.CADDY: "Caddyfile-application",
    Proxy.Program.TRAEFIK: "traefik-application.yml",
    Proxy.Program.ENVOY: "envoy-application.yaml",
}
# What the comments of the files ask for, and what is left of it in a configuration that is filled in.
_DONE = {
    "# Then add this host to an application.\n": "",
    " Then add this host to an application.": "",
    "Replace wiki.example.org, mfa.example.org, the certificate and the": "Still to replace: the certificate and the",
    "Replace wiki.example.org, mfa.example.org and the": "Still to replace: the",
}
REMARKS = {
    "apache": _("It protects everything beside the redirect address, which must not be a page."),
    "keycloak": _("People sign in to Keycloak with us as an identity provider. Its own second step can be off."),
}


def counterparts(application: Application) -> tuple[Counterpart, ...]:
    """Return the programs that an application can be connected with."""
    return OIDC if application.kind == Application.Kind.OIDC else PROXY


def written(
    counterpart: Counterpart, application: Application, host: str, client: OidcClient | None, secret: str
) -> str:
    """Write the configuration for a program. Shape: `host` is the first one of an application behind a proxy."""
    if client is None:
        return _for_proxy(counterpart, application, host or "wiki.example.org")
    values = _values(application, client, secret)
    if counterpart.key == "apache":
        return _for_apache(values)
    return render_to_string(f"{_TEMPLATES}/{counterpart.key}.txt", values).strip() + "\n"


def _for_apache(values: Mapping[str, str]) -> str:
    """Fill in the file of `deploy/`. It protects what is beside the redirect address, as the module wants it."""
    text = (settings.BASE_DIR / "deploy" / "apache-openid-connect.conf").read_text()
    part = urlsplit(values["redirect_uri"]).path.rpartition("/")[0] + "/"
    filled = {
        "# Then replace the addresses, the name and the secret below. /secret/redirect_uri": (
            f"# Still to replace: PASSPHRASE. {urlsplit(values['redirect_uri']).path}"
        ),
        text[text.index("# In the admin, add") : text.index("# Then replace")]: "",  # done: this application
        "https://app.example.org/secret/redirect_uri": values["redirect_uri"],
        "https://app.example.org": values["origin"],
        "https://mfa.example.org": values["issuer"],
        "OIDCClientID NAME": f"OIDCClientID {values['client_id']}",
        "OIDCClientSecret SECRET": f"OIDCClientSecret {values['secret']}"
        if values["secret"]
        else "# It has no secret.",
        "/secret/": part,
    }
    for former, wanted in filled.items():
        text = text.replace(former, wanted)
    return text


def _values(application: Application, client: OidcClient, secret: str) -> dict[str, str]:
    document: Mapping[str, object] = discovery_document.document()
    redirect_uri = client.redirect_uris.split()[0] if client.redirect_uris.split() else ""
    parts = urlsplit(redirect_uri)
    return {
        **{name: str(value) for name, value in document.items() if isinstance(value, str)},
        "discovery": f"{document['issuer']}/.well-known/openid-configuration",
        "client_id": client.client_id,
        "secret": "" if client.is_public else secret or SECRET,
        "redirect_uri": redirect_uri,
        "origin": f"{parts.scheme}://{parts.netloc}",
        "name": application.name.replace('"', "").replace("'", "’").replace("\\", ""),
        "slug": application.slug,
        "logout_uri": client.logout_uri,
        "acr": "phr" if application.strength == "phishing-resistant" else "https://refeds.org/profile/mfa",
    }


def _for_proxy(counterpart: Counterpart, application: Application, host: str) -> str:
    """Fill in the file of `deploy/`, which the tests run with the real program. Only Caddy and Envoy compare ports."""
    text = (settings.BASE_DIR / "deploy" / FILES[Proxy.Program(counterpart.key)]).read_text()
    service = urlsplit(conf.public_url())
    name = application.slug
    parts = urlsplit(f"//{host}")
    filled = {
        **_DONE,
        "listen 443 ssl": f"listen {parts.port or 443} ssl",
        "address: 0.0.0.0, port_value: 443": f"address: 0.0.0.0, port_value: {parts.port or 443}",
        "server_name wiki.example.org": f"server_name {parts.hostname}",
        "Host(`wiki.example.org`)": f"Host(`{parts.hostname}`)",
        "/etc/ssl/wiki.example.org": f"/etc/ssl/{parts.hostname}",
        "wiki.example.org": host,
        "https://mfa.example.org": f"{service.scheme}://{service.netloc}",
        "mfa.example.org": str(service.hostname),
        "- name: wiki": f"- name: {name}",
        "cluster: wiki": f"cluster: {name}",
        "cluster_name: wiki": f"cluster_name: {name}",
        "    wiki:": f"    {name}:",
        "service: wiki": f"service: {name}",
    }
    for former, wanted in filled.items():
        text = text.replace(former, wanted)
    return text
