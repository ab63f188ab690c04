"""URLs of the sign-in."""

from django.urls import path

from accounts.signin import views

app_name = "signin"
urlpatterns = [
    path("", views.password, name="password"),
    path("verify/", views.verify, name="verify"),
    path("options/", views.choose_method, name="options"),
    path("resend/", views.resend, name="resend"),
    path("status/", views.status, name="status"),
    path("alone/", views.passwordless, name="passwordless"),
    path("alone/options/", views.passwordless_options, name="passwordless-options"),
    path("again/", views.reauthenticate, name="reauthenticate"),
    path("leave/", views.leave, name="leave"),
    path("register/", views.register, name="register"),
    path("register/prove/", views.prove, name="register-prove"),
    path("register/not-now/", views.defer, name="register-defer"),
    path("register/second/", views.second, name="register-second"),
    path("register/codes/", views.codes, name="register-codes"),
    path("register/done/", views.done, name="register-done"),
    path("register/set-up/<slug:method>/", views.method_form, name="register-method"),
]
