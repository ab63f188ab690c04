"""Django app configuration of accounts."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import (  # noqa: F401  (declares and registers)
            app_passwords,
            applications,
            checks,
            encrypted_and_digested_columns,
            sign_in_and_password_audit_events,
        )
        from accounts.app_passwords import audit_events as _app_password_events  # noqa: F401  (declares events)
        from accounts.applications import audit_events as _application_events  # noqa: F401  (declares events)
        from accounts.applications import session_revocation
        from accounts.integrations.oidc import audit_events as _oidc_events  # noqa: F401  (declares events)
        from accounts.integrations.oidc import authorization_codes
        from accounts.integrations.oidc.back_channel import deliveries_and_retries
        from accounts.invitations import audit_events as _invitation_events  # noqa: F401  (declares events)
        from accounts.ldap_directories import audit_events as _directory_events  # noqa: F401  (declares events)
        from accounts.ldap_sync import audit_events as _sync_events  # noqa: F401  (declares events)
        from accounts.management import shipped_roles_after_migrate
        from accounts.portal import this_wasnt_me_audit_events as _portal_events  # noqa: F401  (declares events)
        from accounts.provisioning import audit_events as _provisioning_events  # noqa: F401  (declares events)
        from accounts.support import administration_audit_events, caller_verification_audit_events  # noqa: F401  (declares events)
        from accounts.support import approval_audit_events as _approval_events  # noqa: F401  (declares events)
        from accounts.support import support_action_audit_events as _support_events  # noqa: F401  (declares events)
        from verification import challenges, enrolments

        applications.on_end(deliveries_and_retries.queue)
        applications.on_end(authorization_codes.end_with)
        session_revocation.register()
        challenges.recognise_app_passwords(app_passwords.looks_like_app_password)
        enrolments.on_raise(authorization_codes.carry_over)
        post_migrate.connect(shipped_roles_after_migrate.make_roles, sender=self)
