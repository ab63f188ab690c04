"""Django app configuration of accounts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from verification.keys import key_uses


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import applications, audit_events, checks  # noqa: F401  (declares and registers)
        from accounts.applications import session_ends
        from accounts.directory_sync import audit_events as _sync_events  # noqa: F401
        from accounts.integrations.oidc import audit_events as _oidc_events  # noqa: F401
        from accounts.integrations.oidc import authorization_codes
        from accounts.integrations.oidc.back_channel import deliveries
        from accounts.management import after_migrate
        from accounts.provisioning import audit_events as _provisioning_events  # noqa: F401
        from accounts.support import administration_audit_events, caller_audit_events  # noqa: F401
        from accounts.support import audit_events as _support_events  # noqa: F401

        applications.on_end(deliveries.queue)
        applications.on_end(authorization_codes.end_with)
        session_ends.register()
        post_migrate.connect(after_migrate.make_roles, sender=self)
        key_uses.declare(
            key_uses.Sealed(
                model="accounts.Import",
                column="sealed",
                purpose="parcel",
                bound=lambda row: str(row.ref),
                what="files of imports that are not done",
            ),
            key_uses.Sealed(
                model="accounts.Directory",
                column="sealed_password",
                purpose="parcel",
                bound=lambda row: str(row.ref),
                what="passwords of directories’ service accounts",
            ),
            key_uses.Sealed(
                model="accounts.SuggestedNumber",
                column="sealed",
                purpose="parcel",
                bound=lambda row: str(row.ref),
                what="phone numbers that directories suggest",
            ),
            key_uses.Sealed(
                model="accounts.ScimPerson",
                column="sealed",
                purpose="parcel",
                bound=lambda row: str(row.pk),
                what="people as directories sent them by SCIM",
            ),
            *(
                key_uses.Digested(
                    model="accounts.ScimAccess", column=column, purpose="token.scim", what="tokens of SCIM directories"
                )
                for column in ("secret_digest", "former_digest")
            ),
            key_uses.Sealed(
                model="accounts.DirectorySyncBatch",
                column="sealed",
                purpose="parcel",
                bound=lambda row: str(row.ref),
                what="people a directory changed, until that is applied",
            ),
            key_uses.Digested(
                model="accounts.AppPassword", column="digest", purpose="token.app_password", what="app passwords"
            ),
            *(
                key_uses.Digested(
                    model="accounts.OidcClient",
                    column=column,
                    purpose="token.oidc_client",
                    what="secrets of OpenID Connect clients",
                )
                for column in ("secret_digest", "former_digest")
            ),
            key_uses.Digested(
                model="accounts.OidcSignIn", column="code_digest", purpose="token.oidc_code", what="codes of sign-ins"
            ),
            key_uses.Digested(
                model="accounts.Service", column="key_digest", purpose="token.service", what="keys of services"
            ),
            key_uses.Digested(
                model="accounts.Proxy", column="secret_digest", purpose="token.proxy", what="secrets of proxies"
            ),
            key_uses.Digested(
                model="accounts.Proxy", column="former_digest", purpose="token.proxy", what="secrets of proxies"
            ),
        )
