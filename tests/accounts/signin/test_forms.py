"""Tests of the forms at sign-in."""

from accounts.signin.forms import CodeForm, PasswordForm


def test_fields_are_drawn_by_what_they_are() -> None:
    """Templates choose by `widget_type`. Seen failing for `remember`, which was drawn like a text field."""
    kinds = {field.name: field.widget_type for form in (PasswordForm(), CodeForm(remember_days=14)) for field in form}

    assert kinds == {"username": "text", "password": "password", "code": "text", "remember": "checkbox"}
