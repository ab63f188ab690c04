"""The names of all cookies but those of protected addresses, and the flags of Django's own.

`accounts.signin.setting_browser_cookies` sets the others. `accounts.conf.session_lifetime` is how long a session lasts.
"""


def cookie_settings(*, is_https: bool) -> dict[str, str | bool]:
    """Return Django's settings of cookies. With HTTPS, the prefix binds a cookie to this host. Source: RFC 6265bis."""
    prefix = "__Host-" if is_https else "mfa_"
    return {
        "BROWSER_COOKIE_NAME": f"{prefix}browser",  # that the browser is remembered
        "DEVICE_COOKIE_NAME": f"{prefix}device",  # that the browser is known
        "PASSKEY_COOKIE_NAME": f"{prefix}passkey",  # which passkey offer the browser got
        "MESSAGE_COOKIE_NAME": f"{prefix}messages",
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "SESSION_COOKIE_SECURE": is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "CSRF_COOKIE_SECURE": is_https,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
    }
