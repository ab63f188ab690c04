"""Settings: who can read the metrics."""

from mfasite.conf.web_server_address_and_processes import WEB
from verification.declaring_settings import Setting, formats

metrics_token: Setting[str] = Setting(
    WEB,
    "METRICS_TOKEN",
    formats.text(example="a-token-for-the-scraper"),
    default="",
    meaning="a token that allows reading `/metrics` (Prometheus): `Authorization: Bearer ...`",
    is_secret=True,
    is_shared=True,
)
metrics_networks: Setting[tuple[str, ...]] = Setting(
    WEB,
    "METRICS_NETWORKS",
    formats.networks,
    default=(),
    meaning="networks that can read `/metrics` without a token. Without token and networks nobody can",
)
metrics_folder: Setting[str] = Setting(
    WEB,
    "PROMETHEUS_MULTIPROC_DIR",
    formats.text("a folder", example="/run/two-step/metrics"),
    default="",
    default_text="a new folder",
    meaning="the folder where the processes of a web server store their counts. This is prometheus-client's own "
    "variable",
)
