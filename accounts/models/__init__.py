"""Models of users, sessions, applications, app passwords and the support desk, one file for each subject."""

from accounts.models.app_passwords import AppPassword, Service, StaleClient
from accounts.models.applications import Application, ApplicationLogo, ApplicationSession
from accounts.models.current_and_former_secret import SecretHolder
from accounts.models.directories import Directory, DirectoryGroup, SuggestedNumber
from accounts.models.directory_syncs import DirectorySync, DirectorySyncBatch, DirectorySyncRow
from accounts.models.forms_submitted_once import SentForm
from accounts.models.imports import Import
from accounts.models.invitations_and_password_resets import Invitation, PasswordReset
from accounts.models.oidc import LogoutDelivery, OidcClient, OidcConsent, OidcSignIn
from accounts.models.people import User
from accounts.models.proxies import ProtectedHost, Proxy
from accounts.models.roles_given_earlier import ShippedRole
from accounts.models.scim import ScimAccess, ScimPerson, ScimRequest
from accounts.models.sessions import Session
from accounts.models.support import CallerCheck, GroupRequest, Scope, SupportRequest
from verification.models.second_step_states import SecondStep

__all__ = [
    "AppPassword",
    "Application",
    "ApplicationLogo",
    "ApplicationSession",
    "CallerCheck",
    "Directory",
    "DirectoryGroup",
    "DirectorySync",
    "DirectorySyncBatch",
    "DirectorySyncRow",
    "GroupRequest",
    "Import",
    "Invitation",
    "LogoutDelivery",
    "OidcClient",
    "OidcConsent",
    "OidcSignIn",
    "PasswordReset",
    "ProtectedHost",
    "Proxy",
    "ScimAccess",
    "ScimPerson",
    "ScimRequest",
    "Scope",
    "SecondStep",
    "SecretHolder",
    "SentForm",
    "Service",
    "Session",
    "ShippedRole",
    "StaleClient",
    "SuggestedNumber",
    "SupportRequest",
    "User",
]
