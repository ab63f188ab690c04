"""Cookies: over HTTPS, each is bound to this host, and travels encrypted only."""

from mfasite.cookie_names_and_flags import cookie_settings


def test_binds_every_cookie_to_this_host_when_the_address_is_https() -> None:
    names = [value for setting, value in cookie_settings(is_https=True).items() if setting.endswith("_NAME")]

    assert len(set(names)) == 6
    assert all(str(name).startswith("__Host-") for name in names)


def test_asks_for_https_only_where_the_address_has_it() -> None:
    """A browser ignores a cookie with this flag, or with that prefix, on a page without HTTPS."""
    found = cookie_settings(is_https=False)

    assert [found["SESSION_COOKIE_SECURE"], found["CSRF_COOKIE_SECURE"]] == [False, False]
    assert not any(str(value).startswith("__Host-") for value in found.values())
