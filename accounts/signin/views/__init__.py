"""The pages of signing in."""

from accounts.signin.views.password import leave, password, sign_out
from accounts.signin.views.passwordless import alone, invite
from accounts.signin.views.reauthenticate import again
from accounts.signin.views.register import codes, done, method_form, prove, put_off, register, second
from accounts.signin.views.verify import options, resend, status, verify

__all__ = [
    "again",
    "alone",
    "codes",
    "done",
    "invite",
    "leave",
    "method_form",
    "options",
    "password",
    "prove",
    "put_off",
    "register",
    "resend",
    "second",
    "sign_out",
    "status",
    "verify",
]
