"""URLs of the portal."""

from django.urls import path

from accounts.portal.views import (
    activity,
    app_passwords,
    applications,
    browsers_and_sessions,
    home,
    is_this_support,
    methods,
    new_phone,
    password_change,
    profile,
    recovery_codes,
    this_wasnt_me,
    trying_a_method_out,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("applications/", applications.index, name="applications"),
    path("applications/<slug:slug>/", applications.show, name="application"),
    path("applications/<slug:slug>/end/", applications.end, name="application-end"),
    path("applications/<slug:slug>/logo/<slug:version>/", applications.logo, name="application-logo"),
    path("methods/", methods.index, name="methods"),
    path("methods/add/", methods.add, name="method-add"),
    path("methods/add/<slug:method>/", methods.set_up, name="method-set-up"),
    path("methods/new-phone/", new_phone.move, name="new-phone"),
    path("methods/recovery-codes/", recovery_codes.renew, name="recovery-codes"),
    path("methods/<slug:ref>/rename/", methods.rename, name="method-rename"),
    path("methods/<slug:ref>/usual/", methods.make_default, name="method-default"),
    path("methods/<slug:ref>/remove/", methods.remove, name="method-remove"),
    path("methods/<slug:ref>/try/", trying_a_method_out.try_out, name="method-try"),
    path("app-passwords/", app_passwords.index, name="app-passwords"),
    path("app-passwords/make/", app_passwords.create, name="app-password-create"),
    path("app-passwords/delete/", app_passwords.delete, name="app-passwords-delete"),
    path("app-passwords/<slug:ref>/", app_passwords.show, name="app-password"),
    path("app-passwords/<slug:ref>/delete/", app_passwords.delete, name="app-password-delete"),
    path("browsers/", browsers_and_sessions.index, name="browsers"),
    path("browsers/forget/", browsers_and_sessions.forget, name="browsers-forget"),
    path("browsers/<slug:ref>/forget/", browsers_and_sessions.forget, name="browser-forget"),
    path("browsers/sign-out-everywhere/", browsers_and_sessions.end_all, name="sessions-end"),
    path("browsers/sessions/<slug:ref>/end/", browsers_and_sessions.end_session, name="session-end"),
    path("activity/", activity.index, name="activity"),
    path("activity/support/", is_this_support.support, name="support"),
    path("activity/not-me/", this_wasnt_me.this_wasnt_me, name="this-wasnt-me"),
    path("activity/secure/", this_wasnt_me.secure, name="secure"),
    path("activity/secured/", this_wasnt_me.secured, name="secured"),
    path("password/", password_change.change, name="password"),
    path("profile/", profile.profile, name="profile"),
]
