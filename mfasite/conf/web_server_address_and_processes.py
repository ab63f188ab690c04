"""Settings of the web server: address, processes, host names, trusted proxies, static files."""

from pathlib import Path

from mfasite.conf.base_dir import BASE_DIR
from verification.conf import public_url
from verification.declaring_settings import Setting, SettingsSection, SettingValues, formats

WEB = SettingsSection("Web server")
bind: Setting[str] = Setting(
    WEB,
    "BIND",
    formats.text(
        "an address such as 127.0.0.1:8000 or unix:/run/two-step/web.sock",
        example="127.0.0.2:8000",
        pattern=r"unix:/.+|[^\s/]+:[0-9]{1,5}",
    ),
    default="127.0.0.1:8000",
    meaning="the address that the web server listens on. systemd has it in `two-step-web.socket`, too",
)
web_workers: Setting[int] = Setting(
    WEB, "WEB_WORKERS", formats.whole_number(1, 256), default=2, unit="processes", meaning="processes of the web server"
)
web_threads: Setting[int] = Setting(
    WEB, "WEB_THREADS", formats.whole_number(1, 256), default=8, unit="threads", meaning="threads of each process"
)
allowed_hosts: Setting[tuple[str, ...]] = Setting(
    WEB,
    "ALLOWED_HOSTS",
    formats.host_names(example="web1.example.net,web2.example.net"),
    default=(),
    meaning="host names that requests can use, besides the one in `PUBLIC_URL`",
)


def _this_machine(values: SettingValues) -> tuple[str, ...]:
    # With an https URL, only a proxy on this machine can reach a loopback port.
    is_loopback = values[bind].startswith(("127.", "localhost:", "[::1]:"))
    return ("127.0.0.1/32", "::1/128") if values[public_url].startswith("https://") and is_loopback else ()


trusted_proxies: Setting[tuple[str, ...]] = Setting(
    WEB,
    "TRUSTED_PROXIES",
    formats.networks,
    default=(),
    derive=_this_machine,
    default_text="this machine, if only this machine can reach `BIND`",
    meaning="proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted",
)
static_root: Setting[Path] = Setting(
    WEB,
    "STATIC_ROOT",
    formats.folder,
    default=BASE_DIR / "static",
    default_text="`static`",
    meaning="the folder for static files: `collectstatic` writes them, and the web server reads them",
)
