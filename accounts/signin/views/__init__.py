"""Views of the sign-in."""

from accounts.signin.views import invitation, method_setup_form, password_reset, shared_by_second_step_views
from accounts.signin.views.choose_method import choose_method
from accounts.signin.views.message_status_and_resend import resend, status
from accounts.signin.views.password import password
from accounts.signin.views.passwordless import passwordless, passwordless_options
from accounts.signin.views.reauthenticate import reauthenticate
from accounts.signin.views.register import codes, defer, done, method_form, prove, register, second
from accounts.signin.views.sign_out_and_cancel import leave, sign_out
from accounts.signin.views.verify import verify

__all__ = [
    "choose_method",
    "codes",
    "defer",
    "done",
    "invitation",
    "leave",
    "method_form",
    "method_setup_form",
    "password",
    "password_reset",
    "passwordless",
    "passwordless_options",
    "prove",
    "reauthenticate",
    "register",
    "resend",
    "second",
    "shared_by_second_step_views",
    "sign_out",
    "status",
    "verify",
]
